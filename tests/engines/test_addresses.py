"""Urls of servers: their parts, and what of them is never shown."""

from __future__ import annotations

import pytest

from kpidsl.engines.servers import Refusal
from kpidsl.engines.servers.address import address_of
from kpidsl.engines.servers.bigquery import BigQuery
from kpidsl.engines.servers.databricks import Databricks
from kpidsl.engines.servers.postgres import Postgres


def test_the_parts_of_a_url() -> None:
    found = address_of(
        "postgresql://an%40a:p%40ss%2F1@db.example.com:5433/my%20shop?sslmode=require"
    )
    assert found is not None
    assert (found.user, found.password) == ("an@a", "p@ss/1")
    assert (found.host, found.port, found.database) == ("db.example.com", 5433, "my shop")
    assert found.options == {"sslmode": "require"}
    assert found.shown == "db.example.com:5433"
    assert found.server.dialect == "postgres"


def test_a_socket_is_named_by_its_folder() -> None:
    found = address_of("postgres:///shop?host=/var/run/postgresql")
    assert found is not None
    assert found.host is None
    assert found.shown == "/var/run/postgresql"


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ana:se/cret@db/shop",
        "postgresql://ana:se#cret@db/shop",
        "postgresql://ana:se?cret@db/shop",
        "postgresql://db:port/shop",
        "postgresql://ana:p@[db/shop",
        "oracle://db/shop",
        "postgresql",
    ],
)
def test_a_url_of_which_the_parts_cannot_be_told(url: str) -> None:
    assert address_of(url) is None


def test_no_secret_is_shown_however_it_is_written() -> None:
    found = address_of("postgresql://ana:p%40s%20s@db/shop?sslpassword=hunter2&sslmode=require")
    assert found is not None
    told = "p@s s, p%40s%20s, p%40s+s, p@s%20s: hunter2 at db needs require"
    assert found.without_secrets(told) == "***, ***, ***, ***: *** at db needs require"
    assert "p@s s" not in repr(found)
    assert "hunter2" not in repr(found)


@pytest.mark.parametrize(
    ("url", "told", "shown"),
    [
        (
            "sc://h/;authorization=Bearer%20abcdefg;user_id=ana",
            "header `Bearer abcdefg`, abcdefg, of ana",
            "header `***`, ***, of ana",
        ),
        ("sc://h/;x-shop=hunter2;use_ssl=true", "hunter2 is true", "*** is true"),
        (
            'trino+https://h/lake?http_headers={"Authorization": "Bearer abcdefg"}',
            "Authorization: Bearer abcdefg; (abcdefg)",
            "Authorization: ***; (***)",
        ),
        (
            "snowflake://ana@shop/SHOP?passcode=123456&passcode_in_password=true",
            "123456 is not true",
            "*** is not true",
        ),
        ("clickhouse://h/shop?jwt=a.b.c&secure=true", "a.b.c is not true", "*** is not true"),
        (
            "clickhouse://h/shop?https_proxy=http://ana:hunter2@proxy",
            "no proxy http://ana:hunter2@proxy",
            "no proxy ***",
        ),
        ("postgresql://h/shop?scram_server_key=a%2Bb", "bad a+b, a%2Bb", "bad ***, ***"),
        ("mysql://ana:abc@h/shop?password=abcdef", "abcdef and abc", "*** and ***"),
    ],
)
def test_no_secret_of_an_option_is_shown(url: str, told: str, shown: str) -> None:
    found = address_of(url)
    assert found is not None
    assert found.without_secrets(told) == shown


@pytest.mark.parametrize(
    ("option", "is_shown"),
    [
        ("private_key_file", True),
        ("token_file_path", True),
        ("credentials_path", True),
        ("private_key_file_pwd", False),
        ("private_key", False),
        ("access_token", False),
        ("token_path_secret", False),
    ],
)
def test_the_path_of_a_secret_is_none(option: str, is_shown: bool) -> None:
    found = address_of(f"snowflake://ana@shop/SHOP?{option}=/keys/own")
    assert found is not None
    assert (option in found.plain_options) is is_shown
    assert ("/keys/own" in found.without_secrets("no file /keys/own")) is is_shown


AT = 'connection failed: connection to server at "{}", port 5432 failed: '
UNLISTED = 'no pg_hba.conf entry for host "10.0.0.1", user "ana", database "shop", no encryption'
UNKNOWN = "failed to resolve host 'ssl': [Errno -2] Name or service not known"
ADVICE = " Is the server running on that host and accepting TCP/IP connections?"


