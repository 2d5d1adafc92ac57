"""K9xx: usage of the command line, folders and output."""

from __future__ import annotations

from kpidsl.text.codes.info import CodeInfo

CODES: tuple[CodeInfo, ...] = (
    CodeInfo(
        "K901",
        "a file is missing",
        "A file that was named does not exist.",
        "Going on without it would leave out definitions that the numbers rest on.",
        "kpidsl check shpo.kpi",
        "kpidsl check shop.kpi",
    ),
    CodeInfo(
        "K902",
        "not a file",
        "A folder, a pipe or a device stands where a file is needed.",
        "Only a regular file has a text that stays the same between two readings.",
        "mkdir shop.kpi && kpidsl check shop.kpi",
        "kpidsl check definitions/shop.kpi",
    ),
    CodeInfo(
        "K903",
        "a file can't be read",
        "The file exists, but the system refuses to read it.",
        "A definition that can't be read can't be checked.",
        "chmod 000 shop.kpi && kpidsl check shop.kpi",
        "chmod 644 shop.kpi && kpidsl check shop.kpi",
    ),
    CodeInfo(
        "K904",
        "a file is too large",
        "A source file holds at most 10 MB.",
        "Definitions are written by people; a larger file is data that lost its way, and "
        "reading it would only delay the message.",
        "kpidsl check orders_export.kpi",
        "kpidsl check shop.kpi",
    ),
    CodeInfo(
        "K905",
        "a file is not UTF-8",
        "The file is written in another encoding, such as UTF-16, Big5 or Windows-1252.",
        "Guessing an encoding turns names and labels into other ones without a word.",
        "iconv -f UTF-8 -t UTF-16 shop.kpi > other.kpi && kpidsl check other.kpi",
        "iconv -f UTF-16 -t UTF-8 other.kpi > shop.kpi && kpidsl check shop.kpi",
    ),
    CodeInfo(
        "K906",
        "a file holds a NUL character",
        "A NUL character stands in a text file.",
        "It is invisible in editors and ends strings in some databases; it mostly means that "
        "the file is binary or damaged.",
        "printf 'metric a: b\\0' > shop.kpi && kpidsl check shop.kpi",
        "printf 'metric a: b' > shop.kpi && kpidsl check shop.kpi",
    ),
)
