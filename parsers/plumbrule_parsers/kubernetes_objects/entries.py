"""Entries: what a field of an object says, carried to a node's field together with its place."""

from __future__ import annotations

import re
from collections.abc import Iterator

from plumbrule_parsers.document import Node
from plumbrule_parsers.source import Span
from plumbrule_parsers.value import MapValue, Place, Segments, Unknown, Value

NO_NAMESPACE = ""  # the linker's word for "the field is absent"


def shown(value: Value) -> str:
    """A value as part of an address or of words for people; `?` if it cannot be told."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if not isinstance(value, Unknown) else "?"


def bring(fields: MapValue, owner: MapValue, key: str, name: str = "") -> None:
    """Copy an entry with its place, under another name if one is given."""
    if key in owner:
        fields.put(name or key, owner[key], owner.place(key))


def entry_of(owner: MapValue, key: str, otherwise: Span) -> Span:
    """Where an entry stands, `otherwise` if it has no place."""
    place = owner.place(key)
    return place.entry if place is not None else otherwise


def bring_amount(fields: MapValue, owner: MapValue, key: str, name: str) -> None:
    """Copy a count or a percentage: a count as `name`, a percentage as `<name>_percent`."""
    value, place = owner.get(key), owner.place(key)
    percent = re.fullmatch(r"\s*(\d+)\s*%\s*", value) if isinstance(value, str) else None
    if percent is not None:
        fields.put(f"{name}_percent", int(percent[1]), place)
    elif isinstance(value, (Unknown, Segments)):
        fields.put(name, value, place)  # it may be either
        fields.put(f"{name}_percent", value, place)
    elif value is not None:
        fields.put(name, value, place)


def put_port(fields: MapValue, value: Value, place: Place | None) -> None:
    """A port by name as `port_name`, by number as `port_number`; in doubt it may be either."""
    if isinstance(value, str) and not value.isdigit():
        fields.put("port_name", value, place)
    elif isinstance(value, (Unknown, Segments)):
        fields.put("port_name", value, place)
        fields.put("port_number", value, place)
    elif value is not None:
        fields.put("port_number", value, place)


def in_namespace(node: Node) -> Iterator[tuple[str, Value]]:
    """The condition that the other is in the same namespace; unset on both sides is the same."""
    namespace = node.fields.get("namespace")
    yield "namespace", NO_NAMESPACE if namespace is None else namespace
