"""The report model: all that one page shows for one report, audience and period, and no more.

Every output (HTML, JSON) is made from it, so none can disagree with another, and what an audience
may not see (D21) is in no output because it is not here. Values are plain: a number with its unit
and its printed texts, never a query, a definition object or a colour.
"""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, StringConstraints, model_validator

from kpidsl.reports.blocks import Block, Id
from kpidsl.reports.values import Currency, Plain, Text

Language = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$")]


class Section(Plain):
    """Blocks under the question that they answer (D22)."""

    id: Id
    question: Text
    blocks: tuple[Block, ...]


class Audience(Plain):
    name: Text
    tier: Literal["executive", "manager", "specialist"]
    cadence: Literal["daily", "weekly", "monthly", "quarterly", "yearly"]


class Period(Plain):
    """A span of whole days; `last` is its last day, itself included."""

    label: Text
    first: date
    last: date
    complete: bool

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.last < self.first:
            raise ValueError("a period ends no earlier than it begins")
        return self


class Freshness(Plain):
    """Until when a source's data reach; None: unknown. `guessed`: by its last row only (S21)."""

    source: Text
    until: AwareDatetime | date | None
    stale: bool = False
    guessed: bool = False


class Footer(Plain):
    method: tuple[Text, ...] = ()
    exclusions: tuple[Text, ...] = ()
    how_to_read: tuple[Text, ...] = ()
    not_on_this_page: tuple[Text, ...] = ()


class ReportModel(Plain):
    """One page. `headline` is computed (`kpidsl.reports.sentences`), never authored."""

    title: Text
    headline: Text
    project: Text
    audience: Audience
    language: Language = "en"
    period: Period
    currency: Currency
    time_zone: Text
    now: AwareDatetime
    definition_hash: str = ""
    commit: str = ""
    freshness: tuple[Freshness, ...] = ()
    sections: tuple[Section, ...] = ()
    footer: Footer = Footer()

    @model_validator(mode="after")
    def _ids_are_unique(self) -> Self:
        ids = [section.id for section in self.sections]
        ids += [block.id for section in self.sections for block in section.blocks]
        twice = sorted(name for name, count in Counter(ids).items() if count > 1)
        if twice:
            raise ValueError(f"ids stand twice on the page: {', '.join(twice)}")
        return self


def to_json(model: ReportModel) -> str:
    """Return the model as JSON: the same bytes for the same model, numbers exact (as strings)."""
    return model.model_dump_json(indent=2) + "\n"


def from_json(text: str) -> ReportModel:
    """Return the model that `to_json` wrote.

    Raises:
        pydantic.ValidationError: the text is no report model.
    """
    return ReportModel.model_validate_json(text)
