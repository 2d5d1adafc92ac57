"""Text to tokens: what the lexer finds, with every malformed piece reported and mended.

No later stage meets a bad character, an unclosed string or an impossible date: each is reported
here and replaced by what was most likely meant, so that one slip costs one message.
"""

from __future__ import annotations

import re

from kpidsl.syntax.literals import date_problem, number_help, period_problem, usual_date
from kpidsl.syntax.machine import scanner
from kpidsl.syntax.tokens import Token
from kpidsl.syntax.tree import Comment
from kpidsl.text.diagnostic import Diagnostic, Fix, error, warning
from kpidsl.text.source import SourceFile, Span

# What full-width typing produces, and the ASCII meant. Every pair is one character for one, so
# that offsets stay right.
FULL_WIDTH = str.maketrans(
    "：，、（）％｛｝［］＝＋－＊／＜＞．０１２３４５６７８９",
    ":,,()%{}[]=+-*/<>.0123456789",
)
_FULL_WIDTH_CHARACTER = re.compile("[" + "".join(map(chr, FULL_WIDTH)) + "]")
# Strings, names and comments keep their full-width characters.
_UNTOUCHED_OR_FULL_WIDTH = re.compile(
    r'"""(?:[^\\]|\\.)*?"""|"(?:[^"\\\r\n]|\\[^\r\n])*"?|`[^`\r\n]*`?|(?:#|//)[^\r\n]*|[^\W\d]\w*'
    r"|'(?:[^'\\\r\n]|\\[^\r\n])*'|“[^”\r\n]*”|「[^」\r\n]*」|" + _FULL_WIDTH_CHARACTER.pattern,
    re.DOTALL,
)

_NO_CHARACTER = re.compile("[\ud800-\udfff]")

# Operators of other languages: the token type and the spelling here.
_FOREIGN = {
    "==": ("COMPARE", "="),
    "<>": ("COMPARE", "!="),
    "≤": ("COMPARE", "<="),
    "≥": ("COMPARE", ">="),
    "≠": ("COMPARE", "!="),
    "&&": ("AND", "and"),
    "||": ("OR", "or"),
    "×": ("STAR", "*"),
    "÷": ("SLASH", "/"),
    "−": ("MINUS", "-"),
    "+/-": ("PLUS_MINUS", "±"),
}

_CURRENCY_SIGNS = {"$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY", "₹": "INR", "₩": "KRW"}

_LOGIC_SIGNS = {"!": "not", "&": "and", "|": "or"}

ESCAPES = {'"': '"', "\\": "\\", "n": "\n", "t": "\t"}

_CHECKED = frozenset({
    "NAME", "KEY", "STRING", "DATE", "TIMESTAMP", "PERIOD", "COMMENT", "SLASH_COMMENT", "FOREIGN",
    "SINGLE_QUOTED", "CURLY_QUOTED", "UNCLOSED_STRING", "UNCLOSED_NAME", "BAD_DATE", "BAD_NUMBER",
    "BAD_CHARACTER",
})  # fmt: skip

_MAY_SPAN_LINES = frozenset({"STRING", "SQL", "UNCLOSED_STRING"})


def lex(source: SourceFile) -> tuple[list[Token], list[Comment], list[Diagnostic]]:
    """Return the tokens of a text, its `#` comments, and a message for each malformed piece."""
    lexing = _Lexing(source)
    lexing.run()
    return lexing.tokens, lexing.comments, lexing.diagnostics


