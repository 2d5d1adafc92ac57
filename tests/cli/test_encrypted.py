"""Encrypted connections to ClickHouse and Spark, whose servers in the tests have no TLS: a proxy
offers it before them, with a certificate of `localhost`."""

from __future__ import annotations

import os
import subprocess
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from tests.cli.conftest import Shell
from tests.cli.test_processes import KPIDSL
from tests.engines.test_tls import foreign, own
from tests.servers.asking import SECRETS

if TYPE_CHECKING:
    from tests.servers.certificates import Certified
    from tests.servers.clickhouse import ClickHouseServer

__all__ = ["foreign", "own"]

TEST = ("profile", "test", "shop")


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_PASSWORD", SECRETS[0])


@pytest.fixture
def authorities(own: Certified, foreign: Certified) -> dict[str, Path]:
    """Who vouches for the server, and somebody else."""
    return {"own": own.authority, "foreign": foreign.authority}


@pytest.mark.clickhouse
@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize(
    ("host", "trusted", "why"),
    [
        ("localhost", "&ca_cert={own}", None),
        ("localhost", "&ca_cert={foreign}", "CERTIFICATE_VERIFY_FAILED"),
        ("localhost", "", "CERTIFICATE_VERIFY_FAILED"),
        ("127.0.0.1", "&ca_cert={own}", "IP address mismatch"),
    ],
)
def test_clickhouse(
    shop: Shell,
    clickhouse_server: ClickHouseServer,
    own: Certified,
    authorities: dict[str, Path],
    host: str,
    trusted: str,
    why: str | None,
) -> None:
    from tests.servers.proxy import Encrypting  # noqa: PLC0415 -- of the extra `engines`

    with closing(Encrypting(clickhouse_server.port, own)) as line:
        at = f"{host}:{line.port}/default?secure=true{trusted.format(**authorities)}"
        shop.profile(f"clickhouse://default:${{SHOP_PASSWORD}}@{at}")
        if why is None:
            done = shop.run(*TEST)
            assert (done.code, done.err) == (0, "")
        else:
            text = shop.refused(*TEST, code=2, names=["K934", "ClickHouse at", why, "TLS"])
            assert not any(secret in text for secret in SECRETS)
        assert bool(line.encrypted) == (why is None)


@pytest.mark.spark
@pytest.mark.parametrize(
    ("host", "trusted", "why"),
    [
        ("localhost", "own", None),
        ("localhost", "foreign", "CERTIFICATE_VERIFY_FAILED"),
        ("127.0.0.1", "own", "Hostname Verification Check failed"),
    ],
)
def test_spark(
    shop: Shell,
    own: Certified,
    authorities: dict[str, Path],
    host: str,
    trusted: str,
    why: str | None,
) -> None:
    """In a process of its own: gRPC reads but once whom it trusts."""
    from tests.servers.proxy import Encrypting  # noqa: PLC0415 -- of the extra `engines`
    from tests.servers.spark import TOKEN, server  # noqa: PLC0415 -- of the extra `engines`

    with closing(Encrypting(server().port, own, "h2")) as line:
        shop.profile(f"sc://{host}:{line.port}/;use_ssl=true;token=${{SHOP_TOKEN}}")
        trusting = {"GRPC_DEFAULT_SSL_ROOTS_FILE_PATH": str(authorities[trusted])}
        done = subprocess.run(
            [KPIDSL, *TEST],
            cwd=shop.folder,
            env=os.environ | trusting | {"SHOP_TOKEN": TOKEN},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        text = done.stdout + done.stderr
        assert done.returncode == (2 if why else 0), text
        if why is not None:
            assert all(name in text for name in ("K934", "Spark at", why)), text
        assert "Traceback" not in text
        assert not any(secret in text for secret in (TOKEN, quote(TOKEN, safe="")))
        assert line.encrypted or why is not None
