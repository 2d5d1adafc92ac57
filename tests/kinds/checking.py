"""Texts checked as a project of one file; the helper of the checker's tests."""

from __future__ import annotations

from datetime import date

from kpidsl.kinds.check import check
from kpidsl.model.project import Model
from kpidsl.syntax.parser import parse
from kpidsl.text.diagnostic import Diagnostic, Severity
from kpidsl.text.source import SourceFile

TODAY = date(2026, 11, 21)


def checked(
    text: str, packs: str = "", today: date | None = TODAY
) -> tuple[Model | None, list[Diagnostic]]:
    """Parse and check one file, with the packs of another."""
    file, mistakes = parse(SourceFile("shop.kpi", text))
    pack, pack_mistakes = parse(SourceFile("packs.kpi", packs))
    model, findings = check([file], [pack], malformed=mistakes, today=today)
    return model, [*mistakes, *pack_mistakes, *findings]


def model_of(text: str, packs: str = "") -> Model:
    """Return the model of a text that has no error."""
    model, findings = checked(text, packs)
    assert errors(findings) == []
    assert model is not None
    return model


def codes(findings: list[Diagnostic]) -> list[str]:
    return [item.code for item in findings]


def errors(findings: list[Diagnostic]) -> list[str]:
    """The errors as `CODE marked text: message`."""
    return [
        f"{item.code} {item.span.text if item.span else ''}: {item.message}"
        for item in findings
        if item.severity is Severity.ERROR
    ]


def only(findings: list[Diagnostic], code: str) -> Diagnostic:
    """Return the one finding of a code."""
    found = [item for item in findings if item.code == code]
    assert len(found) == 1, [f"{item.code} {item.message}" for item in findings]
    return found[0]


SHOP = """kpidsl 1

source lines {
  table: shop.order_lines
  key: [order_id, line]
  time: paid_at
  join customer: customers on customer_id
  dimensions: [channel, sku]
  measure revenue: sum(price) as USD
  measure cogs: sum(cost) as USD
  measure orders: count_distinct(order_id) as order
  measure rows: count()
}

source customers {
  table: shop.customers
  key: customer_id
  dimensions: [region]
  measure customers: count() as customer
}

source visits {
  table: web.sessions
  key: session_id
  time: started_at
  dimensions: [channel]
  measure visits: count() as visit
  measure imports: sum(cost) as EUR
}

dimension channel {
  of: [lines.channel, visits.channel]
}
"""
"""Two clocks, a join, a shared dimension, two currencies; the tests add declarations to it."""


def says(marked: str, code: str, *, packs: str = "") -> Diagnostic:
    """Check `SHOP` and a text in which `«…»` marks what the finding must point at and each `‹…›`
    what its labels must point at; return the finding, which must be the only error."""
    text = marked.translate({ord(mark): None for mark in "«»‹›"})
    _, findings = checked(SHOP + text, packs)
    wrong = [item for item in findings if item.severity is Severity.ERROR]
    finding = only(wrong or findings, code)
    assert len(wrong) <= 1, errors(wrong)
    assert finding.span is not None
    assert (finding.span.start, finding.span.end) == _places(marked, "«", "»")[0]
    labelled = [(label.span.start, label.span.end) for label in finding.labels]
    assert sorted(labelled) == _places(marked, "‹", "›")
    return finding


def _places(marked: str, opening: str, closing: str) -> list[tuple[int, int]]:
    places: list[tuple[int, int]] = []
    offset, starts = len(SHOP), list[int]()
    for char in marked:
        if char == opening:
            starts.append(offset)
        elif char == closing:
            places.append((starts.pop(), offset))
        elif char not in "«»‹›":
            offset += 1
    return sorted(places)
