"""Decimals that would be rounded without a word (S12)."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from kpidsl.engines.base import UNSHOWN, Engine, EngineError
from kpidsl.model.project import Model
from kpidsl.run.failures import OF_ROWS, explain
from kpidsl.sql.dialects import DIALECTS
from kpidsl.sql.meeting import VALUE, Meeting, beside, columns_of, meetings
from kpidsl.sql.money import MONEY_PLACES, most_places, roundings, too_fine
from kpidsl.sql.products import cut_products, factors_of
from kpidsl.text.diagnostic import Diagnostic, error
from kpidsl.text.display import counted


class Rounding:
    """Finds what is rounded in statements on one engine, by the types of the columns. Only where
    these allow money more decimals than are kept, rows are read for it."""

    def __init__(self, model: Model, engine: Engine) -> None:
        self._model = model
        self._engine = engine
        self._dialect = DIALECTS[engine.dialect]
        self._places: dict[str, dict[str, int]] = {}
        self._money: dict[str, list[Diagnostic]] = {}

    def refuted(self, tree: exp.Query) -> list[Diagnostic]:
        """Return what a statement would round; raises `EngineError` where that can't be told."""
        if not self._dialect.is_typed:
            return []
        found = [item for each in meetings(tree) for item in self._of(each)]
        products = cut_products(tree, self._dialect.name)
        found += [item for each in products for item in self._of_product(tree, each)]
        found += [
            item for name, cast in roundings(tree) for item in self._of_money(tree, name, cast)
        ]
        return list(dict.fromkeys(found))

    # --- numbers that meet in one column ---------------------------------------------------

    def _of(self, meeting: Meeting) -> Iterator[Diagnostic]:
        whole = self._places_of(meeting.whole)
        parts = [self._places_of(part) for part in meeting.parts]
        for number, part in enumerate(parts):
            for name in meeting.columns & part.keys():
                places, left = part[name], whole.get(name, part[name])
                if left < places:
                    text = meeting.texts[number] if meeting.texts else name
                    yield self._rounded(meeting, text, places, left)

    def _rounded(self, meeting: Meeting, text: str, places: int, left: int) -> Diagnostic:
        mend = "give the columns that meet the same decimals in the data"
        if meeting.texts:
            mend = f"say to how many decimals each is rounded, as in `round({text}, {left})`"
        return error(
            "K658",
            f"`{text}` has {counted(places, 'decimal')}, and would be rounded to {left} where it "
            f"meets others in `{meeting.source}`: no type of the engine holds all of their digits",
            self._model.sources[meeting.source].span,
            help=mend,
        )

    # --- products --------------------------------------------------------------------------

    def _of_product(self, tree: exp.Query, product: exp.Mul) -> Iterator[Diagnostic]:
        factors = list(factors_of(product))
        told = self._places_of(beside(tree, product, product, *factors))
        wanted = sum(told.get(name, 0) for name in columns_of(factors, 1))
        left = told.get(VALUE, wanted)
        if left < wanted:
            shown = product.sql().replace('"', "")
            yield error(
                "K658",
                f"`{shown}` has {counted(wanted, 'decimal')}, and would be rounded to {left}: no "
                "type of the engine holds all of its digits",
                help="round what is multiplied, as in `round(price, 9)`",
            )

    # --- money -----------------------------------------------------------------------------

    def _of_money(self, tree: exp.Query, name: str, cast: exp.Cast) -> list[Diagnostic]:
        amounts = beside(tree, cast, cast.this)
        text = self._dialect.text(amounts, pretty=False)
        if text not in self._money:
            self._money[text] = self._too_fine(tree, name, cast, amounts)
        return self._money[text]

    def _too_fine(
        self, tree: exp.Query, name: str, cast: exp.Cast, amounts: exp.Query
    ) -> list[Diagnostic]:
        source = self._model.sources[name]
        try:
            if self._most_places(tree, cast, amounts) <= MONEY_PLACES:
                return []
            text = self._dialect.text(too_fine(amounts), pretty=False)
            fine = self._engine.run(text, most=UNSHOWN).rows
        except EngineError as failure:
            if failure.kind not in OF_ROWS:
                raise
            return [explain(failure, [source], [source], self._model, self._engine)]
        if not fine:
            return []
        shown = cast.this.sql().replace('"', "").replace(f"{name}.", "")
        fact = f"`{shown}` has more than {MONEY_PLACES} decimals, which are all that money keeps"
        return [
            error(
                "K675",
                f"{fact}: {fine[0][0]}",
                source.span,
                on_pages=fact,
                help=f"say to how many it is rounded, as in `round({shown}, {MONEY_PLACES})`",
            )
        ]

    def _most_places(self, tree: exp.Query, cast: exp.Cast, amounts: exp.Query) -> int:
        """Return how many decimals an amount may have: a formula is told fewer by its columns than
        by its type, where that knows no limit."""
        places = self._places_of(amounts).get(VALUE, 0)
        columns = list({each.sql(): each for each in cast.this.find_all(exp.Column)}.values())
        if places <= MONEY_PLACES or not columns:
            return places
        told = self._places_of(beside(tree, cast, *columns))
        named = zip(columns, columns_of(columns), strict=True)
        by_text = {column.sql(): told[name] for column, name in named if name in told}
        least = most_places(cast.this, by_text)
        return places if least is None else min(places, least)

    def _places_of(self, rows: exp.Query) -> dict[str, int]:
        text = self._dialect.text(rows, pretty=False)
        if text not in self._places:
            self._places[text] = self._engine.decimals(text)
        return self._places[text]
