"""By what a question is split, and the groups of these keys that it names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kpidsl.kinds.vocabulary import Vocabulary
from kpidsl.model.expr import QueryDimension
from kpidsl.model.moments import DayPart
from kpidsl.model.periods import Grain
from kpidsl.plan.grains import coarser_names, from_coarse_to_fine, rollup
from kpidsl.plan.keys import key_names
from kpidsl.plan.nodes import PERIOD
from kpidsl.plan.query import Group
from kpidsl.syntax.parser import parse_expression
from kpidsl.syntax.tree import Ref
from kpidsl.text.diagnostic import Diagnostic, error
from kpidsl.text.source import SourceFile
from kpidsl.text.suggest import nearest

_GRAINS: dict[str, Grain | DayPart] = {item.value: item for item in (*DayPart, *Grain)}
_EVERYTHING = "all"


@dataclass(frozen=True, slots=True)
class Split:
    """The grains of a question from coarse to fine, and its dimensions."""

    grains: tuple[Grain | DayPart, ...]
    by: tuple[QueryDimension, ...]

    @property
    def grain(self) -> Grain | DayPart | None:
        """The finest grain, whose periods are those of the rows."""
        return self.grains[-1] if self.grains else None

    @property
    def coarser(self) -> tuple[Grain, ...]:
        return tuple(grain for grain in self.grains[:-1] if isinstance(grain, Grain))

    @property
    def dimension_columns(self) -> tuple[str, ...]:
        return key_names(self.by, self.grain)

    @property
    def columns(self) -> list[str]:
        """All key columns, in order."""
        coarser = coarser_names(self.coarser, self.dimension_columns)
        return [*coarser, *([PERIOD] if self.grain else []), *self.dimension_columns]


def split_by(
    words: Sequence[str], vocabulary: Vocabulary, homes: frozenset[str]
) -> tuple[Split, list[Diagnostic]]:
    """Return what the words of `by` mean."""
    grains: list[Grain | DayPart] = []
    dimensions: list[QueryDimension] = []
    found: list[Diagnostic] = []
    for word in words:
        if word in _GRAINS:
            found += repeated([word, word]) if _GRAINS[word] in grains else []
            grains.append(_GRAINS[word])
            continue
        tree, own = parse_expression(SourceFile("<by>", word))
        found += own
        if isinstance(tree, Ref):
            dimension, own = vocabulary.dimension(tree, homes, _GRAINS)
            found += own
            if dimension in dimensions:
                found += repeated([word, word])
            elif dimension is not None:
                dimensions.append(dimension)
        elif tree is not None:
            found.append(
                error(
                    "K924",
                    "only dimensions and grains can be grouped by",
                    tree.span,
                    help=f"name a dimension, or {', '.join(_GRAINS)}",
                )
            )
    ordered = from_coarse_to_fine(grains)
    if any(isinstance(grain, DayPart) for grain in ordered[:-1]):
        message = f"both `{ordered[-2]}` and `{ordered[-1]}` are asked for"
        found.append(error("K924", message, help="group by one part of a day"))
    return Split(tuple(ordered), tuple(dimensions)), found


def group_of(words: Sequence[str], split: Split) -> tuple[Group, list[Diagnostic]]:
    """Return some of the keys of a question, named as in `by` or as their columns are."""
    places = {str(item): place for place, item in enumerate(split.by)}
    places |= {name: place for place, name in enumerate(split.dimension_columns)}
    times = {grain.value: grain for grain in split.grains}
    if split.grain is not None:
        times[PERIOD] = split.grain
    found = [*unknown_words(words, [*times, *places], "one of `by`"), *repeated(words)]
    grains = list(dict.fromkeys(times[word] for word in words if word in times))
    if len(grains) > 1:
        message = f"one group is by `{grains[0]}` and by `{grains[1]}`"
        found.append(error("K924", message, help="name the finer of them"))
    kept = sorted({places[word] for word in words if word in places and word not in times})
    return Group(tuple(kept), grains[0] if grains else None), found


def totals_of(
    totals: bool | Sequence[str], split: Split
) -> tuple[tuple[Group, ...], list[Diagnostic]]:
    """Return the groups over which there are totals: all of a roll-up, or those that are named,
    the columns of each joined by `+`, and `all` for the one over everything."""
    if isinstance(totals, bool):
        return rollup(len(split.by), split.grains) if totals else (), []
    groups: list[Group] = []
    found: list[Diagnostic] = repeated(totals)
    for text in totals:
        words = [word.strip() for word in text.split("+")]
        group, own = group_of([] if words == [_EVERYTHING] else words, split)
        found += own
        if group == Group(tuple(range(len(split.by))), split.grain):
            mend = f"name fewer of them, or `{_EVERYTHING}`"
            found.append(error("K924", f"`{text}` is by all of `by`, and no total", help=mend))
        groups.append(group)
    return tuple(groups), found


def repeated(words: Sequence[str]) -> list[Diagnostic]:
    """Say which words are there twice."""
    return [
        error("K924", f"`{word}` is asked for twice", help="name it once")
        for position, word in enumerate(words)
        if word in words[:position]
    ]


def unknown_words(words: Iterable[str], known: Iterable[str], what: str) -> list[Diagnostic]:
    """Say which words are not known, with the nearest that is."""
    known = list(known)
    found = []
    for word in words:
        if word not in known:
            close = nearest(word, known, 1)
            listed = f"use one of: {', '.join(known)}" if known else "leave it out"
            mend = f"use `{close[0]}`" if close else listed
            found.append(error("K924", f"`{word}` is no {what}", help=mend))
    return found
