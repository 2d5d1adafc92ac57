"""What differs between servers, as data and small functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from enum import StrEnum
from typing import Any, Protocol

from kpidsl.engines.base import EngineError, Scan


class Refusal(StrEnum):
    """Why a server can't be connected to; the values are the codes of what is said."""

    HOST = "K931"
    UNREACHABLE = "K932"
    LOGIN = "K933"
    ENCRYPTION = "K934"
    DATABASE = "K935"
    OTHER = "K936"


class Server(Protocol):
    """One kind of server. None imports its driver: a url names it, and it may not be installed.

    `name` is what people call it, `dialect` a name in `kpidsl.sql.dialects.DIALECTS`, `extra` the
    extra of kpidsl that brings the modules of `needs`, and `driver` SQLAlchemy's name for them.
    """

    name: str
    dialect: str
    schemes: tuple[str, ...]
    extra: str
    needs: tuple[str, ...]
    driver: str
    options: Mapping[str, object]
    """SQLAlchemy's options of a connection that begins transactions which only read."""
    about: str
    """A SELECT of the server's version, its session's time zone, NULL where SQL tells the zone
    itself, and whether that only reads, NULL where the server can't be asked."""
    percent: str
    """What a `%` of a statement is to the driver."""
    hidden: tuple[str, ...]
    """The schemas whose tables are the server's own."""
    known: Set[str] | None
    """The options that a url may have, None where what connects refuses others by itself."""
    pasted: str
    """Signs that may not be in a name which SQLAlchemy looks up: it writes names into statements
    as they are."""

    def arguments(self, patience: int, timeout: float) -> dict[str, object]:
        """Return the driver's arguments for a connection to be made within so many seconds, on
        which a statement may take `timeout`."""

    def mark(self, connection: Any) -> None:  # noqa: ANN401 -- each driver has its own class
        """Make known who asks on a new connection of the driver, as far as that needs more than its
        arguments."""

    def settings(self, timezone: str, timeout: float) -> str:
        """Return the statement that begins each transaction: it sets what SQL and values rest
        on, and the seconds after which the server stops a statement by itself. What a session
        has kept of others may not be relied on, as a pool of connections may stand between."""

    def at_most(self, sql: str, rows: int) -> str:
        """Return a SELECT with no more rows than that, in the same order."""

    def places(self, column: Sequence[Any]) -> int | None:
        """Return how many places at most a column of an answer has, as the driver describes it,
        None where it keeps no decimals exactly."""

    def rows(self, path: Sequence[str]) -> str:
        """Return a SELECT of about how many rows a table has, NULL where nobody has counted."""

    def explained(self, sql: str) -> str:
        """Return a statement that tells how a SELECT would be run."""

    def scanned(
        self, plan: Sequence[Sequence[Any]], size_of: Callable[[Sequence[str]], int | None]
    ) -> Scan:
        """Return about how much of tables a SELECT would read, by what is told of it;
        `size_of` tells about how many a table has, None where nobody has counted."""

    def state(self, path: Sequence[str]) -> str | None:
        """Return a SELECT of a text that differs once the rows of a table may have changed: NULL,
        or no row, where that can't be told of it. None where the server has no such thing."""

    def refusal(self, text: str) -> tuple[Refusal, str]:
        """Return why a connection was not made, of which the driver says `text`, and what of that
        is the reason."""

    def may_pass(self, text: str) -> bool:
        """Tell whether a connection that was not made may be a moment later."""

    def failed(self, failure: BaseException, sql: str) -> EngineError:
        """Return what a failure of the driver at a statement means. One that is cancelled is
        `cancelled`, whether by someone or because its time is up."""

    def noticed(self, connection: Any, cursor: Any) -> EngineError | None:  # noqa: ANN401
        """Return what the server has warned of at the last statement of a connection, whose rows a
        cursor of the driver has read, if the answer can't be relied on."""

    def cancel(self, connection: Any) -> None:  # noqa: ANN401
        """Stop the statement that runs on a connection of the driver, on the server too."""

    def hang_up(self, connection: Any) -> None:  # noqa: ANN401
        """End a connection on which a statement won't stop, from another thread."""
