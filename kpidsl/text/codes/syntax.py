"""K1xx: the text is not well formed."""

from __future__ import annotations

from kpidsl.text.codes.info import CodeInfo

CODES: tuple[CodeInfo, ...] = (
    CodeInfo(
        "K101",
        "unexpected text",
        "Something stands where the language has no place for it.",
        "The message says what could have gone on instead. The entry is left out; everything "
        "around it is still read and checked.",
        "metric aov: revenue orders\n",
        "metric aov: revenue / orders\n",
    ),
    CodeInfo(
        "K102",
        "a value is missing",
        "A key, an operator or a bracket is followed by nothing.",
        "A line end closes an entry, so a value has to begin on the line of its key, and an "
        "expression goes on only on a line that begins with an operator.",
        "metric gross_profit: revenue -\n  cogs\n",
        "metric gross_profit: revenue\n  - cogs\n",
    ),
    CodeInfo(
        "K103",
        "a bracket is never closed",
        "A `{`, `(` or `[` has no partner.",
        "The reader takes the layout of the lines as a hint of where it was meant to close, "
        "so that the declarations below it are kept.",
        "source lines {\n  table: shop.order_lines\n\nmetric aov: revenue / orders\n",
        "source lines {\n  table: shop.order_lines\n}\n\nmetric aov: revenue / orders\n",
    ),
    CodeInfo(
        "K104",
        "a bracket closes nothing",
        "A `}`, `)` or `]` stands where no such bracket is open.",
        "It is mostly left over from a deleted line.",
        "metric aov: revenue / orders)\n",
        "metric aov: revenue / orders\n",
    ),
    CodeInfo(
        "K105",
        "a string or name is never closed",
        "A quote or a backtick has no partner on its line.",
        "Strings end on their line, so that one lost quote does not swallow the file; longer "
        'texts stand between `"""` and `"""`.',
        'metric aov "Average order value: revenue / orders\n',
        'metric aov "Average order value": revenue / orders\n',
    ),
    CodeInfo(
        "K106",
        "full-width punctuation",
        "A full-width character of East Asian typing stands for an ASCII one.",
        "Both look nearly alike, so the text is read as meant; the fix keeps one spelling in "
        "the files.",
        "metric aov：revenue / orders\n",
        "metric aov: revenue / orders\n",
    ),
    CodeInfo(
        "K107",
        "an operator of another language",
        "An operator is spelled as in another language, such as `==`, `&&` or `WHERE`.",
        "There is one spelling for each operator, so that files read alike.",
        'metric social: revenue where channel == "social"\n',
        'metric social: revenue where channel = "social"\n',
    ),
    CodeInfo(
        "K108",
        "a malformed number or date",
        "Digits run into letters that are no suffix or duration, or a date is not year-month-day.",
        "`30m` may be minutes, months or millions, and `2026/6/3` a division: neither is guessed.",
        "funnel purchase {\n  within: 30m\n}\n",
        "funnel purchase {\n  within: 30min\n}\n",
    ),
    CodeInfo(
        "K109",
        "a date or period that does not exist",
        "The calendar has no such day, week, month, quarter or half.",
        "A target or filter on a day that never comes would silently match nothing.",
        "goal grow {\n  over: 2026-Q5\n}\n",
        "goal grow {\n  over: 2026-Q4\n}\n",
    ),
    CodeInfo(
        "K110",
        "a character without a meaning",
        "A character stands outside strings and comments that the language does not use.",
        "Names hold letters, digits and `_` of any script; other names of columns stand in "
        "backticks, amounts of money have the code of their currency after them.",
        "metric overhead: $45\n",
        "metric overhead: 45 USD\n",
    ),
    CodeInfo(
        "K111",
        "nested too deep",
        "Brackets and operators are nested more than 100 levels deep, or more than 200 with those "
        "of the metrics that a formula names.",
        "Nobody can read such an expression, and SQL engines refuse it too.",
        "metric total: " + " + ".join(f"cost_{n}" for n in range(120)) + "\n",
        "metric half: "
        + " + ".join(f"cost_{n}" for n in range(60))
        + "\nmetric total: half + "
        + " + ".join(f"cost_{n}" for n in range(60, 120))
        + "\n",
    ),
    CodeInfo(
        "K112",
        "documentation that belongs to nothing",
        "A `///` line has no declaration or entry below it.",
        "Documentation reaches reports by the declaration it belongs to; without one it is lost.",
        "metric aov: revenue / orders  /// Before returns.\n",
        "/// Before returns.\nmetric aov: revenue / orders\n",
    ),
    CodeInfo(
        "K113",
        "a wrong edition line",
        "`kpidsl` and a number name the edition; the line stands first and its edition exists.",
        "The edition decides how all that follows is read.",
        "metric aov: revenue / orders\nkpidsl 1\n",
        "kpidsl 1\nmetric aov: revenue / orders\n",
    ),
    CodeInfo(
        "K114",
        "nothing stands between two entries",
        "Two entries, or two items of a list, follow each other without a line end or comma.",
        "What was meant is plain, so both are read; written down, it is plain to people too.",
        "source lines {\n  dimensions: [channel product]\n}\n",
        "source lines {\n  dimensions: [channel, product]\n}\n",
    ),
    CodeInfo(
        "K115",
        "quotes or comments of another language",
        "A string stands in other quotes, a field's name in quotes, or a comment begins with `//`.",
        'There is one spelling for each: `"…"` for strings, bare names for fields, `#` for '
        "comments. The text is read as meant.",
        "metric social: revenue where channel = 'social'\n",
        'metric social: revenue where channel = "social"\n',
    ),
    CodeInfo(
        "K116",
        "chained comparisons",
        "Two comparisons follow each other, as in `a < b < c`.",
        "Languages differ in what that means, so both comparisons are written out.",
        "metric mid: revenue where 10 < price < 20\n",
        "metric mid: revenue where 10 < price and price < 20\n",
    ),
    CodeInfo(
        "K117",
        "an unknown escape in a string",
        'After a backslash stands something other than `"`, `\\`, `n` or `t`.',
        "A path such as `C:\\new` would otherwise turn into another one.",
        'source meta {\n  files: "C:\\data\\meta.csv"\n}\n',
        'source meta {\n  files: "C:/data/meta.csv"\n}\n',
    ),
    CodeInfo(
        "K118",
        "a reserved word as a name",
        "A word with a meaning in expressions stands where a name should.",
        "Such a word is free as a key, before a colon; as the name of a column it stands in "
        "backticks.",
        "source shifts {\n  dimensions: [from, end]\n}\n",
        "source shifts {\n  dimensions: [`from`, `end`]\n}\n",
    ),
    CodeInfo(
        "K119",
        "a declaration that says nothing",
        "A declaration has neither a value after `:` nor a block of entries.",
        "There are no bare flags: whatever is declared says what it is.",
        "metric aov\n",
        "metric aov: revenue / orders\n",
    ),
)
