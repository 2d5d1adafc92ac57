"""The server that tests run on is there, wants a password, and keeps databases apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.servers.postgres import PostgresServer

pytestmark = pytest.mark.postgres


def test_each_database_is_empty(postgres_server: PostgresServer) -> None:
    for _ in range(2):
        with postgres_server.database() as url:
            postgres_server.run(url, "CREATE TABLE sales (id INTEGER)")


def test_a_password_is_wanted(postgres_server: PostgresServer) -> None:
    with pytest.raises(Exception, match="password authentication failed"):
        postgres_server.run(postgres_server.url(password="guess"), "SELECT 1")  # noqa: S106
