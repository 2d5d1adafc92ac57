"""The command `kpidsl`; also `python -m kpidsl`, for where scripts are not on the PATH."""

from __future__ import annotations

import sys

import kpidsl


def main() -> None:
    """Run the command line."""
    if sys.argv[1:] == ["--version"]:
        # Scripts ask this of every tool they use: the parts of the command line would take most
        # of the time.
        sys.stdout.write(f"kpidsl {kpidsl.__version__}\n")
        return
    from kpidsl.cli.main import main as command_line  # noqa: PLC0415

    command_line()


if __name__ == "__main__":
    main()
