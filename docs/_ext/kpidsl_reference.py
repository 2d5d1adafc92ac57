"""Reference pages made from the tables that the program itself reads, so that they cannot drift.

`{kpidsl-codes}` prints every registered diagnostic code, each under its own anchor;
`{kpidsl-kinds}` prints every kind with its keys; `{kpidsl-functions}` every function of row
expressions, `{kpidsl-metric-functions}` every function of metrics; `{kpidsl-verbs}` every verb of
the command line with its options; `{kpidsl-support}` how far the SQL of each database is proved.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from sphinx.util.docutils import SphinxDirective
from typer.core import TyperCommand
from typer.main import get_command

from kpidsl.cli.main import app
from kpidsl.engines.servers import SERVERS
from kpidsl.kinds import KINDS
from kpidsl.kinds.binding.spec import Key, Kind
from kpidsl.model.functions import METRIC_FUNCTIONS, SCALARS
from kpidsl.model.units import Datatype
from kpidsl.sql.dialects.support import SUPPORT
from kpidsl.text.codes import CODES
from kpidsl.text.codes.info import CodeInfo

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx

FAMILIES = {
    "K1": "Syntax",
    "K2": "Names",
    "K3": "Types and units",
    "K4": "Grain and joins",
    "K5": "Dialects",
    "K6": "Data",
    "K7": "Reports",
    "K9": "Usage",
    "D": "Business sense",
    "L0": "Lint",
}


FILES = {"duckdb": "DuckDB", "sqlite": "SQLite"}
"""Databases that are files, by their dialects."""
PAGES = {"postgres": "postgresql", "tsql": "sql-server"}
"""The pages of dialects that are called otherwise."""

SHELL = re.compile(r"(?:\w+=\S+ )?(?:kpidsl [a-z]|python )|.* && kpidsl ")
SETTING = re.compile(r"\[|\w+ = ")


def fenced(text: str) -> str:
    """Return an example as a code block: a command line, a line of settings, or `.kpi` text."""
    language = "sh" if SHELL.match(text) else "ini" if SETTING.match(text) else "kpi"
    return f"````{language}\n{text.rstrip()}\n````"


def linked(text: str) -> str:
    """Return a text whose rule numbers, such as S9, lead to the page about the rules."""
    return re.sub(r"\b(S\d+)\b", r"[\1](#\1)", text)


def code_page(info: CodeInfo) -> str:
    """Return one code's section as Markdown."""
    heading = f"### {info.code}: {info.title}"
    parts = [f"({info.code})=", heading, linked(info.what), linked(info.why)]
    if info.example:
        parts += ["The mistake:", fenced(info.example)]
    if info.mended:
        parts += ["Mended:", fenced(info.mended)]
    return "\n\n".join(parts)


def codes_page() -> str:
    """Return every code's section as Markdown, by family."""
    parts = []
    for prefix, family in FAMILIES.items():
        members = [info for code, info in sorted(CODES.items()) if code.startswith(prefix)]
        if members:
            parts += [f"## {family}", *map(code_page, members)]
    return "\n\n".join(parts)


def key_rows(keys: Sequence[Key[Any]], before: str = "") -> Iterator[str]:
    """Yield a table row for each key, and for each key that may stand in braces after its value."""
    for key in keys:
        name = f"{before}{key.name}"
        remarks = [linked(key.doc)]
        if key.required:
            remarks.append("Required.")
        if key.default:
            remarks.append(f"Without it: {key.default}.")
        if key.later:
            remarks.append("*Declared, not yet computed.*")
        cells = (f"`{name}`", key.shape.words, " ".join(remarks))
        yield "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"
        yield from key_rows(key.options, f"{name} › ")


def kind_section(kind: Kind, parents: tuple[str, ...] = ()) -> str:
    """Return one kind's section as Markdown, with those of the kinds inside it."""
    path = (*parents, kind.name)
    heading = f"{'#' * (len(path) + 1)} {' › '.join(f'`{name}`' for name in path)}"
    parts = [heading, linked(kind.doc)]
    if kind.later:
        parts.append("*Declared, not yet computed.*")
    parts.append(fenced(kind.example))
    if kind.keys:
        head = ["| key | takes | says |", "|---|---|---|"]
        parts.append("\n".join([*head, *key_rows(kind.keys)]))
    if kind.free:
        parts.append(f"Its other keys are {kind.free.words}.")
    parts += [kind_section(child, path) for child in kind.children]
    return "\n\n".join(parts)


