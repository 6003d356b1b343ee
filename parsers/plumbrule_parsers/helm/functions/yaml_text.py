"""YAML text as `toYaml` writes it: go-yaml v2's layout, with the origin of every leaf kept.

Helm turns the value into JSON first, so numbers are written as JSON has them: whole numbers without
an exponent, whatever their size. Strings are plain where YAML 1.1 reads them back as strings, text
with line breaks is a literal block, and long lines are folded behind column 80.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from datetime import date
from functools import cmp_to_key
from typing import Final

from plumbrule_parsers.function_table import MAX_TEXT, FunctionError
from plumbrule_parsers.helm.functions.call import MAX_DEPTH
from plumbrule_parsers.helm.functions.go_text import go_bytes
from plumbrule_parsers.helm.functions.go_values import float_text
from plumbrule_parsers.helm.functions.objects import BytesText
from plumbrule_parsers.traced import Traced, pieces_of
from plumbrule_parsers.traced_text import Edit, Hops, Piece, Pieces, edit, mapped, plain_text
from plumbrule_parsers.value import Segments, Unknown
from plumbrule_parsers.yaml_scalars import resolve_11

_WIDTH: Final = 80
_LONGEST_KEY: Final = 128  # longer ones are written as `? key`

_SIMPLE = re.compile(r"[A-Za-z_/$(\\;^][A-Za-z0-9_./$()+=;@^\\|-]*\Z")
_WORDS = frozenset((
    "y", "yes", "on", "true", "n", "no", "off", "false", "null",
))  # fmt: skip
_BASE_60 = re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?\Z")
_TIME = re.compile(
    r"(\d{4})-(\d\d?)-(\d\d?)(?:(?:[Tt](\d\d?):(\d\d?):(\d\d?)(?:[.,]\d+)?(?:Z|[-+]\d\d:\d\d)"
    r"| (\d\d?):(\d\d?):(\d\d?)(?:[.,]\d+)?))?\Z"
)
_FIRST = frozenset("#,[]{}&*!|>'\"%@`")
_BREAKS = frozenset("\n\x85\u2028\u2029")


def yaml_pieces(value: Traced, *, pretty: bool = False) -> list[Piece]:
    """The text of `toYaml`, without the line end at its end; unknown leaves are unknown pieces.

    `pretty` (go-yaml v3, without JSON between) indents lists below their key, folds no lines and
    writes numbers as Go does. Entries that may exist beyond those that are listed are
    an unknown piece on a line of its own.
    """
    writer = _Writer(pretty=pretty)
    writer.node(value, 0, 0, 0, block_start=True, in_map=False)
    out = writer.out
    if out and isinstance(out[-1].text, str) and out[-1].text.endswith("\n"):
        out[-1] = Piece(out[-1].text[:-1], out[-1].hops)
    return out


def key_order(keys: Iterable[str]) -> list[str]:
    """Keys in go-yaml's order: letters last, runs of digits as numbers."""
    found = list(keys)
    if all(key.isascii() and key.isalpha() for key in found):
        return sorted(found)
    return sorted(found, key=cmp_to_key(_compare_keys))


def _compare_keys(left: str, right: str) -> int:
    for at, (one, other) in enumerate(zip(left, right, strict=False)):
        if one == other:
            continue
        if one.isalpha() and other.isalpha():
            return -1 if one < other else 1
        if one.isalpha() or other.isalpha():
            return -1 if other.isalpha() else 1
        lead = 0
        if "0" in (one, other):
            before = at - 1
            while before >= 0 and left[before].isdecimal():
                if left[before] != "0":
                    lead = 1
                    break
                before -= 1
        first, first_end = _number_at(left, at, lead)
        second, second_end = _number_at(right, at, lead)
        if first != second:
            return -1 if first < second else 1
        if first_end != second_end:
            return -1 if first_end < second_end else 1
        return -1 if one < other else 1
    return (len(left) > len(right)) - (len(left) < len(right))


def _number_at(text: str, at: int, lead: int) -> tuple[int, int]:
    number = lead
    while at < len(text) and text[at].isdecimal():
        number = number * 10 + int(text[at])
        at += 1
        if number > 10**40:
            break
    return number, at


def number_text(number: float) -> str:
    """A number as JSON has it and go-yaml writes it again."""
    if isinstance(number, int):
        return str(int(number))
    if math.isnan(number) or math.isinf(number):
        raise FunctionError(f"json: unsupported value: {float_text(number)}")
    if number == 0:
        return "0"
    if number == int(number) and -(2.0**63) <= number < 2.0**64:
        return float_text(number, large=21)
    return float_text(number, large=6)


def plain_is_string(text: str) -> bool:
    """True if go-yaml reads the plain text back as a string."""
    if text == "" or _BASE_60.match(text):
        return False
    if not isinstance(resolve_11(text), str):
        return False
    found = _TIME.match(text)
    if found is None:
        return True
    try:
        date(int(found[1]) or 1, int(found[2]), int(found[3]))
    except ValueError:
        return True
    clock = [int(part) for part in found.groups()[3:] if part is not None]
    return bool(clock) and (clock[0] > 23 or clock[1] > 59 or clock[2] > 59)


