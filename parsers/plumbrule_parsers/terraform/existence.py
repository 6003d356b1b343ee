"""Whether a block exists: its `count` or `for_each` decides."""

from __future__ import annotations

from collections.abc import Sequence

from plumbrule_parsers.hcl_tree import syntax as h
from plumbrule_parsers.source import Span
from plumbrule_parsers.terraform.static import Static
from plumbrule_parsers.value import ListValue, MapValue, Reason, Unknown


def exists(layers: Sequence[tuple[Static, h.Block]]) -> Unknown | bool:
    """True, False, or the unknown that decides it; the last of the blocks that says it counts."""
    for view, block in reversed(layers):
        settings = block.body.settings()
        for name in ("count", "for_each"):
            if name in settings:
                return _decided(name, settings[name], view)
    return True


def _decided(name: str, setting: h.Setting, view: Static) -> Unknown | bool:
    value = view.value(setting.value)
    if isinstance(value, str) and value.isdecimal() and name == "count":
        value = int(value) if len(value) < 10 else 1
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return value > 0
    if isinstance(value, (ListValue, MapValue)):
        return len(value) > 0 or (value.rest or False)
    span = Span(view.source, setting.value.start, setting.value.end)
    inner = value if isinstance(value, Unknown) else None
    if (
        inner is not None
        and inner.candidates
        and all(isinstance(one, int) and one > 0 for one in inner.candidates)
    ):
        return True
    detail = f"{name} = {inner.detail}" if inner is not None else name
    return Unknown(
        Reason.CARDINALITY, detail, span, identity=inner.identity if inner is not None else ""
    )
