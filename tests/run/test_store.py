"""Answers on disk: what is read back, what gives way, and what may go wrong without harm."""

from __future__ import annotations

import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from kpidsl.engines.base import Table
from kpidsl.run.store import Remembered, Store

MEGABYTE = 1_000_000
VALUES: tuple[object, ...] = (
    None,
    True,
    2**100,
    -0.1,
    float("inf"),
    "Größe, \"quoted\"; 'and' \\ \0",
    Decimal("1.10"),
    Decimal(10) ** -18,
    date(2024, 2, 29),
    datetime(2024, 2, 29, 23, 59, 59, 999999),  # noqa: DTZ001 -- local times have no zone
    datetime(2024, 2, 29, tzinfo=UTC),
)


def answer(*rows: tuple[object, ...]) -> Remembered:
    return Remembered(Table(("a", "b"), list(rows)), "SELECT 1")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "caches" / "kpidsl" / "answers.sqlite"


def test_values_come_back_as_they_were(path: Path) -> None:
    """Types too: 1.10 is not 1.1, and a day no moment."""
    Store(path, MEGABYTE).put("key", answer(VALUES))
    found = Store(path, MEGABYTE).get("key")
    assert found == answer(VALUES)
    assert found is not None
    assert list(map(repr, found.table.rows[0])) == list(map(repr, VALUES))
    assert Store(path, MEGABYTE).get("another") is None


def test_what_no_text_tells_exactly_is_not_kept(path: Path) -> None:
    store = Store(path, MEGABYTE)
    store.put("key", answer((b"bytes",)))
    assert store.get("key") is None


def test_the_longest_unused_give_way(path: Path) -> None:
    """Answers of some 1,000 bytes that don't compress: the first is asked for again and again."""
    store = Store(path, 20_000)
    texts = [str(number**400 % 10**2000) for number in range(3, 63)]
    for number, text in enumerate(texts):
        store.put(str(number), answer((text,)))
        assert store.get("0") is not None
    assert store.get("1") is None
    assert store.get(str(len(texts) - 1)) is not None
    with closing(sqlite3.connect(path)) as file:
        (size,) = file.execute("SELECT sum(length(body)) FROM answers").fetchone()
    assert 10_000 < size <= 20_000


def test_an_answer_that_would_push_out_most_others_is_not_kept(path: Path) -> None:
    store = Store(path, 1_000)
    store.put("key", answer((str(3**4000),)))
    assert store.get("key") is None


def test_only_its_owner_may_read_it(path: Path) -> None:
    Store(path, MEGABYTE).put("key", answer((1, 2)))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize("content", [b"no database at all, but of some length" * 50, b"SQLite"])
def test_a_file_that_is_no_store_is_made_anew(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    store = Store(path, MEGABYTE)
    assert store.get("key") is None
    store.put("key", answer((1, 2)))
    assert store.get("key") == answer((1, 2))


def test_what_another_version_has_stored_is_thrown_away(path: Path) -> None:
    Store(path, MEGABYTE).put("key", answer((1, 2)))
    with closing(sqlite3.connect(path)) as file:
        file.execute("PRAGMA user_version = 999")
    assert Store(path, MEGABYTE).get("key") is None


def test_a_spoilt_answer_is_none(path: Path) -> None:
    store = Store(path, MEGABYTE)
    store.put("key", answer((1, 2)))
    with closing(sqlite3.connect(path)) as file, file:
        file.execute("UPDATE answers SET body = x'00'")
    assert store.get("key") is None


def test_without_a_place_nothing_is_kept(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    store = Store(tmp_path / "file" / "answers.sqlite", MEGABYTE)
    store.put("key", answer((1, 2)))
    assert store.get("key") is None


def test_a_store_that_another_process_has_locked_is_left_alone(path: Path) -> None:
    store = Store(path, MEGABYTE)
    store.put("key", answer((1, 2)))
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        file.execute("BEGIN EXCLUSIVE")
        assert store.get("key") is None
    assert store.get("key") == answer((1, 2))


def test_several_processes_write_at_once(path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from kpidsl.engines.base import Table;"
        "from kpidsl.run.store import Remembered, Store;"
        "store = Store(Path(sys.argv[1]), 1_000_000);"
        "[store.put(f'{sys.argv[2]}-{n}', Remembered(Table(('n',), [(n,)]), '')) "
        "for n in range(50)]"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", code, str(path), str(name)]) for name in range(3)
    ]
    assert [process.wait(60) for process in running] == [0, 0, 0]
    store = Store(path, MEGABYTE)
    for name in range(3):
        for number in range(50):
            found = store.get(f"{name}-{number}")
            assert found is not None
            assert found.table.rows == [(number,)]
