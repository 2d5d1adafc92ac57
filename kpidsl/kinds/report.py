"""`report`: pages for one audience; each section is a question that it answers (D22)."""

from __future__ import annotations

from kpidsl.kinds.binding.catalog import Catalog
from kpidsl.kinds.binding.fields import Fields
from kpidsl.kinds.binding.pages import GOALS, Shown, bind_dimensions, bind_shown, exists
from kpidsl.kinds.binding.scope import Scope
from kpidsl.kinds.binding.shapes import (
    ANYTHING,
    EXPRESSION,
    EXPRESSIONS,
    NAME,
    TEXT,
    call_of,
    list_of,
    word_of,
)
from kpidsl.kinds.binding.spec import Header, Key, Kind, Later
from kpidsl.model.expr import QueryDimension
from kpidsl.model.pages import Audience, Report, Section, SectionItem
from kpidsl.model.periods import Grain
from kpidsl.syntax import tree
from kpidsl.text.diagnostic import Label

GRAINS = tuple(grain.value for grain in Grain)
COLUMN_WORDS = (*GRAINS, "year_to_date", "full_year")

GOAL_BLOCK = Key("goals", EXPRESSIONS, "A row for each goal: `all`, or the goals by name.")
SHOW = Key("show", EXPRESSIONS, "Figures in the way that suits each.")
TABLE = Key("table", EXPRESSIONS, "Figures in a table with the report's columns.")
ROI = Key("roi", EXPRESSIONS, "ROIs with their costs and break-even point.")
FUNNEL = Key("funnel", EXPRESSIONS, "Funnels with the rate of each step.")
TREND = Key("trend", EXPRESSIONS, "Figures over time.")
BREAKDOWN = Key("breakdown", EXPRESSIONS, "Figures by the members of a dimension.")
NOTE = Key("note", TEXT, "A remark by the author.")
BY = Key("by", EXPRESSION, "The dimensions of all figures of the section that name none.")
COMPARE = Key(
    "compare",
    list_of(word_of("plan", "prior_year", "prior_period"), "`plan`, `prior_year`, `prior_period`"),
    "What each figure stands beside.",
)
_BLOCKS = (SHOW, TABLE, ROI, FUNNEL, TREND, BREAKDOWN)

SECTION = Kind(
    "section",
    "A question, and the figures that answer it.",
    'section "Is the money well spent?" { show: marketing_roi by channel }',
    Header(name=None, label_required=True),
    (GOAL_BLOCK, SHOW, TABLE, ROI, FUNNEL, TREND, BREAKDOWN, NOTE, BY, COMPARE),
    top_level=False,
    repeated=True,
)

FOR = Key(
    "for",
    NAME,
    "The audience.",
    required=True,
    names=lambda catalog, _: catalog.audiences,
)
PERIOD = Key(
    "period",
    call_of("last_complete", GRAINS),
    "The period reported on (S21).",
    default="last_complete(month)",
)
COLUMNS = Key(
    "columns",
    list_of(word_of(*COLUMN_WORDS), "a list of " + ", ".join(f"`{w}`" for w in COLUMN_WORDS)),
    "The columns of tables.",
)
LANGUAGE = Key("language", NAME, "The language of the page.", later=Later.ADVISE)
THEME = Key("theme", ANYTHING, "The colours of the page.", later=Later.ADVISE)

KIND = Kind(
    "report",
    "A page for one audience, made of questions and the figures that answer them.",
    'report monthly_review "Monthly review" {\n  for: executive\n'
    '  section "Did we reach the goals?" { goals: all }\n}',
    Header(),
    (FOR, PERIOD, COLUMNS, LANGUAGE, THEME),
    (SECTION,),
)


def bind(
    fields: Fields, audiences: dict[str, Audience], rois: set[str], funnels: set[str], scope: Scope
) -> Report | None:
    """Bind a report. A figure whose own definition failed is left out of its section, and so is
    one that the audience may not see."""
    mark = scope.mark()
    reader = fields.get(FOR)
    if reader is not None and reader.text not in scope.catalog.audiences:
        scope.unknown("an audience", reader.text, reader.span, scope.catalog.audiences)
    parts = fields.children(SECTION)
    if not parts and fields.whole:
        scope.error(
            "K204",
            f"the report `{fields.name}` has no section",
            fields.header_span,
            label="an empty page",
            help=_first_section(scope.catalog),
        )
    bound = [_section(part, rois, funnels, scope) for part in parts]
    audience = audiences.get(reader.text) if reader is not None else None
    if audience is None or scope.drops(mark):
        return None
    if not scope.tolerant and not all(part.ok for part in parts):
        return None
    sections = tuple(
        section.model_copy(
            update={"items": tuple(i for i in section.items if _in_sight(i, audience, scope))}
        )
        for section in bound
    )
    return Report(
        **fields.described(),
        audience=audience.name,
        grain=Grain(fields.get(PERIOD) or "month"),
        columns=fields.get(COLUMNS) or (),
        sections=sections,
    )


