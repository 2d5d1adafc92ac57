"""The page about `kpidsl.toml` tells of every setting, with its default."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from kpidsl.api.config import CacheSection, Config, Profile, ProjectSection

PAGE = Path(__file__).resolve().parents[2] / "docs/reference/settings.md"


def test_each_setting_has_a_row() -> None:
    rows = re.findall(
        r"^\| `(\w+)` \|.*\| (.+) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE
    )
    said = dict(rows)
    sections = (ProjectSection, Profile, CacheSection)
    fields = {name: field for each in sections for name, field in each.model_fields.items()}
    assert said.keys() == fields.keys()
    defaults = {
        name: tomllib.loads(f"x = {text.strip('`')}")["x"]
        for name, text in said.items()
        if text.startswith("`")
    }
    for name, value in defaults.items():
        default = fields[name].default
        assert value == (list(default) if isinstance(default, tuple) else default), name


def test_the_example_is_read() -> None:
    (block,) = re.findall(r"```toml\n(.+?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    config = Config.model_validate(tomllib.loads(block))
    assert config.project.definitions == ("definitions",)
    assert list(config.profile) == ["production"]