def _printable(letter: str) -> bool:
    code = ord(letter)
    return (
        0x20 <= code <= 0x7E
        or letter == "\n"
        or 0xA0 <= code <= 0xD7FF
        or (0xE000 <= code <= 0xFFFD and code != 0xFEFF)
    )


def _is_simple(text: str) -> bool:
    """True if the text is certainly written as it is; most are."""
    return _SIMPLE.match(text) is not None and text.lower() not in _WORDS


def style_of(text: str, *, key: bool = False) -> str:
    """`plain`, `single`, `double` or `literal`: how go-yaml writes the string."""
    if _is_simple(text):
        return "plain"
    if text == "":
        return "double"
    if not all(map(_printable, text)) or "\x85" in text or "\u2028" in text or "\u2029" in text:
        return "double"
    if " \n" in text:
        return "double"
    if "\n" in text:
        return "double" if key or text[-1] == " " else "literal"
    if not plain_is_string(text):
        return "double"
    return "plain" if _plain_allowed(text) else "single"


def _plain_allowed(text: str) -> bool:
    first = text[0]
    if first == " " or text[-1] == " " or first in _FIRST:
        return False
    if first in "?:-" and (len(text) == 1 or text[1] == " "):
        return False
    if text.startswith(("---", "...")):
        return False
    return ": " not in text and text[-1] != ":" and " #" not in text


_ESCAPES = {
    "\0": "\\0", "\a": "\\a", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\v": "\\v", "\f": "\\f",
    "\r": "\\r", "\x1b": "\\e", '"': '\\"', "\\": "\\\\", "\x85": "\\N", "\u2028": "\\L",
    "\u2029": "\\P",
}  # fmt: skip


def _escaped(text: str) -> str:
    out: list[str] = []
    for letter in text:
        named = _ESCAPES.get(letter)
        if named is not None:
            out.append(named)
        elif _printable(letter):
            out.append(letter)
        else:
            code = ord(letter)
            form = f"\\x{code:02X}" if code < 0x100 else f"\\u{code:04X}"
            out.append(form if code < 0x10000 else f"\\U{code:08X}")
    return "".join(out)


def _folds(text: str, column: int, *, style: str) -> Iterable[int]:
    """Blanks at which a long line is broken; columns count from the start of the line."""
    before = False
    at_column = column
    last = len(text) - 1
    for at, letter in enumerate(text):
        if letter == " ":
            if (
                not before
                and at_column > _WIDTH
                and (style == "plain" or 0 < at < last)
                and (style == "double" or at == last or text[at + 1] != " ")
            ):
                yield at
                at_column = -1  # set by the caller's indent
            before = True
        else:
            before = False
        at_column += 1


def _clean(text: str) -> str:
    """Bytes that are not UTF-8 become U+FFFD, as in JSON."""
    return re.sub("[\ud800-\udfff]", "\ufffd", text)