def functions_page() -> str:
    """Return the table of scalar functions as Markdown."""
    rows = ["| function | gives | says |", "|---|---|---|"]
    for scalar in SCALARS.values():
        taken = ", ".join(map(_type_word, scalar.arguments))
        more = ", …" if scalar.at_most is None else ""
        rows.append(
            f"| `{scalar.name}({taken}{more})` | {_type_word(scalar.result)} | {scalar.doc} |"
        )
    return "\n".join(rows)


def metric_functions_page() -> str:
    """Return the table of the functions of metrics as Markdown."""
    rows = (f"| `{item.written}` | {linked(item.doc)} |" for item in METRIC_FUNCTIONS.values())
    return "\n".join(["| function | gives |", "|---|---|", *rows])


def _type_word(datatype: Datatype) -> str:
    return "any" if datatype is Datatype.UNKNOWN else datatype.value


def verbs_of(group: Any, before: str = "") -> Iterator[tuple[str, TyperCommand]]:  # noqa: ANN401
    """Yield each verb with its name, after that of the group that it is in."""
    for name, verb in group.commands.items():
        if hasattr(verb, "commands"):
            yield from verbs_of(verb, f"{before}{name} ")
        else:
            yield f"{before}{name}", verb


def verb_section(name: str, verb: TyperCommand) -> str:
    """Return one verb's section as Markdown."""
    rows = ["| option | says |", "|---|---|"]
    for option in verb.params:
        names = [*option.opts, *option.secondary_opts]
        spelling = ", ".join(names) if names[0].startswith("-") else names[0].upper()
        rows.append(f"| `{spelling}` | {getattr(option, 'help', None) or ''} |")
    return "\n\n".join([f"## `kpidsl {name}`", verb.help or "", "\n".join(rows)])


def support_page() -> str:
    """Return the table of databases with the level of each as Markdown."""
    servers = {server.dialect: server for server in SERVERS.values()}
    head = "| database | dialect | urls begin with | brought by | level |"
    rows = [head, "|---|---|---|---|---|"]
    for dialect, level in SUPPORT.items():
        server = servers.get(dialect)
        name = FILES.get(dialect, "") if server is None else server.name
        shown = f"[{name}](../how-to/{PAGES.get(dialect, dialect)}.md)"
        schemes = [key for key, each in SERVERS.items() if each.dialect == dialect] or [dialect]
        cells = (
            name if dialect == "duckdb" else shown,
            f"`{dialect}`",
            ", ".join(f"`{scheme}://`" for scheme in schemes),
            "kpidsl itself" if server is None else f"`kpidsl[{server.extra}]`",
            level.value,
        )
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


class Support(SphinxDirective):
    """The directive `{kpidsl-support}`."""

    def run(self) -> list[nodes.Node]:
        self.env.note_reread()
        return self.parse_text_to_nodes(support_page())


class Functions(SphinxDirective):
    """The directive `{kpidsl-functions}`."""

    def run(self) -> list[nodes.Node]:
        self.env.note_reread()
        return self.parse_text_to_nodes(functions_page())


class MetricFunctions(SphinxDirective):
    """The directive `{kpidsl-metric-functions}`."""

    def run(self) -> list[nodes.Node]:
        self.env.note_reread()
        return self.parse_text_to_nodes(metric_functions_page())


class Verbs(SphinxDirective):
    """The directive `{kpidsl-verbs}`."""

    def run(self) -> list[nodes.Node]:
        self.env.note_reread()
        verbs = dict(verbs_of(get_command(app)))
        text = "\n\n".join(verb_section(name, verb) for name, verb in verbs.items())
        return self.parse_text_to_nodes(text, allow_section_headings=True)


class Codes(SphinxDirective):
    """The directive `{kpidsl-codes}`."""

    def run(self) -> list[nodes.Node]:
        self.env.note_reread()  # the codes change with no change to the page
        return self.parse_text_to_nodes(codes_page(), allow_section_headings=True)


class Kinds(SphinxDirective):
    """The directive `{kpidsl-kinds}`."""

    def run(self) -> list[nodes.Node]:
        self.env.note_reread()
        text = "\n\n".join(map(kind_section, KINDS.values()))
        return self.parse_text_to_nodes(text, allow_section_headings=True)


def setup(sphinx: Sphinx) -> dict[str, bool]:
    """Register the directives."""
    sphinx.add_directive("kpidsl-codes", Codes)
    sphinx.add_directive("kpidsl-kinds", Kinds)
    sphinx.add_directive("kpidsl-functions", Functions)
    sphinx.add_directive("kpidsl-metric-functions", MetricFunctions)
    sphinx.add_directive("kpidsl-verbs", Verbs)
    sphinx.add_directive("kpidsl-support", Support)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
