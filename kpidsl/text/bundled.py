"""Where the shipped definitions, templates and examples lie.

The wheel carries them inside the package; a source checkout keeps them at its top level, where
people read and edit them. Both must work: CI runs the demo from the built wheel.
"""

from __future__ import annotations

import errno
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]
_CHECKOUT = _PACKAGE.parent


def bundled(*parts: str) -> Path:
    """Return the path of a shipped file or folder, such as `bundled("templates", "page.html")`.

    `parts` begins with `definitions`, `templates` or `examples`.

    Raises:
        FileNotFoundError: the installation lacks it; the error's `filename` is the place looked at.
    """
    # Only a checkout may look beside the package: beside an installed one lie other people's.
    is_checkout = (_CHECKOUT / "pyproject.toml").is_file()
    path = (_CHECKOUT if is_checkout else _PACKAGE / "bundled").joinpath(*parts)
    if not path.exists():
        message = "kpidsl's installation is incomplete; install it again. Missing"
        raise FileNotFoundError(errno.ENOENT, message, str(path))
    return path
