"""What the engines that hold a case's rows, and nothing else, have in common."""

from __future__ import annotations

from collections.abc import Sequence

from kpidsl.engines.base import Scan, TableFacts, TableKeys
from kpidsl.model.sources import Source
from kpidsl.text.diagnostic import Diagnostic
from tests.oracle.generate import Case


class CaseEngine:
    """An engine of which nobody asks what tables it has: a case says so."""

    def __init__(self, case: Case) -> None:
        self._case = case

    def prepare(self, sources: Sequence[Source]) -> list[Diagnostic]:
        del sources
        return []

    def tables(self) -> list[str]:
        return []

    def columns(self, path: Sequence[str]) -> dict[str, str]:
        del path
        return {}

    def decimals(self, sql: str) -> dict[str, int]:
        del sql
        return {}

    def state(self, source: Source) -> str | None:
        del source
        return None

    def keys(self, path: Sequence[str]) -> TableKeys:
        del path
        return TableKeys()

    def estimate(self, sql: str) -> Scan:
        del sql
        return Scan()

    def facts(self, path: Sequence[str]) -> TableFacts:
        return facts_of(self._case, path)


def facts_of(case: Case, path: Sequence[str]) -> TableFacts:
    """What is known of tables changes no number; all tables of a case are small."""
    if not case.has_catalogue:
        return TableFacts()
    (name,) = path
    return TableFacts(rows=len(case.tables[name]))
