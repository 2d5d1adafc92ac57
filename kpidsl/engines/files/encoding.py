"""Which encoding a text file has, and a UTF-8 copy where it isn't plain UTF-8 already."""

from __future__ import annotations

import codecs
import gzip
import re
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from kpidsl.engines.files.paths import scratch_file
from kpidsl.engines.files.refusal import Refused

_CHUNK = 1 << 20
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_HIGH_RUN = re.compile(rb"[\x80-\xff]+")
# What cp1252 text holds above ASCII: letters but those of Icelandic, which are Turkish ones in
# cp1254, and the usual signs. Other high bytes speak for another encoding.
_WESTERN = re.compile(
    rb"[\xc0-\xcf\xd1-\xdc\xdf-\xef\xf1-\xfc\xff"
    rb"\x80\x85\x91-\x97\x99\xa0\xa1\xa3\xa7\xa9-\xab\xae\xb0\xb4\xba\xbb\xbf]"
)
_LONGEST_WESTERN_RUN = 3
_DOUBLE_BYTE = re.compile(rb"([\x81-\xfe])([\x40-\x7e\xa1-\xfe])")


@dataclass(frozen=True, slots=True)
class Utf8Text:
    """`path` is UTF-8 with one kind of line end: the file itself, or a copy of it."""

    path: Path
    encoding: str
    declared: bool

    @property
    def assumption(self) -> str | None:
        if self.declared or self.encoding in {"utf-8", "utf-8-sig"}:
            return None
        return f"read as {self.encoding}"


def as_utf8(path: Path, name: str, declared: str | None, folder: Path) -> Utf8Text:
    """Return the file as UTF-8 text; a copy goes to `folder`.

    Without a declared encoding: the byte order mark, then strict UTF-8, then Big5 (cp950)
    or cp1252, but only where the bytes look like the one and not like the other.
    """
    encoding = _known(declared) if declared else _marked(path, name)
    if encoding is None:
        scan = _scan(path, name, "utf-8")
        encoding = "utf-8" if scan.bad_byte is None else _guess(path, name)
    if encoding != "utf-8":
        scan = _scan(path, name, encoding)
    elif declared:
        scan = _scan(path, name, "utf-8")
    if scan.bad_byte is not None:
        raise Refused(
            "K606",
            f"`{name}` is not {declared or encoding}: byte {scan.bad_byte} "
            f"(line {scan.bad_line}) doesn't decode",
            "correct or leave out `encoding`"
            if declared
            else 'declare the right one, as in `read { encoding: "cp950" }`',
        )
    if scan.nul_byte is not None:
        raise Refused(
            "K606",
            f"`{name}` holds a NUL character near byte {scan.nul_byte}, so it is no {encoding}",
            'declare the encoding if it is UTF-16, as in `read { encoding: "utf-16-le" }`, '
            "or export the file again",
        )
    plain = encoding in {"utf-8", "utf-8-sig"} and path.suffix.lower() != ".gz"
    if plain and scan.line_ends <= 1:
        return Utf8Text(path, encoding, declared is not None)
    copy = scratch_file(folder)
    _transcode(path, encoding, copy)
    return Utf8Text(copy, encoding, declared is not None)


def _known(declared: str) -> str:
    # Exports that call themselves Big5 are written by Windows, whose Big5 is cp950.
    wanted = {"big5": "cp950", "utf8": "utf-8"}.get(declared.lower(), declared.lower())
    try:
        codecs.lookup(wanted).incrementaldecoder("strict").decode(b"")
        "".encode(wanted)
    except (LookupError, TypeError, ValueError) as cause:
        raise Refused(
            "K620",
            f"`{declared}` is no known text encoding",
            "use one such as `utf-8`, `utf-16`, `cp950`, `gb18030`, `cp1252`",
        ) from cause
    return wanted


def _open(path: Path) -> IO[bytes]:
    if path.suffix.lower() == ".gz":
        return gzip.open(path, "rb")  # type: ignore[return-value]
    return path.open("rb")


