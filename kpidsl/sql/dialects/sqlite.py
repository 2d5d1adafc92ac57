"""SQLite: a table of differences from the tree that is built for DuckDB.

SQLite has texts, whole numbers and floats: no date, no decimal, no boolean, no time zone, and it
turns what isn't a number into 0 without a word. What these need is asked of functions called
`kpi_…`, which the engine registers (`kpidsl.engines.sqlite_functions`); the text of a statement
says which. In a statement

- a day is a text `2026-03-31`, a moment one `2026-03-31 12:30:00` with a fraction where it has one;
  so earlier is smaller, and a day is at most the moments in it;
- a decimal is the float nearest to it, which tells decimals of up to 15 digits apart and puts them
  in order; what computes with them works on the digits, so no sum collects what floats lose;
- a boolean is 0 or 1, and a struct or a list is a text of JSON.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import reduce

from sqlglot import exp

from kpidsl.model.moments import DayPart, Run
from kpidsl.model.periods import Grain
from kpidsl.model.units import Datatype
from kpidsl.sql import build
from kpidsl.sql.dialects.base import Clock, Kind

OWN = "kpi_"
"""What the names of registered functions begin with."""
_STEPS = {
    Grain.DAY: "+1 day",
    Grain.WEEK: "+7 days",
    Grain.MONTH: "+1 month",
    Grain.QUARTER: "+3 months",
    Grain.YEAR: "+1 year",
}
_COMPARED = {
    Datatype.NUMBER: "kpi_number",
    Datatype.BOOLEAN: "kpi_boolean",
    Datatype.DATE: "kpi_moment",
    Datatype.TIMESTAMP: "kpi_moment",
    Datatype.UNKNOWN: "kpi_comparable",
}
_LAST, _AFTER = "9999-12-31", "9999-12-32"
"""The calendar's last day, and a text that stands after it in order."""
_UNTIL = "until"
"""The column of a series that holds the last of what it counts up to."""
_Type = exp.DataType.Type


