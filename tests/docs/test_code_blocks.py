"""The code in the documentation runs.

- A `kpi` block is parsed. One that is a whole file (it begins with the edition line) and has no
  `:caption:` also checks clean by itself.
- A block with a `:caption:` is written, under that name, into the folder where the page's commands
  run.
- The commands of a `console` block (`$ kpidsl …`) run in order, in one folder per page: an empty
  one, or a copy of the example that the page names: `<!-- runs in: examples/toy_store -->`. Each
  must exit with 0, unless `$ echo $?` follows and shows another status. Where output is shown, it
  must be what the command prints; a line `...` stands for any lines.
- A `python` block runs beside a fresh `kpidsl-demo`.
"""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path

import pytest

import kpidsl
from kpidsl.syntax.parser import parse
from kpidsl.text.source import SourceFile

ROOT = Path(__file__).resolve().parents[2]
FENCE = re.compile(r"(?P<ticks>`{3,})(?:\{code-block\} *)?(?P<language>\w+)$")
CAPTION = re.compile(r":caption: (?P<name>.+)$")
WORKDIR = re.compile(r"^<!-- runs in: (?P<folder>\S+) -->$", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    page: Path
    line: int
    language: str
    caption: str
    text: str

    @property
    def place(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


@dataclass
class Command:
    words: list[str]
    output: list[str] = field(default_factory=list)


def blocks_of(page: Path) -> Iterator[Block]:
    lines = enumerate(page.read_text(encoding="utf-8").splitlines(), start=1)
    for number, line in lines:
        opened = FENCE.match(line)
        if not opened:
            continue
        body: list[str] = []
        caption = ""
        for _, text in lines:
            if text == opened["ticks"]:
                break
            captioned = None if body else CAPTION.match(text)
            if captioned:
                caption = captioned["name"]
            elif body or text:  # the blank line after the caption is no part of the block
                body.append(text)
        yield Block(page, number, opened["language"], caption, "\n".join(body) + "\n")


def commands_of(block: Block) -> Iterator[Command]:
    command = None
    for line in block.text.splitlines():
        if line.startswith("$ "):
            if command:
                yield command
            command = Command(shlex.split(line.removeprefix("$ ")))
        elif command:
            command.output.append(line)
    if command:
        yield command


def matches(shown: list[str], printed: str) -> bool:
    """Whether `printed` is what is shown, where a line `...` stands for any number of lines."""
    groups = groupby(shown, key="...".__eq__)
    pattern = "".join(
        r"(?:.*\n)*" if any_lines else "".join(re.escape(line.rstrip()) + r"\s*?\n" for line in run)
        for any_lines, run in groups
    )
    return re.fullmatch(pattern, printed.rstrip("\n") + "\n") is not None


def run_kpidsl(arguments: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [Path(sys.executable).with_name("kpidsl"), *arguments],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCKS = [block for page in PAGES for block in blocks_of(page)]
KPI_BLOCKS = [block for block in BLOCKS if block.language == "kpi"]
WHOLE_FILES = [
    block for block in KPI_BLOCKS if block.text.startswith("kpidsl ") and not block.caption
]
PYTHON_BLOCKS = [block for block in BLOCKS if block.language == "python"]
CONSOLE_PAGES = sorted({block.page for block in BLOCKS if block.language == "console"})


@pytest.mark.parametrize("block", KPI_BLOCKS, ids=lambda block: block.place)
def test_a_kpi_block_is_well_formed(block: Block) -> None:
    _, diagnostics = parse(SourceFile(block.place, block.text))
    assert [str(item.message) for item in diagnostics] == []


@pytest.mark.parametrize("block", WHOLE_FILES, ids=lambda block: block.place)
def test_a_whole_file_checks_clean(block: Block, tmp_path: Path) -> None:
    (tmp_path / "shown.kpi").write_text(block.text, encoding="utf-8")
    done = run_kpidsl(["check"], tmp_path)
    assert done.returncode == 0, f"{block.place}\n{done.stdout}"


@pytest.mark.parametrize("page", CONSOLE_PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_commands_of_a_page_run_as_shown(page: Path, tmp_path: Path) -> None:
    folder = tmp_path / "work"
    example = WORKDIR.search(page.read_text(encoding="utf-8"))
    if example:
        shutil.copytree(ROOT / example["folder"], folder)
    else:
        folder.mkdir()
    for block in (block for block in BLOCKS if block.page == page):
        if block.caption:
            target = folder / block.caption
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(block.text, encoding="utf-8")
        elif block.language == "console":
            run_console_block(block, folder)


@pytest.fixture(scope="module")
def beside_the_demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    kpidsl.demo(folder / "kpidsl-demo")
    return folder


@pytest.mark.parametrize("block", PYTHON_BLOCKS, ids=lambda block: block.place)
def test_a_python_block_runs(
    block: Block, beside_the_demo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(beside_the_demo)
    exec(compile(block.text, block.place, "exec"), {})  # noqa: S102  (our own documentation)


def run_console_block(block: Block, folder: Path) -> None:
    commands = list(commands_of(block))
    assert commands, f"{block.place}: a console block begins with `$ `"
    for command, following in zip(commands, [*commands[1:], None], strict=True):
        if command.words == ["echo", "$?"]:
            continue
        program, *arguments = command.words
        assert program == "kpidsl", f"{block.place}: only `kpidsl` is run, not `{program}`"
        status_shown = following is not None and following.words == ["echo", "$?"]
        expected = int(following.output[0]) if following and status_shown else 0
        done = run_kpidsl(arguments, folder)
        told = f"{block.place}: {shlex.join(command.words)}\n{done.stdout}"
        assert done.returncode == expected, told
        if command.output:
            assert matches(command.output, done.stdout), told


@pytest.mark.parametrize(
    ("shown", "printed", "expected"),
    [
        (["a", "b"], "a\nb\n", True),
        (["a", "b"], "a\nb\nc\n", False),
        (["a", "...", "d"], "a\nb\nc\nd\n", True),
        (["a", "...", "d"], "a\nb\nc\n", False),
        (["...", "1.5"], "x\n1x5\n", False),
    ],
)
def test_shown_output_is_compared(shown: list[str], printed: str, *, expected: bool) -> None:
    assert matches(shown, printed) is expected


def test_the_collector_reads_captions_and_places(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "Text\n\n```{code-block} kpi\n:caption: a.kpi\n\nkpidsl 1\n```\n", encoding="utf-8"
    )
    assert list(blocks_of(page)) == [Block(page, 3, "kpi", "a.kpi", "kpidsl 1\n")]