def _section(fields: Fields, rois: set[str], funnels: set[str], scope: Scope) -> Section:
    by: tuple[QueryDimension, ...] = ()
    if (said := fields.get(BY)) is not None:
        by = bind_dimensions(said, scope) or ()
    items: list[SectionItem] = []
    # In the order in which the author wrote them.
    for name, entry in fields.entries.items():
        if name == GOAL_BLOCK.name:
            items.extend(_goals(fields.get(GOAL_BLOCK) or (), entry, scope))
        elif name == NOTE.name:
            text = fields.get(NOTE) or ""
            items.append(SectionItem(kind="note", text=text, span=entry.span))
        else:
            block = next((key for key in _BLOCKS if key.name == name), None)
            if block is not None:
                shown = _shown(fields, block, by, scope)
                bound = [item for item in shown if exists(item.name, scope, rois, funnels)]
                items.extend(_grouped(bound, block.name))
    described = fields.described()
    return Section(
        question=described["label"],
        texts=described["texts"],
        items=tuple(items),
        compare=fields.get(COMPARE) or (),
    )


def _in_sight(item: SectionItem, audience: Audience, scope: Scope) -> bool:
    """Tell whether an audience may see all of a block, or say what it may not (D21)."""
    labels = (Label(audience.span, "what they may see"),) if audience.span is not None else ()
    mark = scope.mark()
    for name in (GOALS,) if item.kind == GOALS else item.names:
        sights = [sight for sight in audience.sees if sight.item == name]
        whole = name.split(".", 1)[0]
        sights = sights or [sight for sight in audience.sees if sight.item == whole]
        if not sights:
            message = f"`{audience.name}` may not see `{name}`"
            mend = f"add `{name}` to `sees:` of `{audience.name}`, or take it off this page"
        elif not any(set(item.by) <= set(sight.by) for sight in sights):
            split = [str(by) for by in item.by]
            message = f"`{audience.name}` may not see `{name}` by {' and '.join(split)}"
            written = split[0] if len(split) == 1 else f"[{', '.join(split)}]"
            mend = f"add `{name} by {written}` to `sees:`, or show it without that split"
        else:
            continue
        scope.error(
            "K704", message, item.span, label="beyond its audience", labels=labels, help=mend
        )
    return not scope.failed_since(mark)


def _goals(exprs: tuple[tree.Expr, ...], entry: tree.Entry, scope: Scope) -> list[SectionItem]:
    names: list[str] = []
    for expr in exprs:
        if isinstance(expr, tree.Ref) and expr.text == "all":
            if len(exprs) > 1:
                scope.error(
                    "K205",
                    "`all` stands beside goals that it holds",
                    expr.span,
                    label="means every goal",
                    help="take it out, or leave it alone",
                )
            continue
        if isinstance(expr, tree.Ref) and expr.text in scope.catalog.goals:
            names.append(expr.text)
        else:
            text = expr.span.text
            scope.unknown("a goal", text, expr.span, [*scope.catalog.goals, "all"])
    return [SectionItem(kind=GOALS, names=tuple(names), span=entry.value.span)]


def _shown(
    fields: Fields,
    block: Key[tuple[tree.Expr, ...]],
    by: tuple[QueryDimension, ...],
    scope: Scope,
) -> list[Shown]:
    found: list[Shown] = []
    for expr in fields.get(block) or ():
        shown = bind_shown(expr, scope)
        if shown is None:
            continue
        catalog = scope.catalog
        if block is ROI and shown.name not in catalog.rois:
            scope.unknown("an ROI", shown.name, shown.span, catalog.rois)
            continue
        if block is FUNNEL and shown.name not in catalog.funnels:
            scope.unknown("a funnel", shown.name, shown.span, catalog.funnels)
            continue
        if block is BREAKDOWN and not shown.by and fields.lacks(BY):
            scope.error(
                "K204",
                "a breakdown names no dimension",
                shown.span,
                label="by what?",
                help=f"write `{shown.name} by {catalog.some_dimension}`, or add `by:`",
            )
            continue
        found.append(shown if shown.by else Shown(shown.name, shown.span, by))
    return found


def _first_section(catalog: Catalog) -> str:
    if catalog.goals or not catalog.kpis:
        return 'add `section "Did we reach the goals?" { goals: all }`'
    return f'add `section "How are we doing?" {{ show: {next(iter(catalog.kpis))} }}`'


def _grouped(shown: list[Shown], kind: str) -> list[SectionItem]:
    """Put neighbours with the same split into one block."""
    blocks: list[list[Shown]] = []
    for item in shown:
        if blocks and blocks[-1][0].by == item.by:
            blocks[-1].append(item)
        else:
            blocks.append([item])
    return [
        SectionItem(
            kind=kind,
            names=tuple(item.name for item in block),
            by=block[0].by,
            span=block[0].span,
        )
        for block in blocks
    ]
