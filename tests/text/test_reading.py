from __future__ import annotations

import os
from pathlib import Path

import pytest

from kpidsl.text.diagnostic import Diagnostic
from kpidsl.text.reading import MAX_BYTES, read_source


def refused(path: Path, name: str = "shop.kpi") -> Diagnostic:
    source, diagnostics = read_source(path, name)
    assert source is None
    (diagnostic,) = diagnostics
    assert diagnostic.help
    return diagnostic


def written(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "shop.kpi"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"", ""),
        ("metric 營收: x\n".encode(), "metric 營收: x\n"),
        (b"a: 1\r\nb: 2\r\n", "a: 1\r\nb: 2\r\n"),
        (b"\xef\xbb\xbfa: 1\n", "a: 1\n"),
    ],
)
def test_utf_8_is_read_as_it_stands_but_for_the_mark(
    tmp_path: Path, content: bytes, text: str
) -> None:
    source, diagnostics = read_source(written(tmp_path, content))
    assert diagnostics == []
    assert source is not None
    assert source.text == text
    assert source.name == (tmp_path / "shop.kpi").as_posix()


def test_offsets_after_a_mark_count_from_the_text(tmp_path: Path) -> None:
    source, _ = read_source(written(tmp_path, b"\xef\xbb\xbfa: 1\r\nb: 2\r\n"), "f.kpi")
    assert source is not None
    assert source.name == "f.kpi"
    assert source.position(source.text.index("b")) == (2, 1)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16(tmp_path: Path, encoding: str) -> None:
    diagnostic = refused(written(tmp_path, "metric a: b\n".encode(encoding)))
    assert diagnostic.code == "K905"
    assert "UTF-16" in diagnostic.message
    # Without a mark the first NUL is byte 1 of "m\0", byte 0 of "\0m".
    assert "at byte 1 " in diagnostic.message or "at byte 0 " in diagnostic.message
    assert "UTF-8" in diagnostic.help


def test_big5_names_the_byte_and_the_line(tmp_path: Path) -> None:
    # "a: 1\n# " takes 7 bytes, so the first Chinese byte has offset 7, on line 2. 營 is 0xC0E7.
    diagnostic = refused(written(tmp_path, "a: 1\n# 營收總計\n".encode("big5")))
    assert diagnostic.code == "K905"
    assert "0xC0 at byte 7 (line 2) (it may be Big5)" in diagnostic.message


def test_western_text_is_not_called_big5(tmp_path: Path) -> None:
    diagnostic = refused(written(tmp_path, "# Umsätze für Köln\n".encode("cp1252")))
    # "# Ums" is 5 bytes; ä is 0xE4.
    assert "0xE4 at byte 5 (line 1)" in diagnostic.message
    assert "Big5" not in diagnostic.message


def test_bytes_are_counted_in_the_file_with_its_mark(tmp_path: Path) -> None:
    diagnostic = refused(written(tmp_path, b"\xef\xbb\xbfab\xff"))
    assert "at byte 5 (line 1)" in diagnostic.message


def test_nul(tmp_path: Path) -> None:
    diagnostic = refused(written(tmp_path, b"a: 1\nb: \x002\n"))
    assert diagnostic.code == "K906"
    assert "byte 8 (line 2)" in diagnostic.message


def test_too_large_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    path = tmp_path / "large.kpi"
    with path.open("wb") as file:  # a hole: no disk is filled
        file.truncate(50_000_000)
    diagnostic = refused(path, "large.kpi")
    assert diagnostic.code == "K904"
    assert "50.0 MB" in diagnostic.message
    assert "10 MB" in diagnostic.message


def test_the_limit_itself_is_accepted(tmp_path: Path) -> None:
    source, diagnostics = read_source(written(tmp_path, b"#" * MAX_BYTES))
    assert diagnostics == []
    assert source is not None
    assert refused(written(tmp_path, b"#" * (MAX_BYTES + 1))).code == "K904"


def test_a_missing_file_names_the_nearest(tmp_path: Path) -> None:
    written(tmp_path, b"")
    diagnostic = refused(tmp_path / "shpo.kpi", "shpo.kpi")
    assert diagnostic.code == "K901"
    assert "`shpo.kpi`" in diagnostic.message
    assert "shop.kpi" in diagnostic.help


@pytest.mark.parametrize("path", ["none/shop.kpi", "shop.kpi/deeper.kpi", "far_from_any_name"])
def test_a_missing_file_without_a_near_one(tmp_path: Path, path: str) -> None:
    written(tmp_path, b"")
    assert refused(tmp_path / path).code == "K901"


def test_a_folder(tmp_path: Path) -> None:
    diagnostic = refused(tmp_path, "definitions")
    assert diagnostic.code == "K902"
    assert "`definitions` is a folder" in diagnostic.message


def test_a_device(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)  # reading it would wait for ever
    assert refused(pipe).code == "K902"


def test_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, b"a: 1")

    def denied(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    # Root may read everything, so the refusal of the system is played.
    monkeypatch.setattr(Path, "open", denied)
    assert refused(path).code == "K903"


@pytest.mark.parametrize("name", ["a\x00b.kpi", "x" * 5_000])
def test_names_that_no_file_can_have(tmp_path: Path, name: str) -> None:
    assert refused(tmp_path / name, "odd.kpi").code == "K903"
