"""Lay out: JSON with sorted keys and one list entry a line, so that two reports can be compared."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

_SURROGATE = re.compile("[\ud800-\udfff]")
_DEEP = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(", ", ": "))


def lay_out(value: object, opened: frozenset[str] = frozenset(), indent: str = "") -> str:
    """The JSON text of a value: maps and lists in lines, what stands in a list in one line each.

    The entries of lists under the `opened` keys are maps that are broken into lines, too. The same
    value gives the same text. Lone surrogates, which no encoding can write, are escaped.
    """
    if not isinstance(value, Mapping) or not value:
        return _plain(value)
    deeper = indent + "  "
    rows = []
    for key in sorted(value):
        item = value[key]
        if isinstance(item, list) and item:
            inner = deeper + "  "
            items = [
                inner + (lay_out(entry, opened, inner) if key in opened else _plain(entry))
                for entry in item
            ]
            text = "[\n" + ",\n".join(items) + f"\n{deeper}]"
        else:
            text = lay_out(item, opened, deeper)
        rows.append(f"{deeper}{_plain(key)}: {text}")
    return "{\n" + ",\n".join(rows) + f"\n{indent}}}"


def _plain(value: object) -> str:
    text = _DEEP.encode(value)
    if not text.isascii() and _SURROGATE.search(text):
        return json.dumps(value, sort_keys=True, separators=(", ", ": "))
    return text
