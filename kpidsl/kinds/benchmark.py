"""`benchmark`: an outside value with its source, date and expiry (D25)."""

from __future__ import annotations

from kpidsl.kinds.binding.fields import Fields
from kpidsl.kinds.binding.scope import Scope
from kpidsl.kinds.binding.shapes import DATE, EXPRESSION, TEXT
from kpidsl.kinds.binding.spec import Header, Key, Kind
from kpidsl.kinds.binding.targets import fits_amount, read_amount
from kpidsl.kinds.binding.units import say_unit
from kpidsl.model.purpose import Benchmark
from kpidsl.model.units import Unit
from kpidsl.syntax import tree
from kpidsl.text.diagnostic import Label, warning

SOURCE = Key("source", TEXT, "Where the value was published.")
AS_OF = Key("as_of", DATE, "The date for which it holds.")
EXPIRES = Key("expires", DATE, "The date after which it is too old.")

KIND = Kind(
    "benchmark",
    "A value from outside to compare with: who published it, when, and how long it holds.",
    'benchmark cac_retail: 52 USD {\n  source: "Retail panel 2026, p. 14"\n  as_of: 2026-03-01\n}',
    Header(value=EXPRESSION),
    (SOURCE, AS_OF, EXPIRES),
)


def bind(fields: Fields, scope: Scope) -> Benchmark | None:
    """Bind a benchmark; one without source or date is compared with nothing (D25)."""
    if fields.value is None:
        return None
    value, unit, percent = read_amount(fields.value, scope)
    source, as_of, expires = fields.get(SOURCE), fields.get(AS_OF), fields.get(EXPIRES)
    lacking = " and ".join(f"`{key.name}`" for key in (SOURCE, AS_OF) if fields.lacks(key))
    if lacking:
        scope.diagnostics.append(
            warning(
                "D025",
                f"`{fields.name}` lacks its {lacking}, so nothing is compared with it",
                fields.header_span,
                label="nobody can look this value up",
                help='add `source: "…"` and `as_of: 2026-03-01`',
            )
        )
    if expires is not None and as_of is not None and expires <= as_of:
        scope.error(
            "K313",
            f"`{fields.name}` expires before the date for which it holds",
            fields.key_span(EXPIRES),
            label=f"it holds for {as_of}",
            help="write a later date",
        )
        return None
    if value is None or unit is None or source is None or as_of is None:
        return None
    return Benchmark(
        **fields.described(),
        value=value,
        unit=unit,
        percent=percent,
        published_in=source,
        as_of=as_of,
        expires=expires,
    )


def named(
    ref: tree.Ref | None, figure: str, unit: Unit | None, percent: bool, scope: Scope
) -> str | None:
    """Return the name of the benchmark that a figure is compared with, which is in its unit; None
    where it is in another or its own finding says why there is none. Of a figure that failed the
    unit is not known."""
    if ref is None:
        return None
    if ref.text not in scope.catalog.benchmarks:
        scope.unknown("a benchmark", ref.text, ref.span, scope.catalog.benchmarks)
        return None
    found = scope.benchmarks.get(ref.text)
    if found is None:
        return None
    if unit is not None and not fits_amount(found.unit, found.percent, unit, percent):
        given, wanted = say_unit(found.unit, found.percent), say_unit(unit, percent)
        scope.error(
            "K301",
            f"the benchmark is {given}, and `{figure}` in {wanted}",
            ref.span,
            label=given,
            labels=(Label(found.span, f"`{found.name}`"),) if found.span is not None else (),
            help=f"name a benchmark in {wanted}",
        )
        return None
    return found.name
