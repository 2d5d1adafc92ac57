"""Why a measure can't reach a dimension, in words (S6, S9)."""

from __future__ import annotations

from kpidsl.model.project import Model
from kpidsl.model.sources import Measure
from kpidsl.plan.paths import NoPath, Path, describe
from kpidsl.text.diagnostic import Diagnostic, Label, error


def no_path(model: Model, measure: Measure, missing: NoPath) -> Diagnostic:
    """Return the refusal for a leaf measure and the dimension that it can't reach."""
    dimension = str(missing.dimension)
    source = model.sources[measure.source]
    if len(missing.paths) > 1:
        ways = "; ".join(describe(source.name, path) for path in missing.paths)
        choices = [_named(source.name, path) for path in missing.paths]
        choice = next((name for name in choices if name and choices.count(name) == 1), "")
        return error(
            "K452",
            f"`{measure.name}` reaches `{dimension}` on {len(missing.paths)} paths: {ways}",
            measure.span,
            label=f"measured in `{source.name}`",
            help=f"name the path, as in `{choice}.{missing.dimension.name}`"
            if choice
            else f"use a measure of the source that holds `{dimension}`",
        )
    return error(
        "K451",
        f"`{measure.name}` can't be split or filtered by `{dimension}`: `{source.name}` doesn't "
        f"record it and no join leads to it",
        measure.span,
        label=f"`{measure.name}` is measured here, without `{dimension}`",
        labels=_where_known(model, missing),
        help=f"record `{missing.dimension.name}` in `{source.name}`, join a source that has it, or "
        "ask without it",
    )


def _named(start: str, path: Path) -> str:
    """Return how a path is named, from the source where its forward joins begin; a path without
    any has no name of its own."""
    names: list[str] = []
    for hop in path:
        if hop.reverse:
            start = hop.to
        else:
            names.append(hop.join.name)
    return ".".join((start, *names)) if names else ""


def _where_known(model: Model, missing: NoPath) -> tuple[Label, ...]:
    wanted = missing.dimension
    if wanted.source is None:
        span = model.shared[wanted.name].span
    else:
        span = model.sources[wanted.source].dimensions[wanted.name].span
    return (Label(span, f"`{wanted}` is declared here"),) if span else ()
