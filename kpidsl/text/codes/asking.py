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
        "The profile's url names an engine that this version doesn't run.",
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
        "The call names a report or funnel that the project doesn't define.",
        "The nearest existing name is shown instead of an empty page.",
        "kpidsl report executive_montly",
        "kpidsl report executive_monthly",
    ),
    CodeInfo(
        "K929",
        "a secret in the settings",
        "A profile's url in `kpidsl.toml` holds a password or token as text.",
        "The settings are shared and stay in git's history for ever; an environment variable "
        "doesn't.",
        'url = "postgresql://shop:hunter2@db/shop"',
        'url = "postgresql://shop:${SHOP_PASSWORD}@db/shop"',
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
