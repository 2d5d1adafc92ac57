"""Answers that are not asked for again while nothing has changed that they come from."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from kpidsl.engines.base import Engine
from kpidsl.model.sources import FilesOrigin, Source
from kpidsl.run.store import Remembered, Store
from kpidsl.sql.build import holds_verbatim
from kpidsl.sql.dialects import DIALECTS
from kpidsl.sql.rawtext import raw_condition
from kpidsl.text.disk import as_bytes


@dataclass(frozen=True, slots=True)
class Memory:
    """Keeps answers of one database in a store. `place` names it, and what kpidsl made them.

    The key of an answer is all that it depends on: the question's SQL, and of each source that it
    reads how its rows are read and in which state they are. A source whose state nobody vouches for
    has answers that are asked for each time.
    """

    engine: Engine
    store: Store
    place: str

    def key(self, question: str, sources: Sequence[Source]) -> str | None:
        """Return the key of a question's answer; None where it can't be known to be the same a
        second time. What it rests on is looked at now: ask for the key before the answer."""
        states = [self._state(source) for source in sorted(sources, key=lambda item: item.name)]
        if None in states:
            return None
        parts = (self.place, self.engine.dialect, question, *map(str, states))
        return hashlib.sha256(as_bytes("\0".join(parts))).hexdigest()

    def vouches(self, source: Source) -> bool:
        """Tell whether answers about a source are kept, by what is known of its rows now."""
        return self._state(source) is not None

    def _state(self, source: Source) -> str | None:
        state, origin = self.engine.state(source), source.origin
        if state is None or not isinstance(origin, FilesOrigin):
            return state
        if origin.drop_where is not None:
            dropped = raw_condition(origin.drop_where, source, DIALECTS[self.engine.dialect])
            if holds_verbatim(dropped):
                return None
        return f"{origin.model_dump_json()} {source.key} {state}"

    def recall(self, key: str | None) -> Remembered | None:
        return None if key is None else self.store.get(key)

    def remember(self, key: str | None, answer: Remembered) -> None:
        if key is not None:
            self.store.put(key, answer)
