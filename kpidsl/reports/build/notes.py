"""Authored notes: text, and the signature at its end."""

from __future__ import annotations

import re
from datetime import date

from kpidsl.model.pages import SectionItem
from kpidsl.reports.blocks import NoteBlock
from kpidsl.reports.build.page import Page
from kpidsl.text.diagnostic import advice

_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september",
    "october", "november", "december",
)  # fmt: skip
_SIGNED = re.compile(
    r"(?P<text>.*\S)\s*\((?P<author>[^()]+),\s*"
    r"(?:(?P<iso>\d{4}-\d{2}-\d{2})|(?P<day>\d{1,2})\s+(?P<month>[A-Za-z]{3,9})\s+(?P<year>\d{4}))\)",
    re.DOTALL,
)


def note(item: SectionItem, page: Page) -> NoteBlock:
    """Return a note; `… (Ads, 10 November 2026)` at its end is author and day.

    Advice K706 when it has no such end: nobody can tell whose it is or how old.
    """
    block_id = page.ids.take("note")
    found = _SIGNED.fullmatch(item.text.strip())
    written = _day(found) if found else None
    if found is None or written is None:
        page.diagnostics.append(
            advice(
                "K706",
                "a note is not signed and dated",
                item.span,
                help="end it with who wrote it and when: `(Ads, 10 November 2026)`",
            )
        )
        return NoteBlock(id=block_id, text=item.text)
    return NoteBlock(
        id=block_id, text=found["text"], author=found["author"].strip(), written=written
    )


def _day(found: re.Match[str]) -> date | None:
    try:
        if found["iso"]:
            return date.fromisoformat(found["iso"])
        month = next(
            (n for n, name in enumerate(_MONTHS, 1) if name.startswith(found["month"].lower())), 0
        )
        return date(int(found["year"]), month, int(found["day"]))
    except ValueError:
        return None
