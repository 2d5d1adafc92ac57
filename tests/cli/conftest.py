"""The command line in a folder of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from typer.testing import CliRunner

from kpidsl.cli.main import app


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Shell:
    """A folder that commands run in."""

    folder: Path

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def profile(self, url: str, *lines: str) -> None:
        """Write a profile `shop`, which is the one that is used."""
        text = ['default_profile = "shop"', "[profile.shop]", f'url = "{url}"', *lines, ""]
        self.write("kpidsl.toml", "\n".join(text))

    def run(self, *words: str) -> Outcome:
        """Run `kpidsl`; whatever happens, it ends with a code of its own and no traceback."""
        done = CliRunner().invoke(app, list(words))
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        assert "Traceback" not in done.output
        assert "error[K999]" not in done.output, done.output
        return Outcome(done.exit_code, done.stdout, done.stderr)

    def refused(self, *words: str, code: int, names: Sequence[str]) -> str:
        """Run what must be refused, and return the message, which holds all `names`."""
        done = self.run(*words)
        text = done.out + done.err
        assert done.code == code, text
        for name in names:
            assert name in text
        return text


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """An empty folder, and another for what is kept from one command to the next."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path.with_name(f"{tmp_path.name}-caches")))
    monkeypatch.chdir(tmp_path)
    return Shell(tmp_path)


UNSEEN = "kpidsl itself sends only reads; what else the account may do was not looked at"
UNSURE = "nothing tells for certain whether rows have changed"
"""What `profile test` says of servers that can't be asked."""

SHOP = """\
kpidsl 1

project corner_shop "Corner shop" {
  currency: USD
  timezone: "UTC"
}

source sales {
  files: "sales.csv"
  key: order_id
  time: day
  dimensions: [channel]
  measure revenue: sum(amount) as USD
  measure orders: count() as order
}

metric aov "Average order value": revenue / orders
"""

SALES = """\
order_id,day,channel,amount
1,2026-01-04,search,40.00
2,2026-01-11,search,60.00
3,2026-01-19,social,30.00
4,2026-01-27,,50.00
5,2026-02-02,search,80.10
"""


@pytest.fixture
def shop(shell: Shell) -> Shell:
    """A folder with a small project over one file: 260.10 USD of revenue in 5 orders."""
    shell.write("shop.kpi", SHOP)
    shell.write("sales.csv", SALES)
    return shell