class SQLite:
    name = "sqlite"
    is_typed = False

    def text(self, tree: exp.Expr, *, pretty: bool, copy: bool = True) -> str:
        adapted = _adapted(tree.copy() if copy else tree)
        sql = adapted.sql(dialect=self.name, pretty=pretty, normalize_functions=False)
        used = sorted({node.name for node in adapted.find_all(exp.Anonymous)})
        own = ", ".join(name for name in used if name.startswith(OWN))
        if not pretty or not own:
            return sql
        return f"-- runs where kpidsl's functions are registered: {own}\n{sql}"

    def lacks(self, tree: exp.Query) -> list[str]:
        unions = tree.find_all(exp.Union)
        return ["union by the names of columns"] if any(map(_is_by_name, unions)) else []

    def local_time(self, value: exp.Expr, clock: Clock) -> exp.Expr:
        return _call("kpi_local", value, _text(clock.stored_as), _text(clock.zone))

    def stored_time(self, value: exp.Expr, clock: Clock) -> exp.Expr:
        """What names its own zone, or is a day, is only comparable as local time."""
        if clock.stored_as is None:
            return self.local_time(value, clock)
        return _call("kpi_local", value, _text(clock.stored_as), _text(clock.stored_as))

    def instant(self, value: exp.Expr, clock: Clock) -> exp.Expr:
        return _call("kpi_instant", value, _text(clock.stored_as), _text(clock.zone))

    def part_start(self, instant: exp.Expr, local: exp.Expr, part: DayPart) -> exp.Expr:
        return _call("kpi_part_start", instant, local, _text(part.value))

    def period_start(self, value: exp.Expr, grain: Grain, week_starts: int) -> exp.Expr:
        match grain:
            case Grain.DAY:
                return _date(value)
            case Grain.WEEK:
                return _date(value, "-6 days", f"weekday {(week_starts + 1) % 7}")
            case Grain.MONTH:
                return _date(value, "start of month")
            case Grain.YEAR:
                return _date(value, "start of year")
        # The months of a quarter's three, counted from 0, lead back to its first.
        month = exp.Add(this=_part("%m", value.copy()), expression=build.number(2))
        past = exp.Mod(this=exp.Paren(this=_native(month)), expression=build.number(3))
        back = exp.DPipe(this=_text("-"), expression=exp.Paren(this=past))
        months = exp.DPipe(this=back, expression=_text(" months"))
        return _call("DATE", value, _text("start of month"), months)

    def add(self, value: exp.Expr, months: int, days: int) -> exp.Expr:
        moved = value
        if months:
            # SQLite's 31 January and a month is 2 or 3 March; the last day of February is meant.
            same_day = _date(value, f"{months:+d} months")
            last_day = _date(value.copy(), "start of month", f"{months + 1:+d} months", "-1 day")
            if months > 0:
                last_day = build.coalesce(last_day, _text(_LAST))
            moved = _call("MIN", same_day, last_day)
        if days:
            moved = _date(moved, f"{days:+d} days")
        if moved is value:
            return value
        # Exports write 9999-12-31 for "never", and SQLite has NULL for the days after it.
        after = _AFTER if max(months, days) > 0 else _before_year_10000(-months, -days)
        return build.coalesce(moved, _text(after))

    def later(self, moment: exp.Expr, seconds: int) -> exp.Expr:
        return _call("kpi_later", moment, build.number(seconds))

    def date_series(
        self, first: exp.Expr, last: exp.Expr, grain: Grain, name: str, of: str | None
    ) -> exp.Select:
        start, until = build.alias(first, name), build.alias(last, _UNTIL)
        base = build.select(start, until)
        if of is not None:
            base = build.from_(base, build.table(of))
        base = build.where(base, exp.LTE(this=first.copy(), expression=last.copy()))
        return _series([base], _date(build.column(name), _STEPS[grain]), name)

    def each_day(
        self, first: exp.Expr, last: exp.Expr, name: str, kept: tuple[str, ...], of: str
    ) -> exp.Select:
        columns = [*map(build.column, kept), build.alias(first, name), build.alias(last, _UNTIL)]
        base = build.from_(build.select(*columns), build.table(of))
        base = build.where(base, exp.LTE(this=first.copy(), expression=last.copy()))
        return _series([base], _date(build.column(name), _STEPS[Grain.DAY]), name, kept)

    def instants(self, runs: Sequence[Run], name: str) -> exp.Query:
        bases = [
            build.select(
                build.alias(build.literal(run.first), name),
                build.alias(build.literal(run.last), _UNTIL),
            )
            for run in runs
        ]
        (part,) = {run.part for run in runs}
        return _series(bases, _call("DATETIME", build.column(name), _text(f"+1 {part}")), name)

    def quantile(self, value: exp.Expr, fraction: Decimal) -> exp.Expr:
        return _call("kpi_quantile", value, _text(format(fraction, "f")))

    def picked(self, value: exp.Expr, order: Sequence[exp.Expr], *, last: bool) -> exp.Expr:
        return _call("kpi_last" if last else "kpi_first", value, *order)

    def comparable(self, value: exp.Expr, datatype: Datatype) -> exp.Expr:
        """A column holds values of any type, and texts are larger than all numbers."""
        function = _COMPARED.get(datatype)
        if function is None or isinstance(value, exp.Null | exp.Boolean):
            return value
        if datatype is Datatype.NUMBER and isinstance(value, exp.Literal):
            return value
        if function == "kpi_moment":
            return build.cast(value, "TIMESTAMP")
        return _call(function, value)

    def type_of(self, value: exp.Expr) -> exp.Expr:
        """SQLite tells numbers itself, which is quick."""
        held = _call("TYPEOF", value)
        numbers = exp.In(this=held, expressions=[_text("integer"), _text("real")])
        return build.case([(numbers, _text(Kind.NUMBER))], _call("kpi_type", value.copy()))

    def kind_of(self, type_name: str) -> Kind:
        return Kind(type_name)

    def field(self, value: exp.Expr, name: str) -> exp.Expr:
        return _call("kpi_field", value, _text(name))

    def unnested(self, rows: exp.Subquery, value: exp.Expr, alias: str, hides: bool) -> exp.Select:
        """The element stands first: of columns that share a name the first is read."""
        del hides
        element = build.alias(build.column("value", "element"), alias)
        others = exp.Column(this=exp.Star(), table=build.identifier(rows.alias))
        each = exp.Table(
            this=_call("JSON_EACH", value),
            alias=exp.TableAlias(this=build.identifier("element")),
        )
        return build.cross_join(build.from_(build.select(element, others), rows), each)


def _before_year_10000(months: int, days: int) -> str:
    """Return the day so many months and days before the one that `_AFTER` stands for."""
    if not months:
        return (date.max - timedelta(days=days - 1)).isoformat()
    year, month = divmod(10_000 * 12 - months, 12)
    return (date(year, month + 1, 1) - timedelta(days=days)).isoformat()


