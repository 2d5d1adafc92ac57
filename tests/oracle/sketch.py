"""A source while it is invented: its physical columns by what they hold, and what it joins."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import time
from typing import Literal

from tests.oracle.draws import TURNS, Draw, Kind, chance, pick


@dataclass
class Sketch:
    """A source while it is invented: its physical columns by what they hold."""

    name: str
    text: str
    number: str
    money: str
    flag: str
    composite: bool
    history: bool
    """Whether rows hold for a time only (S8)."""
    turn: time | None = None
    """At which time of the day they begin and end to hold, or None where they do so by days."""
    at: str | None = None
    at_type: Literal["TIMESTAMP", "DATE"] = "DATE"
    joins: list[tuple[str, Sketch]] = field(default_factory=list)
    kinds: dict[str, Kind] = field(default_factory=dict)
    """The dimensions, and what their values are."""
    repeats: bool = False
    """Whether a row may be there twice, since nothing tells rows apart."""

    @property
    def key(self) -> tuple[str, ...]:
        return ("id", "part") if self.composite else ("id",)

    def dated(self, target: Sketch) -> bool:
        """Whether a join to the target asks which of its rows hold."""
        return target.history and self.at is not None

    def met(self, target: Sketch) -> tuple[str, ...]:
        """The target's columns that a join meets: of several versions one holds at a time."""
        return ("id",) if self.dated(target) else target.key

    def foreign(self, join: str, target: Sketch) -> tuple[str, ...]:
        return tuple(f"{join} {column}" for column in self.met(target))

    @property
    def columns(self) -> dict[str, str]:
        """The physical columns with DuckDB's types."""
        found = dict.fromkeys(self.key, "INTEGER")
        for join, target in self.joins:
            found |= dict.fromkeys(self.foreign(join, target), "INTEGER")
        found |= {self.text: "VARCHAR", self.number: "INTEGER", self.money: "DECIMAL(18, 2)"}
        found |= {self.flag: "BOOLEAN", "info": 'STRUCT("le vel" VARCHAR)'}
        if self.history:
            found |= dict.fromkeys(("since", "till"), "DATE" if self.turn is None else "TIMESTAMP")
        if self.at is not None:
            found[self.at] = self.at_type
        return found


def sketched(draw: Draw, name: str, before: list[Sketch]) -> Sketch:
    sketch = Sketch(
        name,
        text=pick(draw, ("channel", "group", 'od"d')),
        number=pick(draw, ("qty", "order", "數量")),
        money=pick(draw, ("amount", "a b", "Amount ü")),
        flag="is test",
        composite=chance(draw, 30),
        history=chance(draw, 25),
    )
    sketch.turn = pick(draw, (None, *TURNS)) if sketch.history else None
    if chance(draw, 90):
        sketch.at, sketch.at_type = pick(
            draw, (("at", "TIMESTAMP"), ("at", "TIMESTAMP"), ("day", "DATE"))
        )
    count = 1 if len(before) == 1 else pick(draw, (0, 1, 1, 2, 2))
    targets = [pick(draw, before) for _ in range(count)] if before else []
    if targets and chance(draw, 40):
        targets = targets[:1] * 2  # in two roles
    sketch.joins = [
        (target.name if number == 0 else f"als,o {target.name}", target)
        for number, target in enumerate(targets)
    ]
    return sketch


def is_target(sketch: Sketch, every: list[Sketch]) -> bool:
    return any(target is sketch for other in every for _, target in other.joins)
