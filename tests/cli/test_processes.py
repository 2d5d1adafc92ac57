"""The command as a process: signals, pipes, terminals, encodings."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import IO

import pytest

import kpidsl
from tests.cli.conftest import SHOP, Shell
from tests.processes import ended, hear_ctrl_c

KPIDSL = str(Path(sys.executable).with_name("kpidsl"))


def run(
    shell: Shell, *words: str, stdout: int | IO[str] = subprocess.PIPE, **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [KPIDSL, *words],
        cwd=shell.folder,
        env=os.environ | environment,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )


def test_exit_codes(shop: Shell) -> None:
    assert run(shop, "check").returncode == 0
    assert run(shop, "check", "shpo.kpi").returncode == 2
    shop.write("shop.kpi", SHOP + "metric b: revenue + orders\n")
    assert run(shop, "check").returncode == 1


@pytest.mark.parametrize(
    ("number", "code", "called"), [(signal.SIGINT, 2, "Ctrl-C"), (signal.SIGTERM, 143, "SIGTERM")]
)
@pytest.mark.parametrize("verb", [["query", "total"], ["report", "--out", "made"]])
def test_a_signal_stops_a_long_question_at_once(
    shop: Shell, verb: list[str], number: signal.Signals, code: int, called: str
) -> None:
    rows = (
        "SELECT a.range AS x, DATE '2026-01-05' AS day "
        "FROM range(10000000) a, range(10000000) b WHERE a.range * b.range % 7 = 3"
    )
    # 10^14 pairs are hours of work. The last line is an error, which is mentioned before the work.
    text = f"""
source big {{ sql: "{rows}"
  key: none
  time: day
  measure total: sum(x)
}}
kpi total_kpi: total {{ serves: "Nothing." }}
audience owner {{ tier: executive, cadence: monthly, sees: [total_kpi] }}
report monthly "Monthly" {{
  for: owner
  period: last_complete(month)
  section "How much?" {{ show: total_kpi }}
}}
metric b: revenue + orders
"""
    shop.write("shop.kpi", SHOP + text)
    with (
        subprocess.Popen(
            [KPIDSL, *verb],
            cwd=shop.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=hear_ctrl_c,  # noqa: PLW1509 -- no other thread runs here
        ) as process,
        ended(process),
    ):
        assert process.stderr is not None
        assert "see `kpidsl check`" in process.stderr.readline()
        time.sleep(1)
        assert process.poll() is None
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (code, "")
    assert err == f"stopped by {called}; nothing was left half written\n"
    assert not list(shop.folder.glob("made/*"))


def test_a_signal_leaves_no_folder_of_files_behind(shop: Shell) -> None:
    """A source is read by way of copies, here of a million lines in Latin-1."""
    scratch = shop.folder / "scratch"
    scratch.mkdir()
    lines = b"".join(b"%d,2026-01-01,caf\xe9,1\n" % n for n in range(1_000_000))
    shop.write("sales.csv", b"order_id,day,channel,amount\n" + lines)
    with (
        subprocess.Popen(
            [KPIDSL, "query", "revenue", "--no-cache"],
            cwd=shop.folder,
            env=os.environ | {"TMPDIR": str(scratch)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process,
        ended(process),
    ):
        while not list(scratch.iterdir()):
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)
    assert process.returncode == 143
    assert not list(scratch.iterdir())


def test_a_reader_that_has_enough_is_no_error(shop: Shell) -> None:
    rows = "".join(f"{n},2026-01-01,c{n},1\n" for n in range(20_000))
    shop.write("sales.csv", f"order_id,day,channel,amount\n{rows}")
    with subprocess.Popen(
        [KPIDSL, "query", "revenue", "--by", "channel", "--format", "csv"],
        cwd=shop.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == "channel,revenue\n"
        process.stdout.close()  # as `head -1` does; 200 kB are more than a pipe takes
        assert process.stderr.read() == ""
    assert process.returncode == 0


def test_an_answer_onto_a_full_disk(shop: Shell) -> None:
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = run(shop, "query", "revenue", stdout=full)
    assert done.returncode == 2
    assert done.stderr.startswith("error[K927]: something can't be written: No space left")


@pytest.mark.parametrize("words", [["query", "revenue", "--by", "channel"], ["check"]])
def test_an_encoding_without_the_characters(shop: Shell, words: list[str]) -> None:
    shop.write("sales.csv", "order_id,day,channel,amount\n1,2026-01-01,搜尋,1\n")
    shop.write("shop.kpi", SHOP + 'metric b: "搜尋" + revenue\n')
    done = run(shop, *words, PYTHONIOENCODING="latin-1")
    assert "\\u641c\\u5c0b" in done.stdout
    assert "K999" not in done.stderr


def on_a_terminal(shell: Shell, *words: str, **environment: str) -> str:
    """Return what a command writes to a terminal."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [KPIDSL, *words],
        cwd=shell.folder,
        env={"PATH": os.environ["PATH"], "TERM": "xterm-256color", **environment},
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
    ):
        os.close(theirs)
        written = b""
        while True:
            try:
                part = os.read(ours, 65536)
            except OSError:  # what Linux says when the other end is closed
                break
            written += part
    os.close(ours)
    return written.decode()


