"""Colours for `kpi` blocks in the documentation.

It knows the shape of the language and no kind or key, as the grammar does. It accepts any text:
pages also show mistakes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pygments.lexer import RegexLexer, bygroups, words
from pygments.token import (
    Comment,
    Keyword,
    Name,
    Number,
    Operator,
    Punctuation,
    String,
    Text,
    Whitespace,
)

if TYPE_CHECKING:
    from sphinx.application import Sphinx

EXPRESSION_WORDS = (
    "and or not in is null like between case when then else end where by as per once from to at "
    "over true false on"
)


class KpiLexer(RegexLexer):
    """Pygments lexer of `.kpi` files."""

    name = "kpidsl"
    aliases: ClassVar[list[str]] = ["kpi"]
    filenames: ClassVar[list[str]] = ["*.kpi"]
    tokens: ClassVar[dict[str, list[object]]] = {
        "root": [
            (r"///.*", String.Doc),
            (r"#.*", Comment.Single),
            (r'"(?:[^"\\\n]|\\.)*"', String.Double),
            (r"`[^`\n]*`", Name.Variable),
            (r"^([ \t]*)(kpidsl)([ \t]+)(\d+)", bygroups(Whitespace, Keyword, Whitespace, Number)),
            # An entry's key, before the words: `as: …` is a key called `as`.
            (r"[^\W\d]\w*(?=[ \t]*:)", Name.Attribute),
            # A block or short entry begins with its kind and goes on with a name or a label.
            (r'^([ \t]*)([^\W\d]\w*)(?=[ \t]+[^\W\d"])', bygroups(Whitespace, Keyword.Declaration)),
            (words(EXPRESSION_WORDS.split(), prefix=r"\b", suffix=r"\b"), Operator.Word),
            (r"\d{4}-\w[\w:+-]*|FY\d{4}[\w-]*", Number),
            (r"\d[\d_]*(?:\.\d+)?(?:%|\w*)", Number),
            (r"[^\W\d]\w*", Name),
            (r"\.\.|[-+*/=<>!%±]+", Operator),
            (r"[][{}(),:.]", Punctuation),
            (r"\s+", Whitespace),
            (r".", Text),
        ]
    }


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the lexer for blocks marked `kpi`."""
    app.add_lexer("kpi", KpiLexer)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
