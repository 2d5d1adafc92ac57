"""Messages that quote a url."""

from __future__ import annotations

import pytest

from kpidsl.text.diagnostic import error
from kpidsl.text.secrets import without_secrets


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("`postgresql://ana:pw@db:5432/shop` is", "`postgresql://ana:***@db:5432/shop` is"),
        ("`postgresql:/ana:pw@db` is", "`postgresql:/ana:***@db` is"),  # as a path has it
        ("`mysql://ana:a/b@c`d e@db` is", "`mysql://ana:***@db` is"),
        ("`trino://ana@h/x?http_headers={'K': 'v w'}` is", "`trino://ana@h/x?***` is"),
        ("`sc://h:15002/;token=x;use_ssl=true` is", "`sc://h:15002/;***` is"),
    ],
)
def test_of_a_url_what_may_be_secret_is_hidden(text: str, shown: str) -> None:
    assert without_secrets(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "`https://example.com:8080/a.csv` is on the network",
        "`duckdb:///a.duckdb` or `postgresql://ana:${PASSWORD}@host/shop`",
        "write `a: b`; then `c@d = e?`",
    ],
)
def test_what_holds_none_stays(text: str) -> None:
    assert without_secrets(text) == text


def test_no_diagnostic_keeps_one() -> None:
    url = "postgresql://ana:pw@db"
    told = error("K999", url, label=url, help=url, on_pages=url)
    assert {told.message, told.label, told.help, told.on_pages} == {"postgresql://ana:***@db"}
