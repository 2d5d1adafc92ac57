"""What SQL Server's grammar forbids and a parser of many dialects doesn't mind, looked for in every
statement of every case."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest
from sqlglot import Dialect as Parser
from sqlglot import exp

from kpidsl.conformance.proving import outcomes
from kpidsl.engines.base import Table, ValueType
from kpidsl.sql.dialects import DIALECTS
from tests.conformance.test_parsed import TYPED
from tests.conformance.translated import Translated

TESTS = (
    *(exp.And, exp.Or, exp.Not, exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE),
    *(exp.In, exp.Is, exp.Like, exp.Exists, exp.Between, exp.NullSafeEQ, exp.NullSafeNEQ),
)
AGGREGATES = (exp.Avg, exp.Count, exp.Max, exp.Min, exp.Stddev, exp.StddevSamp, exp.Sum)
ABSENT = (
    *(exp.Boolean, exp.DPipe, exp.Filter, exp.Interval, exp.Qualify, exp.SafeDivide),
    *(exp.Tuple, exp.Unnest, exp.Bracket, exp.ILike, exp.AtTimeZone),
)
"""What the dialect has not. Rows of constants are tuples, too, and are looked at apart."""
UNSIZED = (exp.DType.VARCHAR, exp.DType.NVARCHAR, exp.DType.TEXT, exp.DType.VARBINARY)


@pytest.fixture(scope="module")
def statements() -> Sequence[str]:
    told: list[str] = []

    class Told(Translated):
        def run(
            self, sql: str, types: Sequence[ValueType] | None = None, most: int | None = None
        ) -> Table:
            if not sql.startswith("DESCRIBE"):  # that is DuckDB's
                told.append(sql)
            return super().run(sql, types, most)

    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(DIALECTS, "tsql", TYPED["tsql"])
        list(outcomes(lambda zone: Told("tsql", zone), lambda _: None))
    return list(dict.fromkeys(told))


def test_no_statement_of_any_case_breaks_a_rule(statements: Sequence[str]) -> None:
    assert len(statements) > 100
    assert [(fault, sql) for sql in statements for fault in faults(sql)] == []


@pytest.mark.parametrize(
    ("sql", "fault"),
    [
        ("SELECT [a] = 1 AS [x] FROM [t]", "a test as a value"),
        ("SELECT COALESCE([a] = 1, 0) AS [x] FROM [t]", "a test as a value"),
        ("SELECT [a] FROM [t] WHERE [a]", "a value as a test"),
        ("SELECT [a] FROM [t] WHERE NOT [a] AND [b] = 1", "a value as a test"),
        ("SELECT CASE WHEN [a] THEN 1 END AS [x] FROM [t]", "a value as a test"),
        ("SELECT TRUE AS [x]", "Boolean"),
        ("SELECT 1 AS [x] FROM (WITH [c] AS (SELECT 1 AS [y]) SELECT [y] FROM [c]) AS [t]", "WITH"),
        ("SELECT [a] FROM (SELECT [a] FROM [t] ORDER BY [a]) AS [u]", "ORDER BY inside"),
        ("SELECT 1 AS [x], COUNT(*) AS [n] FROM [t] GROUP BY 1", "a constant as a group"),
        (
            "SELECT COUNT(*) AS [n] FROM [t] GROUP BY (SELECT MAX([b]) FROM [u])",
            "a query as a group",
        ),
        ("SELECT [a], [b] FROM [t] GROUP BY [a]", "neither grouped nor aggregated: [b]"),
        ("SELECT [a] + [b] AS [x] FROM [t] GROUP BY [a]", "neither grouped nor aggregated: [b]"),
        ("SELECT [a], COUNT(*) AS [n] FROM [t]", "neither grouped nor aggregated: [a]"),
        ("SELECT SUM((SELECT MAX([b]) FROM [u])) AS [x] FROM [t]", "a query in an aggregate"),
        ("SELECT SUM(COUNT(*)) AS [x] FROM [t]", "an aggregate in another"),
        ("SELECT [x] FROM (SELECT [a] AS [x], [b] AS [X] FROM [t]) AS [u]", "a name twice"),
        ("SELECT COUNT(*) FROM [t]", "a column without a name"),
        ("SELECT [x] FROM (SELECT [a] + 1 FROM [t]) AS [u]", "a column without a name"),
        ("SELECT CASE WHEN [a] = 1 THEN NULL END AS [x] FROM [t]", "only NULL to choose"),
        ("SELECT CAST([a] AS VARCHAR) AS [x] FROM [t]", "thirty characters"),
        ("SELECT CAST([a] AS DECIMAL) AS [x] FROM [t]", "eighteen digits and no decimals"),
        ("SELECT [a] FROM [t] WHERE ROW_NUMBER() OVER (ORDER BY [a]) = 1", "a window as a filter"),
        (
            "SELECT COUNT((SELECT MAX([b]) FROM [u])) OVER (PARTITION BY [a]) AS [x] FROM [t]",
            "a query in a window",
        ),
    ],
)
def test_a_broken_rule_is_found(sql: str, fault: str) -> None:
    assert fault in list(faults(sql))


def faults(sql: str) -> Iterator[str]:
    """Yield the rules that a statement breaks."""
    (tree,) = Parser.get_or_raise("tsql").parse(sql)
    assert isinstance(tree, exp.Query)
    rows = {row for values in tree.find_all(exp.Values) for row in values.expressions}
    for node in tree.walk():
        if isinstance(node, ABSENT) and node not in rows:
            yield type(node).__name__
        yield from _of_tests(node)
        match node:
            case exp.With() if node.parent is not tree:
                yield "WITH"
            case exp.Order() if not _may_order(node, tree):
                yield "ORDER BY inside"
            case exp.Select():
                yield from _of_select(node, tree)
            case exp.Case() if all(isinstance(each, exp.Null) for each in _choices(node)):
                yield "only NULL to choose"
            case exp.Cast() if node.to.this in UNSIZED and not node.to.expressions:
                if not isinstance(node.parent, exp.Length):  # to which the parser adds one
                    yield "thirty characters"
            case exp.Cast() if node.to.this is exp.DType.DECIMAL and len(node.to.expressions) < 2:
                yield "eighteen digits and no decimals"
            case exp.Window():
                yield from _of_window(node)


def _of_window(window: exp.Window) -> Iterator[str]:
    above = window.find_ancestor(exp.Where, exp.Having, exp.Group, exp.Query)
    if not isinstance(above, exp.Query):
        yield "a window as a filter"
    if window.find(exp.Query, exp.Exists):
        yield "a query in a window"


def _of_tests(node: exp.Expr) -> Iterator[str]:
    for child in node.iter_expressions():
        asked = _asks(node, str(child.arg_key))
        if isinstance(node, exp.Paren):
            continue  # looked at from what is around it
        if asked and not isinstance(child.unnest(), TESTS):
            yield "a value as a test"
        if not asked and isinstance(child.unnest(), TESTS):
            yield "a test as a value"


def _asks(node: exp.Expr, key: str) -> bool:
    if isinstance(node, exp.And | exp.Or | exp.Not | exp.Where | exp.Having):
        return True
    return (isinstance(node, exp.If) and key == "this") or (
        isinstance(node, exp.Join) and key == "on"
    )


def _may_order(order: exp.Order, tree: exp.Expr) -> bool:
    above = order.parent
    return above is tree or isinstance(above, exp.Window) or bool(above and above.args.get("limit"))


def _choices(case: exp.Case) -> list[exp.Expr | None]:
    others = [] if case.args.get("default") is None else [case.args["default"]]
    return [*(branch.args.get("true") for branch in case.args["ifs"]), *others]


def _of_select(select: exp.Select, tree: exp.Expr) -> Iterator[str]:
    names = [name.casefold() for name in select.named_selects]
    if select is not tree and len(set(names)) < len(names) and not select.is_star:
        yield "a name twice"
    if not _is_value(select) and not all(map(_has_name, select.expressions)):
        yield "a column without a name"
    group = select.args.get("group")
    terms = list(group.expressions) if group else []
    if not all(term.find(exp.Column) for term in terms):
        yield "a constant as a group"
    if any(term.find(exp.Query) for term in terms):
        yield "a query as a group"
    parts = [*select.expressions, *filter(None, [select.args.get("having")])]
    own = [node for part in parts for node in _within(part)]
    aggregates = [node for node in own if isinstance(node, AGGREGATES)]
    for node in aggregates:
        if any(isinstance(inner, exp.Query | exp.Exists) for inner in node.walk()):
            yield "a query in an aggregate"
        nested = any(isinstance(inner, AGGREGATES) for inner in _within(node) if inner is not node)
        if nested and not isinstance(node.parent, exp.Window):
            yield "an aggregate in another"
    simple = [node for node in aggregates if not isinstance(node.parent, exp.Window)]
    if group or simple:
        for part in parts:
            yield from _loose(part, terms)


def _has_name(item: exp.Expr) -> bool:
    return isinstance(item, exp.Alias | exp.Column | exp.Star)


def _is_value(select: exp.Select) -> bool:
    """Tell whether a query stands for one value, or for whether there is a row."""
    around = select.parent
    is_bare = isinstance(around, exp.Subquery) and not around.alias
    return is_bare or isinstance(around, exp.Exists)


def _within(node: exp.Expr) -> Iterator[exp.Expr]:
    """Yield a node and all that it holds, but for queries."""
    return node.walk(prune=lambda each: isinstance(each, exp.Query))


def _loose(node: exp.Expr, terms: Sequence[exp.Expr]) -> Iterator[str]:
    """Yield the columns that are read beside groups."""
    if node in terms or isinstance(node, exp.Query):
        return
    if isinstance(node, AGGREGATES) and not isinstance(node.parent, exp.Window):
        return
    if isinstance(node, exp.Column):
        yield f"neither grouped nor aggregated: {node.sql('tsql')}"
    for child in node.iter_expressions():
        yield from _loose(child, terms)
