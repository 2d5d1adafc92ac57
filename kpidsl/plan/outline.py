"""A logical plan as a tree that people read: each node with the rules that made it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from kpidsl.model.formula import row_text
from kpidsl.model.sources import Source
from kpidsl.plan.looking import counted_days
from kpidsl.plan.nodes import (
    PERIOD,
    Accrual,
    Aggregate,
    Compute,
    Frame,
    Hop,
    Input,
    Leaders,
    Merge,
    OverAnswer,
    PlacedExpr,
    Plan,
    Reached,
    Sort,
)
from kpidsl.plan.placing import children
from kpidsl.plan.resolving import looked_up
from kpidsl.plan.within import values_in
from kpidsl.plan.wording import (
    condition_text,
    formula_text,
    looks_of,
    measure_text,
    over_text,
    percent_text,
    rows_text,
    rules_of,
    ways_of,
)
from kpidsl.text.display import counted


@dataclass(frozen=True, slots=True)
class Outline:
    """One node: its kind, what it does in words, the rules (S…) that made it, the sources that it
    is about, and where the first of them is declared (`file:line`, or "")."""

    node: str
    says: str
    rules: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    place: str = ""
    inputs: tuple[Outline, ...] = ()


def outline(planned: Plan) -> Outline:
    """Return the tree of a plan, the answer's order first and the scans last."""
    parts = [_compute(planned.root.input, planned.frame)]
    order = planned.root.order
    if planned.leaders is not None:
        parts = [_leaders(planned.leaders, planned.frame, parts[0])]
        others = [(name, False) for name in _columns(planned.frame)[:-1]]
        order = order or (*others, (planned.leaders.column, planned.leaders.descending))
    if planned.subtotals:
        parts += [_compute(part.input, part.frame) for part in planned.subtotals]
        count = counted(len(planned.subtotals), "level")
        levels = f"the rows, and {count} of totals, each computed anew"
        parts = [Outline("levels", levels, ("S10",), inputs=tuple(parts))]
    says = _order(replace(planned.root, order=order), planned.frame)
    return Outline("sort", says, inputs=tuple(parts))


def _leaders(leaders: Leaders, frame: Frame, rows: Outline) -> Outline:
    *others, last = (key.column for key in frame.keys)
    order = ", descending" if leaders.descending else ""
    says = f"the first {leaders.count:,} of {last} by {leaders.column}{order}"
    if others:
        says += f", for each {', '.join(others)}"
    inputs = [rows]
    if leaders.ranking is not None:
        says += "; ranked over the whole window"
        inputs.append(_compute(leaders.ranking.input, leaders.ranking.frame))
    if leaders.rest is not None:
        says += "; the rest as one row, computed anew"
        inputs.append(_compute(leaders.rest.input, leaders.rest.frame))
    return Outline("leaders", says, ("S10",), inputs=tuple(inputs))


def _order(sort: Sort, frame: Frame) -> str:
    asked = [f"{name}, descending" if down else name for name, down in sort.order]
    named = {name for name, _ in sort.order}
    columns = asked + [name for name in _columns(frame) if name not in named]
    order = f"by {'; '.join(columns)}" if columns else "one row"
    if sort.where is not None:
        order += f"; where {row_text(sort.where)}"
    if sort.limit is None:
        return order
    groups = f" for each {', '.join(sort.per)}" if sort.per else ""
    return f"{order}; the first {sort.limit:,}{groups}"


def _columns(frame: Frame) -> list[str]:
    longer = [item.column for item in frame.coarser]
    own = [PERIOD] if frame.grain is not None else []
    return [*longer, *own, *(key.column for key in frame.keys)]


def _compute(compute: Compute, frame: Frame) -> Outline:
    every = (*compute.outputs, *compute.tested)
    says = [f"{output.name} = {formula_text(output.formula, frame)}" for output in every]
    found = {rule for output in every for rule in rules_of(output.formula)}
    found |= {"S13"} if compute.ranges else set()
    if any(output.overlapping for output in compute.outputs):
        says.append("rows overlap")
        found.add("S4")
    told = "; ".join(says) or "the members alone"
    return Outline("compute", told, _sorted(found), inputs=(_merge(compute.input, frame),))


# --- merging -------------------------------------------------------------------------------


def _merge(merge: Merge, frame: Frame) -> Outline:
    """Return the inputs side by side; one alone, where no row is added to it, as it is."""
    inputs = [_input(node, frame) for node in merge.inputs]
    inputs += [_accrual(item) for item in merge.accruals]
    for total in merge.totals:
        nodes = tuple(_input(node, frame) for node in total.inputs)
        inputs.append(Outline("totals", over_text(total.over, frame), ("S10",), inputs=nodes))
    if len(inputs) == 1 and not merge.dense:
        return inputs[0]
    keys = _columns(frame)
    says = [f"on {', '.join(keys)}" if keys else "one row each"]
    rules = {"S5"} if len(inputs) > 1 else set()
    if merge.dense:
        whole = "the data" if frame.window is None else "the window"
        each = " for each combination of members" if frame.keys else ""
        says.append(f"every {frame.grain} of {whole}{each}")
        rules.add("S17")
    return Outline("merge", "; ".join(says), _sorted(rules), inputs=tuple(inputs))


def _accrual(item: Accrual) -> Outline:
    share = "in proportion to a weight" if item.weight is not None else "to no member"
    return Outline("accrual", f"{item.column}: fixed amounts by the day, {share}", ("S9",))


# --- one source ----------------------------------------------------------------------------


def _over_answer(item: OverAnswer) -> str:
    return (
        item.aggregate
        if item.fraction is None
        else f"{percent_text(item.fraction)} {item.aggregate}"
    )


