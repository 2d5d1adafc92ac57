"""Scale-out: the example's report from a cluster of Spark is, to the letter, that of DuckDB."""

from __future__ import annotations

import re
import shutil
from contextlib import closing
from pathlib import Path

import pytest

import kpidsl
from kpidsl.api.demo import DEMO_NOW, demo
from kpidsl.engines.embedded import EmbeddedEngine

pytestmark = pytest.mark.spark

SQL = re.compile(r"<pre\b.*?</pre>", re.DOTALL)
HASH = re.compile(r"Definitions <code>\w+</code>")


def write_parquet(project: Path, folder: Path) -> list[str]:
    """Write a file of each source's rows, typed as kpidsl types them; return their names."""
    with kpidsl.load(project) as loaded:
        model = loaded.model
    assert model is not None
    engine, _ = EmbeddedEngine.open(project, None, model.settings.timezone, timeout=60)
    assert engine is not None
    with closing(engine):
        assert engine.prepare(list(model.sources.values())) == []
        for name in model.sources:
            engine.keep(f"COPY (SELECT * FROM \"{name}\") TO '{folder / name}.parquet'")  # noqa: S608
    return list(model.sources)


def of_tables(project: Path, folder: Path, url: str) -> Path:
    """Copy a project whose sources read files as one whose sources are tables."""
    shutil.copytree(project / "definitions", folder / "definitions")
    sources = folder / "definitions" / "sources.kpi"
    text = sources.read_text(encoding="utf-8")
    text = re.sub(r"(source (\w+) \{\n)  files: .*\n", r"\1  table: \2\n", text)
    text = re.sub(r"\n  (read \{.*\}|overlap: .*)", "", text)
    sources.write_text(text, encoding="utf-8")
    profile = f'default_profile = "cluster"\n[profile.cluster]\nurl = "{url}"\n\n'
    settings = (project / "kpidsl.toml").read_text(encoding="utf-8")
    (folder / "kpidsl.toml").write_text(profile + settings, encoding="utf-8")
    return folder


def shown(page: Path) -> str:
    """What a page shows, but for its SQL and the hash of its definitions."""
    return HASH.sub("", SQL.sub("", page.read_text(encoding="utf-8")))


def test_each_page_is_the_same_from_two_workers(tmp_path: Path) -> None:
    from tests.servers.spark_cluster import spark_cluster  # noqa: PLC0415 -- of an extra

    here, files, there, cluster = (tmp_path / name for name in ("here", "files", "there", "c"))
    for folder in (files, there, cluster):
        folder.mkdir()
    expected = {page.name: shown(page) for page, _ in demo(here)}
    names = write_parquet(here, files)
    with spark_cluster(cluster) as spark:
        tables = (
            f"CREATE TABLE toys.{name} USING parquet LOCATION '{files / name}.parquet'"
            for name in names
        )
        spark.run("CREATE SCHEMA toys", *tables)
        with kpidsl.load(of_tables(here, there, spark.url("toys"))) as loaded:
            pages = loaded.reports(out=there / "reports", now=DEMO_NOW)
        assert spark.busy_workers() == 2
    assert [found for _, found in pages] == [[], [], []]
    assert {page.name: shown(page) for page, _ in pages} == expected
