"""Every case runs on every engine, as the rules do."""

from tests.semantics.conftest import engine

__all__ = ["engine"]