def _marked(path: Path, name: str) -> str | None:
    try:
        with _open(path) as stream:
            head = stream.read(4)
    except (OSError, EOFError, zlib.error) as cause:
        raise _broken(name) from cause
    return next((encoding for mark, encoding in _MARKS if head.startswith(mark)), None)


def _broken(name: str) -> Refused:
    return Refused(
        "K605", f"`{name}` is damaged: it can't be unpacked", "download or export it again"
    )


@dataclass(frozen=True, slots=True)
class _Scan:
    bad_byte: int | None = None
    bad_line: int | None = None
    nul_byte: int | None = None
    line_ends: int = 0


def _scan(path: Path, name: str, encoding: str) -> _Scan:
    """Decode the whole file once, without keeping it."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    offset, lines, nul = 0, 1, None
    crlf = lf = cr = False
    held = ""  # a carriage return at a chunk's end, whose line feed may follow
    try:
        with _open(path) as stream:
            while True:
                chunk = stream.read(_CHUNK)
                try:
                    text = held + decoder.decode(chunk, final=not chunk)
                except UnicodeDecodeError as cause:
                    # The decoder hands over what it had kept back along with the chunk.
                    start = offset - (len(cause.object) - len(chunk)) + cause.start
                    before = cause.object[: cause.start].count(b"\n")
                    return _Scan(bad_byte=start, bad_line=lines + before)
                except UnicodeError:  # UTF-16 without a byte order mark, say
                    return _Scan(bad_byte=offset, bad_line=lines)
                if nul is None and "\0" in text:
                    nul = offset + text.index("\0")
                held = "\r" if chunk and text.endswith("\r") else ""
                body = text[: len(text) - len(held)]
                pairs, feeds = body.count("\r\n"), body.count("\n")
                crlf = crlf or pairs > 0
                lf = lf or feeds > pairs
                cr = cr or body.count("\r") > pairs
                lines += feeds
                offset += len(chunk)
                if not chunk:
                    return _Scan(nul_byte=nul, line_ends=crlf + lf + cr)
    except (OSError, EOFError, zlib.error) as cause:
        raise _broken(name) from cause


def _guess(path: Path, name: str) -> str:
    """Tell Big5 from cp1252 by their bytes, or refuse.

    Everyday Chinese characters have the lead bytes A1 to C6 in Big5, and a second byte that
    is often, and unlike in other encodings of East Asia not always, above A0. Western
    accents are high bytes between ASCII letters.
    """
    with _open(path) as stream:
        data = stream.read(16 * _CHUNK)
    runs = _HIGH_RUN.findall(data)
    longest = max(map(len, runs), default=0)
    western = len(_WESTERN.findall(data)) / max(sum(map(len, runs)), 1)
    pairs = _DOUBLE_BYTE.findall(data)
    common = sum(b"\xa1" <= lead <= b"\xc6" for lead, _ in pairs) / max(len(pairs), 1)
    both_high = sum(trail >= b"\xa1" for _, trail in pairs) / max(len(pairs), 1)
    big5 = _scan(path, name, "cp950").bad_byte is None
    if big5 and common >= 0.8 and 0.2 <= both_high < 1:
        return "cp950"
    looks_western = western >= 0.95 and longest <= _LONGEST_WESTERN_RUN
    clear = looks_western and not (big5 and common >= 0.5)
    if clear and _scan(path, name, "cp1252").bad_byte is None:
        return "cp1252"
    raise Refused(
        "K606",
        f"the encoding of `{name}` can't be told from its bytes: it is not UTF-8",
        'declare it, as in `read { encoding: "cp950" }` '
        "(Traditional Chinese; `gb18030` Simplified, `cp1252` Western European)",
    )


def _transcode(path: Path, encoding: str, copy: Path) -> None:
    """Write a UTF-8 copy in which every line ends with a line feed."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    with _open(path) as source, copy.open("w", encoding="utf-8", newline="\n") as target:
        held = ""
        while chunk := source.read(_CHUNK):
            text = held + decoder.decode(chunk)
            held = "\r" if text.endswith("\r") else ""
            body = text[: len(text) - len(held)]
            target.write(body.replace("\r\n", "\n").replace("\r", "\n"))
        target.write((held + decoder.decode(b"", final=True)).replace("\r", "\n"))