class _Writer:
    def __init__(self, *, pretty: bool) -> None:
        self.out: list[Piece] = []
        self.size = 0
        self.pretty = pretty

    def put(self, text: str, hops: Hops) -> None:
        self.size += len(text)
        if self.size > MAX_TEXT:
            raise FunctionError("the YAML text is too large")
        self.out.append(Piece(text, hops))

    def node(
        self, value: Traced, indent: int, column: int, depth: int, *, block_start: bool,
        in_map: bool,
    ) -> None:  # fmt: skip
        """Write the value with its line end.

        `block_start`: a collection begins on the current line (the document, or behind `- `).
        """
        data = value.data
        if depth > MAX_DEPTH:
            raise FunctionError(f"the value is nested deeper than {MAX_DEPTH} levels")
        if isinstance(data, dict) and (data or value.rest is not None):
            self.mapping(value, data, indent, depth, block_start=block_start)
        elif isinstance(data, list) and (data or value.rest is not None):
            self.sequence(value, data, indent, depth, block_start=block_start, in_map=in_map)
        else:
            if in_map or column:
                self.put(" " if in_map else "", value.via)
            self.scalar(value, indent, column + in_map)

    def mapping(
        self, value: Traced, data: dict[str, Traced], indent: int, depth: int, *, block_start: bool
    ) -> None:
        pad = " " * indent
        if not block_start:
            self.put("\n", value.via)
        for number, key in enumerate(key_order(data)):
            item = data[key]
            lead = "" if number == 0 and block_start else pad
            long, name = False, key
            if not (_is_simple(key) and len(key) <= _LONGEST_KEY):
                long = "\n" in key or len(go_bytes(key)) > _LONGEST_KEY
                name = plain_text(
                    self.string([Piece(_clean(key))], indent + 2, indent + 2, key=not long)
                )
            self.put(f"{lead}? {name}\n{pad}:" if long else f"{lead}{name}:", item.via)
            column = indent + (1 if long else len(name) + 1)
            self.node(item, indent + 2, column, depth + 1, block_start=False, in_map=True)
        if value.rest is not None:
            if data or not block_start:
                self.put(pad, value.via)
            self.out.extend((Piece(value.rest, value.via), Piece("\n", value.via)))

    def sequence(
        self, value: Traced, data: list[Traced], indent: int, depth: int, *, block_start: bool,
        in_map: bool,
    ) -> None:  # fmt: skip
        at = indent - 2 if in_map and not self.pretty else indent
        pad = " " * at
        if not block_start:
            self.put("\n", value.via)
        for number, item in enumerate(data):
            lead = "" if number == 0 and block_start else pad
            self.put(f"{lead}- ", item.via)
            self.node(item, at + 2, at + 2, depth + 1, block_start=True, in_map=False)
        if value.rest is not None:
            self.put(("" if not data and block_start else pad) + "- ", value.via)
            self.out.extend((Piece(value.rest, value.via), Piece("\n", value.via)))

    def scalar(self, value: Traced, indent: int, column: int) -> None:
        data = value.data
        if isinstance(data, BytesText):
            from base64 import b64encode

            data = b64encode(go_bytes(data)).decode()
            value = Traced(data, value.via)
        if data.__class__ is str and _is_simple(data):
            self.size += len(data)
            self.out.extend(pieces_of(value))
            self.put("\n", value.via)
        elif isinstance(data, (str, Segments)):
            pieces = self.string(mapped(pieces_of(value), _clean), indent, column, key=False)
            self.size += sum(len(piece.text) for piece in pieces if isinstance(piece.text, str))
            self.out.extend(pieces or [Piece('""', value.via)])
            self.put("\n", value.via)
        elif isinstance(data, Unknown):
            self.out.append(Piece(data, value.via))
            self.put("\n", value.via)
        elif isinstance(data, (dict, list)):
            self.put("{}\n" if isinstance(data, dict) else "[]\n", value.via)
        elif data is None or isinstance(data, bool):
            self.put({None: "null\n", True: "true\n", False: "false\n"}[data], value.via)
        elif self.pretty and isinstance(data, float) and math.isfinite(data):
            self.put(float_text(data, large=6) + "\n", value.via)
        else:
            self.put(number_text(data) + "\n", value.via)

    def string(self, pieces: Pieces, indent: int, column: int, *, key: bool) -> list[Piece]:
        """The string in its style, without the line end."""
        text = plain_text(pieces)
        hole = any(isinstance(piece.text, Unknown) for piece in pieces)
        style = "double" if hole else style_of(text, key=key)
        indent = indent or 2
        if style == "literal":
            return self.literal(pieces, text, indent)
        hops = pieces[0].hops if pieces else ()
        if style == "single":
            pieces = mapped(pieces, lambda part: part.replace("'", "''"))
        elif style == "double":
            pieces = mapped(pieces, _escaped)
        mark = {"single": "'", "double": '"'}.get(style, "")
        if not (key or self.pretty) and len(text) + column > _WIDTH and " " in text and not hole:
            pieces = self.folded(pieces, indent, column + len(mark), style)
        if not mark:
            return list(pieces)
        return [Piece(mark, hops), *pieces, Piece(mark, hops)]

    def folded(self, pieces: Pieces, indent: int, column: int, style: str) -> list[Piece]:
        text = plain_text(pieces)
        edits: list[Edit] = []
        start = 0
        while True:
            at = next(iter(_folds(text[start:], column, style=style)), None)
            # A blank right behind a break starts no line of its own.
            if at is None or start + at >= len(text) - 1:
                break
            at += start
            guard = "\\" if style == "double" and text[at + 1] == " " else ""
            edits.append(Edit(at, at + 1, "\n" + " " * indent + guard))
            start, column = at + 1, indent + len(guard)
        return edit(pieces, edits) if edits else list(pieces)

    def literal(self, pieces: Pieces, text: str, indent: int) -> list[Piece]:
        hops = pieces[0].hops
        hint = "2" if text[0] in " \n" else ""
        if not text.endswith("\n"):
            hint += "-"
        elif len(text) == 1 or text.endswith("\n\n"):
            hint += "+"
        pad = " " * indent
        edits = [Edit(0, 0, pad)] if text[0] != "\n" else []
        at = text.find("\n")
        while at >= 0:
            if at + 1 < len(text) and text[at + 1] != "\n":
                edits.append(Edit(at + 1, at + 1, pad))
            at = text.find("\n", at + 1)
        body = edit(pieces, edits)
        if text.endswith("\n"):  # the caller ends the line
            size = len(text) + len(edits) * indent - 1
            from plumbrule_parsers.traced_text import cut

            body = cut(body, 0, size)
        return [Piece(f"|{hint}\n", hops), *body]
