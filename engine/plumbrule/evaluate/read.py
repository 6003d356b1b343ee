"""Read: a node's or a map's field through its declared type, and tests of presence."""

from __future__ import annotations

from dataclasses import dataclass, replace

from plumbrule.evaluate.truth import MISSING, Doubt, Range, Truth, clash, doubt, negate
from plumbrule.graph.graph import Graph
from plumbrule.language import literals
from plumbrule.language.literals import Image
from plumbrule.language.types import Type
from plumbrule_parsers.document import Node
from plumbrule_parsers.value import ListValue, MapValue, Segments, Unknown

_SCALARS = (str, int, float, bool)


@dataclass(frozen=True, slots=True)
class Unseen:
    """A generic node that holes may hide: all its fields are unknown."""

    why: Doubt


def spelled(value: object) -> str:
    """A scalar as text, booleans as YAML and HCL write them."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def coerce(value: object, declared: Type) -> object:
    """The raw value read as the declared type; a type clash gives an unknown, never an error."""
    if value is None or value is MISSING:
        return MISSING
    if isinstance(value, Doubt):
        return value
    if isinstance(value, Unknown):
        if not value.candidates:
            return value
        read = tuple(coerce(item, declared) for item in value.candidates)
        if any(isinstance(item, Unknown) for item in read):
            return replace(value, candidates=())
        kept = tuple(None if item is MISSING else item for item in read)
        return replace(value, candidates=kept)  # type: ignore[arg-type]
    name = declared.name
    if isinstance(value, Segments):
        return (
            value
            if name in ("string", "any", "path", "enum", "image")
            else doubt(value, not_null=True)
        )
    if name in ("any", "null"):
        return value
    if name in ("string", "path", "enum", "pattern"):
        return spelled(value) if isinstance(value, _SCALARS) else clash(f"not a {name}")
    if name == "bool":
        if isinstance(value, bool):
            return value
        return {"true": True, "false": False}.get(str(value), clash("not a bool"))
    if name in ("int", "float"):
        return _number(value, name)
    if name == "kind":
        fits = isinstance(value, (dict, Node, Unseen))
        return value if fits else clash(f"not a {declared}")
    if name in ("list", "set"):
        fits = isinstance(value, (list, tuple, frozenset))
        return members(value, declared) if fits else clash(f"not a {name}")
    if name == "map":
        return members(value, declared) if isinstance(value, dict) else clash("not a map")
    parse = literals.BY_TYPE.get(name)
    if parse is None or not isinstance(value, _SCALARS) or isinstance(value, bool):
        return (
            value
            if parse is None or not isinstance(value, (*_SCALARS, list, dict))
            else clash(f"not a {name}")
        )
    try:
        return parse(spelled(value))
    except (literals.LiteralError, ValueError, OverflowError):
        return clash(f"not a {name}")


def members(value: object, declared: Type) -> object:
    """The collection with its members read as the declared type has them."""
    if keeps_members(declared):
        return value
    wanted = declared.args[-1]
    if isinstance(value, dict):
        read = {key: _member(item, wanted) for key, item in value.items()}
        if not isinstance(value, MapValue):
            return read
        if all(read[key] is value[key] for key in read):
            return value
        known = MapValue(
            value.source, value.start, value.end, read, value.places,
            value.rest, value.tag,
        )  # fmt: skip
        known.offsets = value.offsets
        return known
    assert isinstance(value, (list, tuple, frozenset))
    if isinstance(value, frozenset):
        return frozenset(_member(item, wanted) for item in value)
    items = [_member(item, wanted) for item in value]
    if all(new is old for new, old in zip(items, value, strict=True)):
        return value
    if not isinstance(value, ListValue):
        return tuple(items)
    made = ListValue(
        value.source, value.start, value.end, items, value.places,  # type: ignore[arg-type]
        value.rest, value.tag,
    )  # fmt: skip
    made.offsets = value.offsets
    return made


def keeps_members(declared: Type) -> bool:
    """Whether a collection of the type has its members as they were written."""
    return not declared.args or declared.args[-1].name in ("any", "null", "kind")


def _member(value: object, wanted: Type) -> object:
    return None if value is None else coerce(value, wanted)


def _number(value: object, name: str) -> object:
    if isinstance(value, bool):
        return clash(f"not a {name}")
    if isinstance(value, int) or (isinstance(value, float) and name == "float"):
        return value
    try:
        if isinstance(value, float) and value.is_integer():
            return int(value)
        if isinstance(value, str) and len(value) < 40:
            return int(value) if name == "int" else float(value)
    except ValueError:
        pass
    return clash(f"not a {name}")


def raw_entry(receiver: object, key: object) -> object:
    """What is written under the key: a value, None for null, MISSING, or an unknown."""
    if isinstance(receiver, Unseen):
        return receiver.why
    if isinstance(receiver, Node):
        receiver = receiver.fields
    if isinstance(receiver, (Unknown, Segments, Doubt, Range)):
        return doubt(receiver)
    if isinstance(receiver, dict):
        if isinstance(key, (Unknown, Segments, Doubt)):
            return doubt(key)
        if key in receiver:
            return receiver[key]
    elif isinstance(receiver, (list, tuple)) and isinstance(key, int):
        if -len(receiver) <= key < len(receiver) and not (key < 0 and _rest(receiver)):
            return receiver[key]
    elif receiver is MISSING or receiver is None:
        return MISSING
    else:
        return clash("no entries here")
    return rest_entry(receiver)


def raw_field(graph: Graph, receiver: object, name: str) -> object:
    """What is written as the field: as `raw_entry`, and the fields that are not in the file."""
    if isinstance(receiver, Image):
        return getattr(receiver, name)
    if isinstance(receiver, Segments) and name in ("registry", "repository"):
        head, colon, _tag = receiver.prefix.partition(":")
        if colon and "/" in head:  # a tag holds no slash, so the name is complete
            known = coerce(head, Type("image"))
            return getattr(known, name) if isinstance(known, Image) else known
    if isinstance(receiver, Node):
        if name == "file":
            return receiver.path
        if name == "env" and receiver.address in graph.environments:
            # the environment, not a container's list of variables
            return graph.environments[receiver.address]
        if name == "name" and "name" not in receiver.fields:
            return receiver.label
    return raw_entry(receiver, name)


def field(graph: Graph, receiver: object, name: str, declared: Type) -> object:
    """The field read as its declared type, before its default."""
    return coerce(raw_field(graph, receiver, name), declared)


def _rest(container: object) -> Unknown | None:
    return getattr(container, "rest", None)


def rest_entry(container: object) -> object:
    """An entry that is not listed: missing, or unknown if more entries may exist."""
    rest = _rest(container)
    return MISSING if rest is None else replace(rest, not_null=False, candidates=(), identity="")


def with_default(value: object, default: object) -> object:
    """The effective value: the platform's default where the field is absent or null."""
    if value is None or value is MISSING:
        return default
    if isinstance(value, Unknown) and not value.not_null:
        if value.candidates:
            if default is None or isinstance(default, _SCALARS):
                kept = tuple(default if item is None else item for item in value.candidates)
                return replace(value, candidates=kept, not_null=True)
            return doubt(value, not_null=True)
        return replace(value, not_null=True, identity="")
    if isinstance(value, Doubt) and not value.not_null:
        return Doubt(value.causes, not_null=True)
    return value


