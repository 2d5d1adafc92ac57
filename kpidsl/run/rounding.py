"""Decimals that an engine would round because they meet others in one column (S12)."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from kpidsl.engines.base import Engine, EngineError
from kpidsl.model.project import Model
from kpidsl.sql.dialects import DIALECTS
from kpidsl.sql.meeting import Meeting, meetings
from kpidsl.text.diagnostic import Diagnostic, error
from kpidsl.text.display import counted


class Rounding:
    """Finds what is rounded in statements on one engine, by the types of the columns; no row is
    read."""

    def __init__(self, model: Model, engine: Engine) -> None:
        self._model = model
        self._engine = engine
        self._dialect = DIALECTS[engine.dialect]
        self._places: dict[str, dict[str, int]] = {}

    def refuted(self, tree: exp.Query) -> list[Diagnostic]:
        """Return what a statement would round."""
        if not self._dialect.is_typed:
            return []
        return list(dict.fromkeys(item for each in meetings(tree) for item in self._of(each)))

    def _of(self, meeting: Meeting) -> Iterator[Diagnostic]:
        try:
            whole = self._places_of(meeting.whole)
            parts = [self._places_of(part) for part in meeting.parts]
        except EngineError:
            return  # the question itself fails on it too, and is explained
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

    def _places_of(self, rows: exp.Query) -> dict[str, int]:
        text = self._dialect.text(rows, pretty=False)
        if text not in self._places:
            self._places[text] = self._engine.decimals(text)
        return self._places[text]
