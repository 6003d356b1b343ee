"""How types relate: what fits where, what may be compared, what two types have in common."""

from __future__ import annotations

from plumbrule.language.schema import Schema
from plumbrule.language.types import ANY, Type

_TEXTUAL = {"string", "enum", "path", "image", "version"}
_NUMERIC = {"int", "float"}
ORDERED = {"int", "float", "string", "quantity", "duration", "version", "date", "path"}


def fits(value: Type, wanted: Type, schema: Schema) -> bool:
    """True if a value of the first type may stand where the second is wanted (missing aside)."""
    if wanted.name == "any" or value.name in ("any", "never") or value.name == "null":
        return True
    if wanted.name == "kind" or value.name == "kind":
        if wanted.name == "map" and value.name == "kind":
            return True
        if wanted.name != "kind" or value.name != "kind":
            return wanted.name == "kind" and value.name == "map"
        return all(any(schema.is_a(kind, up) for up in wanted.kinds) for kind in value.kinds)
    if wanted.name in ("list", "set") and value.name in ("list", "set"):
        return fits(value.args[0], wanted.args[0], schema)
    if wanted.name == "map" and value.name == "map":
        return fits(value.args[1], wanted.args[1], schema)
    if wanted.name == "string":
        return value.name in _TEXTUAL
    if wanted.name == "float":
        return value.name in _NUMERIC
    if wanted.name in _TEXTUAL:
        return value.name in _TEXTUAL
    return value.name == wanted.name


def comparable(left: Type, right: Type, schema: Schema) -> bool:
    """True if `==` between the two can ever be true."""
    if "any" in (left.name, right.name) or "null" in (left.name, right.name):
        return True
    if "never" in (left.name, right.name):
        return True
    if left.name in _TEXTUAL and right.name in _TEXTUAL:
        return True
    if left.name in _NUMERIC and right.name in _NUMERIC:
        return True
    if left.name == "kind" and right.name == "kind":
        return any(schema.related(one, other) for one in left.kinds for other in right.kinds)
    if left.name in ("list", "set") and right.name in ("list", "set"):
        return comparable(left.args[0], right.args[0], schema)
    if left.name == "map" and right.name == "map":
        return comparable(left.args[1], right.args[1], schema)
    return left.name == right.name


def joined(left: Type, right: Type, schema: Schema) -> Type:
    """The narrowest type that both fit."""
    optional = left.optional or right.optional
    if left.name == "null":
        return right.maybe()
    if right.name == "null":
        return left.maybe()
    if left.name == "never":
        return right.maybe(missing=optional)
    if right.name == "never":
        return left.maybe(missing=optional)
    if left.maybe() == right.maybe():
        return left.maybe(missing=optional)
    if left.name in _NUMERIC and right.name in _NUMERIC:
        return Type("float", optional=optional)
    if left.name in _TEXTUAL and right.name in _TEXTUAL:
        return Type("string", optional=optional)
    if left.name == "kind" and right.name == "kind":
        kinds = tuple(dict.fromkeys((*left.kinds, *right.kinds)))
        return Type("kind", kinds=kinds, optional=optional)
    if left.name in ("list", "set") and right.name in ("list", "set"):
        item = joined(left.args[0], right.args[0], schema)
        return Type(left.name, (item,), optional=optional)
    if left.name == "map" and right.name == "map":
        item = joined(left.args[1], right.args[1], schema)
        return Type("map", (left.args[0], item), optional=optional)
    return ANY.maybe(missing=optional)


def arithmetic(op: str, left: Type, right: Type) -> Type | None:
    """The type of `left op right`, None if there is no such operation."""
    names = {left.name, right.name}
    if "any" in names:
        return ANY
    if names <= _NUMERIC:
        return Type("float") if "float" in names or op == "/" else Type("int")
    for measure in ("quantity", "duration"):
        if measure in names:
            if left.name == right.name == measure:
                return Type("float") if op == "/" else Type(measure) if op in "+-" else None
            if left.name == measure and right.name in _NUMERIC and op in "*/":
                return Type(measure)
            if right.name == measure and left.name in _NUMERIC and op == "*":
                return Type(measure)
            return None
    if op == "+" and left.name in _TEXTUAL and right.name in _TEXTUAL:
        return Type("string")
    if op == "+" and left.name == right.name == "list":
        return left
    return None