@pytest.mark.parametrize(
    ("around", "reason", "why"),
    [
        ("{}", UNKNOWN, Refusal.HOST),
        (AT.format("ssl.example.com") + "{}" + ADVICE, "Connection refused", Refusal.UNREACHABLE),
        (AT.format("db") + "FATAL:  {}", "sorry, too many clients already", Refusal.UNREACHABLE),
        (AT.format("127.0.0.1") + "FATAL:  {}", UNLISTED, Refusal.LOGIN),
        (AT.format("::1") + "FATAL:  {}", 'database "password" does not exist', Refusal.DATABASE),
        (AT.format("db") + "{}", "SSL error: certificate verify failed", Refusal.ENCRYPTION),
        ("{}", 'invalid connection option "refused"', Refusal.OTHER),
    ],
)
def test_why_postgresql_is_not_connected_to(around: str, reason: str, why: Refusal) -> None:
    assert Postgres().refusal(around.format(reason)) == (why, reason)


POOL = (
    "HTTPConnectionPool(host='bigquery.invalid', port=80): Max retries exceeded with url: / "
    "(Caused by NameResolutionError(\"HTTPConnection(host='bigquery.invalid', port=80): {}\"))"
)


@pytest.mark.parametrize(
    ("around", "reason", "why"),
    [
        (POOL, "Failed to resolve 'bigquery.invalid'", Refusal.HOST),
        ("{}", "Not found: Dataset my-project:shop", Refusal.DATABASE),
        ("{}", "Access Denied: Project my-project: no bigquery.jobs.create", Refusal.LOGIN),
        ("{}", "invalid_grant: Invalid JWT Signature.", Refusal.LOGIN),
        ("{}", "Your default credentials were not found. To set up, see …", Refusal.LOGIN),
        ("{}", "Service unavailable, try again.", Refusal.UNREACHABLE),
        ("{}", "there is no option `destination`", Refusal.OTHER),
    ],
)
def test_why_bigquery_is_not_connected_to(around: str, reason: str, why: Refusal) -> None:
    assert BigQuery().refusal(around.format(reason)) == (why, reason)


@pytest.mark.parametrize(
    ("reason", "status", "text", "kind"),
    [
        ("notFound", 404, "Not found: Dataset p:d was not found in location EU", "missing table"),
        ("notFound", 404, "Not found: Job p:kpidsl-1", "lost"),
        (
            "invalidQuery",
            400,
            "Unrecognized name: ammount; Did you mean amount? at [1:8]",
            "missing column",
        ),
        ("invalidQuery", 400, "Could not cast literal 'x' to type DATE at [1:13]", "value"),
        ("invalidQuery", 400, "division by zero: 1 / 0", "division"),
        ("invalidQuery", 400, "numeric overflow: SUM", "overflow"),
        ("invalidQuery", 400, "Syntax error: Unexpected end of script at [1:9]", "other"),
        ("bytesBilledLimitExceeded", 500, "Query exceeded limit", "too many bytes to read"),
        ("resourcesExceeded", 400, "Resources exceeded during query execution", "other"),
        ("stopped", 200, "Job execution was cancelled", "cancelled"),
        ("", 502, "Bad Gateway", "lost"),
        ("", 400, "odd", "other"),
    ],
)
def test_what_failures_of_bigquery_mean(reason: str, status: int, text: str, kind: str) -> None:
    assert BigQuery().failed(reason, status, text).kind == kind


@pytest.mark.parametrize(
    ("around", "reason", "why"),
    [
        (POOL, "Failed to resolve 'bigquery.invalid'", Refusal.HOST),
        ("{}", "Error during request to server: 403 Invalid access token", Refusal.LOGIN),
        ("{}", "[NO_SUCH_CATALOG_EXCEPTION] Catalog 'mian' was not found.", Refusal.DATABASE),
        ("{}", "[SCHEMA_NOT_FOUND] The schema `shpo` cannot be found.", Refusal.DATABASE),
        (
            "{}",
            "Error during request to server: 503 the warehouse is starting",
            Refusal.UNREACHABLE,
        ),
        ("{}", "there is no option `colour`", Refusal.OTHER),
    ],
)
def test_why_databricks_is_not_connected_to(around: str, reason: str, why: Refusal) -> None:
    assert Databricks().refusal(around.format(reason)) == (why, reason)


@pytest.mark.parametrize(
    ("text", "kind", "said"),
    [
        (
            "[UNRESOLVED_COLUMN] A name `s`.`ammount` cannot be resolved. SQLSTATE: 42703",
            "missing column",
            'no such column: "ammount"',
        ),
        (
            "[INSUFFICIENT_PERMISSIONS] Insufficient privileges: no SELECT. SQLSTATE: 42501",
            "permission",
            "[INSUFFICIENT_PERMISSIONS] Insufficient privileges: no SELECT",
        ),
        (
            "[QUERY_RESULT_ODD] Something else. SQLSTATE: XX000",
            "other",
            "[QUERY_RESULT_ODD] Something else",
        ),
        ("Expected state FINISHED, but found CANCELED", "cancelled", "the statement was cancelled"),
    ],
)
def test_what_failures_of_databricks_mean(text: str, kind: str, said: str) -> None:
    found = Databricks().failed(Exception(text), "")
    assert (found.kind, str(found)) == (kind, said)
