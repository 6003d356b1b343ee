"""YAML text as Terraform's `yamlencode` writes it: block style, quoted strings and keys."""

from __future__ import annotations

from plumbrule_parsers.terraform.functions.json_text import json_segments, json_text
from plumbrule_parsers.traced import Traced
from plumbrule_parsers.value import Segments, Unknown, join_segments


def yaml_text(value: Traced) -> str | Segments:
    """The document, ending in a newline; unknown parts are kept as segments."""
    parts: list[str | Unknown | Segments] = []
    _block(value, 0, parts, after_dash=True)
    if value.data is None or isinstance(value.data, (bool, int, float)):
        parts.append("...\n")  # a plain scalar alone ends its document
    return join_segments(parts)


def _block(
    value: Traced, indent: int, out: list[str | Unknown | Segments], *, after_dash: bool
) -> None:
    data = value.data
    pad = "  " * indent
    if isinstance(data, dict) and data:
        for index, key in enumerate(sorted(data)):
            out.append(("" if after_dash and index == 0 else pad) + json_text(key) + ":")
            item = data[key]
            if isinstance(item.data, dict) and item.data:
                out.append("\n")
                _block(item, indent + 1, out, after_dash=False)
            elif isinstance(item.data, list) and item.data:
                out.append("\n")
                _block(item, indent, out, after_dash=False)
            else:
                out.append(" ")
                _scalar(item, indent, out)
    elif isinstance(data, list) and data:
        for index, item in enumerate(data):
            out.append(("" if after_dash and index == 0 else pad) + "- ")
            _block(item, indent + 1, out, after_dash=True)
    else:
        _scalar(value, indent, out)


def _scalar(value: Traced, indent: int, out: list[str | Unknown | Segments]) -> None:
    data = value.data
    if isinstance(data, str) and "\n" in data and not data[:1].isspace():
        pad = "  " * (indent + 1)
        keep = "|" if data.endswith("\n") and not data.endswith("\n\n") else "|-"
        if data.endswith("\n\n"):
            keep = "|+"
        lines = data.rstrip("\n").split("\n")
        body = "\n".join(pad + line if line else "" for line in lines)
        extra = "\n" * (len(data) - len(data.rstrip("\n")) - 1) if keep == "|+" else ""
        out.append(f"{keep}\n{body}{extra}\n")
        return
    out.append(json_segments(value))
    out.append("\n")
