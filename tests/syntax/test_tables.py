"""The cache of the parse tables: used where it can be, never needed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import lark
import pytest

from kpidsl.syntax import tables as module
from kpidsl.syntax.machine import machine, scanner
from kpidsl.syntax.tables import tables
from tests.syntax.shape import clean


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Path]]:
    """Two empty places for the cache, and tables that are not in memory."""
    places = [tmp_path / "package", tmp_path / "user"]
    monkeypatch.setattr(module, "_cache_folders", lambda: places)
    forget()
    yield places
    forget()


def forget() -> None:
    for made_once in (tables, machine, scanner):
        made_once.cache_clear()


def works() -> bool:
    forget()
    return len(clean("a: b + c\nd { e: 1 }").items) == 2


def test_tables_are_written_once_and_then_loaded(
    folders: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert works()
    (written,) = folders[0].iterdir()
    assert written.suffix == ".tables"

    def no_build(*_: object, **__: object) -> None:
        raise AssertionError("the tables were built again")

    monkeypatch.setattr(lark.Lark, "__init__", no_build)
    assert works()
    assert list(folders[0].iterdir()) == [written]


@pytest.mark.parametrize("content", [b"", b"not a pickle", b"\x80\x04}."])
def test_a_broken_cache_is_built_again(folders: list[Path], content: bytes) -> None:
    assert works()
    (written,) = folders[0].iterdir()
    whole = written.read_bytes()
    for broken in (content, whole[: len(whole) // 2]):
        written.write_bytes(broken)
        assert works()
        assert len(written.read_bytes()) > 50_000  # whole tables take some 100,000


def test_a_read_only_package_falls_back_to_the_user(folders: list[Path]) -> None:
    folders[0].write_text("a file stands where the folder would be made")
    assert works()
    assert len(list(folders[1].iterdir())) == 1


def test_no_place_at_all_still_parses(folders: list[Path]) -> None:
    for folder in folders:
        folder.write_text("taken")
    assert works()


def test_the_places_are_the_package_and_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/caches")
    package, user = module._cache_folders()  # noqa: SLF001 - the rule of where, without writing there
    assert package == Path(module.__file__).parent / "__pycache__"
    assert user == Path("/caches/kpidsl")
