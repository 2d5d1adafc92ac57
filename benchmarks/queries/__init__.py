"""The queries: how each is asked of kpidsl, and the hand-written statements that answer it too."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).parent / "project"
_SQL = Path(__file__).parent / "sql"


@dataclass(frozen=True, slots=True)
class Query:
    """A question to kpidsl: metrics by dimensions over a period, or the counts of a funnel."""

    name: str
    title: str
    metrics: tuple[str, ...] = ()
    by: tuple[str, ...] = ()
    period: str | None = None
    where: str | None = None
    funnel: str | None = None
    top: int | None = None

    @property
    def best(self) -> str:
        """The fastest statement that we could write by hand."""
        return (_SQL / f"{self.name}.best.sql").read_text(encoding="utf-8")

    @property
    def known(self) -> str | None:
        """The best one that tells an unknown period from one without rows, where that costs."""
        path = _SQL / f"{self.name}.known.sql"
        return path.read_text(encoding="utf-8") if path.exists() else None

    @property
    def plain(self) -> str:
        """The statement as an analyst writes it."""
        return (_SQL / f"{self.name}.plain.sql").read_text(encoding="utf-8")


QUERIES = (
    Query(
        "revenue_aov",
        "Revenue and average order value by month and channel",
        ("revenue", "aov"),
        ("month", "channel"),
    ),
    Query("revenue", "Revenue by month", ("revenue",), ("month",)),
    Query("roas", "Return on ad spend by month (two facts)", ("roas",), ("month",)),
    Query("running_revenue", "Running revenue by month", ("running(revenue)",), ("month",)),
    # Customers reach a channel through their orders or through their refunds: the path is said.
    Query(
        "credit",
        "Revenue and credit limit by channel (fan-out)",
        ("revenue", "credit"),
        ("order_lines.channel.channel",),
    ),
    Query(
        "last_month",
        "Revenue beside last month's",
        ("revenue", "prior(revenue, 1mo)"),
        ("month",),
        "2025-01 .. 2025-11",
    ),
    Query(
        "rolling_buyers",
        "Distinct buyers of 28 days, by day",
        ("rolling(buyers, 28d)",),
        ("day",),
        "2025-01 .. 2025-11",
    ),
    Query(
        "year_over_year",
        "Revenue by ISO week beside last year's",
        ("revenue", "prior(revenue, 1y)"),
        ("week",),
        "2025-W01 .. 2025-W48",
    ),
    Query("funnel", "Funnel of four steps", funnel="purchase"),
    Query(
        "top_products",
        "Top-10 products by region, with the rest as other",
        ("revenue",),
        ("region", "product"),
        top=10,
    ),
)
