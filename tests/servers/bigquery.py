"""A service account of the tests' own, and the settings that lead the client to their service."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.oracle.googlesql_worker import Given
from tests.servers.bigquery_http import Service, served

ACCOUNT = "kpidsl@shop-project.iam.example"


@cache
def _private_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    kind = serialization.PrivateFormat.PKCS8
    plain = serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, kind, plain).decode()


def write_account(path: Path, port: int, account: str = ACCOUNT) -> None:
    """Write the file of a service account, whose tokens the service on a port gives."""
    told = {
        "type": "service_account",
        "project_id": "shop-project",
        "private_key_id": "1",
        "private_key": _private_key(),
        "client_email": account,
        "token_uri": f"http://127.0.0.1:{port}/token",
    }
    path.write_text(json.dumps(told), encoding="utf-8")


@contextmanager
def bigquery_service(
    folder: Path, patch: pytest.MonkeyPatch, *tables: Given, **more: Any
) -> Iterator[Service]:
    """Serve tables, and lead clients there, with the default credentials of an account."""
    with served(tables, **more) as service:
        path = folder / "account.json"
        write_account(path, service.port)
        patch.setenv("BIGQUERY_EMULATOR_HOST", f"http://127.0.0.1:{service.port}")
        patch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(path))
        yield service
