"""The values of a question that are aggregated from rows: each once, and few passes over them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from kpidsl.model.project import Model
from kpidsl.model.sources import Aggregate as Kind
from kpidsl.model.sources import Source
from kpidsl.plan.additivity import can_be_named_late, merged_by, merges_into
from kpidsl.plan.bases import Bases, present_in
from kpidsl.plan.bridges import Bridges, check_measure, references
from kpidsl.plan.entities import EntityAnswers
from kpidsl.plan.formulas import Over
from kpidsl.plan.groundwork import Groundwork
from kpidsl.plan.keys import Keys, Wanted, check_fan_out
from kpidsl.plan.leaves import Expansion, LeafSpec
from kpidsl.plan.nodes import Aggregate, Hop, Leaf, PlacedExpr, Scan
from kpidsl.plan.paths import NoPath
from kpidsl.plan.placing import Placing
from kpidsl.plan.query import Query
from kpidsl.plan.reasons import no_path
from kpidsl.plan.refusal import Refused
from kpidsl.text.diagnostic import error


@dataclass(slots=True)
class Aggregates:
    """Plans the aggregates of a question, whose keys are called `columns`. `answers` are those that
    its filters test. The rows of leaders are left out of those `beyond` them."""

    model: Model
    query: Query
    ground: Groundwork
    columns: tuple[str, ...]
    expansion: Expansion
    answers: EntityAnswers
    beyond: tuple[Wanted, ...]
    _keys: Keys = field(init=False)

    def __post_init__(self) -> None:
        self._keys = Keys(self.model, self.ground.paths)

    def of(self, over: Over | None, finer: tuple[Aggregate, ...]) -> tuple[Aggregate, ...]:
        """Group the leaves over the same groups that one pass over one source can compute, or that
        are merged from those of `finer` nodes."""
        groups: dict[tuple[object, ...], list[LeafSpec]] = {}
        for spec in self.expansion.leaves:
            if spec.around.over == over:
                around, measure = spec.around, self.expansion.measure(spec)
                counted = (self._apart(spec), measure.once_per, measure.stock)
                way = (around.shift, around.reach, self._bridge(spec), *counted)
                groups.setdefault((spec.measure.source, *way), []).append(spec)
        nodes = [self._aggregate(specs, over) for specs in groups.values()]
        bases = Bases(self.query, self.model.settings.calendar, self.ground.are_small)
        found = [_merged(node, finer, bases, adds_rows=over is None) for node in nodes]
        own = iter(bases.shared([node for node in found if node.merged_from is None]))
        return tuple(next(own) if node.merged_from is None else node for node in found)

    def _bridge(self, spec: LeafSpec) -> tuple[Hop, ...]:
        """Return the bridge over which the rows of a leaf are split, if any (S7)."""
        if not self.ground.has_bridges:
            return ()
        over = spec.around.over
        kept = range(len(self.query.by)) if over is None else over.kept
        named = [self.query.by[place] for place in kept]
        named += references(spec.around.predicates)
        if self.query.where is not None and (over is None or over.filtered):
            named += references((self.query.where,))
        if over is None or over.rest:
            named += (dimension for _, dimension in self.beyond)
        bridge = Bridges(self.ground.paths).of(spec.measure.source, named)
        if bridge:
            check_measure(self.expansion.measure(spec), bridge)
        return bridge

    def _apart(self, spec: LeafSpec) -> str | None:
        """Tell which leaves that count in other periods than their own go together: those merged
        from a base; and each that counts distinct things by itself, since what is one thing to one
        of them may be several to another."""
        if not self.expansion.look(spec).joined:
            return None
        measure = self.expansion.measure(spec)
        if measure.aggregate is Kind.COUNT_DISTINCT:
            return self.expansion.leaves[spec]
        return None if merged_by(measure) is None else "merged"

    def _aggregate(self, specs: list[LeafSpec], over: Over | None) -> Aggregate:
        first = specs[0]
        source = self.model.sources[first.measure.source]
        measure = self.expansion.measure(first)
        kept = range(len(self.query.by)) if over is None else over.kept
        filtered = self.query.where is not None and (over is None or over.filtered)
        self._check_time(source, specs)
        circular = self.ground.excludes.in_reach(source)
        if circular is not None:
            raise Refused(circular)
        shift = first.around.shift
        placing = Placing(
            self.ground.paths, source.name, lambda value: self.answers.of(value, shift)
        )
        wanted = list(zip(self.columns, self.query.by, strict=True))
        try:
            keys, fan_outs = self._keys.of(source, [wanted[position] for position in kept])
            where = (placing.place(self.query.where),) if filtered and self.query.where else ()
            leaves = tuple(
                Leaf(
                    self.expansion.leaves[spec],
                    self.expansion.measure(spec),
                    tuple(placing.place(predicate) for predicate in spec.around.predicates),
                )
                for spec in specs
            )
        except NoPath as missing:
            raise Refused(no_path(self.model, measure, missing)) from None
        if measure.stock is not None and not source.key:
            raise Refused(
                error(
                    "K483",
                    f"rows of `{source.name}` at the same moment have no order, so none is the "
                    "last: it has no key",
                    measure.span,
                    help="declare the source's `key`",
                )
            )
        for fan_out in fan_outs:
            check_fan_out(source, fan_out, measure.once_per, (*where, *_conditions(leaves)))
        left_over = self.beyond if over is None or over.rest else ()
        beyond = self._keys.beyond(source, left_over) if left_over else ()
        node = Aggregate(
            Scan(source),
            leaves,
            keys,
            self.expansion.look(first),
            where,
            fan_outs,
            measure.stock,
            measure.once_per,
            timed=self.query.grain is not None,
            windowed=self.query.window is not None,
            dated=self.query.dated,
            beyond=beyond,
            bridge=self._bridge(first),
        )
        late = can_be_named_late(node) and self.ground.pay_naming(keys)
        return replace(node, named_late=True) if late else node

    def _check_time(self, source: Source, specs: list[LeafSpec]) -> None:
        looks = any(spec.around.shift or spec.around.reach is not None for spec in specs)
        needed = self.query.grain or self.query.window or looks
        if source.time is None and needed:
            measure = self.expansion.measure(specs[0])
            raise Refused(
                error(
                    "K468",
                    f"`{measure.name}` has no time: source `{source.name}` declares none",
                    source.span,
                    label="no `time`",
                    help="declare `time: COLUMN` in the source",
                )
            )


def _merged(
    node: Aggregate, finer: tuple[Aggregate, ...], bases: Bases, *, adds_rows: bool
) -> Aggregate:
    for other in finer:
        if bases.serves(other, node) if other.base else _merges(other, node, adds_rows):
            return replace(node, merged_from=other)
    return node


def _merges(finer: Aggregate, node: Aggregate, adds_rows: bool) -> bool:
    """Tell whether a node can be merged from another, and has rows in the same groups where its
    rows are some of the answer: what a condition on those tests is no part of their totals."""
    same_groups = not adds_rows or present_in(finer.leaves) == present_in(node.leaves)
    return same_groups and merges_into(finer, node)


def bases_of(nodes: tuple[Aggregate, ...]) -> list[Aggregate]:
    """Return the bases that nodes are merged from, each once."""
    found = (node.merged_from for node in nodes)
    bases = {id(node): node for node in found if node is not None and node.base is not None}
    return list(bases.values())


def _conditions(leaves: tuple[Leaf, ...]) -> tuple[PlacedExpr, ...]:
    return tuple(condition for leaf in leaves for condition in leaf.where)
