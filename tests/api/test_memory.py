"""What answers are remembered by: all that they depend on."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path

from kpidsl.engines.embedded import EmbeddedEngine
from kpidsl.run.memory import Memory
from kpidsl.run.store import Store
from tests.kinds.checking import model_of


def key(
    folder: Path,
    *,
    place: str = "here",
    question: str = "SELECT 1",
    rows_by: str = "id",
    read: str = "",
) -> str | None:
    file = folder / "sales.csv"
    file.write_text("id,line,amount\n1,1,5\n", encoding="utf-8")
    os.utime(file, (1, 1))  # nobody vouches for what has only just been written
    text = f'kpidsl 1\nsource sales {{ files: "sales.csv"\n  key: {rows_by}\n  {read} }}'
    source = model_of(text).sources["sales"]
    with closing(EmbeddedEngine(folder)) as engine:
        memory = Memory(engine, Store(folder / "answers", 1_000_000), place)
        return memory.key(question, [source])


def test_each_thing_that_an_answer_depends_on_is_in_its_key(tmp_path: Path) -> None:
    found = [
        key(tmp_path),
        key(tmp_path, place="there"),
        key(tmp_path, question="SELECT 2"),
        # Of rows that stand in two files, those with the same key are read once.
        key(tmp_path, rows_by="[id, line]"),
        key(tmp_path, read="read { drop_where: amount = 0 }"),
    ]
    assert None not in found
    assert len(set(found)) == len(found)


def test_what_nobody_knows_has_no_key(tmp_path: Path) -> None:
    # SQL of the project's own may ask for today's date.
    assert key(tmp_path, read='read { drop_where: sql"amount = 0" }') is None
