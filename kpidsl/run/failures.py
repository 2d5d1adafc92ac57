"""From an engine's error to a diagnostic that points into the definitions."""

from __future__ import annotations

from collections.abc import Sequence

from kpidsl.engines.base import Engine, EngineError
from kpidsl.model.project import Model
from kpidsl.model.sources import Source, TableOrigin
from kpidsl.text.diagnostic import Diagnostic, error
from kpidsl.text.suggest import nearest


def explain(
    failure: EngineError, used: Sequence[Source], model: Model, engine: Engine
) -> Diagnostic:
    """Return the coded diagnostic for a statement that failed."""
    match failure.kind:
        case "missing table":
            found = _missing_table(used, engine)
        case "missing column":
            found = _missing_column(str(failure), used, model, engine)
            if found is None and "VARCHAR" in str(failure):
                found = error(
                    "K643",
                    f"a column of texts is computed with: {failure}",
                    help="clean the column in the source, or turn it into numbers by `number(…)`",
                )
        case "timeout":
            found = error(
                "K646",
                f"the question took too long: {failure}",
                help="ask for a shorter window, or raise the profile's time-out",
            )
        case "cancelled":
            found = error("K647", "the question was cancelled", help="ask again")
        case "value":
            found = error(
                "K643",
                f"a value doesn't fit its type: {failure}",
                help="clean the column in the source, or read it as text",
            )
        case "overflow":
            found = error(
                "K644",
                f"a sum is larger than the engine can hold: {failure}",
                help="check the column for values that are far too large",
            )
        case _:
            found = None
    return found or error(
        "K640",
        f"the engine refused the question: {failure}",
        help="run `kpidsl compile` to see the SQL",
    )


def _missing_table(used: Sequence[Source], engine: Engine) -> Diagnostic | None:
    known = engine.tables()
    for source in used:
        if isinstance(source.origin, TableOrigin):
            name = ".".join(source.origin.path)
            if name.casefold() not in {item.casefold() for item in known}:
                close = nearest(name, known, 1)
                return error(
                    "K641",
                    f"table `{name}` of source `{source.name}` doesn't exist",
                    source.span,
                    label="read here",
                    help=f"use `{close[0]}`" if close else "create the table, or correct its name",
                )
    return None


def _missing_column(
    text: str, used: Sequence[Source], model: Model, engine: Engine
) -> Diagnostic | None:
    for source in used:
        relation = (
            ".".join(f'"{part}"' for part in source.origin.path)
            if isinstance(source.origin, TableOrigin)
            else f'"{source.name}"'
        )
        known = engine.columns(relation)
        if not known:
            continue
        reshaped = {source.unnest.alias} if source.unnest else set()
        if source.unpivot:
            reshaped |= {source.unpivot.name, *source.unpivot.into}
        lowered = {item.casefold() for item in known} | {item.casefold() for item in reshaped}
        for (owner, path), span in model.column_spans.items():
            missing = path[0].casefold() not in lowered
            if owner == source.name and missing and f'"{path[0]}"' in text:
                close = nearest(path[0], known, 1)
                return error(
                    "K642",
                    f"column `{path[0]}` doesn't exist in source `{source.name}`",
                    span,
                    label="no such column",
                    help=f"use `{close[0]}`" if close else f"its columns: {', '.join(known[:12])}",
                )
    return None
