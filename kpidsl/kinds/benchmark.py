"""`benchmark`: an outside value with its source, date and expiry (D25)."""

from __future__ import annotations

from kpidsl.kinds.binding.fields import Fields
from kpidsl.kinds.binding.scope import Scope
from kpidsl.kinds.binding.shapes import DATE, EXPRESSION, TEXT
from kpidsl.kinds.binding.spec import Header, Key, Kind
from kpidsl.kinds.binding.targets import read_amount
from kpidsl.model.purpose import Benchmark
from kpidsl.text.diagnostic import warning

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
