"""BigQuery's REST API, as far as kpidsl's client calls it: the SQL is run by Google's reference
evaluator, and what speaks HTTP, keeps jobs and asks for a login is this file.

So what statements give, how values travel, and what the client does at an error is real. What the
service does beyond that is not shown by it: its planner, limits, prices, roles, regions and caches.
Errors that only the service has are given to those that call `SERVICE_ERROR('reason', 'text')`, and
a job that reads from `FOREVER` ends when it is cancelled.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from threading import Event
from typing import Any
from urllib.parse import parse_qs, urlsplit

import sqlglot
from sqlglot import exp

from tests.oracle.googlesql import evaluated, typed
from tests.oracle.googlesql_worker import Failed, Given
from tests.servers.http import Handler, serving

PROJECT, DATASET = "shop-project", "shop"
_TOKEN = "ya29.of-the-tests"  # noqa: S105
_SERVICE_ERROR = re.compile(r"SERVICE_ERROR\('(\w+)', '([^']*)'\)")
_STATUS = {
    "notFound": 404,
    "accessDenied": 403,
    "quotaExceeded": 403,
    "backendError": 503,
    "authError": 401,
}
_BEGINNING = datetime(1970, 1, 1)  # noqa: DTZ001
_COLUMN_BYTES = 8
_TYPES = {"BOOL": "BOOLEAN", "INT64": "INTEGER", "DOUBLE": "FLOAT"}
"""What the service calls GoogleSQL's types in a schema."""


class Refused(Exception):
    """The service refuses a call or a job."""

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(text)
        self.reason = reason


@dataclass
class Job:
    """A job: what was asked, and what came of it once it is done."""

    asked: dict[str, Any]
    schema: list[dict[str, Any]] = field(default_factory=list)
    rows: Sequence[Sequence[object]] = ()
    failure: Refused | None = None
    cancelled: Event = field(default_factory=Event)
    runs: bool = False

    @property
    def settings(self) -> dict[str, Any]:
        return dict(self.asked["configuration"])


