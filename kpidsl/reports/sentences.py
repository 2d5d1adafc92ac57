"""Sentences computed from a report's numbers: headlines, chart messages, advice and its rule.

No authored prose passes through here, so a sentence can't contradict the figure it speaks of.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Literal

from kpidsl.model.period_texts import label
from kpidsl.model.periods import Window
from kpidsl.reports.blocks import (
    BreakdownBlock,
    FunnelBlock,
    GoalRow,
    GoalRows,
    KpiCard,
    PlanTable,
    RoiTable,
    TrendBlock,
)
from kpidsl.reports.format import MINUS, day, fixed
from kpidsl.reports.model import ReportModel
from kpidsl.reports.values import Bullet, Point
from kpidsl.reports.words import ENGLISH, Words

_LISTED = 3
_URGENCY = {"red": 0, "amber": 1, "green": 2, "none": 3}


def headline(goals: Sequence[GoalRow], cards: Sequence[KpiCard], words: Words = ENGLISH) -> str:
    """Return a page's headline: how many goals (else KPIs) are on target, and which is worst.

    Without any target it tells the first comparison that is material, or else the first (D23).
    Provisional figures have no status and so no headline (D30); KPIs without a figure are counted
    at the end.
    """
    parts = _goal_parts(goals, words) or _card_parts(cards, words)
    missing = sum(card.gap is not None for card in cards)
    if missing:
        parts.append(words.gaps.format(count=missing))
    return "; ".join(parts)


def report_headline(model: ReportModel, words: Words = ENGLISH) -> str:
    """Return the headline of a model from its own blocks, whatever its `headline` says."""
    blocks = [block for section in model.sections for block in section.blocks]
    goals = [row for block in blocks if isinstance(block, GoalRows) for row in block.rows]
    return headline(goals, [block for block in blocks if isinstance(block, KpiCard)], words)


def _goal_parts(goals: Sequence[GoalRow], words: Words) -> list[str]:
    judged = [goal for goal in goals if goal.status.level != "none"]
    done = sum(goal.status.level == "green" for goal in judged)
    if not judged:
        return []
    if len(judged) == 1:
        first = words.one_goal_on_target if done else words.one_goal_off_target
    else:
        first = words.all_goals_on_target if done == len(judged) else words.goals_on_target
    parts = [first.format(done=done, all=len(judged), word=judged[0].status.word)]
    worst = min(judged, key=lambda g: (_URGENCY[g.status.level], g.attainment.value or Decimal(0)))
    if done < len(judged):
        parts.append(
            words.furthest.format(
                title=worst.kpi,
                word=worst.status.word,
                actual=worst.actual.short,
                target=worst.target_to_date.short,
            )
        )
    return parts


def _card_parts(cards: Sequence[KpiCard], words: Words) -> list[str]:
    judged = [card for card in cards if card.status.level != "none"]
    if judged:
        done = sum(card.status.level == "green" for card in judged)
        worst = min(judged, key=lambda card: _URGENCY[card.status.level])
        counted = words.kpis_on_target.format(done=done, all=len(judged))
        value = worst.figure.short if worst.figure is not None else ""
        named = words.worst.format(title=worst.title, word=worst.status.word, value=value)
        if len(judged) == 1:
            return [named]
        return [counted] if done == len(judged) else [counted, named]
    compared = [
        (card.title, card.figure.short, other.delta, other.label)
        for card in cards
        for other in card.comparisons
        if card.figure is not None and other.delta is not None
    ]
    if not compared:
        return [words.no_targets]
    telling = next((item for item in compared if item[2].material), compared[0])
    title, value, change, beside = telling
    return [words.against.format(title=title, value=value, delta=change.text, label=beside)]


def goals_message(block: GoalRows, words: Words = ENGLISH) -> str:
    """How many of the goals are on target, and which is furthest from it."""
    return "; ".join(_goal_parts(block.rows, words)) or words.no_targets


def trend_message(block: TrendBlock, words: Words = ENGLISH) -> str:
    """The latest complete period against its plan, and how often the plan was bettered."""
    known = [point for point in block.points if point.actual.value is not None]
    complete = [point for point in known if not point.partial]
    if not known:
        return words.no_periods.format(title=block.title)
    last = (complete or known)[-1]
    said = when(last.first, last.last, words)
    message = words.latest.format(title=block.title, value=last.actual.short, when=said)
    planned = [point for point in complete if point.delta is not None]
    if last.delta is not None:
        message += f", {_beside_plan(last.delta.value, last.delta.text, words)}"
    if planned:
        better = sum(bool(point.delta and point.delta.favourable) for point in planned)
        message += "; " + words.periods_favourable.format(count=better, all=len(planned))
    return message


def when(first: date, last: date, words: Words = ENGLISH) -> str:
    """Say in a sentence when something was: on a day, in the week of its first day, in a month,
    quarter or year, over any other days."""
    window = Window(first, last + timedelta(days=1))
    name = label(window)
    if window.days == 1:
        return words.on_day.format(day=name)
    if window.days == 7:
        return words.in_week.format(day=day(first))
    if name.endswith(day(last)):  # such days have no name of their own: 1 – 4 Mar 2026
        return words.over_days.format(days=name)
    return words.in_period.format(period=name)


def plan_message(block: PlanTable, words: Words = ENGLISH) -> str:
    """How many KPIs are better than plan in the first span, and which misses it most."""
    judged = [
        (row.title, row.cells[0].relative)
        for row in block.rows
        if row.cells and row.cells[0].relative is not None
    ]
    if not judged:
        return words.no_comparison
    better = sum(bool(change.favourable) for _, change in judged)
    message = words.plan_kpis.format(count=better, all=len(judged), span=block.spans[0])
    misses = [(title, change) for title, change in judged if change.favourable is False]
    if misses:
        title, change = max(misses, key=lambda item: abs(item[1].value))
        message += "; " + words.misses_most.format(title=title, delta=change.text)
    return message


def roi_message(block: RoiTable, words: Words = ENGLISH) -> str:
    """How many members earn their cost back, and the best and the worst of them."""
    known = [(row.roi.value, row) for row in block.rows if row.roi.value is not None]
    if not known:
        return words.no_periods.format(title=block.title)
    above = sum(value > 0 for value, _ in known)
    message = words.roi_above.format(count=above, all=len(known))
    if len(known) > 1:
        (_, best), (_, worst) = max(known, key=_value), min(known, key=_value)
        message += "; " + words.roi_spread.format(
            best=best.label, best_roi=best.roi.short, worst=worst.label, worst_roi=worst.roi.short
        )
    return message


def funnel_message(block: FunnelBlock, words: Words = ENGLISH) -> str:
    """The weakest step with its rate and counts (D18), and the rate of the whole."""
    parts = []
    for before, step in pairwise(block.steps):
        if step.bottleneck and step.from_previous is not None:
            parts.append(
                words.weakest_step.format(
                    before=before.label,
                    step=step.label,
                    rate=step.from_previous.short,
                    count=step.count.exact,
                    total=before.count.exact,
                )
            )
    if len(block.steps) > 1 and block.steps[-1].from_first is not None:
        first, last = block.steps[0], block.steps[-1]
        rate = block.steps[-1].from_first.short
        parts.append(words.whole_funnel.format(rate=rate, first=first.label, last=last.label))
    return "; ".join(parts) or words.no_periods.format(title=block.title)


def breakdown_message(block: BreakdownBlock, words: Words = ENGLISH) -> str:
    """The largest member, and how the others differ (D24): each note once, with whom it is of."""
    known = [(row.figure.value, row) for row in block.rows if row.figure.value is not None]
    if not known:
        return words.no_periods.format(title=block.title)
    _, top = max(known, key=_value)
    parts = [words.largest.format(label=top.label, value=top.figure.short)]
    notes: dict[str, list[str]] = {}
    for _, row in known:
        if row.note and row is not top:
            notes.setdefault(row.note, []).append(row.label)
    parts += [
        words.differs.format(label=_listed(labels, words), note=note)
        for note, labels in notes.items()
    ]
    return "; ".join(parts)


def history_message(title: str, history: Sequence[Point], words: Words = ENGLISH) -> str:
    """What a sparkline shows: first and last period, lowest, highest and latest value."""
    known = [(point.figure.value, point) for point in history if point.figure.value is not None]
    if not known:
        return words.no_periods.format(title=title)
    return words.range.format(
        title=title,
        first=history[0].label,
        last=history[-1].label,
        low=min(known, key=_value)[1].figure.short,
        high=max(known, key=_value)[1].figure.short,
        value=known[-1][1].figure.short,
    )


def bullet_message(title: str, bullet: Bullet, words: Words = ENGLISH) -> str:
    """What a bullet graph shows."""
    sentence = words.bullet if bullet.against == "target" else words.bullet_of_plan
    return sentence.format(title=title, actual=bullet.actual.short, target=bullet.target.short)


def per_one(
    brought: Decimal, currency: str, basis: Literal["gross", "net"], words: Words = ENGLISH
) -> str:
    """What 1 of cost brings, which can't be said without its basis (T5): an ROI of 200 % is
    `1 TWD → 2 TWD net`, a ROAS of 400 % is `1 TWD → 4 TWD gross`."""
    amount = fixed(brought, 2).removesuffix(".00")
    return words.per_one.format(currency=currency, amount=amount, basis=words.bases[basis])


def roi_verdict(
    roi: Decimal | None, benchmark: Decimal | None
) -> Literal["keep", "watch", "stop"] | None:
    """Advise by the rule that `roi_rule` prints (V6, V7); None where there is no ROI."""
    if roi is None:
        return None
    if roi < 0:
        return "stop"
    return "keep" if roi >= (benchmark or 0) and roi > 0 else "watch"


def roi_rule(benchmark: str, words: Words = ENGLISH) -> str:
    """The rule of `roi_verdict` in words; `benchmark` is its printed text, or empty."""
    return words.roi_rule.format(bar=benchmark) if benchmark else words.roi_rule_plain


def _beside_plan(value: Decimal, text: str, words: Words) -> str:
    if not value:
        return words.on_plan
    phrase = words.above_plan if value > 0 else words.below_plan
    return phrase.format(delta=text.lstrip(f"+{MINUS}"))


def _listed(labels: Sequence[str], words: Words) -> str:
    if len(labels) > _LISTED:
        return words.several.format(label=labels[0], count=len(labels) - 1)
    return ", ".join(labels)


def _value(pair: tuple[Decimal, object]) -> Decimal:
    return pair[0]
