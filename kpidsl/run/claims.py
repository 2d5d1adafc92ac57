"""Claims of the definitions that the data may contradict, tested before they are built on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sqlglot import exp

from kpidsl.engines.base import Engine, EngineError
from kpidsl.model.expr import RowExpr
from kpidsl.model.project import Model
from kpidsl.model.sources import Join, Measure, Source
from kpidsl.sql.dialects import DIALECTS
from kpidsl.sql.known import differing_value, overlapping_validity, repeated_key, type_of
from kpidsl.text.diagnostic import Diagnostic, error

_TEXT = "VARCHAR"
_NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "DOUBLE", "FLOAT", "DECIMAL")


class Claims:
    """Tests the claims of one model on one engine, each once."""

    def __init__(self, model: Model, engine: Engine) -> None:
        self._model = model
        self._engine = engine
        self._types: dict[tuple[str, RowExpr], str] = {}
        self._repeated: dict[tuple[str, tuple[RowExpr, ...]], tuple[object, ...] | None] = {}
        self._overlapping: dict[tuple[str, str], tuple[object, ...] | None] = {}
        self._differing: dict[tuple[str, str], tuple[object, ...] | None] = {}

    def refuted(self, sources: Iterable[Source]) -> Iterator[Diagnostic]:
        """Return what the rows of sources contradict: clocks (S20) and joins between them (S3)."""
        known = {source.name: source for source in sources}
        for source in known.values():
            yield from self._clock(source)
            for join in source.joins.values():
                if join.target in known:
                    yield from self._types_of_join(join) or self._key(join)

    def not_once(self, measures: Iterable[Measure]) -> Iterator[Diagnostic]:
        """Return what contradicts `once per`: two values within one key, of which none is the
        one to count."""
        for measure in measures:
            at = (measure.source, measure.name)
            if at not in self._differing:
                tree = differing_value(self._model, measure, self._engine.dialect)
                self._differing[at] = self._first_row(tree)
            row = self._differing[at]
            if row is not None:
                *values, least, most = row
                key = ", ".join(f"`{value}`" for value in values)
                yield error(
                    "K652",
                    f"`{measure.name}` counts one value once per key, and {key} has two: "
                    f"{least} and {most}",
                    measure.span,
                    help="add what tells the values apart to `once per`, or correct the data",
                )

    def _clock(self, source: Source) -> list[Diagnostic]:
        if source.time is None:
            return []
        found = self._type_of(source, source.time.expr)
        if source.time.stored_as is None:
            zoneless = found.startswith("TIMESTAMP") and not found.endswith("TIME ZONE")
            return [_zoneless(source)] if zoneless else []
        if found != "DATE" and not found.endswith("TIME ZONE"):
            return []
        holds = "holds days, which have no zone" if found == "DATE" else "names its own zone"
        return [
            error(
                "K648",
                f"the clock of `{source.name}` {holds}: it can't be `stored_as` "
                f"{source.time.stored_as}",
                source.span,
                help="take `stored_as` out",
            )
        ]

    def _types_of_join(self, join: Join) -> list[Diagnostic]:
        source, target = self._model.sources[join.source], self._model.sources[join.target]
        found = []
        for left, right in zip(join.columns, join.target_columns, strict=True):
            one, other = self._type_of(source, left), self._type_of(target, right)
            if _TEXT in (one, other) and (one.startswith(_NUMBERS) or other.startswith(_NUMBERS)):
                texts, numbers = (source, target) if one == _TEXT else (target, source)
                found.append(
                    error(
                        "K649",
                        f"join `{join.name}` compares texts of `{texts.name}` with numbers of "
                        f"`{numbers.name}`: `007` and `7` are two texts and one number",
                        join.span,
                        help="make both the same in the data",
                    )
                )
        return found

    def _key(self, join: Join) -> list[Diagnostic]:
        target = self._model.sources[join.target]
        if join.validity is not None:
            return self._validity(join, target)
        at = (target.name, join.target_columns)
        if at not in self._repeated:
            tree = repeated_key(self._model, target, join.target_columns, self._engine.dialect)
            self._repeated[at] = self._first_row(tree)
        row = self._repeated[at]
        if row is None:
            return []
        *values, count = row
        key = ", ".join(f"`{value}`" for value in values)
        return [
            error(
                "K651",
                f"the key of `{target.name}` isn't one: {key} stands in {count} rows, and what "
                "joins them would count as often",
                target.span,
                help="correct the `key`, or leave the repeated rows out with `exclude`",
            )
        ]

    def _validity(self, join: Join, target: Source) -> list[Diagnostic]:
        at = (join.source, join.name)
        if at not in self._overlapping:
            tree = overlapping_validity(self._model, join, self._engine.dialect)
            self._overlapping[at] = self._first_row(tree)
        row = self._overlapping[at]
        if row is None:
            return []
        key = ", ".join(f"`{value}`" for value in row)
        return [
            error(
                "K654",
                f"two rows of `{target.name}` for {key} hold at the same time, and what joins them "
                "then would count twice",
                join.span,
                help="end the earlier row where the later one begins",
            )
        ]

    def _type_of(self, source: Source, value: RowExpr) -> str:
        """Return the engine's type of a row expression, or "" where there is no value."""
        if (source.name, value) not in self._types:
            row = self._first_row(type_of(self._model, source, value, self._engine.dialect))
            self._types[source.name, value] = str(row[0]) if row else ""
        return self._types[source.name, value]

    def _first_row(self, tree: exp.Query) -> tuple[object, ...] | None:
        try:
            sql = DIALECTS[self._engine.dialect].text(tree, pretty=False)
            rows = self._engine.run(sql).rows
        except EngineError:  # the question itself fails on it too, and is explained
            return None
        return rows[0] if rows else None


def _zoneless(source: Source) -> Diagnostic:
    """Times without a zone could be of any (S20)."""
    return error(
        "K653",
        f"the times of `{source.name}` have no zone, so the day they belong to is unknown",
        source.span,
        help='say in which zone they are, as in `time: paid_at { stored_as: "UTC" }`',
    )
