"""Sphinx configuration; build with `sphinx-build -W docs docs/_build/html`."""

from __future__ import annotations

import sys
from importlib.metadata import version as installed_version
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "kpidsl"
author = "The kpidsl contributors"
copyright = "The kpidsl contributors"
release = version = installed_version("kpidsl")

extensions = ["myst_parser", "kpi_lexer", "kpidsl_reference"]
exclude_patterns = ["_build"]
source_suffix = {".md": "markdown"}
nitpicky = True

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

html_theme = "furo"
html_title = "kpidsl"
html_show_sourcelink = False
