"""Resources and data sources as whole values: `for_each = aws_subnet.public`, `aws_vpc.main`.

One without `count` and `for_each` is an object; others are a list or a map of such objects. What
the configuration does not set is computed, so every object may have more than it lists.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from plumbrule_parsers.function_table import FunctionError
from plumbrule_parsers.source import Span
from plumbrule_parsers.terraform.functions.call import text_of
from plumbrule_parsers.traced import Traced
from plumbrule_parsers.value import Hop, Reason, Unknown

if TYPE_CHECKING:
    from plumbrule_parsers.terraform.evaluate.modules import Module

MAX_LISTED = 200  # instances that a whole value lists
MAX_TOLD_APART = 50  # instances whose attributes are evaluated one by one
MANAGED = {"count", "for_each", "provider", "depends_on"}  # settings that are no attributes

MAX_KEY = 120  # characters of a key in an address

# An instance by its key as addresses have it, and what `each` or `count` are in it.
Instance = tuple[str, Mapping[str, Traced]]


def computed_by(address: str) -> Reason:
    """Why what nobody configured in a block is unknown."""
    return Reason.DATA_SOURCE if address.startswith("data.") else Reason.COMPUTED


def key_text(kind: str, name: str) -> str:
    """The key of an instance as addresses have it: `[0]`, `["web"]`."""
    if kind == "count":
        return f"[{name}]"
    if len(name) > MAX_KEY:
        mark = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
        name = f"{name[:MAX_KEY]}…{mark}"
    text = json.dumps(name, ensure_ascii=False).replace("${", "$${").replace("%{", "%%{")
    return f"[{text}]"


def instance_of(module: Module, address: str, key: Traced) -> Instance | None:
    """The instance with that key; None if the key or the instances cannot be told."""
    instances = module.instances(address)
    if key.unknown is not None or (instances.size or 0) > MAX_LISTED:
        return None
    try:
        name = text_of(key)
    except FunctionError:
        return None
    bound = instances.each().get(name)
    return (key_text(instances.kind, name), bound) if bound is not None else None


def whole_resource(module: Module, address: str, reason: Reason, span: Span) -> Traced:
    """All instances of a block, or the block itself if it has none."""
    instances = module.instances(address)
    if not instances.kind:
        return object_of(module, address, reason, span, None)
    hop = Hop(module.folder.blocks[address].head, address, "unknown")
    type_ = "map" if instances.kind == "for_each" else "list"
    if instances.over is None or (instances.size is None and not instances.pairs):
        doubt = instances.doubt
        why = reason if doubt is None else doubt.reason
        made = Unknown(why, address, span, type_, not_null=True, reference=address)
        return Traced(made, (hop,))
    each = instances.each()
    keys = sorted(each) if type_ == "map" else list(each)
    apart = len(keys) <= MAX_TOLD_APART
    common = None if apart else object_of(module, address, reason, span, None)
    listed = {
        key: common
        or object_of(module, address, reason, span, (key_text(instances.kind, key), each[key]))
        for key in keys[:MAX_LISTED]
    }
    rest = instances.doubt
    if len(keys) > MAX_LISTED:
        detail = f"{address} has more than {MAX_LISTED} instances"
        rest = Unknown(Reason.LIMIT, detail, span, reference=address)
    data = listed if type_ == "map" else list(listed.values())
    return Traced(data, (hop,), rest=rest)


def object_of(
    module: Module, address: str, reason: Reason, span: Span, instance: Instance | None
) -> Traced:
    """One instance, or what all have in common: what is configured, and the rest computed."""
    declared = module.folder.blocks[address]
    names = [name for name in declared.settings if name not in MANAGED]
    keyed = address + instance[0] if instance is not None else address
    entries = {
        name: module.attribute(address, name, keyed, span, instance)
        for name in dict.fromkeys((*names, "id", "arn"))
    }
    rest = Unknown(reason, keyed, span, reference=address)
    return Traced(entries, (Hop(declared.head, address, "unknown"),), rest=rest)
