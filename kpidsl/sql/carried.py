"""What rows carry beside the columns of their table, and what that is called."""

from __future__ import annotations

from kpidsl.model.sources import Source, Stock

Attributes = frozenset[str | Stock]
"""Attributes of entities by the name of the dimension, and when the next row of a level's entity
came."""

IDENTITIES = "{}_identities"
"""What the ids that an entity's table resolves are called; its columns are the next two."""
ID, STANDS_FOR = "id", "stands_for"


def attribute_column(dimension: str) -> str:
    """Name the column of an entity's attribute, which may be called as a column of its source."""
    return f"{dimension}__per_entity"


def next_column(source: Source, stock: Stock) -> str:
    """Name the column that says when the next row of a level's entity came."""
    stocks = list(dict.fromkeys(item.stock for item in source.measures.values()))
    return f"next__{stocks.index(stock) + 1}"
