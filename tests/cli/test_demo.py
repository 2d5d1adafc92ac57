"""`kpidsl demo` writes among nobody's files but its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Shell


def everything(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_twice_into_the_same_folder(shell: Shell) -> None:
    first = shell.run("demo")
    assert first.code == 0, first.err
    pages = [Path(line) for line in first.out.splitlines()]
    assert len(pages) == 3
    assert all(page.is_file() and page.is_absolute() for page in pages)
    before = everything(shell.folder)
    shell.write("kpidsl-demo/mine.txt", "keep me")
    assert shell.run("demo") == first
    assert everything(shell.folder) == before | {"kpidsl-demo/mine.txt": b"keep me"}
    assert not list((shell.folder / "kpidsl-demo").glob(".*"))
    assert shell.run("check", "kpidsl-demo").code == 0


@pytest.mark.parametrize("name", ["thesis.txt", "kpidsl.toml", ".hidden"])
def test_a_folder_with_other_files_is_refused_and_untouched(shell: Shell, name: str) -> None:
    shell.write(f"work/{name}", '[project]\nname = "mine"\n')
    before = everything(shell.folder)
    shell.refused("demo", "--out", "work", code=2, names=["K927", "`work` holds other files"])
    assert everything(shell.folder) == before


def test_a_file_in_place_of_the_folder(shell: Shell) -> None:
    shell.write("work", "mine")
    shell.refused("demo", "--out", "work", code=2, names=["K927", "`work` is a file"])
    assert everything(shell.folder) == {"work": b"mine"}


def test_a_place_that_the_system_forbids(shell: Shell) -> None:
    shell.refused("demo", "--out", "/proc/demo", code=2, names=["K927", "`/proc/demo`"])
