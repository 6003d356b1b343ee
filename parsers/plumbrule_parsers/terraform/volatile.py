"""Arguments that get another value in every plan: the time, a new identifier, a salted hash."""

from __future__ import annotations

import re

from plumbrule_parsers.hcl_tree import syntax as h
from plumbrule_parsers.value import ListValue, MapValue, Reason, Segments, Unknown, Value

_FUNCTIONS = {"timestamp()", "plantimestamp()", "uuid()", "bcrypt()"}
_CALLED = re.compile(r"\b(?:timestamp|plantimestamp|uuid|bcrypt)\s*\(")
# Settings and blocks that are no arguments of the resource: the provider does not compare them.
# The last two repeat what the provider's default tags say, once for each resource.
_META = {"connection", "count", "depends_on", "for_each", "lifecycle", "provider", "provisioner",
         "timeouts", "tags_all", "effective_labels"}  # fmt: skip


def volatile(block: h.Block, fields: MapValue) -> MapValue | None:
    """The function that makes each argument volatile, by argument; None if no argument is.

    Arguments below `ignore_changes` are left out: what they get is never applied again. Where such
    a function is called and it cannot be told whether its result gets there, the map is open.
    """
    found: dict[str, str | Unknown] = {}
    for name, value in fields.items():
        if isinstance(value, (Unknown, Segments, MapValue, ListValue)) and name not in _META:
            function = _function(value) or _perhaps(name, value, fields)
            if function:
                found[name] = function
    if not found:
        return None
    ignored = _ignored(block)
    made = MapValue(fields.source, fields.start, fields.end)
    for name, function in found.items():
        if name.removeprefix("attr_") in ignored or "all" in ignored:
            continue
        if isinstance(function, Unknown):
            made.rest = function
        else:
            made.put(name, function, fields.place(name))
    return made if made or made.rest is not None else None


def _function(value: Value) -> str:
    """The function whose result is a part of the value; empty if there is none."""
    if isinstance(value, Unknown):
        timely = value.reason in (Reason.TIME, Reason.RANDOM)
        return value.detail if timely and value.detail in _FUNCTIONS else ""
    inner: tuple[Value, ...] = ()
    if isinstance(value, Segments):
        inner = value.unknowns
    elif isinstance(value, MapValue):
        inner = tuple(value.values())
    elif isinstance(value, ListValue):
        inner = tuple(value)
    return next((function for one in inner if (function := _function(one))), "")


def _perhaps(name: str, value: Value, fields: MapValue) -> Unknown | None:
    """The unknown that decides whether a function that is called there gives the value."""
    place = fields.place(name)
    if not isinstance(value, Unknown) or place is None or not _CALLED.search(place.value.text):
        return None
    return value


def ignored_changes(block: h.Block, fields: MapValue) -> ListValue | None:
    """The arguments that `ignore_changes` lists, by their first names; None if it lists none."""
    names = _ignored(block) - {""}
    if not names:
        return None
    return ListValue(fields.source, block.start, block.end, sorted(names))


def _ignored(block: h.Block) -> set[str]:
    """The first names that `ignore_changes` lists."""
    names: set[str] = set()
    for lifecycle in block.body.blocks("lifecycle"):
        setting = lifecycle.body.settings().get("ignore_changes")
        if setting is None:
            continue
        expr = setting.value
        for item in expr.items if isinstance(expr, h.Tuple) else (expr,):
            names.add(_first_name(item))
    return names


def _first_name(expr: h.Expr) -> str:
    while isinstance(expr, (h.Attribute, h.Index)):
        expr = expr.object
    if isinstance(expr, h.Traversal):
        return expr.names[0]
    if isinstance(expr, h.Literal) and isinstance(expr.value, str):
        return expr.value.partition(".")[0].partition("[")[0]
    return ""