VERBS = [["check"], ["query", "revenue"], ["query", "nobody"], ["report", "--out", "made"]]


@pytest.mark.parametrize("words", VERBS, ids=" ".join)
def test_colours_are_for_terminals_only(shop: Shell, words: list[str]) -> None:
    shop.write("shop.kpi", SHOP + "metric b: revenue + orders\n")
    piped = run(shop, *words)
    assert "\x1b" not in piped.stdout + piped.stderr
    assert "\x1b" not in on_a_terminal(shop, *words, NO_COLOR="1")
    assert "\x1b" not in on_a_terminal(shop, *words, TERM="dumb")
    assert "\x1b" in on_a_terminal(shop, *words)


@pytest.mark.parametrize(
    "words",
    [
        ["check", "--format", "json"],
        ["check"],
        ["query", "revenue", "aov", "--by", "channel,month", "--format", "json"],
        ["compile", "revenue", "aov", "--by", "channel,month"],
    ],
    ids=" ".join,
)
def test_hashing_does_not_change_what_is_printed(shop: Shell, words: list[str]) -> None:
    shop.write(
        "more.kpi", "metric b: revenue + orders\nmetric c: nobody\nmetric d: f\nmetric f: d\n"
    )
    one, other = (run(shop, *words, PYTHONHASHSEED=seed) for seed in ("1", "2"))
    assert one.stdout
    assert (one.stdout, one.stderr) == (other.stdout, other.stderr)


def test_completion(shell: Shell) -> None:
    script = ["bash", "-c", f"{KPIDSL} --show-completion; true"]
    shown = subprocess.run(script, capture_output=True, text=True, check=True).stdout
    assert "_KPIDSL_COMPLETE=complete_bash" in shown
    done = run(shell, _KPIDSL_COMPLETE="complete_bash", COMP_WORDS="kpidsl qu", COMP_CWORD="1")
    assert done.stdout.split() == ["query"]


def test_the_start_loads_nothing_heavy() -> None:
    heavy = "duckdb sqlglot pydantic lark jinja2 rich"
    code = f"import sys, kpidsl.cli.main; print([m for m in '{heavy}'.split() if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_the_version_is_said_before_anything_is_loaded() -> None:
    code = (
        "import sys; from kpidsl.__main__ import main; sys.argv = ['kpidsl', '--version']; main(); "
        "print([m for m in sys.modules if m in ('typer', 'inspect') or m.startswith('kpidsl.')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == f"kpidsl {kpidsl.__version__}\n['kpidsl.__main__']\n"


def test_the_command_line_is_a_module_too() -> None:
    command = [sys.executable, "-m", "kpidsl", "explain", "K211"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "K211" in done.stdout


def test_the_author_of_kpidsl_can_see_where_it_failed(shop: Shell) -> None:
    broken = (
        "import kpidsl.api.loading as p; p.check = None; from kpidsl.cli.main import main; main()"
    )
    command = [sys.executable, "-c", broken, "check", str(shop.folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("error[K999]: kpidsl failed on its own account: TypeError:")
    assert "Traceback" not in done.stderr
    environment = os.environ | {"KPIDSL_DEBUG": "1"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert "Traceback" in done.stderr
