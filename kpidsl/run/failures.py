"""From an engine's error to a diagnostic that points into the definitions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from kpidsl.engines.base import Engine, EngineError
from kpidsl.engines.missing import missing_table
from kpidsl.model.expr import Arithmetic, Column, Negate, RowExpr
from kpidsl.model.project import Model
from kpidsl.model.sources import FilesOrigin, Measure, Source, TableOrigin, UnionOrigin
from kpidsl.text.diagnostic import Diagnostic, Label, error
from kpidsl.text.source import Span
from kpidsl.text.suggest import nearest

CANCELLED = "K647"
_CLEAN_FILES = (
    "correct the value in the file, or say in the source's `read` block that it means none, as in "
    '`read { null_values: ["n/a"] }`'
)
OF_ROWS = {"value", "overflow", "timeout", "too many rows to read", "too many bytes to read"}
"""Failures by the rows of one source or by their number, which others may not have."""
_PLAIN = {
    "division": (
        "K659",
        "the SQL of a source divides by zero",
        "write `nullif(…, 0)` around what it divides by",
    ),
    "lost": (
        "K662",
        "the connection to the database was lost",
        "ask again when the server is there",
    ),
    "permission": (
        "K663",
        "the database doesn't allow the question",
        "let an owner of the database grant the profile's user the right to read",
    ),
    "writing": (
        "K664",
        "the question would write to the database",
        "leave out of the source's SQL what changes something",
    ),
    "disk": (
        "K676",
        "the engine has no space for the question's temporary files",
        "ask by fewer dimensions or for a shorter window, or make space where it keeps them",
    ),
    "memory": (
        "K670",
        "the question needs more memory than the engine may take",
        (
            "ask by fewer dimensions or for a shorter window, or allow the engine more, as DuckDB "
            "by the profile's `memory_limit`"
        ),
    ),
    "too fine": (
        "K675",
        "an amount of money has more decimals than are kept",
        "say to how many it is rounded, as in `round(price, 9)`",
    ),
    "too many rows to read": (
        "K669",
        "the question would read too many rows",
        "ask for a shorter period, or raise the profile's `max_scan_rows`",
    ),
    "too many bytes to read": (
        "K669",
        "the question would read too many bytes",
        "ask for a shorter period, or raise the profile's `max_scan_bytes`",
    ),
    "quota": (
        "K679",
        "the warehouse's quota is used up",
        "ask again when it is renewed, or let an owner of the warehouse raise it",
    ),
    "too many rows": (
        "K665",
        "the answer has too many rows",
        "ask by fewer dimensions or with `--limit`, or raise the profile's `max_rows`",
    ),
}
"""The code, the fact and the mend of failures that say all themselves."""


def explain(
    failure: EngineError,
    asked: Sequence[Source],
    used: Sequence[Source],
    model: Model,
    engine: Engine,
    measures: Sequence[Measure] = (),
) -> Diagnostic:
    """Return the coded diagnostic for a statement that failed: over the sources `asked` about,
    which reads the tables of those `used`, and computes the `measures`."""
    match failure.kind:
        case "missing table":
            found = _missing_table(used, engine)
        case "missing column":
            found = _missing_column(str(failure), used, model, engine)
            if found is None and "VARCHAR" in str(failure):
                found = _quoting(
                    "K643",
                    "a column of texts is computed with",
                    str(failure),
                    _place_of_texts(asked, model, engine) or _only(asked),
                    label="holds texts",
                    help="clean the column in the source, or turn it into numbers by `number(…)`",
                )
        case "timeout":
            found = error(
                "K646",
                f"the question took too long: {failure}",
                help="ask for a shorter window, or raise the profile's time-out",
            )
        case "cancelled":
            found = error(CANCELLED, "the question was cancelled", help="ask again")
        case "value":
            found = _quoting(
                "K643",
                "a value doesn't fit its type",
                str(failure),
                _place_of_value(str(failure), [*asked, *used], model) or _only(asked),
                label="holds the value",
                help=_CLEAN_FILES
                if any(map(_reads_files, asked))
                else "clean the column in the source",
            )
        case "overflow":
            found = too_large(str(failure), [*asked, *used], measures, model)
        case kind if kind in _PLAIN:
            code, fact, mend = _PLAIN[kind]
            found = _quoting(code, fact, str(failure), _only(asked), help=mend)
        case _:
            found = None
    return found or _quoting(
        "K640",
        "the engine refused the question",
        str(failure),
        help="run `kpidsl compile` to see the SQL",
    )


def _reads_files(source: Source) -> bool:
    return isinstance(source.origin, FilesOrigin)


def too_large(
    text: str, read: Sequence[Source], measures: Sequence[Measure], model: Model
) -> Diagnostic:
    """Return that a number has outgrown the engine: at the column that it tells of, or at every
    measure that may be the one."""
    fact = "a sum or a product is larger than the engine can hold"
    label, mend = "grows too large", "check its columns for values that are far too large"
    if text.startswith("Needed scale"):
        fact = "a product has more decimals than the engine can hold"
        label, mend = "has too many decimals", "round its columns, as in `round(price, 2)`"
    column = _place_of_value(text, read, model)
    if column is not None:
        return _quoting("K644", fact, text, column, label="holds the value", help=mend)
    places = list(dict.fromkeys(item.span for item in measures if item.span is not None))
    if not places:
        return _quoting(
            "K644", fact, text, _only(read), label=f"one of its measures {label}", help=mend
        )
    first, *others = places
    return _quoting(
        "K644",
        fact,
        text,
        first,
        label=f"one of these {label}" if others else label,
        labels=tuple(Label(place, "or this one") for place in others),
        help=mend,
    )


def _quoting(
    code: str, fact: str, words: str, span: Span | None = None, **details: object
) -> Diagnostic:
    """Return an error that quotes the engine, whose words may hold a value of the data."""
    return error(code, f"{fact}: {words}", span, on_pages=fact, **details)


def _missing_table(used: Sequence[Source], engine: Engine) -> Diagnostic | None:
    known = engine.tables()
    for source in used:
        if isinstance(source.origin, TableOrigin):
            name = ".".join(source.origin.path)
            if name.casefold() not in {item.casefold() for item in known}:
                return missing_table(source, source.origin.path, known)
    return None


def _missing_column(
    text: str, used: Sequence[Source], model: Model, engine: Engine
) -> Diagnostic | None:
    for source in used:
        known = list(engine.columns(path_of(source)))
        if not known:
            continue
        reshaped = {source.unnest.alias} if source.unnest else set()
        if source.unpivot:
            reshaped |= {source.unpivot.name, *source.unpivot.into}
        lowered = {item.casefold() for item in known} | {item.casefold() for item in reshaped}
        for (owner, path), span in model.column_spans.items():
            missing = path[0].casefold() not in lowered
            if owner == source.name and missing and f'"{path[0]}"' in text:
                return missing_column(source, path[0], known, span)
    return None


def missing_column(source: Source, name: str, known: Sequence[str], span: Span) -> Diagnostic:
    """Return that a source, which has the columns `known`, lacks one that is named."""
    close = nearest(name, known, 1)
    mend = f"use `{close[0]}`" if close else f"its columns: {', '.join(known[:12])}"
    if not close and span.file.text[: span.start].rstrip().endswith("="):
        mend += f'; a text stands in double quotes, as in `"{name}"`'
    return error(
        "K642",
        f"column `{name}` doesn't exist in source `{source.name}`",
        span,
        label="no such column",
        help=mend,
    )


def _place_of_texts(asked: Sequence[Source], model: Model, engine: Engine) -> Span | None:
    """Return where a measure of the sources asked about computes with a column of texts."""
    for source in asked:
        texts = {
            name.casefold()
            for table in tables_of(source, model)
            for name, datatype in engine.columns(path_of(table)).items()
            if datatype == "VARCHAR"
        }
        operands = [item.operand for item in source.measures.values() if item.operand is not None]
        for name in (name for operand in operands for name in computed_with(operand)):
            if name.casefold() in texts:
                return model.column_spans.get((source.name, (name,)), source.span)
    return None


def _place_of_value(text: str, read: Sequence[Source], model: Model) -> Span | None:
    """Return where the column was named whose value the engine tells of."""
    found = re.search("source column (.+)$", text)
    for source in read:
        for (owner, path), span in model.column_spans.items():
            if found and (owner, path[0].casefold()) == (source.name, found[1].casefold()):
                return span
    return None


def tables_of(source: Source, model: Model) -> list[Source]:
    """Return the sources whose tables hold a source's rows: itself, or those that it unites."""
    if not isinstance(source.origin, UnionOrigin):
        return [source]
    members = (model.sources[name] for name in source.origin.sources)
    return [table for member in members for table in tables_of(member, model)]


def computed_with(expr: RowExpr) -> Iterator[str]:
    """Yield the columns whose values an expression computes with."""
    match expr:
        case Column(path=(name,), joins=()):
            yield name
        case Arithmetic(left=left, right=right):
            yield from computed_with(left)
            yield from computed_with(right)
        case Negate(operand=operand):
            yield from computed_with(operand)


def _only(sources: Sequence[Source]) -> Span | None:
    """Return the place of the one source, or None of several: it could be any of them."""
    return sources[0].span if len({source.name for source in sources}) == 1 else None


def path_of(source: Source) -> tuple[str, ...]:
    """Return the name, in parts, of the table that holds a source's rows."""
    return source.origin.path if isinstance(source.origin, TableOrigin) else (source.name,)
