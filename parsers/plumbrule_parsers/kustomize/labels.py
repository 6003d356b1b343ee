"""Labels and annotations for everything: on objects, in their templates, in selectors."""

from __future__ import annotations

from collections.abc import Iterable

from plumbrule_parsers.kustomize.configuration import Configuration, field_specs, merged_fields
from plumbrule_parsers.kustomize.field_paths import visit
from plumbrule_parsers.kustomize.field_specs import FieldSpec
from plumbrule_parsers.kustomize.objects import Resource
from plumbrule_parsers.kustomize.trees import BuildError, empty_map, entry_of, put
from plumbrule_parsers.value import MapValue, Value

_METADATA = FieldSpec("metadata/labels", create=True)


def set_entries(
    resources: Iterable[Resource], entries: MapValue, fields: tuple[FieldSpec, ...], note: str
) -> None:
    """Set the entries in every mapping that the fields name. BuildError: a value is no text."""
    for key, value in entries.items():
        if isinstance(value, (bool, int, float, MapValue)):
            place = entries.place(key)
            raise BuildError("kustomization-type", f"`{key[:60]}` must be text", entry_of(place),
                             "put the value into quotes")  # fmt: skip
    for resource in resources:
        group, version = resource.group_version
        kind = resource.kind
        for field in fields:
            if field.fits(group, version, kind):
                _set_all(resource, entries, field, note)


def _set_all(resource: Resource, entries: MapValue, field: FieldSpec, note: str) -> None:
    for key in sorted(entries):
        place = entries.place(key)
        value: Value = entries[key] if entries[key] is not None else ""

        def act(
            owner: MapValue, name: str, *, key: str = key, value: Value = value
        ) -> None:  # fmt: skip
            found = owner.get(name)
            if isinstance(found, MapValue):
                put(found, key, value, entries.place(key), note)

        def make(*, body: MapValue = resource.body) -> Value:
            return empty_map(body, entries.place(key))  # noqa: B023 - called at once

        visit(resource.body, field.path, act, make if field.create else None, place)


def label_fields(label: MapValue, configuration: Configuration) -> tuple[FieldSpec, ...]:
    """The fields that an entry of `labels` means. BuildError: its own fields contradict these."""
    fields = merged_fields(field_specs(label.get("fields")), configuration.tables["labels"])
    if label.get("includeSelectors") is True:
        return merged_fields(fields, configuration.tables["commonLabels"])
    if label.get("includeTemplates") is True:
        fields = merged_fields(fields, configuration.tables["templateLabels"])
    return merged_fields(fields, (_METADATA,))