@dataclass
class Service:
    """What the service has: tables, and the jobs that it was given."""

    tables: Mapping[str, Given]
    descriptions: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    jobs: dict[str, Job] = field(default_factory=dict)
    dry: list[dict[str, Any]] = field(default_factory=list)
    accounts: set[str] = field(default_factory=lambda: {"kpidsl@shop-project.iam.example"})
    unready: int = 0
    """So many calls are answered by 503."""
    port: int = 0

    @property
    def ran(self) -> list[str]:
        """The statements of all jobs."""
        return [job.settings["query"]["query"] for job in self.jobs.values()]

    # --- jobs ------------------------------------------------------------------------------

    def insert(self, project: str, asked: dict[str, Any]) -> dict[str, Any]:
        _known(project)
        settings = asked["configuration"]
        sql = settings["query"]["query"]
        if settings.get("dryRun"):
            self.dry.append(asked)
            return self._resource(
                Job(asked, self._schema(sql)), self._kind(sql), self.bytes_of(sql)
            )
        name = asked["jobReference"]["jobId"]
        job = self.jobs[name] = Job(asked)
        limit = int(settings["query"].get("maximumBytesBilled", 1 << 62))
        if (found := _SERVICE_ERROR.search(sql)) is not None:
            job.failure = Refused(found[1], found[2])
        elif self.bytes_of(sql) > limit:
            job.failure = Refused(
                "bytesBilledLimitExceeded", "Query exceeded limit for bytes billed"
            )
        elif "FOREVER" in sql:
            job.runs = True
        else:
            self._run(job, sql)
        return self._resource(job, self._kind(sql), self.bytes_of(sql))

    def _run(self, job: Job, sql: str) -> None:
        job.schema = self._schema(sql)
        try:
            job.rows = evaluated(sql, list(self.tables.values()))[1]
        except Failed as failure:
            job.failure = _refusal(failure)

    def _kind(self, sql: str) -> str:
        """The kind of a statement, as a dry run tells it."""
        trees = [tree for tree in sqlglot.parse(sql, read="bigquery") if tree is not None]
        if len(trees) > 1:
            return "SCRIPT"
        return "SELECT" if isinstance(trees[0], exp.Query) else f"{trees[0].key.upper()}_TABLE"

    def _schema(self, sql: str) -> list[dict[str, Any]]:
        if self._kind(sql) != "SELECT" or "FOREVER" in sql or _SERVICE_ERROR.search(sql):
            return []
        try:
            columns = typed(sql, list(self.tables.values()))
        except Failed as failure:
            raise _refusal(failure) from failure
        return [_field(name, kind) for name, kind in columns]

    def bytes_of(self, sql: str) -> int:
        """How much a statement would read: eight bytes for each value of its tables."""
        read = {
            table.name
            for tree in sqlglot.parse(sql, read="bigquery")
            if tree is not None
            for table in tree.find_all(exp.Table)
        }
        tables = (given for name, given in self.tables.items() if name in read)
        return sum(len(given.rows) * len(given.types) * _COLUMN_BYTES for given in tables)

    def _resource(self, job: Job, kind: str, size: int) -> dict[str, Any]:
        statistics: dict[str, Any] = {
            "totalBytesProcessed": str(size),
            "query": {
                "statementType": kind,
                "totalBytesProcessed": str(size),
                "schema": {"fields": job.schema},
            },
        }
        status: dict[str, Any] = {"state": "RUNNING" if job.runs else "DONE"}
        if job.failure is not None:
            status["errorResult"] = {"reason": job.failure.reason, "message": str(job.failure)}
        reference = {"projectId": PROJECT, "location": "EU", **job.asked["jobReference"]}
        return {**job.asked, "jobReference": reference, "status": status, "statistics": statistics}

    def job(self, name: str) -> dict[str, Any]:
        job = self._job(name)
        if job.runs and job.cancelled.is_set():
            job.runs = False
            job.failure = Refused(
                "stopped", "Job execution was cancelled: User requested cancellation"
            )
        sql = job.settings["query"]["query"]
        return self._resource(job, self._kind(sql), self.bytes_of(sql))

    def _job(self, name: str) -> Job:
        if name not in self.jobs:
            raise Refused("notFound", f"Not found: Job {PROJECT}:{name}")
        return self.jobs[name]

    def cancel(self, name: str) -> dict[str, Any]:
        self._job(name).cancelled.set()
        return {"job": self.job(name)}

    def results(self, name: str, most: int, first: int, *, exactly: bool) -> dict[str, Any]:
        """Return rows of an answer, at most two a page."""
        job = self._job(name)
        if job.failure is not None:
            raise job.failure
        size = min(most, 2) if most else 2
        page = job.rows[first : first + size]
        told: dict[str, Any] = {
            "jobComplete": True,
            "jobReference": {"projectId": PROJECT, "jobId": name, "location": "EU"},
            "schema": {"fields": job.schema},
            "totalRows": str(len(job.rows)),
            "rows": [{"f": [{"v": _cell(value, exactly)} for value in row]} for row in page],
        }
        if first + size < len(job.rows):
            told["pageToken"] = str(first + size)
        return told

    # --- the catalogue ---------------------------------------------------------------------

    def dataset(self, name: str) -> dict[str, Any]:
        if name != DATASET:
            raise Refused("notFound", f"Not found: Dataset {PROJECT}:{name}")
        return {"datasetReference": {"projectId": PROJECT, "datasetId": name}, "id": name}

    def listed_tables(self, name: str) -> dict[str, Any]:
        self.dataset(name)
        return {"tables": [{"tableReference": self._reference(table)} for table in self.tables]}

    def _reference(self, table: str) -> dict[str, str]:
        return {"projectId": PROJECT, "datasetId": DATASET, "tableId": table}

    def table(self, dataset: str, name: str) -> dict[str, Any]:
        self.dataset(dataset)
        if name not in self.tables:
            raise Refused("notFound", f"Not found: Table {PROJECT}:{dataset}.{name}")
        given = self.tables[name]
        fields = [_field(column, str(kind)) for column, kind in given.types.items()]
        return {
            "tableReference": self._reference(name),
            "type": "TABLE",
            "numRows": str(len(given.rows)),
            "schema": {"fields": fields},
            **self.descriptions.get(name, {}),
        }


def _known(project: str) -> None:
    if project != PROJECT:
        raise Refused(
            "accessDenied",
            f"Access Denied: Project {project}: User does not have bigquery.jobs.create permission "
            f"in project {project}.",
        )


