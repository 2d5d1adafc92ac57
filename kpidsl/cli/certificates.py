"""A certificate as text: topics and what is wrong for people, every case in files."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from enum import Enum
from fractions import Fraction
from typing import TYPE_CHECKING

from kpidsl.cli.tables import aligned, exact, plain
from kpidsl.conformance.verdict import Verdict
from kpidsl.text.display import counted, visible

if TYPE_CHECKING:
    from kpidsl.conformance.certificate import Certificate
    from kpidsl.conformance.proving import Answer, Outcome
    from kpidsl.conformance.written import Given
    from kpidsl.run.result import Value

_INDENT = "    "


def as_text(found: Certificate) -> str:
    """Return how many cases of each topic hold, and below it all that don't."""
    verdicts = [verdict for verdict in Verdict if verdict in found.counts]
    by_topic: dict[str, Counter[Verdict]] = {}
    for item in found.outcomes:
        by_topic.setdefault(item.topic, Counter())[item.verdict] += 1
    rows = [
        (topic, str(counts.total()), *(str(counts[verdict]) for verdict in verdicts))
        for topic, counts in by_topic.items()
    ]
    columns = list(zip(("topic", "cases", *verdicts), *rows, strict=True))
    lines = [
        visible(f"{found.engine} {found.version}, {_by(found)}"),
        "",
        *aligned(columns, [False, *[True] * (len(verdicts) + 1)]),
    ]
    for item in found.outcomes:
        lines += _told(item)
    return "\n".join(lines)


def summary(found: Certificate) -> str:
    """Return one line about all cases."""
    counts = found.counts
    held = f"{counts[Verdict.HOLDS]} of {counted(counts.total(), 'case')} hold"
    others = [
        f"{counts[verdict]} {verdict}"
        for verdict in Verdict
        if verdict in counts and verdict is not Verdict.HOLDS
    ]
    return "; ".join([f"{held} on {found.engine} {found.version}", *others])


def _by(found: Certificate) -> str:
    return f"dialect {found.dialect} ({found.support}), kpidsl {found.kpidsl}"


def _told(item: Outcome) -> Iterator[str]:
    """Yield what is to be known of a case that doesn't hold."""
    if item.verdict is Verdict.HOLDS:
        return
    rules = ", ".join(item.case.rules)
    yield from ("", visible(f"{item.topic}: {item.case.name} ({rules}): {item.verdict}"))
    if item.told:
        yield _INDENT + visible(item.told)
    if item.verdict is Verdict.REFUSED:
        return
    yield from _titled("expected:", _table(item.expected))
    if item.got is not None:
        yield from _titled("got:", _table(item.got))
    if item.sql:
        yield from _titled("SQL:", item.sql.splitlines())


def _titled(title: str, lines: Sequence[str]) -> Iterator[str]:
    yield f"  {title}"
    yield from (_INDENT + line for line in lines)


def _table(answer: Answer) -> list[str]:
    texts = [[_cell(value) for value in row] for row in answer.rows]
    names = list(map(visible, answer.names))
    columns = list(zip(names, *texts, strict=True))
    return list(aligned(columns, [False] * len(columns)))


def _cell(value: Value | Given) -> str:
    if isinstance(value, Fraction):
        return str(float(value))
    return "–" if value is None else visible(exact(value))


def as_markdown(found: Certificate) -> str:
    """Return a page with a line for each case, and what is wrong below."""
    lines = [
        f"# kpidsl on {found.engine} {found.version}",
        "",
        f"{summary(found)}: {_by(found)}.",
        "",
        "| topic | case | rules | result | expected | got |",
        "|---|---|---|---|---|---|",
    ]
    for item in found.outcomes:
        cells = (
            item.topic,
            item.case.name,
            ", ".join(item.case.rules),
            str(item.verdict),
            _on_a_line(item.expected),
            item.told if item.got is None else _on_a_line(item.got),
        )
        lines.append(f"| {' | '.join(map(_escaped, cells))} |")
    for item in found.outcomes:
        if item.verdict in {Verdict.DIFFERS, Verdict.FAILED} and item.sql:
            lines += ["", f"## {_escaped(item.case.name)}", "", "```sql", item.sql, "```"]
    return "\n".join(lines)


def _on_a_line(answer: Answer) -> str:
    return "; ".join(", ".join(map(_cell, row)) for row in answer.rows) or "no rows"


def _escaped(text: str) -> str:
    """Return a text that Markdown shows as it is, in one cell."""
    shown = visible(text)
    for sign in "\\`*_{}[]<>|#":
        shown = shown.replace(sign, f"\\{sign}")
    return shown


def as_json(found: Certificate) -> str:
    """Return every case with what was expected and got."""
    answer = {
        "kpidsl": found.kpidsl,
        "engine": found.engine,
        "version": found.version,
        "dialect": found.dialect,
        "support": found.support,
        "counts": {verdict: found.counts[verdict] for verdict in Verdict},
        "cases": [_case(item) for item in found.outcomes],
    }
    return json.dumps(answer, ensure_ascii=False, indent=2)


def _case(item: Outcome) -> dict[str, object]:
    return {
        "topic": item.topic,
        "case": item.case.name,
        "rules": item.case.rules,
        "result": item.verdict,
        "told": item.told,
        "columns": item.expected.names,
        "expected": _plain(item.expected),
        "got": None if item.got is None else _plain(item.got),
        "sql": item.sql,
    }


def _plain(answer: Answer) -> list[list[object]]:
    return [[_json(value) for value in row] for row in answer.rows]


def _json(value: Value | Given) -> object:
    match value:
        case Fraction():
            return float(value)
        case Enum():
            return str(value)
    return plain(value)