def _series(
    bases: Sequence[exp.Select], following: exp.Expr, name: str, kept: tuple[str, ...] = ()
) -> exp.Select:
    """Return what follows from each base's first value, in the column `name`, up to its last; the
    columns `kept` stand before it."""
    goes_on = exp.LTE(this=following, expression=build.column(_UNTIL))
    step = build.select(*map(build.column, kept), following.copy(), build.column(_UNTIL))
    step = build.where(build.from_(step, build.table("series")), goes_on)
    columns = map(build.column, (*kept, name))
    select = build.from_(build.select(*columns), build.table("series"))
    select = build.with_ctes(select, [("series", build.union_all([*bases, step]))])
    select.args["with_"].set("recursive", True)
    return select


# --- the trees that differ -----------------------------------------------------------------


def _adapted(tree: exp.Expr) -> exp.Expr:
    """Rewrite a tree from its leaves up, leaving the author's own SQL as it is."""
    if build.is_verbatim(tree):
        return tree
    if isinstance(tree, exp.Union):
        return _stacked(tree)
    for child in list(tree.iter_expressions()):
        changed = _adapted(child)
        if changed is not child:
            child.replace(changed)
    rule = _RULES.get(type(tree))
    return tree if rule is None or tree.meta.get("native") else rule(tree)


def _stacked(union: exp.Union) -> exp.Expr:
    """Stack rows of constants as VALUES: SQLite stacks no more than 500 queries."""
    queries = list(_queries(union))
    if not all(_is_constant(query) for query in queries):
        for query in queries:
            changed = _adapted(query)
            if changed is not query:
                query.replace(changed)
        return union
    rows = [
        exp.Tuple(expressions=[_adapted(column.unalias().copy()) for column in query.selects])
        for query in queries
    ]
    columns = [
        build.alias(exp.column(f"column{place}"), name)
        for place, name in enumerate(queries[0].named_selects, start=1)
    ]
    values = exp.Subquery(this=exp.Values(expressions=rows))
    return build.from_(build.select(*columns), values)


def _queries(union: exp.Union) -> Iterator[exp.Query]:
    """Yield what is stacked, in order; the left arms nest as deep as there are queries."""
    found: list[exp.Query] = []
    rest: exp.Expr = union
    while isinstance(rest, exp.Union) and not build.is_verbatim(rest):
        found.append(rest.expression)
        rest = rest.this
    assert isinstance(rest, exp.Query)
    yield rest
    yield from reversed(found)


def _is_constant(query: exp.Query) -> bool:
    own = isinstance(query, exp.Select) and not build.is_verbatim(query)
    return own and not any(query.args.get(part) for part in ("from_", "where", "with_"))


def _cast(node: exp.Cast) -> exp.Expr:
    value, kind = node.this, node.to.this
    assert isinstance(value, exp.Expr)
    if isinstance(value, exp.Null):
        return value
    literal = isinstance(value, exp.Literal)
    match kind:
        case _Type.DATE:
            return value if literal else _call("kpi_day", value)
        case _Type.TIMESTAMP if literal:
            return _text(datetime.fromisoformat(value.name).isoformat(" "))
        case _Type.TIMESTAMP:
            return _call("kpi_moment", value)
        case _Type.DOUBLE:
            return _call("kpi_real", value)
        case _Type.BOOLEAN:
            return _call("kpi_boolean", value)
        case _Type.DECIMAL if not literal:
            places = build.number(int(node.to.expressions[1].name))
            if isinstance(value, exp.Anonymous) and value.name == "kpi_product":
                return _call("kpi_product", *value.expressions, places)
            return _call("kpi_decimal", value, places)
        case _Type.DECIMAL:
            return value
    return node


def _extract(node: exp.Extract) -> exp.Expr:
    part, moment = node.name, build.cast(node.expression, "TIMESTAMP")
    value = _adapted(moment)
    match part:
        case "QUARTER":
            after = exp.Paren(this=exp.Add(this=_part("%m", value), expression=build.number(2)))
            return exp.IntDiv(this=after, expression=build.number(3))
        case "ISODOW":
            # SQLite counts from Sunday, 0.
            after = exp.Paren(this=exp.Add(this=_part("%w", value), expression=build.number(6)))
            weekday = exp.Paren(this=exp.Mod(this=after, expression=build.number(7)))
            return exp.Paren(this=exp.Add(this=weekday, expression=build.number(1)))
    return _part({"YEAR": "%Y", "MONTH": "%m", "DAY": "%d", "HOUR": "%H"}[part], value)


def _like(node: exp.Like) -> exp.Expr:
    """LIKE is blind to the case of letters; GLOB is not."""
    marks = {"%": "*", "_": "?", "*": "[*]", "?": "[?]", "[": "[[]"}
    pattern = "".join(marks.get(mark, mark) for mark in node.expression.name)
    return exp.Glob(this=node.this, expression=_text(pattern))


