"""S4 and S10 where groups are named last: small tables in which several keys share a name, lines
that join none of them, and everything that can be counted by their names, as the oracle counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

import pytest

from kpidsl.model.expr import Filtered, MetricExpr, Prior
from kpidsl.model.periods import Grain, Window
from kpidsl.plan.grains import rollup
from kpidsl.plan.nodes import Aggregate
from kpidsl.sql.once import counted_once
from tests.oracle.build import ask, by, column, compare, model, of, source
from tests.oracle.engine import EVERY_ENGINE
from tests.oracle.generate import Case
from tests.oracle.test_against_engine import compared
from tests.support import EngineName

MEASURES = {
    "lines": ("count",),
    "revenue": ("sum", column("amount")),
    "least": ("min", column("amount")),
    "orders": ("count_distinct", column("order")),
    "big_orders": ("count_distinct", column("order"), compare(column("amount"), ">", 2)),
    "buyers": ("count_distinct", column("customer")),
}
SHOP = model(
    source("channels", key=("id",), dimensions={n: column(n) for n in ("channel", "medium")}),
    source("products", key=("id",), dimensions={"product": column("product")}),
    source(
        "customers",
        key=("id",),
        measures={
            "customers": ("count",),
            "credit": ("sum", column("limit")),
            "middle": ("median", column("limit")),
        },
    ),
    source(
        "lines",
        key=("id",),
        time="at",
        stored_as="UTC",
        joins={
            "channel": ("channel_id", "channels", "id"),
            "product": ("product_id", "products", "id"),
            "customer": ("customer", "customers", "id"),
        },
        measures=MEASURES,
    ),
)
COLUMNS = {
    "channels": {"id": "INTEGER", "channel": "VARCHAR", "medium": "VARCHAR"},
    "products": {"id": "INTEGER", "product": "VARCHAR"},
    "customers": {"id": "INTEGER", "limit": "INTEGER"},
    "lines": {
        "id": "INTEGER",
        "at": "TIMESTAMP",
        "order": "INTEGER",
        "customer": "INTEGER",
        "channel_id": "INTEGER",
        "product_id": "INTEGER",
        "amount": "INTEGER",
    },
}
DIMENSIONS = ("channels.channel", "channels.medium", "products.product")
PAIRS = 60


def tables(random: Random) -> dict[str, list[dict[str, Any]]]:
    """Keys 1 to 3 are there, and 4 is not."""

    def key() -> int | None:
        return random.choice((1, 1, 2, 3, 4, None))

    def name() -> str | None:
        return random.choice(("a", "a", "b", None))

    def at() -> datetime | None:
        first = datetime(2024, 1, 30)  # noqa: DTZ001
        return random.choice((None, *(first + timedelta(days=day) for day in range(8))))

    return {
        "channels": [{"id": id_, "channel": name(), "medium": name()} for id_ in (1, 2, 3)],
        "products": [{"id": id_, "product": name()} for id_ in (1, 2, 3)],
        "customers": [{"id": id_, "limit": random.choice((1, 5, None))} for id_ in (1, 2, 3)],
        "lines": [
            {
                "id": id_,
                "at": at(),
                "order": random.choice((1, 1, 2, 3, None)),
                "customer": key(),
                "channel_id": key(),
                "product_id": key(),
                "amount": random.choice((1, 2, 3, 4, None)),
            }
            for id_ in range(random.randrange(12))
        ],
    }


def question(random: Random) -> Any:
    """Two to three values by one or two names, sometimes by time and filtered."""
    keys = tuple(by(name) for name in random.sample(DIMENSIONS, random.choice((1, 1, 2))))
    clocked = random.random() < 0.5
    wanted: list[MetricExpr] = [of(f"lines.{name}") for name in random.sample(sorted(MEASURES), 2)]
    if not clocked and random.random() < 0.6:
        wanted += [of(f"customers.{random.choice(('customers', 'credit', 'middle'))}")]
    if random.random() < 0.2:
        wanted[0] = Filtered(wanted[0], compare(keys[0], "!=", "b"))
    rest: dict[str, Any] = {}
    if clocked:
        rest["grain"] = random.choice((Grain.MONTH, Grain.DAY))
        if random.random() < 0.6:
            wanted[1] = Prior(wanted[0], 1, 0) if rest["grain"] is Grain.MONTH else wanted[1]
            rest["window"] = Window(date(2024, 1, 1), date(2024, 3, random.choice((1, 4))))
    if random.random() < 0.3:
        rest["where"] = compare(by(random.choice(DIMENSIONS)), random.choice(("=", "!=")), "a")
    if random.random() < 0.2:
        rest["totals"] = rollup(len(keys), [rest["grain"]] if clocked else [])
    return ask(*wanted, by=keys, **rest)


@pytest.mark.parametrize("engine", EVERY_ENGINE)
def test_late_names_count_as_the_oracle_does(
    engine: EngineName, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = counted(monkeypatch)
    outcomes: Counter[str] = Counter()
    for seed in range(PAIRS):
        outcome, told = tell(seed, engine)
        outcomes[outcome] += 1
        assert told == [], seed
    assert outcomes["answered"] > PAIRS / 2, outcomes
    assert min(tried["split"], tried["distinct"], tried["two tables"]) > PAIRS / 20, tried


def tell(seed: int, engine: EngineName) -> tuple[str, list[str]]:
    random = Random(seed)
    case = Case(SHOP, question(random), tables(random), COLUMNS, has_catalogue=True)
    return compared(case, engine)


def counted(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Count which nodes are told apart by numbers."""
    tried: Counter[str] = Counter()
    lower: Callable[..., Any] = counted_once

    def counting(node: Aggregate, *rest: Any) -> Any:
        tried["split" if node.fan_outs else "distinct"] += 1
        tried["two tables"] += len({key.value.hops for key in node.keys}) > 1
        return lower(node, *rest)

    monkeypatch.setattr("kpidsl.sql.lower.counted_once", counting)
    return tried
