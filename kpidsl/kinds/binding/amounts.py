"""What an amount is made of, so that nothing is deducted twice (T1).

Names are those of measures (`lines.cogs`), metrics (`marketing_cost`) and fixed amounts as
printed; a filtered amount is `NAME where CONDITION`. A name that is declared nowhere, as in
`net_of: [discounts]`, stands for itself.
"""

from __future__ import annotations

from kpidsl.kinds.binding.scope import Amounts, Scope
from kpidsl.text.diagnostic import Label
from kpidsl.text.source import Span

_WHERE = " where "


def joined(one: Amounts, other: Amounts) -> Amounts:
    """Return the make-up of a sum."""
    return Amounts(one.counted | other.counted, {**one.deducted, **other.deducted})


def counted_in(amounts: Amounts) -> Amounts:
    """Return the make-up of a negated amount: what it counted is deducted."""
    return Amounts(frozenset(), dict.fromkeys(amounts.counted))


def filtered(amounts: Amounts, condition: str) -> Amounts:
    """Return the make-up of an amount under a filter; its deductions are filtered with it."""
    return Amounts(
        frozenset(f"{name}{_WHERE}{condition}" for name in amounts.counted), amounts.deducted
    )


def overlap(counted: frozenset[str], deducted: Amounts) -> str | None:
    """Return the first amount that is counted here and was deducted there already."""
    for name in sorted(counted):
        for taken in deducted.deducted:
            # Of two different filters nothing is known; without one, the part is in the whole.
            if name == taken or _base(name) == taken or _base(taken) == name:
                return taken
    return None


def difference(left: Amounts, right: Amounts, span: Span, scope: Scope) -> Amounts | None:
    """Return the make-up of `left - right`, or say that `right` was deducted already."""
    twice = overlap(right.counted, left)
    if twice is not None:
        refuse_twice(twice, span, left.deducted[twice], scope)
        return None
    return Amounts(left.counted, {**left.deducted, **dict.fromkeys(right.counted, span)})


def refuse_twice(name: str, span: Span, first: Span | None, scope: Scope) -> None:
    """Say that an amount is deducted twice, with both places (T1)."""
    scope.error(
        "D101",
        f"`{name}` is deducted twice",
        span,
        label="deducted here again",
        labels=(Label(first, "deducted here already"),) if first is not None else (),
        help="start from the amount before that deduction, or leave this one out",
    )


def canonical(name: str, scope: Scope, source: str | None = None) -> str:
    """Return the full name of an amount that was named in one word."""
    catalog = scope.catalog
    if "." in name or name in catalog.metrics:
        return name
    if source is not None and name in catalog.sources[source].measures:
        return f"{source}.{name}"
    homes = catalog.measure_homes.get(name, ())
    return f"{homes[0]}.{name}" if len(homes) == 1 else name


def basis_of(amounts: Amounts, scope: Scope) -> str:
    """Say in words what an amount is, such as `revenue net of cogs and discounts` (T1, T3)."""
    leaves = sorted(name for name in amounts.counted if _is_leaf(name, scope))
    base = " + ".join(_local(name) for name in leaves) or "nothing"
    taken = sorted({_local(name) for name in amounts.deducted if _is_shown(name, amounts, scope)})
    return f"{base} net of {' and '.join(taken)}" if taken else f"{base}, nothing deducted"


def _is_leaf(name: str, scope: Scope) -> bool:
    return _base(name) not in scope.catalog.metrics


def _is_shown(name: str, amounts: Amounts, scope: Scope) -> bool:
    # A deducted metric shows by its measures, unless it has none of its own among them.
    metric = scope.metrics.get(name)
    return metric is None or not any(leaf in amounts.deducted for leaf in metric.leaves)


def _local(name: str) -> str:
    base, where, condition = name.partition(_WHERE)
    # A measure's source is left out; the point of an amount such as `12.5 USD` stays.
    short = base.rsplit(".", 1)[-1] if " " not in base else base
    return f"{short.replace('_', ' ')}{where}{condition}"


def _base(name: str) -> str:
    return name.split(_WHERE, 1)[0]
