"""What the words of a question mean, by a model that is checked."""

from __future__ import annotations

from collections.abc import Iterable
from copy import copy
from functools import lru_cache

from kpidsl.kinds.binding.answers import answer_binder
from kpidsl.kinds.binding.dimensions import find_dimension
from kpidsl.kinds.binding.formulas import FormulaBinder
from kpidsl.kinds.binding.report_days import Days, split_days
from kpidsl.kinds.binding.scope import Scope, scope_of
from kpidsl.kinds.binding.templates import Writer, templates_of
from kpidsl.kinds.binding.values import Value
from kpidsl.kinds.metric import measures
from kpidsl.model.expr import QueryDimension, RowExpr
from kpidsl.model.project import Model
from kpidsl.syntax import tree
from kpidsl.syntax.parser import parse_expression
from kpidsl.text.diagnostic import Diagnostic, has_errors
from kpidsl.text.source import SourceFile, Span

_REMEMBERED = 1000
"""So many metrics and formulas of questions are not read again."""


class Vocabulary:
    """The names of a model, gathered once for all questions: that takes as long as the model is
    large, and no question changes them."""

    def __init__(self, model: Model) -> None:
        self._scope = scope_of(model)
        self._templates = templates_of(model)
        self.metric_called = lru_cache(_REMEMBERED)(self._metric_called)

    def _question(self) -> Scope:
        """Return a scope with findings of its own."""
        scope = copy(self._scope)
        scope.diagnostics, scope.column_spans = [], {}
        return scope

    def _metric_called(self, text: str) -> tuple[Value | None, tuple[Diagnostic, ...]]:
        """Read a metric or a formula as questions name it; most name the same few."""
        expr, found = parse_expression(SourceFile("<metric>", text))
        if expr is None or has_errors(found):
            return None, tuple(found)
        value, own = self.metric(expr)
        return value, (*found, *own)

    def metric(self, expr: tree.Expr) -> tuple[Value | None, list[Diagnostic]]:
        """Bind a formula over metrics and measures, with its unit."""
        scope = self._question()
        written = Writer(self._templates, scope.diagnostics).written_out(expr)
        bound = FormulaBinder(scope).bind(written)
        if bound is not None and not measures(bound, expr.span.text, expr.span, scope):
            bound = None
        return bound, scope.diagnostics

    def condition(
        self, expr: tree.Expr, homes: frozenset[str] = frozenset()
    ) -> tuple[RowExpr | None, list[Diagnostic]]:
        """Bind a filter over dimensions and over metrics per entity; it is two-valued (S2).

        `homes` are the sources of the question's measures: where they are one, its own dimension
        goes before one of the same name elsewhere.
        """
        scope = self._question()
        written = Writer(self._templates, scope.diagnostics).written_out(expr)
        return FormulaBinder(scope).condition(written, homes), scope.diagnostics

    def days(self, expr: tree.Expr) -> tuple[tree.Expr | None, list[Days], list[Diagnostic]]:
        """Return a question's filter without its conditions on time, and the days that they keep
        (S16)."""
        scope = self._question()
        rest, days = split_days(expr, scope)
        return rest, days, scope.diagnostics

    def kept(self, expr: tree.Expr) -> tuple[RowExpr | None, list[Diagnostic]]:
        """Bind a condition on the rows of an answer, over metrics; it is two-valued (S2)."""
        scope = self._question()
        written = Writer(self._templates, scope.diagnostics).written_out(expr)
        return answer_binder(scope, FormulaBinder(scope).bind).condition(written), scope.diagnostics

    def dimension(
        self,
        ref: tree.Ref | str,
        homes: frozenset[str] = frozenset(),
        words: Iterable[str] = (),
    ) -> tuple[QueryDimension | None, list[Diagnostic]]:
        """Find the dimension that is named: shared, of one source, or over named joins (S9).

        `homes` as in `condition`; `words` are others that may stand beside it.
        """
        scope = self._question()
        named = _ref_of(ref) if isinstance(ref, str) else ref
        return find_dimension(named, scope, homes, words), scope.diagnostics


def _ref_of(text: str) -> tree.Ref:
    file = SourceFile("<query>", text)
    parts: list[tree.Name] = []
    start = 0
    for part in text.split("."):
        parts.append(tree.Name(part, Span(file, start, start + len(part))))
        start += len(part) + 1
    return tree.Ref(tuple(parts), Span(file, 0, len(text)))
