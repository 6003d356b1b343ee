"""TOML text as `toToml` writes it (BurntSushi's encoder): scalars first, then tables."""

from __future__ import annotations

import re

from plumbrule_parsers.function_table import FunctionError
from plumbrule_parsers.helm.functions.call import MAX_DEPTH
from plumbrule_parsers.helm.functions.go_values import float_text, go_type
from plumbrule_parsers.traced import Traced, pieces_of
from plumbrule_parsers.traced_text import Piece, mapped
from plumbrule_parsers.value import Segments, Unknown

_BARE = re.compile(r"[A-Za-z0-9_-]+\Z")
_ESCAPES = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", '"': '\\"',
            "\\": "\\\\"}  # fmt: skip


def toml_pieces(value: Traced) -> list[Piece]:
    """The document; what TOML cannot hold is Go's error text, as Helm gives it."""
    if not isinstance(value.data, dict):
        if isinstance(value.data, Unknown):
            return [Piece(value.data, value.via)]
        if value.data is None:
            raise FunctionError("reflect: call of reflect.Value.Type on zero Value")
        out: list[Piece] = []
        _inline(value, out, 0)
        return out
    out = []
    _table(value, [], out, 0)
    return out


def _name(key: str) -> str:
    return key if _BARE.match(key) else f'"{_inner(key)}"'


def _inner(text: str) -> str:
    return "".join(
        _ESCAPES.get(letter)
        or (f"\\u{ord(letter):04x}" if ord(letter) < 0x20 or ord(letter) == 0x7F else letter)
        for letter in text
    )


def _is_tables(value: Traced) -> bool:
    data = value.data
    return isinstance(data, list) and bool(data) and all(isinstance(i.data, dict) for i in data)


def _table(value: Traced, path: list[str], out: list[Piece], depth: int) -> None:
    if depth > MAX_DEPTH:
        raise FunctionError(f"the value is nested deeper than {MAX_DEPTH} levels")
    data = value.data
    assert isinstance(data, dict)
    pad = "  " * len(path)
    later: list[str] = []
    for key in sorted(data):
        item = data[key]
        if item.data is None:
            continue
        if isinstance(item.data, dict) or _is_tables(item):
            later.append(key)
            continue
        out.append(Piece(f"{pad}{_name(key)} = ", item.via))
        _inline(item, out, depth)
        out.append(Piece("\n", item.via))
    for key in later:
        item = data[key]
        below = [*path, _name(key)]
        head = ".".join(below)
        edge = "  " * len(path)
        if isinstance(item.data, list):
            for entry in item.data:
                blank = "\n" if out else ""
                out.append(Piece(f"{blank}{edge}[[{head}]]\n", entry.via))
                _table(entry, below, out, depth + 1)
        else:
            blank = "\n" if len(below) == 1 and out else ""
            out.append(Piece(f"{blank}{edge}[{head}]\n", item.via))
            _table(item, below, out, depth + 1)
    if value.rest is not None:
        out.extend((Piece(value.rest, value.via), Piece("\n", value.via)))


def _inline(value: Traced, out: list[Piece], depth: int) -> None:
    data = value.data
    if depth > MAX_DEPTH:
        raise FunctionError(f"the value is nested deeper than {MAX_DEPTH} levels")
    if isinstance(data, Unknown):
        out.append(Piece(data, value.via))
    elif isinstance(data, (str, Segments)):
        mark = Piece('"', value.via)
        out.extend((mark, *mapped(pieces_of(value), _inner), mark))
    elif isinstance(data, bool):
        out.append(Piece("true" if data else "false", value.via))
    elif isinstance(data, int):
        out.append(Piece(str(int(data)), value.via))
    elif isinstance(data, float):
        text = float_text(data, large=21 if data == 0 else 6).replace("+Inf", "inf")
        whole = "." not in text and "e" not in text and "n" not in text.lower()
        out.append(Piece(text + (".0" if whole else ""), value.via))
    elif isinstance(data, list):
        out.append(Piece("[", value.via))
        for index, item in enumerate(data):
            if item.data is None:
                raise FunctionError("toml: cannot encode array with nil element")
            if index:
                out.append(Piece(", ", item.via))
            _inline(item, out, depth + 1)
        out.append(Piece("]", value.via))
    elif isinstance(data, dict):
        out.append(Piece("{", value.via))
        for index, key in enumerate(sorted(data)):
            out.append(Piece(f"{', ' if index else ''}{_name(key)} = ", data[key].via))
            _inline(data[key], out, depth + 1)
        out.append(Piece("}", value.via))
    else:
        raise FunctionError(f"toml: unsupported type: {go_type(value)}")
