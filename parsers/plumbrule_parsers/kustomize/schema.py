"""The types that a build merges by: the built-in ones, or those of an `openapi` file."""

from __future__ import annotations

from dataclasses import dataclass

from plumbrule_parsers.kustomize.merge_keys import KINDS, TYPES, Field
from plumbrule_parsers.kustomize.trees import string_at
from plumbrule_parsers.value import ListValue, MapValue, Value

_STRATEGY = "x-kubernetes-patch-strategy"
_GVK = "x-kubernetes-group-version-kind"


@dataclass(frozen=True, slots=True)
class Schema:
    """Kinds with their types, and the fields of types.

    A type is a name of the built-in table, or a definition of the file.
    """

    definitions: MapValue | None = None
    kinds: tuple[tuple[tuple[str, str], MapValue], ...] = ()
    builtin: bool = True

    def of(self, owner: MapValue) -> Type:
        """The type that an object says it is of, None if it is not known."""
        version, kind = owner.get("apiVersion"), owner.get("kind")
        if not isinstance(version, str) or not isinstance(kind, str):
            return None
        for key, definition in self.kinds:
            if key == (version, kind):
                return definition
        return KINDS.get((version, kind)) if self.builtin else None

    def field(self, owner: Type, key: str) -> tuple[Type, tuple[str, ...] | None]:
        """The type of a field, or of its items, and the keys by which these are merged."""
        if owner is None:
            return None, None
        if isinstance(owner, str):
            # A field that the table does not name has a type, too: one without merged lists.
            field = TYPES.get(owner, {}).get(key, Field())
            return field.type, field.keys
        properties = owner.get("properties")
        found = properties.get(key) if isinstance(properties, MapValue) else None
        if not isinstance(found, MapValue):
            found = owner.get("additionalProperties")
        if not isinstance(found, MapValue):
            return None, None
        found = self.resolved(found)
        keys = _merge_keys(found)
        items = found.get("items")
        return (self.resolved(items) if isinstance(items, MapValue) else found), keys

    def resolved(self, definition: MapValue) -> MapValue:
        """The definition that a `$ref` names; its merge keys stand beside the reference."""
        for _ in range(20):
            reference = definition.get("$ref")
            if not isinstance(reference, str) or self.definitions is None:
                break
            found = self.definitions.get(reference.rpartition("/")[2])
            if not isinstance(found, MapValue):
                break
            definition = found
        return definition


Type = str | MapValue | None


def _merge_keys(definition: MapValue) -> tuple[str, ...] | None:
    strategy = definition.get(_STRATEGY)
    if not isinstance(strategy, str) or "merge" not in strategy.split(","):
        return None
    several = definition.get("x-kubernetes-list-map-keys")
    if isinstance(several, ListValue):
        return tuple(str(one) for one in several)
    one = definition.get("x-kubernetes-patch-merge-key")
    return (one,) if isinstance(one, str) else ()


def schema_of(document: Value, *, alone: bool) -> Schema:
    """The types of an `openapi` file; `alone`: the built-in ones do not count beside them."""
    definitions = document.get("definitions") if isinstance(document, MapValue) else None
    if not isinstance(definitions, MapValue):
        return Schema(builtin=not alone)
    kinds: list[tuple[tuple[str, str], MapValue]] = []
    for definition in definitions.values():
        listed = definition.get(_GVK) if isinstance(definition, MapValue) else None
        for one in listed if isinstance(listed, ListValue) else ():
            if isinstance(one, MapValue) and isinstance(definition, MapValue):
                group = string_at(one, "group")
                version = string_at(one, "version")
                key = f"{group}/{version}" if group else version
                kinds.append(((key, string_at(one, "kind")), definition))
    return Schema(definitions, tuple(kinds), builtin=not alone)
