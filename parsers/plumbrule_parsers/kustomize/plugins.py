"""Generators, transformers and validators from files: the built-in ones; others are holes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from plumbrule_parsers.kustomize.configuration import field_specs
from plumbrule_parsers.kustomize.files import inline_stream, is_remote, joined, values_of
from plumbrule_parsers.kustomize.images import set_image, set_replicas
from plumbrule_parsers.kustomize.labels import set_entries
from plumbrule_parsers.kustomize.names import add_to_names
from plumbrule_parsers.kustomize.namespace import set_namespace
from plumbrule_parsers.kustomize.objects import Resource
from plumbrule_parsers.kustomize.patches import apply_patch
from plumbrule_parsers.kustomize.trees import BuildError, map_at, string_at
from plumbrule_parsers.source import Span
from plumbrule_parsers.value import ListValue, MapValue, Place, Reason

if TYPE_CHECKING:
    from plumbrule_parsers.kustomize.accumulate import Accumulation


def generate_plugins(work: Accumulation) -> None:
    """What the files of `generators` make."""
    for plugin, span in _plugins(work, "generators"):
        kind = plugin.kind
        if _is_builtin(plugin) and kind in ("ConfigMapGenerator", "SecretGenerator"):
            body = plugin.body.copy_with()
            for key in ("name", "namespace"):
                metadata = map_at(plugin.body, "metadata")
                if metadata is not None and key in metadata:
                    body.put(key, metadata[key], metadata.place(key))
            work.attempt(span, work.generated, kind.removesuffix("Generator"), body, None)
        elif _is_builtin(plugin) and kind == "HelmChartInflationGenerator":
            work.attempt(span, work.chart, plugin.body)
        else:
            work.hole(Reason.TEMPLATE, f"the generator {kind} {plugin.name} is not run", span)


def transform_plugins(work: Accumulation) -> None:
    """What the files of `transformers` change. Validators change nothing."""
    for plugin, span in _plugins(work, "transformers"):
        step = _STEPS.get(plugin.kind) if _is_builtin(plugin) else None
        if step is None:
            work.hole(Reason.TEMPLATE, f"the transformer {plugin.kind} {plugin.name} is not run",
                      span)  # fmt: skip
            continue
        work.attempt(span, step, work, plugin.body)
    for _plugin, _span in _plugins(work, "validators"):
        pass  # read, so that the files count as used


def _is_builtin(plugin: Resource) -> bool:
    return plugin.group_version == ("", "builtin")


def _plugins(work: Accumulation, name: str) -> Iterator[tuple[Resource, Span]]:
    """The objects that the entries of a field name, or are."""
    for text, span in work.kustomization.texts(name):
        try:
            found = _objects(work, text, span)
        except BuildError as error:
            work.report(error, span)
            work.hole(Reason.MISSING_FILE, f"`{text[:80]}` of `{name}` cannot be read", span)
            continue
        for plugin in found:
            yield plugin, span


def _objects(work: Accumulation, text: str, span: Span) -> list[Resource]:
    if "\n" in text:
        values = values_of(inline_stream(Place(span), text, "go"))
        return list(work.objects(values, work.kustomization.source, span))
    if is_remote(text):
        raise BuildError("remote-file", f"`{text[:120]}` is not in the repository", span)
    full = joined(work.folder, text)
    if full is not None and work.files.is_folder(full):
        work.enter(full, text, span)
        inner = work.builder.folder(full, work.chain)
        work.into.used.update(dict.fromkeys(inner.used, "configuration"))
        work.into.problems += inner.problems
        return inner.resources
    source = work.read(text, span, "configuration")
    return list(work.objects(values_of(work.files.parsed(source, "go")), source, span))


# ------------------------------------------------------------------ transformers
def _namespace(work: Accumulation, body: MapValue) -> None:
    metadata = map_at(body, "metadata")
    name = string_at(body, "metadata", "namespace")
    place = metadata.place("namespace") if metadata is not None else None
    if name:
        set_namespace(work.into.resources, name, place, field_specs(body.get("fieldSpecs")),
                      unset_only=body.get("unsetOnly") is True,
                      subjects=string_at(body, "setRoleBindingSubjects") or "defaultOnly",
                      )  # fmt: skip


def _entries(key: str, note: str) -> _Step:
    def step(work: Accumulation, body: MapValue) -> None:
        entries = map_at(body, key)
        if entries:
            set_entries(work.into.resources, entries, field_specs(body.get("fieldSpecs")), note)

    return step


def _names(key: str) -> _Step:
    def step(work: Accumulation, body: MapValue) -> None:
        text = string_at(body, key)
        if text:
            add_to_names(work.into.resources, text, body.place(key),
                         field_specs(body.get("fieldSpecs")), suffix=key == "suffix")  # fmt: skip

    return step


def _image(work: Accumulation, body: MapValue) -> None:
    entry = map_at(body, "imageTag")
    if entry is not None:
        set_image(work.into.resources, entry, field_specs(body.get("fieldSpecs")))


def _replicas(work: Accumulation, body: MapValue) -> None:
    entry = map_at(body, "replica")
    if entry is not None:
        set_replicas(work.into.resources, entry, field_specs(body.get("fieldSpecs")))


def _patch(inline: str, *, remembering: bool = True) -> _Step:
    def step(work: Accumulation, body: MapValue) -> None:
        from plumbrule_parsers.kustomize.transform import entry_patch

        patch = entry_patch(work, body, inline)
        apply_patch(work.into.resources, patch, work.builder.schema, remembering=remembering)

    return step


def _merge_patches(work: Accumulation, body: MapValue) -> None:
    from plumbrule_parsers.kustomize.transform import merge_patch

    listed, text = body.get("paths"), string_at(body, "patches")
    for index, path in enumerate(listed if isinstance(listed, ListValue) else ()):
        assert isinstance(listed, ListValue)
        place = listed.place(index)
        if isinstance(path, str):
            merge_patch(work, path, place.value if place is not None else body.span.first_line)
    place = body.place("patches")
    if text and place is not None:
        merge_patch(work, text if "\n" in text else f"{text}\n", place.value)


def _replacements(work: Accumulation, body: MapValue) -> None:
    from plumbrule_parsers.kustomize.transform import replace_all

    listed = body.get("replacements")
    for entry in listed if isinstance(listed, ListValue) else ():
        if isinstance(entry, MapValue):
            replace_all(work, entry)


if TYPE_CHECKING:
    from collections.abc import Callable

    _Step = Callable[[Accumulation, MapValue], None]

_STEPS = {
    "NamespaceTransformer": _namespace,
    "LabelTransformer": _entries("labels", "label set here"),
    "AnnotationsTransformer": _entries("annotations", "annotation set here"),
    "PrefixTransformer": _names("prefix"), "SuffixTransformer": _names("suffix"),
    "ImageTagTransformer": _image, "ReplicaCountTransformer": _replicas,
    "PatchTransformer": _patch("patch"),
    "PatchJson6902Transformer": _patch("jsonOp", remembering=False),
    "PatchStrategicMergeTransformer": _merge_patches,
    "ReplacementTransformer": _replacements,
}  # fmt: skip
