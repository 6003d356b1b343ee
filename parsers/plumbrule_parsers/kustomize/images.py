"""Images and replicas: names, tags and digests of containers, and counts of workloads."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from plumbrule_parsers.go_regex import GoPattern, RegexError, compile_go
from plumbrule_parsers.kustomize.field_paths import visit
from plumbrule_parsers.kustomize.field_specs import FieldSpec
from plumbrule_parsers.kustomize.objects import Resource
from plumbrule_parsers.kustomize.selectors import identities
from plumbrule_parsers.kustomize.trees import BuildError, entry_of, put, string_at
from plumbrule_parsers.value import ListValue, MapValue, Place, Value

_NOTE = "image set here"


@lru_cache(maxsize=256)
def _pattern(name: str) -> GoPattern:
    """Images of that name. The name counts as a pattern, as with the real tool."""
    try:
        return compile_go(f"^{name}(:[a-zA-Z0-9_.{{}}-]*)?(@sha256:[a-zA-Z0-9_.{{}}-]*)?$")
    except RegexError as error:
        raise BuildError("image", f"`{name[:60]}` is no name of an image: {error}") from error


def split_image(image: str) -> tuple[str, str, str]:
    """Name, tag and digest of an image."""
    slash = max(image.find("/"), 0)
    at, colon = image.find("@", slash), image.find(":", slash)
    if at < 0 and colon < 0:
        return image, "", ""
    if at >= 0 and (at < colon or colon < 0):
        return image[:at], "", image[at + 1 :]
    if at >= 0:
        return image[:colon], image[colon + 1 : at], image[at + 1 :]
    return image[:colon], image[colon + 1 :], ""


class _Image:
    """One entry of `images`."""

    def __init__(self, entry: MapValue) -> None:
        self.entry = entry
        self.name = _text(entry, "name")
        self.new_name = _text(entry, "newName")
        self.tag, self.suffix = _text(entry, "newTag"), _text(entry, "tagSuffix")
        self.digest = _text(entry, "digest")
        self.pattern = _pattern(self.name)
        decisive = [key for key in ("digest", "newTag", "tagSuffix", "newName") if entry.get(key)]
        place = entry.place(decisive[0]) if decisive else None
        self.place: Place | None = place

    def set(self, owner: MapValue, key: str) -> None:
        """Rewrite an image if it is the one that is meant."""
        image = owner.get(key)
        if not isinstance(image, str) or self.pattern.search(image) is None:
            return
        name, tag, digest = split_image(image)
        name = self.new_name or name
        if self.tag:
            tag, digest = self.tag, self.digest
        elif self.digest:
            tag, digest = "", self.digest
        elif self.suffix:
            tag, digest = f"{tag}{self.suffix}", ""
        made = name + (f":{tag}" if tag else "") + (f"@{digest}" if digest else "")
        if made != image:
            put(owner, key, made, self.place, _NOTE)

    def everywhere(self, node: Value) -> None:
        """Containers wherever they stand, also in custom resources."""
        if isinstance(node, MapValue):
            for key, value in node.items():
                if isinstance(value, (MapValue, ListValue)):
                    self.everywhere(value)
                if key in ("containers", "initContainers") and isinstance(value, ListValue):
                    for container in value:
                        if isinstance(container, MapValue) and "image" in container:
                            self.set(container, "image")
        elif isinstance(node, ListValue):
            for item in node:
                if isinstance(item, (MapValue, ListValue)):
                    self.everywhere(item)


def set_image(
    resources: Iterable[Resource], entry: MapValue, fields: tuple[FieldSpec, ...]
) -> None:
    """Apply one entry of `images`. BuildError: it is not well formed."""
    image = _Image(entry)
    resources = [one for one in resources if one.kind != "CustomResourceDefinition"]
    for resource in resources:
        image.everywhere(resource.body)
    for resource in resources:
        group, version = resource.group_version
        kind = resource.kind
        for field in fields:
            if field.fits(group, version, kind):
                visit(resource.body, field.path, image.set)


def _text(entry: MapValue, key: str) -> str:
    value = entry.get(key)
    if value is None or isinstance(value, str):
        return value or ""
    place = entry.place(key)
    raise BuildError("kustomization-type", f"`{key}` of an image must be text",
                     place.entry if place is not None else None,
                     "put the value into quotes")  # fmt: skip


def set_replicas(
    resources: Iterable[Resource], entry: MapValue, fields: tuple[FieldSpec, ...]
) -> None:
    """Apply one entry of `replicas`. BuildError: no workload has its name."""
    name, count = string_at(entry, "name"), entry.get("count", 0)
    place = entry.place("count") or entry.place("name")
    if isinstance(count, bool) or not isinstance(count, int):
        raise BuildError("kustomization-type", "`count` of replicas must be a whole number",
                         entry_of(place))  # fmt: skip

    def act(owner: MapValue, key: str) -> None:
        put(owner, key, count, place, "replicas set here")

    found = False
    for resource in resources:
        known = identities(resource)
        for field in fields:
            if any(one.name == name and field.fits(*one[:3]) for one in known):
                found = True
                make = (lambda: count) if field.create else None
                visit(resource.body, field.path, act, make, place)
    if not found:
        raise BuildError("no-target", f"no workload with replicas is named `{name[:80]}`",
                         entry.span.first_line)  # fmt: skip
