"""BigQuery, by its own client: each statement is a job, which is tried dry before it runs."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import uuid4

import google.auth
import requests
from google.api_core.client_info import ClientInfo
from google.api_core.exceptions import Forbidden, GoogleAPICallError, GoogleAPIError, RetryError
from google.auth.exceptions import GoogleAuthError
from google.cloud import bigquery
from google.oauth2 import service_account

from kpidsl.engines.attended import PATIENCE, Stoppable, asked, attended
from kpidsl.engines.base import EngineError, ForeignKey, Scan, Table, TableFacts, TableKeys
from kpidsl.engines.servers.address import Address, refused
from kpidsl.engines.servers.bigquery import BigQuery
from kpidsl.engines.servers.values import answered
from kpidsl.engines.tables_only import KeepsNothing, refused_files
from kpidsl.model.sources import Source
from kpidsl.text.diagnostic import Diagnostic

if TYPE_CHECKING:
    from kpidsl.engines.base import ValueType

T = TypeVar("T")

_SCOPES = ("https://www.googleapis.com/auth/bigquery",)
_AGAIN = bigquery.DEFAULT_RETRY.with_delay(initial=0.5, maximum=2).with_timeout(3)
"""Of what changes nothing, a call that fails is made again, for so many seconds."""
_ONCE = bigquery.DEFAULT_RETRY.with_predicate(lambda _: False)
"""A job that may have begun is not begun again."""
_OPTIONS = {"credentials_path", "location"}
_DATASETS = 20
"""So many data sets are looked through for the names of tables."""
_SOON, _LATER = 0.05, 1.0
"""Seconds between two questions whether a job is done, at first and at most."""
_NAMES = {"BOOLEAN": "BOOL", "FLOAT": "FLOAT64", "INTEGER": "INT64", "RECORD": "STRUCT"}
"""GoogleSQL's names of types that the service calls otherwise."""
_PLACES = {"NUMERIC": 9, "BIGNUMERIC": 38}
_NO_ROW = re.compile(r"\sLIMIT 0\s*$")
"""A job that asks for no row would be billed for all; the dry run tells what its columns are."""
_AROUND = re.compile(r"^\d+ ([A-Z]+ https?://\S+: )?")
"""What the client says in front of what the service does."""


class NotConnected(Exception):
    """The service wasn't reached, or takes no jobs; the text is the client's."""


