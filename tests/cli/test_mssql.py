"""Profiles that name a SQL Server, from the command line, as far as there is none."""

from __future__ import annotations

import pytest

from tests.cli.conftest import SHOP, Shell

TEST = ["profile", "test", "shop"]
URL = "mssql://ana:${SHOP_PASSWORD}@127.0.0.1:1/shop"


@pytest.fixture(autouse=True)
def _profile(shop: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_PASSWORD", "hun/ter@2")
    shop.write("shop.kpi", SHOP.replace('files: "sales.csv"', "table: sales"))
    shop.profile(URL)


@pytest.mark.mssql
@pytest.mark.usefixtures("at_once")
def test_why_there_is_no_connection(shop: Shell) -> None:
    names = ["K932", "SQL Server at `127.0.0.1:1`", "refused"]
    assert "hun" not in shop.refused(*TEST, code=2, names=names)


def test_a_driver_that_is_not_installed(shop: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "kpidsl.api.connecting.find_spec", lambda name: None if name == "pymssql" else name
    )
    shop.refused(*TEST, code=2, names=["K930", "`pymssql`", "pip install 'kpidsl[mssql]'"])
