"""D110: the usual costs that an ROI leaves out."""

from __future__ import annotations

from collections.abc import Iterator

from kpidsl.model.project import Model
from kpidsl.text.diagnostic import Diagnostic, advice


def find(model: Model) -> Iterator[Diagnostic]:
    """Yield one finding per ROI that does not cover all usual costs."""
    for roi in model.rois.values():
        if roi.not_covered:
            yield advice(
                "D110",
                f"the cost of `{roi.name}` does not cover {', '.join(roi.not_covered)}",
                roi.span,
                label="the page says so",
                help="add the lines that the business has; the others may stay out",
            )
