"""Bytes to text: encodings, byte order marks, binary files."""

from __future__ import annotations

import codecs
from dataclasses import dataclass

from plumbrule_parsers.source import Source


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Why a file is no text; `code` is stable, `message` is for people."""

    code: str
    message: str


_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def decode(path: str, data: bytes) -> Source | Unreadable:
    """The file's text without its byte order mark, or why it has none.

    UTF-8 is assumed; UTF-16 and UTF-32 are read if a mark says so, or if every other byte of the
    start is zero.
    """
    encoding, skip = "utf-8", 0
    for mark, name in _MARKS:
        if data.startswith(mark):
            encoding, skip = name, len(mark)
            break
    else:
        encoding = _guess(data)
    if encoding == "":
        return Unreadable("binary", "binary file")
    try:
        text = data[skip:].decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, skip + error.start) + 1
        return Unreadable(
            "encoding",
            f"not {encoding.upper()}: byte {data[skip + error.start]:#04x} on line {line} "
            f"(offset {skip + error.start})",
        )
    if "\0" in text:
        at = text.index("\0")
        line = text.count("\n", 0, at) + 1
        return Unreadable("binary", f"binary file: NUL character on line {line}")
    return Source(path, text)


def _guess(data: bytes) -> str:
    """The encoding of unmarked data: "" for binary."""
    head = data[:512]
    if b"\0" not in head:
        return "utf-8"
    even, odd = head[0::2], head[1::2]
    if len(head) >= 4 and even.count(0) * 10 >= len(even) * 9 and b"\0" not in odd:
        return "utf-16-be"
    if len(head) >= 4 and odd.count(0) * 10 >= len(odd) * 9 and b"\0" not in even:
        return "utf-16-le"
    return ""
