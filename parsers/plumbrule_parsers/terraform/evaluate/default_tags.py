"""The tags that a resource really gets: its own on top of its provider's defaults.

Sources: `default_tags` of https://registry.terraform.io/providers/hashicorp/aws/latest/docs, and
`default_labels` of https://registry.terraform.io/providers/hashicorp/google/latest/docs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from plumbrule_parsers.hcl_tree import syntax as h
from plumbrule_parsers.source import Source, Span
from plumbrule_parsers.terraform.evaluate.folder import Declared
from plumbrule_parsers.terraform.evaluate.modules import Module
from plumbrule_parsers.value import Hop, MapValue, Place, Reason, Segments, Unknown, Value

# By the provider: the setting of a resource, and the field that has the tags in force.
_TAGS = {"aws": ("tags", "tags_all"), "google": ("labels", "effective_labels"),
         "google-beta": ("labels", "effective_labels")}  # fmt: skip
Read = Callable[[Module, Source, h.Expr], Value]
_Provider = tuple[Module, Declared]


def effective_tags(
    module: Module, block: h.Block, fields: MapValue, read: Read
) -> tuple[str, MapValue] | None:
    """The name and the value of the field that has the tags in force; None if there is none."""
    written = block.body.settings().get("provider")
    name = block.labels[0].text.partition("_")[0]
    if written is not None and isinstance(written.value, h.Traversal):
        name = ".".join(written.value.names[:2])
    names = _TAGS.get(name.partition(".")[0])
    if names is None or names[1] in fields:
        return None
    own = fields.get(names[0])
    found = _provider(module, name)
    given = _defaults(*found, read) if found is not None else _generated(module)
    if own is None and given is None:
        return None
    made = MapValue(fields.source, fields.start, fields.end)
    if found is not None and given is not None:
        hop = Hop(found[1].head, f"defaults of provider {name}")
        if isinstance(given, MapValue):
            made.rest = given.rest
            for key, value in given.items():
                place = given.place(key)
                at = place if place is not None else Place(hop.span)
                made.put(key, value, replace(at, via=(hop, *at.via)))
        else:
            made.rest = _unknown(given, hop.span)
    elif isinstance(given, Unknown):
        made.rest = given
    if isinstance(own, MapValue):
        for key, value in own.items():
            made.put(key, value, own.place(key))
        made.rest = made.rest or own.rest
    elif own is not None:
        why = _unknown(own, fields.span)
        made.rest = made.rest or why
        for key in list(made):  # which the resource may set otherwise
            made.put(key, replace(why, candidates=(), not_null=False), made.place(key))
    return names[1], made


def _unknown(value: Value, at: Span) -> Unknown:
    if isinstance(value, Segments):
        return value.unknowns[0]
    return value if isinstance(value, Unknown) else Unknown(Reason.TYPE, "tags are no map", at)


def _provider(module: Module, name: str) -> _Provider | None:
    """The configuration that a module uses under that name: its own, or one of its callers'."""
    for _step in range(len(module.above)):
        declared = module.folder.providers.get(name)
        if declared is not None:
            return module, declared
        if module.parent is None:
            return None
        call = module.parent.folder.blocks[f"module.{module.name.partition('[')[0]}"]
        above: Module = module.parent
        passed = call.settings.get("providers")
        if passed is not None and isinstance(passed.value, h.Object):
            given = {_written(key): _written(value) for key, value in passed.value.items}
            if name in given:
                module, name = above, given[name]
                continue
        if "." in name:
            return None  # only the plain configuration is handed down by itself
        module = above
    return None


def _generated(module: Module) -> Unknown | None:
    """Why a provider that no file shows may give tags; None if there certainly is none."""
    above = module.parent
    while above is not None:
        module = above
        above = module.parent
    return module.generated


def _written(node: h.Expr) -> str:
    """A provider's name as it is written: `aws`, `aws.west`."""
    while isinstance(node, h.Paren):
        node = node.inner
    if isinstance(node, h.Traversal):
        return ".".join(node.names)
    if isinstance(node, h.Attribute):
        return f"{_written(node.object)}.{node.name}"
    return str(node.value) if isinstance(node, h.Literal) else ""


def _defaults(module: Module, declared: Declared, read: Read) -> Value:
    """The tags that a provider gives to every resource, None if it gives none."""
    source, blocks = declared.nested("default_tags")
    for block in blocks:
        if block.type == "dynamic":
            return Unknown(Reason.CARDINALITY, "dynamic block `default_tags`", declared.head)
        setting = block.body.settings().get("tags")
        if setting is not None:
            return read(module, source, setting.value)
    for name in ("default_tags", "default_labels"):
        setting = declared.settings.get(name)
        if setting is None:
            continue
        found = read(module, declared.place(name), setting.value)
        if name == "default_tags" and isinstance(found, MapValue):  # as JSON has blocks
            return found.get("tags")
        return found
    return None
