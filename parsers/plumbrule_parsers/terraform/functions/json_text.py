"""JSON text as Go's encoder writes it for Terraform, with unknown parts kept as segments."""

from __future__ import annotations

import json

from plumbrule_parsers.terraform.functions.call import number_text
from plumbrule_parsers.traced import Traced
from plumbrule_parsers.value import Segments, Unknown, join_segments

_HTML = str.maketrans({
    "<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029",
})  # fmt: skip


def json_string(text: str) -> str:
    """A quoted JSON string; `<`, `>` and `&` are escaped as Go does."""
    return json.dumps(text, ensure_ascii=False).translate(_HTML)


def json_text(data: object) -> str:
    """Plain data as compact JSON with sorted keys."""
    if isinstance(data, dict):
        inner = (f"{json_string(key)}:{json_text(data[key])}" for key in sorted(data))
        return "{" + ",".join(inner) + "}"
    if isinstance(data, list):
        return "[" + ",".join(map(json_text, data)) + "]"
    if isinstance(data, str):
        return json_string(data)
    if data is None or isinstance(data, bool):
        return {None: "null", True: "true", False: "false"}[data]
    assert isinstance(data, (int, float))
    return number_text(data)


def json_segments(value: Traced) -> str | Segments:
    """`jsonencode` of a value with unknown parts: the known text around them is kept."""
    parts: list[str | Unknown | Segments] = []
    _write(value, parts)
    return join_segments(parts)


def _write(value: Traced, out: list[str | Unknown | Segments]) -> None:
    data = value.data
    if isinstance(data, dict):
        out.append("{")
        for index, key in enumerate(sorted(data)):
            out.append(("," if index else "") + json_string(key) + ":")
            _write(data[key], out)
        _write_rest(value, out, first=not data)
        out.append("}")
    elif isinstance(data, list):
        out.append("[")
        for index, item in enumerate(data):
            if index:
                out.append(",")
            _write(item, out)
        _write_rest(value, out, first=not data)
        out.append("]")
    elif isinstance(data, Segments):
        out.append('"')
        out.extend(
            json_string(part)[1:-1] if isinstance(part, str) else part for part in data.parts
        )
        out.append('"')
    elif isinstance(data, Unknown):
        out.append(data)
    else:
        out.append(json_text(data))


def _write_rest(value: Traced, out: list[str | Unknown | Segments], *, first: bool) -> None:
    if value.rest is not None:
        if not first:
            out.append(",")
        out.append(value.rest)
