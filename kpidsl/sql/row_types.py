"""What type a row expression has, as far as it shows."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from kpidsl.model.expr import Arithmetic, Function, Literal, Negate, TimeColumn
from kpidsl.model.functions import SCALARS
from kpidsl.model.units import Datatype
from kpidsl.plan.nodes import PlacedExpr


def shown_type(expr: PlacedExpr) -> Datatype | None:
    """Return the type that an expression has whatever its columns hold."""
    match expr:
        case Literal(bool()):
            return Datatype.BOOLEAN
        case Literal(Decimal()) | Arithmetic() | Negate():
            return Datatype.NUMBER
        case Literal(date()) | TimeColumn():
            return Datatype.TIMESTAMP
        case Literal(str()):
            return Datatype.TEXT
        case Function(name) if SCALARS[name].result is Datatype.NUMBER:
            return Datatype.NUMBER
        case Function(name) if SCALARS[name].result is Datatype.DATE:
            return Datatype.TIMESTAMP
    return None
