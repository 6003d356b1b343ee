"""Patches: what they are, which objects they mean, and what they make of these.

Source: https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/patches/.
"""

from __future__ import annotations

from dataclasses import dataclass

from plumbrule_parsers.kustomize.files import values_of
from plumbrule_parsers.kustomize.json_patch import json_patch
from plumbrule_parsers.kustomize.objects import Identity, Resource, effective, group_version
from plumbrule_parsers.kustomize.schema import Schema
from plumbrule_parsers.kustomize.selectors import identities, select
from plumbrule_parsers.kustomize.strategic_merge import strategic_merge
from plumbrule_parsers.kustomize.trees import (
    BuildError,
    copied_map,
    empty_map,
    map_at,
    remove,
    string_at,
    written,
)
from plumbrule_parsers.source import Span
from plumbrule_parsers.value import ListValue, MapValue, Value
from plumbrule_parsers.yaml_tree import YamlStream


@dataclass(frozen=True, slots=True)
class Patch:
    """A patch as it is written: objects to merge, or operations of a JSON patch.

    `span` is the entry that names it. `rename` and `retype` allow it to change name and kind.
    """

    objects: tuple[MapValue, ...]
    operations: ListValue | None
    target: MapValue | None
    span: Span
    rename: bool = False
    retype: bool = False


def patch_of(
    objects: YamlStream, operations: YamlStream, target: MapValue | None, span: Span,
    options: MapValue | None = None,
) -> Patch:  # fmt: skip
    """What a text is, read as objects and as operations. BuildError: it is neither."""
    values = [one for one in values_of(objects) if one is not None]
    first = values[0] if values else None
    if isinstance(first, ListValue):
        found = values_of(operations)[0]
        assert isinstance(found, ListValue)
        if target is None:
            raise BuildError("patch-target", "a JSON patch needs a `target`", span)
        return Patch((), found, target, span)
    maps: list[MapValue] = []
    for value in values:
        if not isinstance(value, MapValue):
            raise BuildError("patch-type", "the patch is no object and no list of operations", span)
        if not string_at(value, "kind") or not string_at(value, "metadata", "name"):
            raise BuildError("patch-type", "the patch has no `kind` or no `metadata.name`",
                             value.span.first_line)  # fmt: skip
        maps.append(value)
    if not maps:
        raise BuildError("patch-type", "the patch is empty", span)
    if target is not None and len(maps) > 1:
        raise BuildError("patch-target", "several patches in one entry cannot have a `target`",
                         span)  # fmt: skip
    allowed = {
        key for key in ("allowNameChange", "allowKindChange")
        if options is not None and options.get(key) is True
    }  # fmt: skip
    return Patch(tuple(maps), None, target, span, "allowNameChange" in allowed,
                 "allowKindChange" in allowed)  # fmt: skip


def apply_patch(
    resources: list[Resource], patch: Patch, schema: Schema, *, remembering: bool = True,
    as_texts: bool = False,
) -> None:  # fmt: skip
    """Apply a patch to all that it means; what it deletes is taken out of the list.

    `as_texts`: labels and annotations of the patch become texts, as `patchesStrategicMerge` does.
    BuildError: it means nothing, or cannot be applied.
    """
    if patch.operations is not None:
        assert patch.target is not None
        for resource in select(resources, patch.target):
            _operate(resource, patch.operations, remembering=remembering)
        return
    for written_patch in patch.objects:
        if patch.target is not None:
            found = select(resources, patch.target)
        else:
            found = [_meant(resources, written_patch)]
        texts = as_texts or patch.target is not None
        for resource in found:
            merge = copied_map(written_patch)
            for entries in ("labels", "annotations") if texts else ():
                _as_texts(merge, entries)
            if patch.rename or patch.retype:
                _as_texts(merge, "annotations")
            if not _merge(resource, merge, patch, schema):
                resources.remove(resource)


def _operate(resource: Resource, operations: ListValue, *, remembering: bool) -> None:
    if remembering:
        resource.remember()
    metadata = map_at(resource.body, "metadata")
    if resource.past and metadata is not None and metadata.get("annotations") is None:
        # The real tool keeps its notes there, so a patch finds annotations where there are none.
        metadata.put("annotations", empty_map(metadata), metadata.place("annotations") or
                     resource.body.place("metadata"))  # fmt: skip
    json_patch(resource.body, operations)


def _meant(resources: list[Resource], patch: MapValue) -> Resource:
    """The one object that has, or had, the identity that the patch names."""
    group, version = group_version(string_at(patch, "apiVersion"))
    kind, name = string_at(patch, "kind"), string_at(patch, "metadata", "name")
    namespace = effective(group, version, kind, string_at(patch, "metadata", "namespace"))
    wanted = Identity(group, version, kind, name, namespace)
    found = [one for one in resources if wanted in identities(one)]
    if len(found) == 1:
        return found[0]
    metadata = map_at(patch, "metadata")
    place = metadata.place("name") if metadata is not None else None
    span = place.entry if place is not None else patch.span.first_line
    what = "several objects are" if found else "no object is"
    raise BuildError(
        "no-target",
        f"{what} {kind} {name}, which this patch names",
        span,
        "apiVersion, kind, name and namespace must be those of the object",
    )


def _as_texts(patch: MapValue, field: str) -> None:
    """Make labels or annotations of a patch texts, so that a null deletes nothing."""
    metadata = map_at(patch, "metadata")
    if metadata is None or field not in metadata:
        return
    entries = metadata[field]
    if not entries or not isinstance(entries, MapValue):
        remove(metadata, field)
        return
    for key in entries:
        entries[key] = written(entries, key)


def _merge(resource: Resource, patch: MapValue, allowed: Patch, schema: Schema) -> bool:
    """Merge one patch into one object; False if that deletes it."""
    if allowed.rename or allowed.retype:
        resource.remember()
    metadata = map_at(patch, "metadata")
    old = map_at(resource.body, "metadata")
    if metadata is not None:
        remove(metadata, "namespace")
        if not allowed.rename:
            remove(metadata, "name")
    if not allowed.retype:
        remove(patch, "kind")
    if allowed.target is not None or "apiVersion" in patch:
        remove(patch, "apiVersion")
    kept: dict[str, Value] = {key: old[key] for key in ("name", "namespace") if key in old} if (
        old is not None) else {}  # fmt: skip
    places = {key: old.place(key) for key in kept} if old is not None else {}
    body = strategic_merge(resource.body, patch, schema)
    if body is None or not body:
        return False
    after = map_at(body, "metadata")
    if after is None:
        after = empty_map(body, resource.body.place("metadata"))
        body.put("metadata", after, resource.body.place("metadata"))
    for key, value in kept.items():
        if key not in after or (key == "namespace" and after[key] != value):
            after.put(key, value, places[key])
    for key in ("apiVersion", "kind"):
        if key not in body and key in resource.body:
            body.put(key, resource.body[key], resource.body.place(key))
    resource.body = body
    return True
