"""One self-contained HTML file from a report model: no network, no script, nothing to load."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from jinja2 import BaseLoader, ChoiceLoader, FileSystemLoader, StrictUndefined, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup, escape

from kpidsl.reports import drawings, sentences
from kpidsl.reports.format import day, days, moment
from kpidsl.reports.model import Period, ReportModel
from kpidsl.reports.theme import THEME, Theme
from kpidsl.reports.words import ENGLISH
from kpidsl.text.bundled import bundled
from kpidsl.text.diagnostic import Diagnostic, error
from kpidsl.text.source import SourceFile, Span

_PAGE = "page.html.jinja"
_STYLE = "style.css"


@dataclass(frozen=True, slots=True)
class Style:
    """The page's one style sheet and the hash by which the content policy admits it."""

    text: Markup
    digest: str


def render_html(model: ReportModel) -> str:
    """Return the page of a report by the shipped templates, which fail for no model."""
    return _render(model, None)


def render_by(templates: Path, model: ReportModel) -> tuple[str | None, list[Diagnostic]]:
    """Return the page of a report by a project's own templates, or what is wrong with them.

    The folder's files stand in for the shipped ones of the same name (`page.html.jinja`,
    `blocks/…`, `macros/…`, `style.css`). They run sandboxed, with autoescape; a mistake in one
    gives no page and an error (K701, K702).
    """
    if not templates.is_dir():
        return None, [
            error(
                "K701",
                f"the template folder `{templates}` does not exist",
                help="give the path of a folder that holds templates",
            )
        ]
    try:
        return _render(model, templates), []
    except Exception as failure:  # noqa: BLE001 - whatever a template does wrong is said
        return None, [_template_error(failure, templates)]


def _render(model: ReportModel, templates: Path | None) -> str:
    environment = _environment(templates)
    sheet, _, _ = _source(environment, _STYLE)
    page = environment.get_template(_PAGE)
    return page.render(report=model, style=_style(sheet, THEME)) + "\n"


def _environment(templates: Path | None) -> ImmutableSandboxedEnvironment:
    """Shipped templates are sandboxed too: what they may do, a project's own may do."""
    folders = [bundled("templates")] if templates is None else [templates, bundled("templates")]
    environment = ImmutableSandboxedEnvironment(
        loader=ChoiceLoader([FileSystemLoader(folder) for folder in folders]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["w"] = ENGLISH
    environment.filters |= {
        "day": day,
        "days": _days,
        "moment": moment,
        "prose": _prose,
        "number": _coordinate,
        "points": _points,
        "draw_history": drawings.draw_history,
        "draw_bullet": drawings.draw_bullet,
        "draw_trend": drawings.draw_trend,
        "draw_funnel": drawings.draw_funnel,
        "draw_breakdown": drawings.draw_breakdown,
        "draw_roi": drawings.draw_roi,
        "goals_message": sentences.goals_message,
        "trend_message": sentences.trend_message,
        "plan_message": sentences.plan_message,
        "roi_message": sentences.roi_message,
        "funnel_message": sentences.funnel_message,
        "breakdown_message": sentences.breakdown_message,
    }
    environment.globals["history_message"] = sentences.history_message
    environment.globals["bullet_message"] = sentences.bullet_message
    return environment


def _source(environment: ImmutableSandboxedEnvironment, name: str) -> tuple[str, Any, Any]:
    loader = environment.loader
    assert isinstance(loader, BaseLoader)
    return loader.get_source(environment, name)


def _style(sheet: str, theme: Theme) -> Style:
    """The sheet with the theme's colours; dark only on screens, so that paper stays light."""
    css = (
        f":root {{ color-scheme: light dark; {theme.light.css()} }}\n"
        f"@media screen and (prefers-color-scheme: dark) {{ :root {{ {theme.dark.css()} }} }}\n"
        f"{sheet}"
    )
    # A browser hashes the element's text after its own newline normalisation.
    css = css.replace("\r\n", "\n").replace("\r", "\n").replace("</", "<\\/")
    digest = b64encode(sha256(css.encode()).digest()).decode("ascii")
    return Style(Markup(css), f"sha256-{digest}")  # noqa: S704  a style sheet, not data


def _template_error(failure: Exception, templates: Path) -> Diagnostic:
    """The diagnostic of a failed template, at the innermost line of the project's own files."""
    path, line = _place(failure, templates)
    detail = failure.message if isinstance(failure, TemplateError) else str(failure)
    if path is None or line is None:
        return error(
            "K702",
            f"a template in `{templates}` fails: {detail}",
            help="mend the template, or remove the file to use the shipped one",
        )
    file = SourceFile(str(path), path.read_text(encoding="utf-8", errors="replace"))
    start = file.line_starts[min(line, len(file.line_starts)) - 1]
    return error(
        "K702",
        f"the template `{path.relative_to(templates)}` fails: {detail}",
        Span(file, start, start + len(file.line_text(line))),
        help="mend this line, or remove the file to use the shipped one",
    )


def _place(failure: Exception, templates: Path) -> tuple[Path | None, int | None]:
    """File and line of the project's templates that a failure came from, if any."""
    found: tuple[Path | None, int | None] = (None, None)
    named = getattr(failure, "filename", None)
    if isinstance(failure, TemplateError) and named and Path(named).is_relative_to(templates):
        return Path(named), getattr(failure, "lineno", None)
    trace = failure.__traceback__
    while trace is not None:
        name = Path(trace.tb_frame.f_code.co_filename)
        if name.is_relative_to(templates):
            found = (name, trace.tb_lineno)
        trace = trace.tb_next
    return found


def _days(period: Period) -> str:
    return days(period.first, period.last)


def _prose(text: str) -> Markup:
    """Escaped text in which what stands between backticks is code, as in diagnostics."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return escape(text)
    marked = [
        Markup("<code>{}</code>").format(part) if index % 2 else escape(part)
        for index, part in enumerate(parts)
    ]
    return Markup("").join(marked)


def _coordinate(value: float) -> str:
    """A coordinate as SVG writes it, without needless zeros."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _points(points: tuple[tuple[float, float], ...]) -> str:
    return " ".join(f"{_coordinate(x)},{_coordinate(y)}" for x, y in points)