class BigQueryEngine(KeepsNothing):
    """Read-only by construction: a statement runs once a dry run has told that it is one SELECT.

    `timeout` is in seconds, `rows` the most that an answer may have, `billed` the most bytes that a
    job may be billed for, and `tag` is a label of each job.
    """

    dialect = "bigquery"

    def __init__(
        self,
        address: Address,
        *,
        timezone: str,
        timeout: float,
        rows: int,
        billed: int | None,
        tag: str = "kpidsl",
    ) -> None:
        assert isinstance(address.server, BigQuery)
        self._address = address
        self._server = address.server
        self._timezone = timezone
        self._timeout = timeout
        self._rows = rows
        self._under_way: set[_Statement] = set()
        self._tried: set[str] = set()
        """Statements that a dry run has told of, and that have not run yet."""
        self._client = _client(address)
        self._dataset = _dataset(address.database, self._client)
        self._settings: dict[str, Any] = {
            "labels": {"made_by": _label(tag)},
            "use_legacy_sql": False,
            # Should nobody be left to stop it.
            "job_timeout_ms": round((timeout + PATIENCE) * 1000),
        }
        if self._dataset is not None:
            self._settings["default_dataset"] = self._dataset
        if billed is not None:
            self._settings["maximum_bytes_billed"] = billed

    @staticmethod
    def open(
        address: Address, timezone: str, *, timeout: float, rows: int, billed: int | None, tag: str
    ) -> tuple[BigQueryEngine | None, list[Diagnostic]]:
        """Connect, or say why the service takes no jobs."""
        try:
            engine = BigQueryEngine(
                address, timezone=timezone, timeout=timeout, rows=rows, billed=billed, tag=tag
            )
        except NotConnected as failure:
            return None, [refused(address, str(failure))]
        try:
            attended(engine._look, lambda: None, None)
        except NotConnected as failure:
            engine.close()
            return None, [refused(address, str(failure))]
        return engine, []

    def _look(self) -> None:
        """Find out whether jobs are taken, and whether the data set is there."""
        try:
            self._dry("SELECT 1")
            if self._dataset is not None:
                with suppress(Forbidden):  # tables may be read by someone who may not look at it
                    self._client.get_dataset(self._dataset, retry=_AGAIN, timeout=PATIENCE)
        except _FAILURES as failure:
            raise NotConnected(self._told(failure)) from None

    def prepare(self, sources: Sequence[Source]) -> list[Diagnostic]:
        return refused_files("BigQuery", sources)

    def run(
        self, sql: str, types: Sequence[ValueType] | None = None, most: int | None = None
    ) -> Table:
        most = most or self._rows

        def answer(statement: _Statement) -> Table:
            if _NO_ROW.search(sql):
                return Table(tuple(field.name for field in self._try(sql).schema or ()), [])
            if sql not in self._tried:
                self._try(sql)
            self._tried.discard(sql)
            if statement.stopped.is_set():
                raise EngineError("cancelled", "the job was not started")
            statement.job = job = self._client.query(
                sql,
                bigquery.QueryJobConfig(**self._settings),
                job_id=f"kpidsl-{uuid4()}",
                retry=_ONCE,
                job_retry=None,
                timeout=PATIENCE,
            )
            statement.wait()
            found = job.result(max_results=most + 1, retry=_AGAIN, timeout=PATIENCE)
            return Table(
                tuple(field.name for field in found.schema), [tuple(row.values()) for row in found]
            )

        table = self._ask(answer)
        return answered(table, most, types, self._timezone)

    # --- jobs ------------------------------------------------------------------------------

    def _ask(self, work: Callable[[_Statement], T]) -> T:
        """Do work of the client's; raises `EngineError`."""
        statement = _Statement()
        try:
            return asked(lambda: work(statement), statement, self._under_way, self._timeout)
        except _FAILURES as failure:
            raise self._failed(failure) from None

    def _dry(self, sql: str) -> bigquery.QueryJob:
        """Return what a job would be; nothing is read, and nothing billed."""
        settings = bigquery.QueryJobConfig(**self._settings, dry_run=True, use_query_cache=False)
        return self._client.query(sql, settings, retry=_AGAIN, job_retry=None, timeout=PATIENCE)

    def _try(self, sql: str) -> bigquery.QueryJob:
        """Return what a SELECT would be as a job; refuse what is something else."""
        job = self._dry(sql)
        if job.statement_type != "SELECT":
            raise EngineError("writing", f"it is no SELECT: {job.statement_type}")
        return job

    def _failed(self, failure: Exception) -> EngineError:
        failure, text = _cause(failure), self._told(failure)
        if not isinstance(failure, GoogleAPICallError):
            return EngineError("lost", text)
        reason = failure.errors[0].get("reason", "") if failure.errors else ""
        return self._server.failed(reason, failure.code, text)

    def _told(self, failure: Exception) -> str:
        """Return the first line of what a failure says, without a secret."""
        cause = _cause(failure)
        text = str(cause.args[0] if cause.args else cause)
        if isinstance(cause, GoogleAPICallError) and cause.errors:
            text = cause.errors[0].get("message", text)
        line = next(iter(_AROUND.sub("", text).strip().splitlines()), type(cause).__name__)
        return self._address.without_secrets(line)

    def state(self, source: Source) -> str | None:
        """When a table was last changed is told late of rows that are streamed into it."""
        del source
        return None

    def cancel(self) -> None:
        for statement in list(self._under_way):
            statement.stop()

    def close(self) -> None:
        self._client.close()

    # --- the catalogue ---------------------------------------------------------------------

    def tables(self) -> list[str]:
        def listed(_: _Statement) -> list[str]:
            project = self._client.project if self._dataset is None else self._dataset.project
            datasets = self._client.list_datasets(project, retry=_AGAIN, timeout=PATIENCE)
            own = None if self._dataset is None else self._dataset.dataset_id
            names = sorted((item.dataset_id for item in datasets), key=lambda name: name != own)
            return [
                table.table_id if name == own else f"{name}.{table.table_id}"
                for name in names[:_DATASETS]
                for table in self._client.list_tables(
                    f"{project}.{name}", retry=_AGAIN, timeout=PATIENCE
                )
            ]

        try:
            return self._ask(listed)
        except EngineError:
            return []

    def columns(self, path: Sequence[str]) -> dict[str, str]:
        try:
            return {field.name: _type_name(field) for field in self._table(path).schema}
        except EngineError:
            return {}

    def decimals(self, sql: str) -> dict[str, int]:
        return _places(self._ask(lambda _: self._try(sql)).schema or ())

    def facts(self, path: Sequence[str]) -> TableFacts:
        try:
            table = self._table(path)
        except EngineError:
            return TableFacts()
        rows = table.num_rows if table.table_type == "TABLE" else None
        return TableFacts(rows, _places(table.schema))

    def keys(self, path: Sequence[str]) -> TableKeys:
        try:
            declared = self._table(path).table_constraints
        except EngineError:
            return TableKeys()
        if declared is None:
            return TableKeys()
        foreign = (
            ForeignKey(
                tuple(pair.referencing_column for pair in key.column_references),
                (key.referenced_table.dataset_id, key.referenced_table.table_id),
                tuple(pair.referenced_column for pair in key.column_references),
            )
            for key in declared.foreign_keys or ()
        )
        primary = declared.primary_key
        return TableKeys(() if primary is None else tuple(primary.columns), tuple(foreign))

    def _table(self, path: Sequence[str]) -> bigquery.Table:
        *datasets, name = path
        within = ".".join(datasets) or self._dataset
        if within is None:
            raise EngineError("missing table", f"no data set is named for `{name}`")
        dataset = _dataset(str(within), self._client)
        assert dataset is not None
        return self._ask(
            lambda _: self._client.get_table(dataset.table(name), retry=_AGAIN, timeout=PATIENCE)
        )

    def estimate(self, sql: str) -> Scan:
        job = self._ask(lambda _: self._try(sql))
        self._tried.add(sql)
        return Scan(bytes=0 if _NO_ROW.search(sql) else job.total_bytes_processed)


