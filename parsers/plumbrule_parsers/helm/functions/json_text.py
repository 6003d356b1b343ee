"""JSON text as Go's encoder writes it, with the origin of every leaf kept."""

from __future__ import annotations

import json
import math
import re

from plumbrule_parsers.function_table import MAX_TEXT, FunctionError
from plumbrule_parsers.helm.functions.call import MAX_DEPTH
from plumbrule_parsers.helm.functions.go_text import go_bytes
from plumbrule_parsers.helm.functions.go_values import float_text
from plumbrule_parsers.helm.functions.objects import BytesText
from plumbrule_parsers.traced import Traced, pieces_of
from plumbrule_parsers.traced_text import Hops, Piece, mapped
from plumbrule_parsers.value import Segments, Unknown

_HTML = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})
_LINES = str.maketrans({"\u2028": "\\u2028", "\u2029": "\\u2029", "\x7f": "\x7f"})
_SURROGATE = re.compile("[\ud800-\udfff]")


def json_number(number: float) -> str:
    """A number as Go's encoder has it."""
    if isinstance(number, int):
        return str(int(number))
    if math.isnan(number) or math.isinf(number):
        raise FunctionError(f"json: unsupported value: {float_text(number)}")
    text = float_text(number, large=21, small=-6)
    # Go writes e-7 where others write e-07.
    return re.sub(r"e-0(\d)\Z", r"e-\1", text)


def json_pieces(value: Traced, *, html: bool = True, indent: str = "") -> list[Piece]:
    """Keys in order of code points; `html` escapes `<`, `>`, `&`; `indent` lays out lines."""
    writer = _Writer(html=html, indent=indent)
    writer.node(value, 0)
    return writer.out


class _Writer:
    def __init__(self, *, html: bool, indent: str) -> None:
        self.out: list[Piece] = []
        self.html = html
        self.indent = indent
        self.size = 0

    def put(self, text: str, hops: Hops) -> None:
        self.size += len(text)
        if self.size > MAX_TEXT:
            raise FunctionError("the JSON text is too large")
        self.out.append(Piece(text, hops))

    def inner(self, text: str) -> str:
        """The text within its quotes."""
        if text.isalnum() and text.isascii():
            return text
        text = json.dumps(_SURROGATE.sub("\ufffd", text), ensure_ascii=False)[1:-1]
        text = text.translate(_LINES)
        return text.translate(_HTML) if self.html else text

    def line(self, depth: int) -> str:
        return f"\n{self.indent * depth}" if self.indent else ""

    def node(self, value: Traced, depth: int) -> None:
        data = value.data
        if depth > MAX_DEPTH:
            raise FunctionError(f"the value is nested deeper than {MAX_DEPTH} levels")
        if isinstance(data, BytesText):
            from base64 import b64encode

            self.put(f'"{b64encode(go_bytes(data)).decode()}"', value.via)
        elif isinstance(data, (str, Segments)):
            pieces = mapped(pieces_of(value), self.inner)
            self.size += sum(len(piece.text) for piece in pieces if isinstance(piece.text, str))
            hops = pieces[0].hops if pieces else value.via
            self.put('"', hops)
            self.out.extend(pieces)
            self.put('"', hops)
        elif isinstance(data, Unknown):
            self.out.append(Piece(data, value.via))
        elif isinstance(data, dict):
            colon = ": " if self.indent else ":"
            self.put("{", value.via)
            for number, key in enumerate(sorted(data)):
                comma = "," if number else ""
                name = f'{comma}{self.line(depth + 1)}"{self.inner(key)}"{colon}'
                self.put(name, data[key].via)
                self.node(data[key], depth + 1)
            self.close(value, "}", depth, empty=not data)
        elif isinstance(data, list):
            self.put("[", value.via)
            for number, item in enumerate(data):
                self.put(("," if number else "") + self.line(depth + 1), item.via)
                self.node(item, depth + 1)
            self.close(value, "]", depth, empty=not data)
        elif data is None or isinstance(data, bool):
            self.put({None: "null", True: "true", False: "false"}[data], value.via)
        else:
            self.put(json_number(data), value.via)

    def close(self, value: Traced, mark: str, depth: int, *, empty: bool) -> None:
        if value.rest is not None:
            self.put("" if empty else ",", value.via)
            self.out.append(Piece(value.rest, value.via))
        self.put(("" if empty and value.rest is None else self.line(depth)) + mark, value.via)
