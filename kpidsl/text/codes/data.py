"""K6xx: data and files."""

from __future__ import annotations

from kpidsl.text.codes.info import CodeInfo


def _ads(*entries: str, files: str = "data/ads.csv") -> str:
    """Return a small source over files; the examples differ in an entry or two."""
    body = "".join(f"  {entry}\n" for entry in entries)
    return f'source ads {{\n  files: "{files}"\n{body}}}\n'


CODES: tuple[CodeInfo, ...] = (
    CodeInfo(
        "K601",
        "no such file",
        "A path or pattern of `files` matches no file.",
        "A source without files would answer every question with nothing.",
        _ads(files="data/adds.csv"),
        _ads(),
    ),
    CodeInfo(
        "K602",
        "file on the network",
        "`files` names an address such as `https://…` or `s3://…`.",
        "The embedded engine reads the disk only: definitions can't make it call out.",
        _ads(files="https://shop.example/ads.csv"),
        _ads(),
    ),
    CodeInfo(
        "K603",
        "file can't be opened",
        "The path is a folder, or this user has no right to read the file.",
        "Leaving the file out silently would change every number.",
        _ads(files="data"),
        _ads(files="data/*.csv"),
    ),
    CodeInfo(
        "K604",
        "unknown or mixed formats",
        "The suffix tells no known format, or one source mixes files with types of their own "
        "(Parquet, JSON) with others.",
        "The format decides how every value is read, so it is not guessed from the content.",
        _ads(files="data/ads.dat"),
        _ads(),
    ),
    CodeInfo(
        "K605",
        "damaged file",
        "The file breaks off, can't be unpacked, or isn't what its suffix says.",
        "A part of a file gives a plausible number that is too small.",
        "# data/ads.csv.gz was not downloaded to its end.\n" + _ads(files="data/ads.csv.gz"),
        "# data/ads.csv.gz was downloaded again.\n" + _ads(files="data/ads.csv.gz"),
    ),
    CodeInfo(
        "K606",
        "encoding",
        "The bytes don't decode in the declared encoding, or no encoding can be told from them.",
        "Read in the wrong encoding, names turn into others, and groups and joins with them.",
        "# data/ads.csv is in Big5 (cp950).\n" + _ads('read { encoding: "utf-8" }'),
        "# data/ads.csv is in Big5 (cp950).\n" + _ads('read { encoding: "cp950" }'),
    ),
    CodeInfo(
        "K607",
        "empty file",
        "The file or sheet has no cell at all, not even column names.",
        "A failed export looks like this; a header without rows is fine and means no rows.",
        "# data/ads.csv has no bytes.\n" + _ads(),
        "# data/ads.csv has a header.\n" + _ads(),
    ),
    CodeInfo(
        "K608",
        "column names",
        "The line of column names is missing, or has a name twice or an empty one.",
        "Definitions name columns; two columns of one name can't be told apart.",
        "# data/ads.csv begins with the data: 2026-01-05,search,120\n" + _ads(),
        "# data/ads.csv begins with the data: 2026-01-05,search,120\n"
        + _ads('read { header_row: 0, columns: ["day", "channel", "cost"] }'),
    ),
    CodeInfo(
        "K609",
        "row of another width",
        "A row has more or fewer values than there are columns.",
        "Its values may stand in the wrong columns.",
        "# The last line of data/ads.csv is: Total\n" + _ads(),
        "# The last line of data/ads.csv is: Total\n" + _ads('read { drop_where: day = "Total" }'),
    ),
    CodeInfo(
        "K610",
        "files with different columns",
        "The files of one source don't have the same columns (their order may differ).",
        "A renamed column would be NULL in half of the files.",
        "# data/ads_1.csv has `cost`, data/ads_2.csv has `costs`.\n" + _ads(files="data/ads_*.csv"),
        "# Both files have `cost`.\n" + _ads(files="data/ads_*.csv"),
    ),
    CodeInfo(
        "K611",
        "value that doesn't fit",
        "A date is not of the declared order (an error), or a few values keep a column from being "
        "a number or a date, so that it is read as text (a warning).",
        "A value is never turned into NULL silently; text can't be summed.",
        "# A cost in data/ads.csv is: n/a\n" + _ads("measure spend: sum(cost)"),
        "# A cost in data/ads.csv is: n/a\n"
        + _ads('read { null_values: ["n/a"] }', "measure spend: sum(cost)"),
    ),
    CodeInfo(
        "K612",
        "order of dates",
        "Every date of a column can be read in more than one order, such as 03/04/2026.",
        "Day and month swapped give valid dates in the wrong months.",
        "# The days in data/ads.csv are: 03/04/2026, 05/04/2026\n" + _ads(),
        "# The days in data/ads.csv are: 03/04/2026, 05/04/2026\n" + _ads("read { dates: dmy }"),
    ),
    CodeInfo(
        "K613",
        "decimal sign",
        "The sign in amounts such as 1.234 may be a decimal point or a thousands separator.",
        "The two readings differ by a factor of one thousand.",
        "# The costs in data/ads.csv (columns separated by `;`) are: 1.234; 5.678\n" + _ads(),
        "# The costs in data/ads.csv (columns separated by `;`) are: 1.234; 5.678\n"
        + _ads('read { decimal: "," }'),
    ),
    CodeInfo(
        "K614",
        "overlapping exports",
        "Two files hold the same key, and the source doesn't say which of them counts.",
        "Both counted, the days that exports share are doubled.",
        "# data/ads_1.csv and data/ads_2.csv both hold 2026-01-31.\n"
        + _ads("key: day", files="data/ads_*.csv"),
        "# data/ads_1.csv and data/ads_2.csv both hold 2026-01-31.\n"
        + _ads("key: day", "overlap: latest_file", files="data/ads_*.csv"),
    ),
    CodeInfo(
        "K615",
        "identical rows in several files",
        "Without a key, whole rows stand in more than one file.",
        "They may be exported twice, or be real: only a key can tell.",
        "# data/ads_1.csv and data/ads_2.csv share rows.\n"
        + _ads("key: none", files="data/ads_*.csv"),
        "# data/ads_1.csv and data/ads_2.csv share rows.\n"
        + _ads("key: none", "overlap: keep_all", files="data/ads_*.csv"),
    ),
    CodeInfo(
        "K616",
        "unknown column in reading options",
        "`drop_where` or `key` names a column that the files don't have, or `drop_where` can't be "
        "worked out over them.",
        "`drop_where` sees cells as text, before they become dates and numbers.",
        _ads('read { drop_where: dya = "Total" }'),
        _ads('read { drop_where: day = "Total" }'),
    ),
    CodeInfo(
        "K617",
        "no such sheet",
        "`sheet` names a sheet that the workbook doesn't have.",
        "Another sheet may hold other numbers under the same names.",
        "# The workbook has the sheet `Ads 2026`.\n"
        + _ads('read { sheet: "Ads" }', files="data/ads.xlsx"),
        "# The workbook has the sheet `Ads 2026`.\n"
        + _ads('read { sheet: "Ads 2026" }', files="data/ads.xlsx"),
    ),
    CodeInfo(
        "K618",
        "merged cells",
        "Cells of the table are merged over the header or over several rows.",
        "Only the first of the merged cells has the value; the others would be NULL.",
        "# Row 1 of the sheet is a title merged over A1:C1, row 2 holds the names.\n"
        + _ads(files="data/ads.xlsx"),
        "# Row 1 of the sheet is a title merged over A1:C1, row 2 holds the names.\n"
        + _ads("read { header_row: 2 }", files="data/ads.xlsx"),
    ),
    CodeInfo(
        "K619",
        "formula without a value",
        "A cell is a formula whose value the writing program did not store.",
        "Formulas are not computed here; the cell would pass for empty.",
        "# A program wrote the formulas, and no spreadsheet program has opened the workbook.\n"
        + _ads(files="data/ads.xlsx"),
        "# The workbook was opened and saved, so that it holds the values.\n"
        + _ads(files="data/ads.xlsx"),
    ),
    CodeInfo(
        "K620",
        "unknown encoding",
        "`encoding` names no known text encoding.",
        "An encoding can't be matched by its likely meaning.",
        _ads('read { encoding: "utf" }'),
        _ads('read { encoding: "utf-8" }'),
    ),
    CodeInfo(
        "K621",
        "mixed currencies",
        "The amounts of one column carry the signs of more than one currency.",
        "Money of two currencies never adds (S26), so the column stays text.",
        "# The costs in data/ads.csv are: $5, €3\n" + _ads("measure spend: sum(cost)"),
        "# data/ads.csv has the columns `cost` and `currency`.\n"
        + _ads('measure spend: sum(cost) where currency = "USD" as USD'),
    ),
)