def _chosen(function: str) -> Callable[[exp.Expr], exp.Expr]:
    """Of values the smallest or largest that is known; SQLite's own is NULL beside a NULL."""

    def of_two(one: exp.Expr, other: exp.Expr) -> exp.Expr:
        first = build.coalesce(one.copy(), other.copy())
        return _call(function, first, build.coalesce(other, one))

    return lambda node: reduce(of_two, (node.this, *node.expressions))


def _calls(function: str) -> Callable[[exp.Expr], exp.Expr]:
    """Return a rule that calls a function with a node's operands."""
    return lambda node: _call(function, *node.iter_expressions())


def _sum(node: exp.Sum) -> exp.Expr:
    """A sum of decimals, as money is, is exact or refused (S12); counts SQLite adds up itself, as
    all that is summed up over a window."""
    if isinstance(node.this, exp.Count) or isinstance(node.parent, exp.Window):
        return node
    products = [call for call in node.find_all(exp.Anonymous) if call.name == "kpi_product"]
    if products or build.is_exact(node):
        for call in products:
            # Of what is added up, a float need not hold each term.
            call.set("this", "kpi_digits" if _is_term(call, node) else "kpi_product")
        return _call("kpi_sum_exactly", node.this)
    casts = [call for call in node.find_all(exp.Anonymous) if call.name == "kpi_decimal"]
    for call in casts:
        value, places = call.expressions
        call.replace(value)
    if not casts:
        return _call("kpi_sum", node.this)
    return _call("kpi_sum_decimals", node.this, places)


def _is_term(call: exp.Expr, total: exp.Sum) -> bool:
    """Tell whether a product is what is added up, as it is or under a condition."""
    above = call.parent
    while isinstance(above, exp.Case | exp.If):
        above = above.parent
    return above is total


def _multiplied(node: exp.Mul) -> exp.Expr:
    function = "kpi_product" if build.is_exact(node) else "kpi_multiply"
    return _call(function, *node.iter_expressions())


def _of_number(node: exp.Expr) -> exp.Expr:
    node.set("this", _call("kpi_number", node.this))
    return node


def _ordered(node: exp.Select) -> exp.Expr:
    """Rows are ordered by the columns of SELECT, and one without an alias is not among them."""
    if node.args.get("order"):
        columns = [
            build.alias(column.copy(), column.name) if isinstance(column, exp.Column) else column
            for column in node.expressions
            if not column.is_star
        ]
        if len(columns) == len(node.expressions):
            node.set("expressions", columns)
    return node


_RULES: dict[type[exp.Expr], Callable[..., exp.Expr]] = {
    exp.Abs: _of_number,
    exp.Add: _calls("kpi_add"),
    exp.ApproxDistinct: lambda node: exp.Count(this=exp.Distinct(expressions=[node.this])),
    exp.Avg: _calls("kpi_avg"),
    exp.Cast: _cast,
    exp.Ceil: lambda node: _call("kpi_ceil", node.this),
    exp.Extract: _extract,
    exp.Floor: lambda node: _call("kpi_floor", node.this),
    exp.Greatest: _chosen("MAX"),
    exp.Least: _chosen("MIN"),
    exp.Like: _like,
    exp.Lower: _calls("kpi_lower"),
    exp.Mul: _multiplied,
    exp.Neg: _of_number,
    exp.NullSafeEQ: lambda node: exp.Is(this=node.this, expression=node.expression),
    exp.NullSafeNEQ: lambda node: exp.Not(this=exp.Is(this=node.this, expression=node.expression)),
    exp.Round: lambda node: _call("kpi_round", node.this, node.args["decimals"] or build.number(0)),
    exp.Select: _ordered,
    exp.StddevSamp: _calls("kpi_stddev"),
    exp.Sub: _calls("kpi_subtract"),
    exp.Sum: _sum,
    exp.Upper: _calls("kpi_upper"),
}


def _is_by_name(union: exp.Union) -> bool:
    return bool(union.args.get("by_name")) and not build.is_verbatim(union)


def _native(node: exp.Expr) -> exp.Expr:
    """Mark arithmetic on whole numbers, which SQLite does itself."""
    node.meta["native"] = True
    return node


def _part(form: str, moment: exp.Expr) -> exp.Expr:
    digits = _call("STRFTIME", _text(form), moment)
    return exp.Cast(this=digits, to=exp.DataType.build("INT"))


def _date(value: exp.Expr, *modifiers: str) -> exp.Expr:
    return _call("DATE", value, *map(_text, modifiers))


def _call(function: str, *arguments: exp.Expr) -> exp.Expr:
    return exp.Anonymous(this=function, expressions=list(arguments))


def _text(value: str | None) -> exp.Expr:
    return exp.Null() if value is None else exp.Literal.string(value)