def _refusal(failure: Failed) -> Refused:
    """Return what the service says where the evaluator says it in its own way."""
    text = str(failure).partition("Message: ")[2]
    if found := re.match(r"Table not found: ([^;]+)", text):
        name = f"{PROJECT}:{DATASET}.{found[1]}"
        return Refused("notFound", f"Not found: Table {name} was not found in location EU")
    return Refused("invalidQuery", f"{text} at [1:8]" if "nrecognized name" in text else text)


def _field(name: str, kind: str) -> dict[str, Any]:
    return {"name": name, "type": _TYPES.get(kind, kind), "mode": "NULLABLE"}


def _cell(value: object, exactly: bool) -> object:
    match value:
        case None:
            return None
        case bool():
            return str(value).lower()
        case bytes():
            return base64.b64encode(value).decode()
        case datetime() if value.tzinfo is not None:
            micros = (value.replace(tzinfo=None) - _BEGINNING) // timedelta(microseconds=1)
            return str(micros) if exactly else str(micros / 1_000_000)
        case date():
            return value.isoformat()
        case Decimal():
            text = format(value, "f")
            return text.rstrip("0").rstrip(".") if "." in text else text
    return str(value)


class _Handler(Handler):
    service: Service

    def do_GET(self) -> None:  # noqa: N802
        self._answer({})

    def do_POST(self) -> None:  # noqa: N802
        body = self.body()
        if self.path == "/token":
            self._token(body)
            return
        self._answer(json.loads(body or b"{}"))

    def _token(self, body: bytes) -> None:
        """Give a token to the accounts that there are."""
        [assertion] = parse_qs(body.decode())["assertion"]
        claims = assertion.split(".")[1]
        told = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
        if told["iss"] in self.service.accounts:
            given = {"access_token": _TOKEN, "expires_in": 3600, "token_type": "Bearer"}
            self._send(200, given)
        else:
            said = {"error": "invalid_grant", "error_description": "Invalid grant: no account"}
            self._send(400, said)

    def _answer(self, asked: dict[str, Any]) -> None:
        try:
            told = self._called(asked)
        except Refused as refusal:
            status = _STATUS.get(refusal.reason, 400)
            found = {"reason": refusal.reason, "message": str(refusal)}
            told = {"error": {"code": status, "message": str(refusal), "errors": [found]}}
            self._send(status, told)
        else:
            self._send(200, told)

    def _called(self, asked: dict[str, Any]) -> dict[str, Any]:
        if self.headers.get("Authorization") != f"Bearer {_TOKEN}":
            raise Refused("authError", "Request had invalid authentication credentials.")
        if self.service.unready > 0:
            self.service.unready -= 1
            raise Refused("backendError", "Service unavailable, try again.")
        url = urlsplit(self.path)
        options = {name: values[-1] for name, values in parse_qs(url.query).items()}
        parts = url.path.removeprefix("/bigquery/v2/projects/").split("/")
        match self.command, parts:
            case "POST", [project, "jobs"]:
                return self.service.insert(project, asked)
            case "GET", [_, "jobs", name]:
                return self.service.job(name)
            case "POST", [_, "jobs", name, "cancel"]:
                return self.service.cancel(name)
            case "GET", [_, "queries", name]:
                first = int(options.get("pageToken") or options.get("startIndex") or 0)
                exactly = options.get("formatOptions.useInt64Timestamp") == "True"
                most = int(options.get("maxResults", 0))
                return self.service.results(name, most, first, exactly=exactly)
            case "GET", [_, "datasets"]:
                return {"datasets": [self.service.dataset(DATASET)]}
            case "GET", [_, "datasets", name]:
                return self.service.dataset(name)
            case "GET", [_, "datasets", name, "tables"]:
                return self.service.listed_tables(name)
            case "GET", [_, "datasets", dataset, "tables", name]:
                return self.service.table(dataset, name)
        raise AssertionError(self.path)

    def _send(self, status: int, told: dict[str, Any]) -> None:
        self.send(status, json.dumps(told).encode(), {"Content-Type": "application/json"})


@contextmanager
def served(tables: Sequence[Given] = (), **more: Any) -> Iterator[Service]:
    """Serve tables on loopback, in threads of this process."""
    typed("SELECT 1")  # an evaluator that has yet to be loaded would keep the client waiting
    service = Service({given.name: given for given in tables}, **more)
    with serving(_Handler, service=service) as service.port:
        yield service
