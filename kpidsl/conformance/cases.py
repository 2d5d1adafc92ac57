"""The cases, read from the files of `cases`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from kpidsl.api.question import Question
from kpidsl.conformance.written import Written, read_table
from kpidsl.kinds.check import check
from kpidsl.model.project import Model
from kpidsl.model.sources import RowsOrigin
from kpidsl.syntax.parser import parse
from kpidsl.text.diagnostic import has_errors
from kpidsl.text.render import render
from kpidsl.text.source import SourceFile

_FOLDER = Path(__file__).with_name("cases")


@dataclass(frozen=True, slots=True)
class Case:
    """A question, or the name of a funnel, and its answer by the `rules`, worked out by hand.
    Dialects that it `outgrows` have numbers of fewer digits: there it is to be refused (K644)."""

    name: str
    rules: tuple[str, ...]
    asked: Question | str
    expected: Written
    outgrows: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Topic:
    """Cases about one thing: a model whose sources hold their rows, and what is asked of it."""

    title: str
    model: Model
    tables: Mapping[str, Written]
    cases: tuple[Case, ...]


@cache
def topics() -> tuple[Topic, ...]:
    """Return every topic, in the order of their files."""
    paths = sorted(_FOLDER.glob("*.toml"))
    return tuple(read_topic(path.name, path.read_text(encoding="utf-8")) for path in paths)


def read_topic(name: str, text: str) -> Topic:
    """Read a file of cases; raises `ValueError` where it isn't one."""
    file = tomllib.loads(text)
    tables = {source: read_table(rows) for source, rows in file["tables"].items()}
    tree, malformed = parse(SourceFile(name, file["definitions"]))
    model, found = check([tree], malformed=malformed)
    if model is None or has_errors([*malformed, *found]):
        raise ValueError(render([*malformed, *found], "full"))
    return Topic(file["topic"], _with_rows(model, tables), tables, tuple(map(_case, file["case"])))


def _with_rows(model: Model, tables: Mapping[str, Written]) -> Model:
    """Return a model each of whose tables is its rows."""
    held = {
        name: model.sources[name].model_copy(
            update={"origin": RowsOrigin(columns=table.declared, rows=table.rows)}
        )
        for name, table in tables.items()
    }
    return model.model_copy(update={"sources": {**model.sources, **held}})


def _case(said: dict[str, Any]) -> Case:
    name, rules, expected = said.pop("name"), tuple(said.pop("rules")), said.pop("expect")
    outgrows = tuple(said.pop("outgrows", ()))
    asked = said.pop("funnel", None) or Question(said.pop("ask"), **said)
    return Case(name, rules, asked, read_table(expected), outgrows)
