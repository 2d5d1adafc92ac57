"""What a report model may hold."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from kpidsl.reports.blocks import FunnelBlock, FunnelStep, KpiCard, PlanTable, RoiRow
from kpidsl.reports.format import PERCENT, count, figure
from kpidsl.reports.model import Period, ReportModel, Section, from_json, to_json
from kpidsl.reports.values import Delta, Figure, Mark, Unit
from tests.reports import sample


@pytest.mark.parametrize("name", sorted(sample.ALL))
def test_json_reads_back_as_the_same_model(name: str) -> None:
    model = sample.ALL[name]()
    assert from_json(to_json(model)) == model
    assert to_json(from_json(to_json(model))) == to_json(model)


def test_json_numbers_are_exact() -> None:
    assert '"value": "1243120.50"' in to_json(sample.executive())


def test_the_model_is_frozen_and_closed() -> None:
    model = sample.executive()
    with pytest.raises(ValidationError, match="frozen"):
        model.title = "another"  # type: ignore[misc]
    with pytest.raises(ValidationError, match="Extra inputs"):
        ReportModel.model_validate({**dict(model), "rows": ()})


def changed(model: Any, **values: Any) -> Any:
    return type(model).model_validate(dict(model) | values)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Unit(kind="money", label="USD"), "has a currency"),
        (lambda: Unit(kind="count", label="orders", currency="USD"), "has a currency"),
        (lambda: Figure(value=Decimal("NaN"), unit=PERCENT, short="x", exact="x"), "finite"),
        (lambda: Figure(value=None, unit=PERCENT, short="–", exact="–"), "says why"),
        (lambda: changed(sample.gap_card(), gap=None), "figure or a gap"),
        (lambda: changed(sample.gap_card(), status=sample.status("red")), "no status colour"),
        (lambda: changed(sample.ltv_card(), status=sample.status("green")), "no status colour"),
        (lambda: changed(sample.rate_card(), playbook=("Do.",)), "belongs to a red KPI"),
        (lambda: changed(sample.revenue_card(), id='a" onload="'), "pattern"),
        (lambda: changed(sample.executive(), language='en" onload="'), "pattern"),
        (lambda: changed(sample.executive(), currency="$"), "pattern"),
        (lambda: changed(sample.plan_table(), spans=("month",)), "one cell per span"),
        (
            lambda: changed(sample.plan_table().rows[0].cells[0], marks=(Mark(kind="partial"),)),
            "known in part",
        ),
        (lambda: changed(sample.breakdown(), parts=()), "one figure per part"),
        (lambda: Delta(kind="pp", value=Decimal(1), text="+1", alike=True), "not judged"),
        (
            lambda: Delta(
                kind="pp",
                value=Decimal(1),
                text="+1",
                alike=True,
                material=False,
                favourable=True,
            ),
            "not judged",
        ),
        (
            lambda: Period(
                label="x", first=date(2026, 2, 1), last=date(2026, 1, 31), complete=True
            ),
            "no earlier",
        ),
    ],
)
def test_refused(make: Any, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        make()


def test_a_sentence_per_one_says_gross_or_net() -> None:
    row = sample.roi_table().rows[0]
    assert isinstance(changed(row, per_one="1 USD → 4 USD gross"), RoiRow)
    with pytest.raises(ValidationError, match="gross or net"):
        changed(row, per_one="1 USD → 4 USD")


def test_funnels_never_rise_and_have_one_bottleneck() -> None:
    def block(*steps: tuple[int, bool]) -> FunnelBlock:
        made = (
            FunnelStep(label="s", count=figure(n, count("visits")), bottleneck=weak)
            for n, weak in steps
        )
        return FunnelBlock(id="f", title="F", entity="visits", steps=tuple(made))

    assert len(block((3, False), (3, True), (0, False)).steps) == 3
    with pytest.raises(ValidationError, match="never rise"):
        block((3, False), (4, False))
    with pytest.raises(ValidationError, match="at most one"):
        block((3, False), (2, True), (1, True))


def test_an_id_stands_once_on_a_page() -> None:
    model = sample.executive()
    again = Section(id="again", question="Again?", blocks=(sample.revenue_card(),))
    with pytest.raises(ValidationError, match="twice on the page: revenue"):
        changed(model, sections=(*model.sections, again))


def test_blocks_are_told_apart_by_kind() -> None:
    blocks = from_json(to_json(sample.executive())).sections[2].blocks
    assert isinstance(blocks[1], KpiCard)
    assert isinstance(from_json(to_json(sample.executive())).sections[3].blocks[0], PlanTable)
