"""The suffix that generated names get: a hash of what was generated.

Source: https://github.com/kubernetes-sigs/kustomize/blob/master/api/hasher/hasher.go.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from plumbrule_parsers.kustomize.trees import is_unknown, text_of
from plumbrule_parsers.value import ListValue, MapValue, Value

_LETTERS = str.maketrans("013ae", "ghkmt")
# What Go writes as escapes in JSON texts although it need not.
_ESCAPED = {
    "<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029",
}  # fmt: skip


class _Untold(Exception):  # noqa: N818 - what it says
    """A part of the content cannot be told."""


def hash_suffix(body: MapValue) -> str | None:
    """The ten letters for a ConfigMap or a Secret, None if its content cannot be told."""
    kind = text_of(body.get("kind"))
    try:
        # The real tool means to hash the name, too, and looks it up where it is not.
        content: dict[str, Any] = {"kind": kind, "name": "", "data": _entries(body, "data")}
        more = "binaryData" if kind == "ConfigMap" else "stringData"
        if kind == "Secret":
            content["type"] = text_of(body.get("type"))
        if isinstance(body.get(more), MapValue):
            content[more] = _entries(body, more)
    except _Untold:
        return None
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    for letter, escape in _ESCAPED.items():
        text = text.replace(letter, escape)
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return digest[:10].translate(_LETTERS)


def _entries(body: MapValue, key: str) -> Any:
    value = body.get(key)
    return _plain(value) if isinstance(value, MapValue) else text_of(value)


def _plain(value: Value) -> Any:
    if is_unknown(value) or (isinstance(value, (MapValue, ListValue)) and value.rest is not None):
        raise _Untold
    if isinstance(value, MapValue):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, ListValue):
        return [_plain(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value
