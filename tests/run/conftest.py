"""Every case runs on every engine, as the rules do."""

from tests.semantics.conftest import engine, pytest_pyfunc_call

__all__ = ["engine", "pytest_pyfunc_call"]
