"""K64x: questions that fail while they run."""

from __future__ import annotations

from kpidsl.text.codes.info import CodeInfo

_CALENDAR = """project shop { calendar: company }
source fiscal_days { files: "fiscal_days.csv" }
calendar company {
  listed_in: fiscal_days
  first_day: day
  month: fiscal_month
  quarter: fiscal_quarter
  year: fiscal_year
}
"""

CODES: tuple[CodeInfo, ...] = (
    CodeInfo(
        "K640",
        "the engine refused a question",
        "The warehouse answered the SQL with an error that kpidsl has no better name for.",
        "Nothing is shown in place of a number that could not be computed.",
        "kpidsl query revenue",
        "kpidsl compile revenue   # shows the SQL to look at",
    ),
    CodeInfo(
        "K641",
        "a table doesn't exist",
        "A source reads a table that the warehouse doesn't have.",
        "A misspelt table must not look like an empty one.",
        "source lines { table: shop.order_line }",
        "source lines { table: shop.order_lines }",
    ),
    CodeInfo(
        "K642",
        "a column doesn't exist",
        "A definition names a column that its source doesn't have.",
        "The nearest existing name is usually what was meant, and it is for the author to say so.",
        "measure revenue: sum(prise) as USD",
        "measure revenue: sum(price) as USD",
    ),
    CodeInfo(
        "K643",
        "a value doesn't fit its type",
        "A value can't be turned into the type that a definition needs, such as a text into a "
        "number.",
        "Turning it into NULL would quietly change the sum.",
        "measure revenue: sum(number(note))",
        "measure revenue: sum(price) as USD",
    ),
    CodeInfo(
        "K644",
        "a sum is too large",
        "An amount is outside what exact decimals hold.",
        "A number that has wrapped round or lost digits is worse than none.",
        "measure total: sum(account_number) as USD",
        "measure total: sum(amount) as USD",
    ),
    CodeInfo(
        "K645",
        "a database can't be opened",
        "The file of the profile's url is missing, no database of the engine that the url names, "
        "or locked by another program.",
        "Creating an empty one instead would answer every question with nothing.",
        'url = "duckdb:///shpo.duckdb"',
        'url = "duckdb:///shop.duckdb"',
    ),
    CodeInfo(
        "K646",
        "a question took too long",
        "The statement ran longer than the profile's time-out and was stopped.",
        "A report must not hang behind one question.",
        "kpidsl query customers --by day",
        "kpidsl query customers --by day --period 2026-10",
    ),
    CodeInfo(
        "K647",
        "a question was cancelled",
        "The statement was stopped before it had an answer.",
        "Half an answer is none.",
        "Ctrl-C during kpidsl query",
        "kpidsl query revenue",
    ),
    CodeInfo(
        "K648",
        "a clock with two zones",
        "`stored_as` says in which zone stored times are meant that name none; these name their "
        "own, or are days, which have none.",
        "Moved twice, a sale of the evening counts on another day.",
        'time: day { stored_as: "UTC" }',
        "time: day",
    ),
    CodeInfo(
        "K649",
        "a join of values that are not alike",
        "One side of a join holds texts such as `007`, the other numbers such as 7; or in SQLite, "
        "one holds days and the other moments.",
        "Several texts can be the same number or time: rows would be doubled, or fail to match.",
        "join customer: customers on customer_id",
        "join customer: customers on customer_number",
    ),
    CodeInfo(
        "K650",
        "a source hides a table",
        "A source over files is called as a table of the warehouse.",
        "Which of the two a name means must not depend on the order of reading.",
        'source orders { files: "orders.csv" }   # the warehouse has a table `orders`',
        'source orders_file { files: "orders.csv" }',
    ),
    CodeInfo(
        "K651",
        "a key that repeats",
        "A source is joined by a key that several of its rows share.",
        "A row that met two partners would count twice, and the total would be too large.",
        "key: email",
        "key: customer_id",
    ),
    CodeInfo(
        "K657",
        "hours of a clock that holds days",
        "A question by hour, minute or second meets a source whose `time` is a day.",
        "All of a day would stand in its first hour (S20).",
        'source spend { files: "spend.csv", time: day }',
        'source spend { files: "spend.csv", time: booked_at { stored_as: "UTC" } }',
    ),
    CodeInfo(
        "K654",
        "rows that hold at the same time",
        "A join matches the row that holds at a moment, and two rows of the joined source do.",
        "Each row that joins them then would count twice (S3, S8).",
        "customer 7: North from 2026-01-01; customer 7: South from 2026-03-01, both without an end",
        "customer 7: North from 2026-01-01 until 2026-03-01; South from 2026-03-01",
    ),
    CodeInfo(
        "K655",
        "rows without a key",
        "`kpidsl check --data` found rows in which the key of their source, or a part of it, is "
        "NULL.",
        "No row can join them, and nothing tells two of them apart (S3).",
        """\
# 4 of the 120 rows of orders.csv have no order_id.
source orders { files: "orders.csv", key: order_id }
""",
        """\
# They are payments without an order, and no orders.
source orders { files: "orders.csv", key: order_id, exclude: order_id is null }
""",
    ),
    CodeInfo(
        "K656",
        "rows without a partner",
        "`kpidsl check --data` found rows that name a partner which the joined source doesn't "
        "have.",
        "Nothing is lost: they count under `(unmapped)` (S2). A large share of them mostly means "
        "that a load is late, or that the two sides write the same key in two ways.",
        """\
# orders.csv names the customer C-0042, customers.csv the customer 42.
source orders { files: "orders.csv", join customer: customers on customer_id }
""",
        """\
# Both files write C-0042.
source orders { files: "orders.csv", join customer: customers on customer_id }
""",
    ),
    CodeInfo(
        "K653",
        "times without a zone",
        "A source's clock holds times without a zone, or the ends of the time for which joined "
        "rows hold are such, and nothing says in which zone they were written.",
        "The same text is another day in another zone: reading it as local time would move the "
        "sales of some hours to the wrong day (S20).",
        "time: paid_at",
        'time: paid_at { stored_as: "UTC" }',
    ),
    CodeInfo(
        "K652",
        "two values where one is counted",
        "A measure counts its value once per key, and rows of one key differ in it.",
        "Picking the larger, the first or the mean of them would be a number that nobody "
        "asked for.",
        "measure shipping: sum(parcel_fee once per order_id)",
        "measure shipping: sum(parcel_fee once per [order_id, parcel])",
    ),
    CodeInfo(
        "K658",
        "decimals that would be rounded unseen",
        "Numbers meet in one column, of a `coalesce`, `case` or `union`, and the engine has no "
        "type that holds the digits of each: DuckDB rounds a DECIMAL(38, 5) beside a "
        "DECIMAL(38, 2) to two decimals. Or they are multiplied, and MariaDB keeps 38 decimals.",
        "A sum of rounded numbers is another sum, and nothing would tell (S12).",
        "measure paid: sum(coalesce(paid, owed)) as USD",
        "measure paid: sum(coalesce(round(paid, 2), round(owed, 2))) as USD",
    ),
    CodeInfo(
        "K659",
        "a division by zero",
        "The warehouse stopped at a row that divides by zero, in SQL of the author's own.",
        "Where kpidsl divides, nothing per nothing is no value (S12); the author's SQL says for "
        "itself.",
        'source orders { sql: "SELECT *, amount / pieces AS price FROM order_lines" }',
        'source orders { sql: "SELECT *, amount / nullif(pieces, 0) AS price FROM order_lines" }',
    ),
    CodeInfo(
        "K660",
        "a calendar that can't be read from its rows",
        "The rows that a `calendar` is `listed_in` miss days or a number, have a day twice, or the "
        "months are not numbered from 1 in each year.",
        "A day of no month, or of two, would be missing from the months or count twice (S20).",
        "# fiscal_days.csv has no row for 2026-02-28.\n" + _CALENDAR,
        "# fiscal_days.csv has a row for each day.\n" + _CALENDAR,
    ),
    CodeInfo(
        "K661",
        "rows on days that the calendar does not list",
        "A source has rows from before the first or after the last whole year of the project's "
        "`calendar`.",
        "A question by fiscal periods about those days is refused (K492); others are not affected.",
        "# orders.csv begins in 2019, fiscal_days.csv in 2021.\n" + _CALENDAR,
        "# fiscal_days.csv begins in 2019 too.\n" + _CALENDAR,
    ),
    CodeInfo(
        "K662",
        "the connection to the database was lost",
        "The server was stopped or restarted, or the network was cut, while a question ran.",
        "A statement that may have run is never sent a second time unasked; only a connection that "
        "was not made is tried again.",
        "kpidsl query revenue   # the server restarts",
        "kpidsl query revenue",
    ),
    CodeInfo(
        "K663",
        "what the database doesn't allow",
        "The user of the profile's url has no right to read a table or to call a function.",
        "Leaving out what can't be read would be another number.",
        "kpidsl query salaries",
        "GRANT SELECT ON salaries TO kpidsl   # said by an owner, in the database",
    ),
    CodeInfo(
        "K664",
        "a statement that would write",
        "SQL of the author's own, or a function that it calls, would have changed the database.",
        "kpidsl only reads: its transactions are begun so that the server itself refuses to write.",
        "source orders { sql: \"SELECT *, nextval('runs') AS run FROM order_lines\" }",
        "source orders { table: order_lines }",
    ),
    CodeInfo(
        "K665",
        "too many rows",
        "An answer has more rows than the profile's `max_rows`.",
        "Answers are for people; millions of rows would fill the memory before anyone reads them.",
        "kpidsl query revenue --by order_id",
        "kpidsl query revenue --by order_id --limit 1000 --order -revenue",
    ),
    CodeInfo(
        "K669",
        "too much to read",
        "The warehouse estimates that a statement would read more rows than the profile's "
        "`max_scan_rows`, or more bytes than its `max_scan_bytes`. It was not run.",
        "A question over years of a large table may take hours of a warehouse that others pay for.",
        "kpidsl query revenue --by day",
        "kpidsl query revenue --by day --period 2026-06",
    ),
    CodeInfo(
        "K676",
        "no space for temporary files",
        "What doesn't fit into memory is put off to a disk that is full, or of which the server's "
        "operators allow a statement only so much.",
        "An engine stops a statement that it can't finish. DuckDB keeps such files in the system's "
        "folder for temporary ones, which `TMPDIR` names.",
        "# /tmp is full\nkpidsl query revenue --by customer_id",
        "TMPDIR=/large/disk kpidsl query revenue --by customer_id",
    ),
    CodeInfo(
        "K670",
        "not enough memory",
        "DuckDB needs more memory for a question than it may take, and more than it can put off "
        "to the disk.",
        "A process that takes all there is would be ended by the system, with all that it does.",
        'memory_limit = "50 MB"',
        'memory_limit = "2 GB"',
    ),
    CodeInfo(
        "K679",
        "a quota that is used up",
        "The owners of a warehouse have limited what may be asked of it, a day say, and that has "
        "been asked.",
        "Asking again at once would be refused as well.",
        "kpidsl report   # in the evening, after many others",
        "kpidsl report   # the next day",
    ),
    CodeInfo(
        "K680",
        "what stands beside an answer can't be told",
        "The numbers are right, but a statement of its own failed that tells up to which day a "
        "source knows anything, or how many of its ids are resolved.",
        "A period that is not over yet looks like a whole one, unless somebody says so.",
        "kpidsl query revenue --by month   # the connection is lost after the answer",
        "kpidsl query revenue --by month   # again",
    ),
)