_FAILURES = (GoogleAPIError, GoogleAuthError, requests.RequestException, ValueError)
"""What the client raises; a ValueError of a name that can't be one."""


class _Statement(Stoppable):
    """What runs as a job, once there is one."""

    def __init__(self) -> None:
        super().__init__()
        self.job: bigquery.QueryJob | None = None
        self._left = False

    def wait(self) -> None:
        """Wait for the end of the job, or until it is left alone."""
        assert self.job is not None
        pause = _SOON
        while not self.job.done(retry=_AGAIN, timeout=PATIENCE):
            if self._left:
                raise EngineError("lost", "the job goes on, and can't be cancelled")
            time.sleep(pause)
            pause = min(2 * pause, _LATER)

    def _has_begun(self) -> bool:
        return self.job is not None

    def _cancel(self) -> None:
        assert self.job is not None
        self.job.cancel(retry=_ONCE, timeout=PATIENCE)

    def _hang_up(self) -> None:
        self._left = True


def _cause(failure: Exception) -> Exception:
    """Return what came of the last attempt of several."""
    if isinstance(failure, RetryError) and isinstance(failure.cause, Exception):
        return failure.cause
    return failure


def _client(address: Address) -> bigquery.Client:
    """Return a client that hasn't called yet; raises `NotConnected`."""
    if not address.host:
        raise NotConnected("the url names no project")
    unknown = sorted(address.options.keys() - _OPTIONS)
    if unknown:
        raise NotConnected(f"there is no option `{unknown[0]}`")
    path = address.options.get("credentials_path")
    try:
        if path is None:
            credentials, _ = google.auth.default(scopes=_SCOPES)
        else:
            credentials = service_account.Credentials.from_service_account_file(
                path, scopes=_SCOPES
            )
    except (GoogleAuthError, OSError) as failure:
        raise NotConnected(" ".join(str(failure).split())) from None
    except ValueError:  # its words may quote the file
        raise NotConnected("the file of the credentials can't be read") from None
    return bigquery.Client(
        address.host,
        credentials,
        location=address.options.get("location"),
        client_info=ClientInfo(user_agent="kpidsl"),
    )


def _dataset(name: str | None, client: bigquery.Client) -> bigquery.DatasetReference | None:
    """Return the data set that is meant by its name, or by a project's and its name."""
    if name is None:
        return None
    project, _, dataset = name.rpartition(".")
    return bigquery.DatasetReference(project or client.project, dataset)


def _label(tag: str) -> str:
    """Return a tag of the letters and signs that a label may have."""
    return re.sub(r"[^a-z0-9_-]+", "-", tag.lower())[:63]


def _type_name(field: bigquery.SchemaField) -> str:
    name = _NAMES.get(field.field_type, field.field_type)
    return f"ARRAY<{name}>" if field.mode == "REPEATED" else str(name)


def _places(fields: Iterable[bigquery.SchemaField]) -> dict[str, int]:
    return {
        field.name: _PLACES[field.field_type] if field.scale is None else field.scale
        for field in fields
        if field.field_type in _PLACES and field.mode != "REPEATED"
    }