def _input(node: Input, frame: Frame) -> Outline:
    if isinstance(node, Aggregate):
        return _aggregate(node, frame)
    says = [f"{item.column} = {_over_answer(item)}" for item in node.columns]
    keys = [*([PERIOD] if node.timed else []), *node.keys]
    each = node.entity or (str(node.answer.frame.grain),)
    says.append(f"over each {', '.join(each)}{' by ' if keys else ''}{', '.join(keys)}")
    says += [text for text, _ in looks_of(node.look)]
    answer = _compute(node.answer.input, node.answer.frame)
    return Outline("regroup", "; ".join(says), ("S10",), inputs=(answer,))


def _aggregate(node: Aggregate, frame: Frame) -> Outline:
    source = node.input.source
    says = [f"{leaf.column} = {measure_text(leaf.measure)}" for leaf in node.leaves]
    rules = {"S1"}
    if groups := _groups(node):
        says.append(f"by {', '.join(groups)}")
    if node.timed:
        rules.add("S15")
    for text, rule in ways_of(node):
        says.append(text)
        rules.add(rule)
    place = node.leaves[0].measure.place if node.leaves else source.place
    finer = node.merged_from
    if finer is not None:
        from_base = finer.base is not None
        if not from_base:
            says.append(f"merged from the values by {', '.join(_groups(finer))}")
        inputs: tuple[Outline, ...] = (_aggregate(finer, frame),) if from_base else ()
        return Outline(
            "aggregate", "; ".join(says), _sorted(rules | {"S10"}), (source.name,), place, inputs
        )
    rows = _rows(node, frame)
    return Outline("aggregate", "; ".join(says), _sorted(rules), (source.name,), place, (rows,))


def _groups(node: Aggregate) -> list[str]:
    return [*([PERIOD] if node.timed else []), *(key.column for key in node.keys)]


def _rows(node: Aggregate, frame: Frame) -> Outline:
    """Return the rows that a node counts: scanned, joined, each once, and filtered."""
    source = node.input.source
    filters = [(condition_text(item), "") for item in node.where]
    filters += [(condition_text(item), leaf.column) for leaf in node.leaves for item in leaf.where]
    far = {place for fan in node.fan_outs for place in fan.positions}
    near = [key.value for place, key in enumerate(node.keys) if place not in far]
    placed: list[PlacedExpr] = [*near, *node.where]
    placed += [item for leaf in node.leaves for item in leaf.where]
    inputs = _joined(source, placed, frame)
    for ids in looked_up(node, frame.sources):
        table = _scan(frame.sources[ids.table])
        says = f"ids of `{ids.entity}` as `{ids.table}` resolves them; others stand for themselves"
        inputs = Outline("lookup", says, ("S29",), (ids.table,), inputs=(inputs, table))
    tested = {id(value.answer): value for expr in placed for value in values_in(expr)}
    for value in tested.values():
        answer = _compute(value.answer.input, value.answer.frame)
        says_value = f"{row_text(value.value)}, as of each row's own; none without an entity"
        inputs = Outline("lookup", says_value, ("S14",), inputs=(inputs, answer))
    for fan in node.fan_outs:
        columns = ", ".join(node.keys[place].column for place in fan.positions)
        side = frame.sources[fan.hops[-1].to]
        says = f"each row once per {columns} of `{side.name}`"
        members = _joined(side, [node.keys[place].value for place in fan.positions], frame)
        inputs = Outline("dedupe", says, ("S4",), inputs=(inputs, members))
    if node.windowed and frame.window is not None:
        inputs = Outline("filter", _days(node, frame), ("S16",), inputs=(inputs,))
    if filters:
        texts = [f"{text} (for {leaf})" if leaf else text for text, leaf in filters]
        inputs = Outline("filter", "; ".join(texts), ("S14",), inputs=(inputs,))
    return inputs


def _days(node: Aggregate, frame: Frame) -> str:
    """Return the days that a node reads, however far before the window they begin."""
    calendar = frame.settings.calendar
    counted = counted_days(frame.window, frame.grain, calendar, node.look)
    span = counted if node.base is None else node.base.span
    assert span is not None
    first, end = span
    last = end - timedelta(days=1)
    return f"the days up to {last}" if first is None else f"the days of {first} .. {last}"


def _joined(source: Source, placed: Sequence[PlacedExpr], frame: Frame) -> Outline:
    """Return the scan of a source, and the joins over which its keys and filters reach."""
    found = _scan(source)
    for hop in dict.fromkeys(hop for expr in placed for hop in _hops(expr)):
        join = hop.join
        on = ", ".join(map(row_text, join.columns))
        rules = {"S2", "S6", "S3" if join.weight is None else "S7"}
        rules |= {"S8"} if join.validity is not None else set()
        target = _scan(frame.sources[hop.to])
        says = f"{join.name}: `{join.source}` to `{join.target}` on {on}; unmatched rows stay"
        found = Outline("join", says, _sorted(rules), (join.target,), join.place, (found, target))
    return found


def _scan(source: Source) -> Outline:
    says = f"`{source.name}`: {rows_text(source)}"
    return Outline("scan", says, sources=(source.name,), place=source.place)


def _hops(expr: PlacedExpr) -> Iterator[Hop]:
    """Yield the joins to what a row expression reaches; a test of any row has its own."""
    if isinstance(expr, Reached):
        yield from expr.hops
    for part in children(expr):
        yield from _hops(part)


def _sorted(rules: set[str]) -> tuple[str, ...]:
    return tuple(sorted(rules, key=lambda rule: int(rule[1:])))