class _Lexing:
    def __init__(self, source: SourceFile) -> None:
        self.source = source
        self.tokens: list[Token] = []
        self.comments: list[Comment] = []
        self.diagnostics: list[Diagnostic] = []

    def run(self) -> None:
        scan = scanner()
        line, line_start = 1, 0
        for match in scan.pattern.finditer(self._with_ascii_punctuation()):
            kind = match.lastgroup or ""
            if kind in scan.ignored:
                continue
            value = match.group()
            start, end = match.span()
            if kind == "NAME":
                kind = scan.words.get(value, kind)
            token = Token(kind, value, start, end, line, start - line_start + 1)
            if kind in _CHECKED:
                self._check(token)
            else:
                self.tokens.append(token)
            if kind == "_NEWLINE":
                line, line_start = line + 1, end
            elif kind in _MAY_SPAN_LINES and "\n" in value:
                line, line_start = line + value.count("\n"), start + value.rindex("\n") + 1
        self._mark_edition()
        if not self.diagnostics:
            self._no_character()

    def _with_ascii_punctuation(self) -> str:
        text = self.source.text
        if not _FULL_WIDTH_CHARACTER.search(text):
            return text

        def replace(match: re.Match[str]) -> str:
            found = match.group()
            if len(found) > 1 or ord(found) not in FULL_WIDTH:
                return found
            meant = found.translate(FULL_WIDTH)
            span = Span(self.source, match.start(), match.end())
            self.diagnostics.append(
                warning(
                    "K106",
                    f"full-width `{found}` stands where `{meant}` is meant",
                    span,
                    label=f"read as `{meant}`",
                    help=f"write `{meant}`",
                    fix=Fix(span, meant, safe=True),
                )
            )
            return meant

        return _UNTOUCHED_OR_FULL_WIDTH.sub(replace, text)

    def _mark_edition(self) -> None:
        """`kpidsl` is a name like any other, but for the first word of a file."""
        for index, token in enumerate(self.tokens):
            if token.type not in ("_NEWLINE", "DOC_LINE"):
                if token.type == "NAME" and token.value == "kpidsl":
                    self.tokens[index] = token.read_as("EDITION", token.value)
                return

    def _check(self, token: Token) -> None:
        match token.type:
            case "NAME" | "KEY":
                self._name(token)
            case "STRING":
                self._string(token)
            case "COMMENT":
                self._comment(token, 1)
            case "DATE" | "TIMESTAMP" | "PERIOD":
                self._time(token)
            case "SLASH_COMMENT" | "SINGLE_QUOTED" | "CURLY_QUOTED" | "FOREIGN":
                self._foreign(token)
            case "UNCLOSED_STRING":
                self._unclosed_string(token)
            case "UNCLOSED_NAME":
                self._unclosed_name(token)
            case "BAD_DATE":
                self._bad_date(token)
            case "BAD_NUMBER":
                self._bad_number(token)
            case "BAD_CHARACTER":
                self._bad_character(token)

    def _name(self, token: Token) -> None:
        if token.value.isascii() or token.value.isidentifier():
            self.tokens.append(token)
            return
        odd = next(char for char in token.value if not ("a" + char).isidentifier())
        self._report(
            "K110",
            f"`{odd}` can't stand in a name",
            token,
            advice=f"put the name in backticks: `` `{token.value}` ``",
            fix=Fix(token.span(self.source), f"`{token.value}`"),
        )
        self._replace(token, "BACKTICK" if token.type == "NAME" else "KEY", f"`{token.value}`")

    def _string(self, token: Token) -> None:
        if "\\" in token.value:
            self._escapes(token)
        self.tokens.append(token)

    def _no_character(self) -> None:
        """Report a byte that is no UTF-8, which Python takes over from the command line."""
        found = _NO_CHARACTER.search(self.source.text)
        if found is not None:
            span = Span(self.source, *found.span())
            told = f"`U+{ord(found.group()):04X}` is no character"
            self.diagnostics.append(error("K110", told, span, help="write the text in UTF-8"))

    def _escapes(self, token: Token) -> None:
        for match in re.finditer(r"\\(.)", token.value, re.DOTALL):
            if match.group(1) not in ESCAPES:
                start = token.start + match.start()
                span = Span(self.source, start, start + 2)
                self.diagnostics.append(
                    error(
                        "K117",
                        f"`{match.group()}` is no escape",
                        span,
                        label="a backslash begins an escape",
                        help="write `\\\\` for a backslash, and `/` in paths",
                        fix=Fix(span, "\\" + match.group()),
                    )
                )

    def _comment(self, token: Token, marker: int) -> None:
        text = token.value[marker:].strip()
        self.comments.append(Comment(text, token.span(self.source)))

    def _foreign(self, token: Token) -> None:
        """Take what another language spells otherwise as what is meant by it."""
        text = token.value
        if token.type == "FOREIGN":
            kind, meant = _FOREIGN[text]
            self._report(
                "K107",
                f"`{text}` is written `{meant}` here",
                token,
                advice=f"write `{meant}`",
                fix=Fix(token.span(self.source), _spaced(meant, self.source.text, token)),
            )
            self._replace(token, kind, meant)
        elif token.type == "SLASH_COMMENT":
            self._suggest(token, "#" + text[2:], "a comment begins with `#`")
            self._comment(token, 2)
        else:
            meant = '"' + text[1:-1].replace("\\'", "'").replace('"', '\\"') + '"'
            self._suggest(token, meant, 'a string stands in `"` quotes')
            self._replace(token, "STRING", meant)

    def _time(self, token: Token) -> None:
        check = period_problem if token.type == "PERIOD" else date_problem
        problem, nearest = check(token.value)
        if problem:
            self._report(
                "K109",
                f"`{token.value}` does not exist: {problem}",
                token,
                advice=f"write `{nearest}`, if that is meant",
            )
        self._replace(token, token.type, nearest)

    def _unclosed_string(self, token: Token) -> None:
        prefix = "sql" if token.value.startswith("sql") else ""
        quote = '"""' if token.value.startswith(prefix + '"""') else '"'
        self._report(
            "K105",
            "this string is not closed",
            token,
            length=len(prefix + quote),
            label="opened here",
            advice=f"close it with `{quote}`" + ("" if len(quote) > 1 else " on the same line"),
        )
        body = token.value[len(prefix + quote) :].rstrip("\\")
        self._replace(token, "SQL" if prefix else "STRING", prefix + quote + body + quote)

    def _unclosed_name(self, token: Token) -> None:
        self._report(
            "K105",
            "this name in backticks is not closed",
            token,
            length=1,
            label="opened here",
            advice="close it with a backtick on the same line",
        )
        if len(token.value) > 1:
            self._replace(token, "BACKTICK", token.value.rstrip() + "`")

    def _bad_date(self, token: Token) -> None:
        kind, meant = usual_date(token.value)
        self._report(
            "K108",
            f"`{token.value}` is no {kind.lower()} as written here",
            token,
            advice=f"write `{meant}`",
            fix=Fix(token.span(self.source), meant),
        )
        self._time(token.read_as(kind, meant))

    def _bad_number(self, token: Token) -> None:
        digits, advice = number_help(token.value)
        message = f"`{token.value}` is neither a number nor a duration"
        self._report("K108", message, token, advice=advice)
        self._replace(token, "NUMBER", digits)

    def _bad_character(self, token: Token) -> None:
        if token.value == "%" and self.tokens and self.tokens[-1].type == "NUMBER":
            self._parted_percentage(token)
            return
        word = self._unit(token)
        if word:
            fix = Fix(token.span(self.source), _spaced(word, self.source.text, token))
            message = f"`{token.value}` means nothing here"
            self._report("K110", message, token, advice=f"write `{word}`", fix=fix)
            self._replace(token, "NAME", word)
            return
        currency = _CURRENCY_SIGNS.get(token.value)
        shown = token.value if token.value.isprintable() else f"U+{ord(token.value):04X}"
        if currency:
            advice = f"write the currency's code after the number: `45 {currency}`"
        elif token.value in _LOGIC_SIGNS:
            advice = f"write `{_LOGIC_SIGNS[token.value]}`"
        else:
            advice = "remove it"
        self._report("K110", f"`{shown}` means nothing here", token, advice=advice)

    def _parted_percentage(self, token: Token) -> None:
        """Take `5 %` as it is meant: 5 alone would be a hundred times as much."""
        number = self.tokens.pop()
        written = f"{number.value}%"
        span = Span(self.source, number.start, token.end)
        fix = Fix(span, written)
        self.diagnostics.append(
            error(
                "K110",
                "a blank parts a number from its `%`",
                span,
                help=f"write `{written}`",
                fix=fix,
            )
        )
        self.tokens.append(
            Token("PERCENT", written, number.start, token.end, number.line, number.column)
        )

    def _unit(self, token: Token) -> str:
        """Return the word for a sign that stands where a unit does, and not before a number."""
        if token.value == "%" and self.tokens and self.tokens[-1].type == "AS":
            return "percent"
        is_before_number = self.source.text[token.end :].lstrip(" ")[:1].isdigit()
        return "" if is_before_number else _CURRENCY_SIGNS.get(token.value, "")

    def _replace(self, token: Token, kind: str, value: str) -> None:
        self.tokens.append(token.read_as(kind, value))

    def _suggest(self, token: Token, meant: str, message: str) -> None:
        """Warn of a spelling whose meaning is certain."""
        span = token.span(self.source)
        shown = meant if len(meant) <= 40 else meant[:37] + "…"
        fix = Fix(span, meant, safe=True)
        self.diagnostics.append(warning("K115", message, span, help=f"write `{shown}`", fix=fix))

    def _report(
        self,
        code: str,
        message: str,
        token: Token,
        *,
        length: int | None = None,
        label: str = "",
        advice: str = "",
        fix: Fix | None = None,
    ) -> None:
        """Report a mistake at the token, or at its first `length` characters."""
        end = token.end if length is None else token.start + length
        span = Span(self.source, token.start, end)
        self.diagnostics.append(error(code, message, span, label=label, help=advice, fix=fix))


def _spaced(meant: str, text: str, token: Token) -> str:
    """Return a word operator with the blanks that keep it apart from its neighbours."""
    if not meant.isalpha():
        return meant
    before = "" if text[token.start - 1 : token.start].isspace() else " "
    after = "" if text[token.end : token.end + 1].isspace() else " "
    return before + meant + after
