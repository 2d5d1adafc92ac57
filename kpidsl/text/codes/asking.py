"""K92x: settings, questions and output."""

from __future__ import annotations

from kpidsl.text.codes.info import CodeInfo

CODES: tuple[CodeInfo, ...] = (
    CodeInfo(
        "K920",
        "the settings file can't be used",
        "`kpidsl.toml` is not TOML, or holds a key or value that it can't have.",
        "A setting that is ignored in silence is one that nobody notices is wrong.",
        """\
[project]
name = toy_store
""",
        """\
[project]
name = "toy_store"
""",
    ),
    CodeInfo(
        "K921",
        "a profile doesn't exist",
        "The call names a profile that `kpidsl.toml` doesn't have.",
        "Running on another warehouse than the one named would give other numbers.",
        "kpidsl query revenue --profile prdo",
        "kpidsl query revenue --profile prod",
    ),
    CodeInfo(
        "K922",
        "an environment variable is missing",
        "A profile's url takes a value from the environment, and it isn't there or is empty.",
        "Secrets come from the environment only; an empty one would fail later and less clearly.",
        "kpidsl query revenue --profile prod",
        "SHOP_DB=shop.duckdb kpidsl query revenue --profile prod",
    ),
    CodeInfo(
        "K923",
        "an engine that can't be run",
        "The profile's url names an engine that this version doesn't run, or can't be read.",
        "Approximating it on another engine would be a different answer.",
        'url = "oracle://shop"',
        'url = "duckdb:///shop.duckdb"',
    ),
    CodeInfo(
        "K924",
        "a question that makes no sense",
        "A word of the question is unknown, or two of them exclude each other.",
        "A guess at what was meant is a guess at the number.",
        "kpidsl query revenue --by month --order revnue",
        "kpidsl query revenue --by month --order revenue",
    ),
    CodeInfo(
        "K925",
        "not a period",
        "The text is no period that kpidsl knows, ends before it begins, or is an ISO week in a "
        "project whose weeks don't start on Monday.",
        "2026-13 must not become January 2027.",
        "kpidsl query revenue --period 2026-13",
        "kpidsl query revenue --period 2026-12",
    ),
    CodeInfo(
        "K926",
        "no definitions",
        "The folder or file that was named holds no definitions.",
        "An empty project would check clean.",
        "kpidsl check examples/toy_stroe",
        "kpidsl check examples/toy_store",
    ),
    CodeInfo(
        "K927",
        "an output that can't be written",
        "The folder can't be written to, the disk is full, or a file that may not be "
        "overwritten is there.",
        "Files are written whole or not at all.",
        "kpidsl report --out /proc",
        "kpidsl report --out reports",
    ),
    CodeInfo(
        "K928",
        "a report or funnel that doesn't exist",
        "The call names a report or funnel that the project doesn't define, or asks for all "
        "reports of one that defines none.",
        "The nearest existing name is shown instead of an empty page.",
        "kpidsl report executive_montly",
        "kpidsl report executive_monthly",
    ),
    CodeInfo(
        "K929",
        "a secret in the settings",
        "A profile's url in `kpidsl.toml` holds a password or token as text, or an option that may "
        "be one: headers, and whatever Spark doesn't know and sends as a header.",
        "The settings are shared and stay in git's history for ever; an environment variable "
        "doesn't.",
        'url = "postgresql://shop:hunter2@db/shop"',
        'url = "postgresql://shop:${SHOP_PASSWORD}@db/shop"',
    ),
    CodeInfo(
        "K930",
        "a driver that is not installed",
        "The profile's url names a server, and the packages that talk to it are not installed.",
        "Each server needs a driver of its own; kpidsl installs those that are asked for.",
        "pip install kpidsl && kpidsl profile test production",
        "pip install 'kpidsl[postgres]' && kpidsl profile test production",
    ),
    CodeInfo(
        "K931",
        "a host that isn't known",
        "No computer of the name in the profile's url is known to the network.",
        "It is mostly misspelt, or known inside a company's network only.",
        'url = "postgresql://kpidsl:${SHOP_PASSWORD}@db.exmaple.com/shop"',
        'url = "postgresql://kpidsl:${SHOP_PASSWORD}@db.example.com/shop"',
    ),
    CodeInfo(
        "K932",
        "a server that can't be reached",
        "The host answers that nobody listens at the port, doesn't answer within ten seconds, or "
        "the server takes no further connections. What may pass is tried three times.",
        "No statement has run: it is safe to ask again.",
        'url = "postgresql://kpidsl:${SHOP_PASSWORD}@db.example.com:5433/shop"',
        'url = "postgresql://kpidsl:${SHOP_PASSWORD}@db.example.com:5432/shop"',
    ),
    CodeInfo(
        "K933",
        "a login that is refused",
        "The server doesn't know the user, or the password is another one.",
        "What the message quotes is the server's; the password itself is never shown.",
        "SHOP_PASSWORD=guess kpidsl profile test production",
        "SHOP_PASSWORD=$(pass shop) kpidsl profile test production",
    ),
    CodeInfo(
        "K934",
        "no encrypted connection",
        "The url asks for TLS and the server offers none, or its certificate can't be trusted.",
        "To go on without would send the password and the data in the clear.",
        'url = "postgresql://kpidsl:${SHOP_PASSWORD}@db.example.com/shop?sslmode=verify-full"',
        'url = "postgresql://kpidsl:${SHOP_PASSWORD}@db.example.com/shop?sslmode=verify-full'
        '&sslrootcert=company.pem"',
    ),
    CodeInfo(
        "K935",
        "a server without the database",
        "The server has no database of the name in the profile's url.",
        "Another database of the server would give other numbers.",
        'url = "postgresql://kpidsl:${SHOP_PASSWORD}@db.example.com/shpo"',
        'url = "postgresql://kpidsl:${SHOP_PASSWORD}@db.example.com/shop"',
    ),
    CodeInfo(
        "K936",
        "a server that can't be used",
        "The server or its driver refuses the connection for a reason of its own: an option of the "
        "url that it doesn't know, a time zone that it doesn't have.",
        "Nothing is asked of a server whose days may begin at another hour than the project's.",
        'url = "postgresql://db.example.com/shop?sslmod=require"',
        'url = "postgresql://db.example.com/shop?sslmode=require"',
    ),
    CodeInfo(
        "K999",
        "a failure of kpidsl itself",
        "Something happened that kpidsl has no message for.",
        "It is a defect, never the author's mistake; a report helps to mend it.",
        "kpidsl check",
        "KPIDSL_DEBUG=1 kpidsl check   # shows where",
    ),
)