def is_set(value: object) -> Truth:
    """Whether a value is there; an unknown decides it only if refined to be not null."""
    if value is MISSING or value is None:
        return False
    if isinstance(value, Unknown) and not value.not_null:
        if value.candidates and None not in value.candidates:
            return True
        if value.candidates and all(item is None for item in value.candidates):
            return False
        return doubt(value)
    if isinstance(value, Doubt) and not value.not_null:
        return value
    return True


def is_empty(value: object) -> Truth:
    """Whether a text or container has nothing in it; what is missing is empty."""
    if value is MISSING or value is None:
        return True
    if isinstance(value, Segments):
        return False if any(isinstance(part, str) for part in value.parts) else doubt(value)
    if isinstance(value, (Unknown, Doubt)):
        return doubt(value)
    if isinstance(value, (str, list, tuple, dict, frozenset)):
        if len(value):
            return False
        rest = _rest(value)
        return True if rest is None else doubt(rest)
    return False


def raw_test(name: str, raw: object) -> Truth:
    """`is explicit` and `is null`, which ask what is written."""
    if name == "explicit":
        return is_set(raw)
    if raw is MISSING:
        return False
    if isinstance(raw, (Unknown, Doubt)):
        return False if raw.not_null else doubt(raw)
    return raw is None


def value_test(name: str, value: object) -> Truth:
    """`is set`, `missing`, `null`, `empty`, `explicit`, `known`, `unknown` of a value."""
    if name in ("set", "explicit"):
        return is_set(value)
    if name in ("missing", "null"):
        return negate(is_set(value))
    if name == "empty":
        return is_empty(value)
    return is_known(value) is (name == "known")


def coalesce(left: object, right: object) -> object:
    """`left ?? right`: only what is missing is replaced; an unknown stays unknown."""
    if left is MISSING or left is None:
        return right
    if is_set(left) is True:
        return left
    return doubt(left, right, not_null=is_set(right) is True)


def is_known(value: object) -> bool:
    """Whether a value is known; containers with unread entries are not."""
    if isinstance(value, (Unknown, Segments, Doubt, Range, Unseen)):
        return False
    return not (isinstance(value, (ListValue, MapValue)) and value.rest is not None)
