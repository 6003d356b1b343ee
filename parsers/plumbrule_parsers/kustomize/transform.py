"""The changes that one kustomization makes to its objects, in the order of Kustomize."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plumbrule_parsers.kustomize.files import inline_stream, values_of
from plumbrule_parsers.kustomize.images import set_image, set_replicas
from plumbrule_parsers.kustomize.labels import label_fields, set_entries
from plumbrule_parsers.kustomize.names import add_to_names
from plumbrule_parsers.kustomize.namespace import set_namespace
from plumbrule_parsers.kustomize.patches import Patch, apply_patch, patch_of
from plumbrule_parsers.kustomize.replacements import replace
from plumbrule_parsers.kustomize.trees import BuildError, map_at, string_at
from plumbrule_parsers.source import Span
from plumbrule_parsers.value import ListValue, MapValue, Place

if TYPE_CHECKING:
    from plumbrule_parsers.kustomize.accumulate import Accumulation

_LABEL = "label set here"
_ANNOTATION = "annotation set here"


def transform(work: Accumulation) -> None:
    """All changes. What cannot be done is reported and left out."""
    kustomization, resources = work.kustomization, work.into.resources
    for text, span in kustomization.texts("patchesStrategicMerge"):
        work.attempt(span, merge_patch, work, text, span)
    for entry in kustomization.maps("patches"):
        work.attempt(entry.span, _patch, work, entry)
    tables = work.into.configuration.tables
    namespace = kustomization.text("namespace")
    if namespace:
        work.attempt(kustomization.span("namespace"), set_namespace, resources, namespace,
                     kustomization.place("namespace"), tables["namespace"])  # fmt: skip
    for name in ("namePrefix", "nameSuffix"):
        text = kustomization.text(name)
        if text:
            add_to_names(resources, text, kustomization.place(name), tables[name],
                         suffix=name == "nameSuffix")  # fmt: skip
    for label in kustomization.maps("labels"):
        work.attempt(label.span, _label, work, label)
    for name, note in (("commonLabels", _LABEL), ("commonAnnotations", _ANNOTATION)):
        entries = kustomization.mapping(name)
        if entries:
            work.attempt(kustomization.span(name), set_entries, resources, entries, tables[name],
                         note)  # fmt: skip
    for entry in kustomization.maps("patchesJson6902"):
        work.attempt(entry.span, _json_patch, work, entry)
    for entry in kustomization.maps("replicas"):
        work.attempt(entry.span, set_replicas, resources, entry, tables["replicas"])
    for entry in (*kustomization.maps("images"), *kustomization.maps("imageTags")):
        work.attempt(entry.span, set_image, resources, entry, tables["images"])
    for entry in kustomization.maps("replacements"):
        work.attempt(entry.span, replace_all, work, entry)
    from plumbrule_parsers.kustomize.plugins import transform_plugins

    transform_plugins(work)


def _label(work: Accumulation, label: MapValue) -> None:
    """One entry of `labels`."""
    pairs = map_at(label, "pairs")
    if pairs:
        fields = label_fields(label, work.into.configuration)
        set_entries(work.into.resources, pairs, fields, _LABEL)


# ------------------------------------------------------------------ patches
def _from_file(
    work: Accumulation, path: str, span: Span, target: MapValue | None,
    options: MapValue | None = None,
) -> Patch:  # fmt: skip
    source = work.read(path, span, "patch")
    files = work.files
    return patch_of(files.parsed(source, "go"), files.parsed(source, "1.1"), target,
                    span.first_line, options)  # fmt: skip


def inline_patch(
    text: str, place: Place, target: MapValue | None, options: MapValue | None = None
) -> Patch:
    """A patch that is written as a text inside another file. BuildError: it is none."""
    return patch_of(inline_stream(place, text, "go"), inline_stream(place, text, "1.1"), target,
                    place.value.first_line, options)  # fmt: skip


def merge_patch(work: Accumulation, text: str, span: Span) -> None:
    """One entry of `patchesStrategicMerge`: a text that is a patch, or a path."""
    if "\n" in text:
        patch = inline_patch(text, Place(span), None)
    else:
        patch = _from_file(work, text, span, None)
    if patch.operations is not None:
        raise BuildError("patch-type", "a JSON patch belongs into `patches`", span)
    apply_patch(work.into.resources, patch, work.builder.schema, as_texts=True)


def _patch(work: Accumulation, entry: MapValue) -> None:
    """One entry of `patches`."""
    apply_patch(work.into.resources, entry_patch(work, entry, "patch"), work.builder.schema)


def entry_patch(work: Accumulation, entry: MapValue, inline: str) -> Patch:
    """The patch of an entry with a `path`, or with a text under `inline`. BuildError: none."""
    span = entry.span.first_line
    path, text = string_at(entry, "path"), string_at(entry, inline)
    target, options = map_at(entry, "target"), map_at(entry, "options")
    if bool(path) == bool(text.strip()):
        raise BuildError("patch-type", f"a patch needs a `path` or a `{inline}`, and not both",
                         span)  # fmt: skip
    place = entry.place("path" if path else inline)
    if path:
        return _from_file(work, path, place.value if place is not None else span, target, options)
    return inline_patch(text, place or Place(span), target, options)


def _json_patch(work: Accumulation, entry: MapValue) -> None:
    """One entry of `patchesJson6902`."""
    target = map_at(entry, "target")
    if target is None or not string_at(target, "name"):
        raise BuildError("patch-target", "an entry of `patchesJson6902` needs a `target` with a "
                         "`name`", entry.span.first_line)  # fmt: skip
    patch = entry_patch(work, entry, "patch")
    if patch.operations is None:
        raise BuildError("patch-type", "the patch is no list of operations", patch.span)
    apply_patch(work.into.resources, patch, work.builder.schema, remembering=False)


def replace_all(work: Accumulation, entry: MapValue) -> None:
    """One entry of `replacements`: a replacement, or a file with some."""
    path = string_at(entry, "path")
    if not path:
        replace(work.into.resources, entry)
        return
    place = entry.place("path")
    span = place.value if place is not None else entry.span.first_line
    source = work.read(path, span, "replacement")
    for value in values_of(work.files.parsed(source, "1.1"))[:1]:
        for one in value if isinstance(value, ListValue) else (value,):
            if isinstance(one, MapValue):
                replace(work.into.resources, one)
