"""A logical plan as a tree that people read: each node with the rules that made it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import cast

from kpidsl.model.expr import Exchanged, Function, QueryDimension, RowExpr
from kpidsl.model.formula import number_text, row_text
from kpidsl.model.sources import (
    FilesOrigin,
    Measure,
    RowsOrigin,
    Source,
    SqlOrigin,
    TableOrigin,
    UnionOrigin,
)
from kpidsl.plan.formulas import (
    AccrualValue,
    FirstKnown,
    Formula,
    LeafValue,
    Negation,
    Number,
    Operation,
    Over,
    Place,
    RegroupValue,
)
from kpidsl.plan.looking import counted_days
from kpidsl.plan.looks import Look
from kpidsl.plan.nodes import (
    PERIOD,
    Accrual,
    Aggregate,
    AnyRow,
    Compute,
    Frame,
    Hop,
    Input,
    Leaders,
    Merge,
    OfEntity,
    PlacedExpr,
    Plan,
    Reached,
    Sort,
)
from kpidsl.plan.placing import children, rebuild
from kpidsl.plan.resolving import looked_up
from kpidsl.plan.within import values_in


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
        levels = f"the rows, and {len(planned.subtotals)} levels of totals, each computed anew"
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


# --- formulas ------------------------------------------------------------------------------


def _compute(compute: Compute, frame: Frame) -> Outline:
    every = (*compute.outputs, *compute.tested)
    says = [f"{output.name} = {_formula(output.formula, frame)}" for output in every]
    found = {rule for output in every for rule in _rules_of(output.formula)}
    found |= {"S13"} if compute.ranges else set()
    if any(output.overlapping for output in compute.outputs):
        says.append("rows overlap")
        found.add("S4")
    told = "; ".join(says) or "the members alone"
    return Outline("compute", told, _sorted(found), inputs=(_merge(compute.input, frame),))


def _rules_of(formula: Formula) -> Iterator[str]:
    match formula:
        case LeafValue(over=over) | RegroupValue(over=over):
            if over is not None:
                yield "S10"
        case AccrualValue():
            yield "S9"
        case Operation(op, left, right):
            if op == "/":
                yield "S12"
            yield from _rules_of(left)
            yield from _rules_of(right)
        case Negation(operand) | Place(operand):
            yield from _rules_of(operand)
        case FirstKnown(items):
            for item in items:
                yield from _rules_of(item)
        case Number():
            pass


def _formula(formula: Formula, frame: Frame, level: int = 0) -> str:
    match formula:
        case LeafValue(column=column, over=over) | RegroupValue(column=column, over=over):
            return column if over is None else f"{column} {_over(over, frame)}"
        case AccrualValue(column=column):
            return column
        case Number(value):
            return number_text(value)
        case Operation(op, left, right):
            own = 1 if op in "+-" else 2
            text = f"{_formula(left, frame, own)} {op} {_formula(right, frame, own + 1)}"
            return f"({text})" if own < level else text
        case Negation(operand):
            return f"-{_formula(operand, frame, 3)}"
        case Place(operand):
            return f"rank({_formula(operand, frame)})"
        case FirstKnown(items):
            return f"coalesce({', '.join(_formula(item, frame) for item in items)})"


def _over(over: Over, frame: Frame) -> str:
    kept = [frame.keys[place].column for place in over.kept]
    return f"over all by {', '.join(kept)}" if kept else "over all"


# --- merging -------------------------------------------------------------------------------


def _merge(merge: Merge, frame: Frame) -> Outline:
    """Return the inputs side by side; one alone, where no row is added to it, as it is."""
    inputs = [_input(node, frame) for node in merge.inputs]
    inputs += [_accrual(item) for item in merge.accruals]
    for total in merge.totals:
        nodes = tuple(_input(node, frame) for node in total.inputs)
        inputs.append(Outline("totals", _over(total.over, frame), ("S10",), inputs=nodes))
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


def _input(node: Input, frame: Frame) -> Outline:
    if isinstance(node, Aggregate):
        return _aggregate(node, frame)
    says = [f"{item.column} = {item.aggregate}" for item in node.columns]
    keys = [*([PERIOD] if node.timed else []), *node.keys]
    each = node.entity or (str(node.answer.frame.grain),)
    says.append(f"over each {', '.join(each)}{' by ' if keys else ''}{', '.join(keys)}")
    says += [text for text, _ in _look(node.look)]
    answer = _compute(node.answer.input, node.answer.frame)
    return Outline("regroup", "; ".join(says), ("S10",), inputs=(answer,))


def _aggregate(node: Aggregate, frame: Frame) -> Outline:
    source = node.input.source
    says = [f"{leaf.column} = {_measure(leaf.measure)}" for leaf in node.leaves]
    rules = {"S1"}
    if groups := _groups(node):
        says.append(f"by {', '.join(groups)}")
    if node.timed:
        rules.add("S15")
    for text, rule in _ways(node):
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
    filters = [(_text(item), "") for item in node.where]
    filters += [(_text(item), leaf.column) for leaf in node.leaves for item in leaf.where]
    far = {place for fan in node.fan_outs for place in fan.positions}
    near = [key.value for place, key in enumerate(node.keys) if place not in far]
    placed: list[PlacedExpr] = [*near, *node.where]
    placed += [item for leaf in node.leaves for item in leaf.where]
    inputs = _joined(source, placed, frame)
    for ids in looked_up(node, frame.sources):
        table = Outline("scan", *_scanned(frame.sources[ids.table]))
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


def _ways(node: Aggregate) -> Iterator[tuple[str, str]]:
    """Yield each thing that is special about how rows count, with its rule."""
    if node.stock is not None:
        yield "the last row of each entity", "S11"
    exchanged = [leaf.measure.operand for leaf in node.leaves]
    closing = {item.closing for item in exchanged if isinstance(item, Exchanged)}
    if closing:
        day = "the last day of the period" if True in closing else "each row's own day"
        yield f"converted at the rate of {day}", "S26"
    if node.bridge:
        yield f"each row split over `{node.bridge[-1].to}` in shares", "S7"
    if node.once_per:
        yield f"once per {', '.join(map(row_text, node.once_per))}", "S4"
    yield from _look(node.look)
    if node.named_late:
        yield "named when added up", "S10"
    if node.base is not None:
        yield f"by {node.base.grain} first, for all that is merged from it", "S10"


def _look(look: Look) -> Iterator[tuple[str, str]]:
    if look.pairs is not None:
        yield "on the days that the calendar pairs with each period", "S19"
    elif look.shift:
        yield f"{_length(look.shift.months, look.shift.days)} earlier", "S19"
    if look.reach is None:
        return
    if look.reach.since is not None:
        yield f"from the first day of the {look.reach.since} on", "S18"
    elif look.reach.is_bounded:
        yield f"over {_length(look.reach.months, look.reach.days)}", "S18"
    else:
        yield "from the beginning on", "S18"


def _length(months: int, days: int) -> str:
    parts = [(months, "month"), (days, "day")]
    return " and ".join(f"{n} {unit}{'' if n == 1 else 's'}" for n, unit in parts if n)


def _measure(measure: Measure) -> str:
    operand = "" if measure.operand is None else row_text(measure.operand)
    where = f" where {row_text(measure.where)}" if measure.where is not None else ""
    return f"{measure.aggregate}({operand}){where}"


def _joined(source: Source, placed: Sequence[PlacedExpr], frame: Frame) -> Outline:
    """Return the scan of a source, and the joins over which its keys and filters reach."""
    found = Outline("scan", *_scanned(source))
    for hop in dict.fromkeys(hop for expr in placed for hop in _hops(expr)):
        join = hop.join
        on = ", ".join(map(row_text, join.columns))
        rules = {"S2", "S6", "S3" if join.weight is None else "S7"}
        rules |= {"S8"} if join.validity is not None else set()
        target = Outline("scan", *_scanned(frame.sources[hop.to]))
        says = f"{join.name}: `{join.source}` to `{join.target}` on {on}; unmatched rows stay"
        found = Outline("join", says, _sorted(rules), (join.target,), join.place, (found, target))
    return found


def _hops(expr: PlacedExpr) -> Iterator[Hop]:
    """Yield the joins to what a row expression reaches; a test of any row has its own."""
    if isinstance(expr, Reached):
        yield from expr.hops
    for part in children(expr):
        yield from _hops(part)


def _scanned(source: Source) -> tuple[str, tuple[str, ...], tuple[str, ...], str]:
    """Return what a scan says, its rules, its source, and where that is declared."""
    match source.origin:
        case TableOrigin(path=path):
            read = f"table {'.'.join(path)}"
        case FilesOrigin(files=files):
            read = f"files {', '.join(files.patterns)}"
        case SqlOrigin():
            read = "a SELECT of its own"
        case UnionOrigin(sources=members):
            read = f"the rows of {', '.join(members)}"
        case RowsOrigin():
            read = "rows of its own"
    if source.exclude is not None:
        read += f", less those where {row_text(source.exclude)}"
    return f"`{source.name}`: {read}", (), (source.name,), source.place


def _text(expr: PlacedExpr) -> str:
    """Return a placed condition in the words of the language."""
    return row_text(_unplaced(expr))


def _unplaced(expr: PlacedExpr) -> RowExpr:
    match expr:
        case Reached(dimension):
            return QueryDimension(dimension.name, dimension.source)
        case OfEntity(value):
            return value
        case AnyRow(hops, predicate):
            return Function(f"any {hops[-1].to}", (_unplaced(predicate),))
    return cast("RowExpr", rebuild(expr, _unplaced))


def _sorted(rules: set[str]) -> tuple[str, ...]:
    return tuple(sorted(rules, key=lambda rule: int(rule[1:])))
