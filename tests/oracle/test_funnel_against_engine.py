"""S22 on every engine: a funnel over random events counts what trying every attempt counts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kpidsl.model.expr import Column, Compare
from kpidsl.model.periods import Window
from kpidsl.model.purpose import Funnel, FunnelStep
from kpidsl.model.sources import Entity, Resolution
from kpidsl.plan.query import Query
from kpidsl.run.runner import Runner
from tests.oracle.build import column, literal, model, source
from tests.oracle.engine import EVERY_ENGINE, engine_of
from tests.oracle.funnel import Event, funnel_counts
from tests.oracle.generate import Case
from tests.support import EngineName

# Stored in UTC. New York's clock is changed on 10 March at 7:00, and on 3 November at 6:00.
NEW_YORK = ZoneInfo("America/New_York")
STARTS = datetime(2024, 3, 10, 3), datetime(2024, 11, 3, 3)  # noqa: DTZ001
HOUR = timedelta(hours=1)
COLUMNS = {"who": "VARCHAR", "at": "TIMESTAMP", "key": "INTEGER", "kind": "VARCHAR"}

Row = dict[str, object]
Limit = timedelta | None


def rows(start: datetime) -> st.SearchStrategy[list[Row]]:
    """Events of up to two entities and nobody, at whole hours from `start`."""
    event = st.tuples(
        st.sampled_from(["u", "u", "w", None]), st.integers(0, 8), st.sampled_from("abc")
    )
    return st.lists(event, max_size=7).map(
        lambda found: [
            {"who": who, "at": start + hours * HOUR, "key": number, "kind": kind}
            for number, (who, hours, kind) in enumerate(found)
        ]
    )


def entered(start: datetime) -> st.SearchStrategy[date | None]:
    """The day on which the attempts begin that are asked for, or None: all. The first few hours
    are of the day before."""
    return st.sampled_from([None, None, start.date() - timedelta(days=1), start.date()])


def local_day(moment: datetime) -> date:
    return moment.replace(tzinfo=UTC).astimezone(NEW_YORK).date()


def events(
    source_name: str, found: list[Row], kind: str, stand_for: dict[object, object]
) -> Iterator[Event]:
    for row in found:
        if row["kind"] == kind:
            assert isinstance(row["at"], datetime)
            who = stand_for.get(row["who"], row["who"])
            yield Event(entity=who, at=row["at"], source=source_name, key=row["key"])


limits = st.sampled_from([None, HOUR, 2 * HOUR, 5 * HOUR])
IDENTITIES = Resolution(source="identities", ids=column("id"), stands_for=column("of"))
resolved = st.lists(st.sampled_from(["clicks", "orders"]), unique=True)
"""The sources whose ids are resolved (S29)."""
identities = st.sampled_from([{}, {"u": "w"}, {"w": "u"}, {"u": "x", "w": "x"}])


funnels = st.tuples(
    st.sampled_from(STARTS).flatmap(
        lambda start: st.tuples(rows(start), rows(start), entered(start))
    ),
    st.lists(
        st.tuples(st.sampled_from([0, 0, 1]), st.sampled_from("abc"), limits),
        min_size=2,
        max_size=4,
    ),
    limits,
    st.sampled_from(["ordered", "ordered", "any"]),
    st.tuples(resolved, identities),
    st.sampled_from([(), (column("key"),)]),
)


@pytest.mark.parametrize("running", EVERY_ENGINE)
def test_engines_count_as_trying_every_attempt_does(running: EngineName) -> None:
    @given(funnels)
    def look(drawn: Any) -> None:
        compare(running, *drawn)

    look()


def compare(
    running: EngineName,
    happened: tuple[list[Row], list[Row], date | None],
    steps: list[tuple[int, str, Limit]],
    whole: Limit,
    sequence: Literal["ordered", "any"],
    same_people: tuple[list[str], dict[object, object]],
    event: tuple[Column, ...],
) -> None:
    *tables, day = happened
    looked_up, stand_for = same_people
    if sequence == "any":
        # A window needs an order (K481).
        whole = None
        steps = [(which, kind, None) for which, kind, _ in steps]
    # Vouched for long after the last event, so that no entity is immature.
    sources = [
        source(name, key=("key",), time="at", stored_as="UTC", watermark=date(2025, 1, 1))
        for name in ("clicks", "orders")
    ]
    names = [each.name for each in sources]
    who = column("who")
    told = {name: IDENTITIES.of("visitor", who) if name in looked_up else who for name in names}
    limits = [None, *(limit for _, _, limit in steps[1:])]
    funnel = Funnel(
        name="funnel",
        entity="visitor",
        steps=tuple(
            FunnelStep(
                name=f"step {number}",
                source=names[which],
                where=Compare("=", column("kind"), literal(kind)),
                event=event,
                entity=told[names[which]],
                within_seconds=None if limit is None else int(limit.total_seconds()),
            )
            for number, ((which, kind, _), limit) in enumerate(zip(steps, limits, strict=True))
        ),
        within_seconds=None if whole is None else int(whole.total_seconds()),
        sequence=sequence,
    )
    made = model(*sources, source("identities"), timezone=NEW_YORK.key)
    entity = Entity(name="visitor", members=told, resolve=IDENTITIES)
    made = made.model_copy(update={"entities": {"visitor": entity}})
    case = Case(
        made,
        Query(()),
        {
            **dict(zip(names, tables, strict=True)),
            "identities": [{"id": own, "of": other} for own, other in stand_for.items()],
        },
        {**dict.fromkeys(names, COLUMNS), "identities": {"id": "VARCHAR", "of": "VARCHAR"}},
    )
    same = {name: stand_for if name in looked_up else {} for name in names}
    expected = funnel_counts(
        [
            list(events(names[which], tables[which], kind, same[names[which]]))
            for which, kind, _ in steps
        ],
        limits,
        whole,
        sequence,
    )
    window = None if day is None else Window(day, day + timedelta(days=1))
    with engine_of(case, running) as engine:
        result, found = Runner(made, engine).funnel(funnel, window)
    assert result is not None, found
    counts = [
        sum(
            each.steps > number and day in {None, local_day(each.entry)}
            for each in expected.reached.values()
        )
        for number in range(len(steps))
    ]
    assert [count for _, count in result.steps] == counts
    assert result.immature == 0
