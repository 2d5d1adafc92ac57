"""Diagnostics as text: for people (`full`), for a line each (`concise`), for programs (`json`)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Literal

from kpidsl.text.diagnostic import Diagnostic, Fix, Severity
from kpidsl.text.display import expand, visible, width
from kpidsl.text.source import SourceFile, Span

Format = Literal["full", "concise", "json"]

# Columns shown of a longer line, around the place meant.
_LONGEST_LINE = 160

_RESET = "\x1b[0m"
_COLOURS = {
    "error": "\x1b[1;31m",
    "warning": "\x1b[1;33m",
    "advice": "\x1b[1;36m",
    "frame": "\x1b[34m",
    "bold": "\x1b[1m",
}


def render(
    diagnostics: Iterable[Diagnostic],
    format: Format,  # noqa: A002 - called by name, as `--format` is
    colour: bool = False,
    *,
    strict: bool = False,
) -> str:
    """Return the diagnostics in order of file and place, advice last; no newline at the end.

    `colour` puts ANSI colours into `full` and `concise`, `strict` says that advice fails. Positions
    in `json` count from 1, offsets from 0; ends are exclusive.
    """
    ordered = sorted(
        diagnostics, key=lambda item: (item.severity is Severity.ADVICE, *item.sort_key)
    )
    match format:
        case "json":
            return json.dumps([_as_data(item) for item in ordered], ensure_ascii=False, indent=2)
        case "concise":
            return "\n".join(_Painter(colour).concise(item) for item in ordered)
        case "full":
            return _Painter(colour, strict).full(ordered)


def summary(diagnostics: Iterable[Diagnostic]) -> str:
    """Return "3 errors, 1 warning", naming only what there is; "" for nothing."""
    severities = [item.severity for item in diagnostics]
    parts = []
    for severity, one, many in (
        (Severity.ERROR, "error", "errors"),
        (Severity.WARNING, "warning", "warnings"),
        (Severity.ADVICE, "piece of advice", "pieces of advice"),
    ):
        count = severities.count(severity)
        if count:
            parts.append(f"{count:,} {one if count == 1 else many}")
    return ", ".join(parts)


class _Painter:
    def __init__(self, colour: bool, strict: bool = False) -> None:
        self.colour = colour
        self.strict = strict

    def _paint(self, text: str, style: str) -> str:
        return f"{_COLOURS[style]}{text}{_RESET}" if self.colour and text else text

    def _title(self, item: Diagnostic) -> str:
        return self._paint(f"{item.severity}[{item.code}]", item.severity)

    def concise(self, item: Diagnostic) -> str:
        place = f"{visible(str(item.span))}: " if item.span else ""
        action = f" ({visible(item.help)})" if item.help else ""
        return f"{place}{self._title(item)}: {visible(item.message)}{action}"

    def full(self, items: list[Diagnostic]) -> str:
        if not items:
            return ""
        findings = [item for item in items if item.severity is not Severity.ADVICE]
        blocks = [self._finding(item) for item in findings]
        if len(findings) < len(items):
            blocks.append(self._advice(items[len(findings) :]))
        blocks.append(self._paint(summary(items), "bold"))
        return "\n\n".join(blocks)

    def _finding(self, item: Diagnostic) -> str:
        head = f"{self._title(item)}: {self._paint(visible(item.message), 'bold')}"
        lines = [head]
        gutter = 1
        if item.span:
            marks = [(item.span, item.label, "^")]
            marks += [(label.span, label.message, "-") for label in item.labels]
            gutter = max(len(str(span.line)) for span, _, _ in marks)
            lines += self._quotes(item, marks, gutter)
        if item.help:
            lines.append(f"{' ' * gutter} {self._paint('=', 'frame')} help: {visible(item.help)}")
        return "\n".join(lines)

    def _quotes(
        self, item: Diagnostic, marks: list[tuple[Span, str, str]], gutter: int
    ) -> list[str]:
        """Quote the marked lines, those of the finding's own file first."""
        lines = []
        files = list(dict.fromkeys(span.file for span, _, _ in marks))
        for file in files:
            here = sorted((m for m in marks if m[0].file is file), key=lambda m: m[0].start)
            first = next((span for span, _, sign in here if sign == "^"), here[0][0])
            arrow = "-->" if file is files[0] else ":::"
            lines.append(f"{' ' * gutter}{self._paint(arrow, 'frame')} {visible(str(first))}")
            lines.append(f"{' ' * gutter} {self._paint('|', 'frame')}")
            before = None
            for span, label, sign in here:
                line = span.line
                quoted, underline = _quote(file, span, sign, label)
                if before is not None and line > before + 1:
                    lines.append(self._paint("...", "frame"))
                if line != before:
                    number = self._paint(f"{line:>{gutter}} |", "frame")
                    lines.append(f"{number} {quoted}".rstrip())
                style = item.severity if sign == "^" else "frame"
                bar = self._paint("|", "frame")
                lines.append(f"{' ' * gutter} {bar} {self._underline(underline, style)}")
                before = line
        return lines

    def _underline(self, text: str, style: str) -> str:
        """Colour the signs and the label, not the blanks before them."""
        signs = text.lstrip(" ")
        return " " * (len(text) - len(signs)) + self._paint(signs, style)

    def _advice(self, items: list[Diagnostic]) -> str:
        meaning = "it fails a strict check" if self.strict else "it stops nothing"
        lines = [self._paint("business advice", "advice") + f" ({meaning}):"]
        for item in items:
            place = f"{visible(str(item.span))}: " if item.span else ""
            lines.append(f"  {item.code} {place}{visible(item.message)}")
            if item.help:
                lines.append(f"       help: {visible(item.help)}")
        return "\n".join(lines)


def _quote(file: SourceFile, span: Span, sign: str, label: str) -> tuple[str, str]:
    """Return a source line as shown and what stands below it; a span ends with its first line."""
    text = file.line_text(span.line)
    start = min(span.column - 1, len(text))
    end = min(max(start + span.end - span.start, start + 1), max(len(text), start + 1))
    first, last = 0, len(text)
    if len(text) > _LONGEST_LINE:
        first = max(0, start - _LONGEST_LINE // 2)
        last = first + _LONGEST_LINE
    shown = expand(text[first:last])
    before = "…" if first else ""
    after = "…" if last < len(text) else ""
    blanks = width(before + "".join(shown[: start - first]))
    signs = max(1, width("".join(shown[start - first : end - first])))
    underline = " " * blanks + sign * signs + (f" {visible(label)}" if label else "")
    return before + "".join(shown) + after, underline


def _as_data(item: Diagnostic) -> dict[str, object]:
    return {
        "code": item.code,
        "severity": item.severity.value,
        "message": item.message,
        **_place(item.span),
        "label": item.label,
        "help": item.help,
        "labels": [{"message": label.message, **_place(label.span)} for label in item.labels],
        "fix": _fix_as_data(item.fix),
    }


def _fix_as_data(fix: Fix | None) -> dict[str, object] | None:
    if fix is None:
        return None
    return {**_place(fix.span), "replacement": fix.replacement, "safe": fix.safe}


def _place(span: Span | None) -> dict[str, object]:
    if span is None:
        return {"file": None, "start": None, "end": None}
    return {
        "file": span.file.name,
        "start": _position(span.file, span.start),
        "end": _position(span.file, span.end),
    }


def _position(file: SourceFile, offset: int) -> dict[str, int]:
    line, column = file.position(offset)
    return {"line": line, "column": column, "offset": offset}
