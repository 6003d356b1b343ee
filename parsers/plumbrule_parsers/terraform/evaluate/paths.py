"""Attribute and index access on traced values."""

from __future__ import annotations

from plumbrule_parsers.function_table import FunctionError
from plumbrule_parsers.terraform.evaluate.unknowns import (
    derived,
    merged_alternatives,
    spread,
)
from plumbrule_parsers.terraform.functions.call import may_have, text_of, type_name, whole_of
from plumbrule_parsers.traced import SetData, Traced, hops_of, made_of
from plumbrule_parsers.value import Unknown

_FEW = 20  # elements that are compared where the key is unknown


def attribute(owner: Traced, name: str) -> Traced:
    """`owner.name`. FunctionError: there certainly is no such attribute."""
    data = owner.data
    if isinstance(data, dict):
        if name in data:
            return _from(owner, data[name])
        if owner.rest is not None and may_have(owner, name):
            return made_of(derived(owner.rest), owner)
        raise FunctionError(f"the object has no attribute `{name[:60]}`")
    if isinstance(data, Unknown):
        return _inside(owner, data, f".{name}")
    if isinstance(data, list) and name.isdecimal():
        return index(owner, Traced(int(name)))  # `list.0`, as old configurations write it
    raise FunctionError(f"{type_name(owner)} has no attribute `{name[:60]}`")


def index(owner: Traced, key: Traced) -> Traced:
    """`owner[key]`. FunctionError: there certainly is no such element."""
    data = owner.data
    if isinstance(data, Unknown):
        shown = key.data
        step = f"[{shown!r}]" if isinstance(shown, (str, int)) else ""
        return _inside(owner, data, step)
    if isinstance(data, SetData):
        raise FunctionError("the elements of a set have no index")
    doubt = key.unknown
    if doubt is not None:
        if not isinstance(data, (dict, list)):
            raise FunctionError(f"{type_name(owner)} has no elements")
        few = spread(lambda one: index(owner, one), (key,))
        if few is not None:
            return few
        items = list(data.values()) if isinstance(data, dict) else data
        if items and owner.rest is None and len(items) <= _FEW:
            # Whatever the key is, the result is one of the elements.
            merged = merged_alternatives(items, doubt)
            via = hops_of((merged, key))
            return Traced(merged.data, via, merged.span, merged.rest,
                          sensitive=owner.sensitive or merged.sensitive)  # fmt: skip
        return made_of(derived(doubt), owner, key)
    if isinstance(data, dict):
        return attribute(owner, text_of(key))
    if isinstance(data, list):
        position = whole_of(key)
        if 0 <= position < len(data) and (owner.rest is None):
            return _from(owner, data[position])
        if owner.rest is not None:  # nobody knows where the others stand
            return made_of(derived(owner.rest), owner)
        raise FunctionError(f"the list of {len(data)} has no element {position}")
    raise FunctionError(f"{type_name(owner)} has no elements")


def _from(owner: Traced, item: Traced) -> Traced:
    """The item with the way to its container in front of its own."""
    if not owner.via and not owner.sensitive:
        return item
    via = hops_of((owner, item))
    return Traced(item.data, via, item.span, item.rest,
                  sensitive=owner.sensitive or item.sensitive)  # fmt: skip


def _inside(owner: Traced, data: Unknown, step: str) -> Traced:
    """An element of something unknown."""
    if data.type in ("string", "float", "int", "bool"):
        raise FunctionError(f"{data.type} has no elements")
    identity = data.identity + step if data.identity and step else ""
    detail = data.detail + step if data.detail == data.reference and step else data.detail
    made = Unknown(data.reason, detail, data.span, reference=data.reference, identity=identity)
    return Traced(made, owner.via, sensitive=owner.sensitive)
