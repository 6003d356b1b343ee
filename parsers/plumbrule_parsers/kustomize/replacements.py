"""Replacements and variables: values of fields of one object, copied into others.

Sources: https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/replacements/ and
.../vars/.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from plumbrule_parsers.kustomize.field_paths import Spot, dotted, lookup, spots, visit
from plumbrule_parsers.kustomize.field_specs import FieldSpec
from plumbrule_parsers.kustomize.objects import Resource, group_version, is_cluster_scoped
from plumbrule_parsers.kustomize.selectors import fits_labels, identities, selected
from plumbrule_parsers.kustomize.trees import (
    MAX_TEXT,
    BuildError,
    changed,
    copy_within,
    empty_map,
    kept,
    put,
    string_at,
    text_of,
)
from plumbrule_parsers.source import Span
from plumbrule_parsers.value import Hop, ListValue, MapValue, Place, Value
from plumbrule_parsers.yaml_scalars import resolve_go

_COPIED = "copied here"
_FILLED = "filled in from here"
_SELECTORS = ("kind", "name", "group", "version", "namespace")


def replace(resources: list[Resource], replacement: MapValue) -> None:
    """Do one replacement. BuildError: its source or a target is not there."""
    source, targets = replacement.get("source"), replacement.get("targets")
    span = replacement.span.first_line
    if not isinstance(source, MapValue) or not isinstance(targets, ListValue):
        raise BuildError("replacement", "a replacement needs a `source` and `targets`", span)
    value, place, text = _source(resources, source, span)
    for target in targets:
        if not isinstance(target, MapValue) or not isinstance(target.get("select"), MapValue):
            raise BuildError("replacement", "a target of a replacement needs a `select`", span)
        for resource in resources:
            if _is_meant(resource, target):
                _copy(resource, target, (value, place, text))


def _wanted(selector: Value) -> dict[str, str]:
    if not isinstance(selector, MapValue):
        return {}
    return {key: string_at(selector, key) for key in _SELECTORS if key in selector}


def _source(
    resources: list[Resource], source: MapValue, span: Span
) -> tuple[Value, Place | None, str]:
    wanted = _wanted(source)
    found = [
        one for one in resources if any(selected(known, wanted) for known in identities(one))
    ]  # fmt: skip
    shown = " ".join(wanted.values())[:120]
    if len(found) != 1:
        count = "several objects are" if found else "no object is"
        raise BuildError("replacement-source", f"{count} `{shown}`", source.span.first_line)
    path = string_at(source, "fieldPath") or "metadata.name"
    at = lookup(found[0].body, dotted(path))
    if at is None or at[0] is None or at[0] == {} or at[0] == []:
        raise BuildError("replacement-source", f"`{shown}` has no `{path[:80]}`",
                         source.span.first_line)  # fmt: skip
    value, place = at
    text = text_of(value)
    options = source.get("options")
    delimiter = string_at(options, "delimiter") if isinstance(options, MapValue) else ""
    if isinstance(options, MapValue) and delimiter:
        parts = text.split(delimiter)
        index = _number(options.get("index"))
        if not 0 <= index < len(parts):
            raise BuildError("replacement-source", f"`index: {index}` is beyond the parts of "
                             f"`{path[:80]}`", span)  # fmt: skip
        text = parts[index]
        value = text if isinstance(value, str) else resolve_go(text)
    return value, place, text


def _number(value: Value) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def _is_meant(resource: Resource, target: MapValue) -> bool:
    select = target["select"]
    assert isinstance(select, MapValue)
    labels = string_at(select, "labelSelector")
    annotations = string_at(select, "annotationSelector")
    if not fits_labels(resource, labels, annotations):
        return False
    known = identities(resource)
    rejected = target.get("reject")
    for reject in rejected if isinstance(rejected, ListValue) else ():
        if not isinstance(reject, MapValue):
            continue
        labels = string_at(reject, "labelSelector")
        annotations = string_at(reject, "annotationSelector")
        if (labels or annotations) and fits_labels(resource, labels, annotations):
            return False
        unwanted = _wanted(reject)
        if unwanted and any(selected(one, unwanted) for one in known):
            return False
    wanted = _wanted(select)
    return any(selected(one, wanted) for one in known)


def _copy(
    resource: Resource, target: MapValue, given: tuple[Value, Place | None, str]
) -> None:  # fmt: skip
    value, place, text = given
    options = target.get("options")
    creating = isinstance(options, MapValue) and options.get("create") is True
    listed = target.get("fieldPaths")
    paths = [one for one in listed if isinstance(one, str)] if isinstance(listed, ListValue) else []
    written_at = target.place("fieldPaths")
    at = written_at.entry.first_line if written_at is not None else target.span.first_line

    def make() -> Value:
        if isinstance(value, MapValue):
            return empty_map(resource.body, place)
        return ListValue(value.source, value.start, value.start) if isinstance(
            value, ListValue
        ) else None  # fmt: skip

    for path in paths or ["metadata.name"]:
        found = spots(resource.body, dotted(path), make if creating else None, place)
        if not found:
            raise BuildError("replacement-target", f"{resource.kind} {resource.name} has no "
                             f"`{path[:80]}`", at)  # fmt: skip
        for spot in found:
            way = Place(at, None, _history(place, at))
            _set(spot, options, value, text, way, len(dotted(path)))


def _history(place: Place | None, at: Span) -> tuple[Hop, ...]:
    """From the place where the copied value is set to the replacement that copies it."""
    if place is None:
        return ()
    return (*(place.via or (Hop(place.entry, "set here"),)), Hop(at, _COPIED, "decision"))


def _set(
    spot: Spot, options: Value, value: Value, text: str, place: Place, depth: int
) -> None:  # fmt: skip
    old = spot.value
    made: Value = copy_within(value, depth)
    delimiter = string_at(options, "delimiter") if isinstance(options, MapValue) else ""
    if isinstance(options, MapValue) and delimiter:
        if isinstance(old, (MapValue, ListValue)):
            raise BuildError("replacement-target", "`delimiter` needs a single value")
        parts = spot.text.split(delimiter)
        index = _number(options.get("index"))
        if index < 0:
            parts.insert(0, text)
        elif index >= len(parts):
            parts.append(text)
        else:
            parts[index] = text
        text = delimiter.join(parts)
        if len(text) > MAX_TEXT:
            raise BuildError("too-large", f"a replacement makes a text of over {MAX_TEXT} letters")
        made = text
    if isinstance(old, str) and not isinstance(made, (MapValue, ListValue)):
        made = text
    elif isinstance(old, (bool, int, float)) and isinstance(made, str):
        made = resolve_go(text) if text else text
    spot.set(made, changed(spot.place, place, _COPIED))


# ------------------------------------------------------------------ variables
@dataclass(frozen=True, slots=True)
class Variable:
    """A variable: `$(NAME)` stands for a field of an object."""

    name: str
    wanted: tuple[str, str, str, str, str]  # group, version, kind, name, namespace
    path: str
    span: Span


def variable_of(entry: MapValue) -> Variable:
    """One entry of `vars`. BuildError: it has no name or object."""
    name, target = string_at(entry, "name"), entry.get("objref")
    if not name or not isinstance(target, MapValue):
        raise BuildError("variable", "a variable needs a `name` and an `objref`",
                         entry.span.first_line)  # fmt: skip
    group, version = string_at(target, "group"), string_at(target, "version")
    if string_at(target, "apiVersion"):
        group, version = group_version(string_at(target, "apiVersion"))
    field = entry.get("fieldref")
    path = string_at(field, "fieldPath") if isinstance(field, MapValue) else ""
    wanted = (group, version, string_at(target, "kind"), string_at(target, "name"),
              string_at(target, "namespace"))  # fmt: skip
    return Variable(name, wanted, path or "metadata.name", entry.span.first_line)


def bind(resources: list[Resource], variable: Variable) -> None:
    """Mark the object that a variable means. BuildError: there are several."""
    group, version, kind, name, namespace = variable.wanted
    exact = bool(namespace) or is_cluster_scoped(group, version, kind)
    found = []
    for resource in resources:
        for known in identities(resource):
            if known[:4] != (group, version, kind, name):
                continue
            if not exact or known.namespace == (namespace or known.namespace):
                found.append(resource)
                break
    if len(found) > 1:
        raise BuildError("variable", f"the variable `{variable.name[:60]}` may mean "
                         f"{len(found)} objects", variable.span)  # fmt: skip
    for resource in found:
        resource.variables.append(variable.name)


def resolve_variables(
    resources: list[Resource], variables: dict[str, Variable], fields: tuple[FieldSpec, ...]
) -> None:
    """Put in what the variables stand for. BuildError: one means nothing."""
    values: dict[str, tuple[Value, Place | None]] = {}
    for name in sorted(variables):
        variable = variables[name]
        owner = next((one for one in resources if name in one.variables), None)
        found = lookup(owner.body, dotted(_bracketed(variable.path))) if owner is not None else None
        if found is None:
            raise BuildError("variable", f"the variable `{name[:60]}` means a field that is "
                             "not there", variable.span)  # fmt: skip
        values[name] = ("null", found[1]) if found[0] is None else found
    if not values:
        return
    expansion = _Expansion(values)
    for resource in resources:
        group, version = resource.group_version
        kind = resource.kind
        for field in fields:
            if field.fits(group, version, kind):
                visit(resource.body, field.path, expansion.field)


def _bracketed(path: str) -> str:
    """`a[0].b` as a dotted path."""
    return re.sub(r"\[(\d+)\]", r".\1", path)


class _Expansion:
    def __init__(self, values: dict[str, tuple[Value, Place | None]]) -> None:
        self.values = values

    def field(self, owner: MapValue, key: str) -> None:
        value = owner.get(key)
        if isinstance(value, str):
            self.entry(owner, key)
        elif isinstance(value, MapValue):
            for name in value:
                self.entry(value, name)
        elif isinstance(value, ListValue):
            for index, item in enumerate(value):
                if isinstance(item, str):
                    made, cause = self.text(item)
                    if made != item:
                        value[index] = made
                        place = kept(value.place(index), cause, _FILLED, "data")
                        if place is not None:
                            value.places[index] = place

    def entry(self, owner: MapValue, key: str) -> None:
        value = owner.get(key)
        if not isinstance(value, str) or "$" not in value:
            return
        made, cause = self.text(value)
        if made != value:
            put(owner, key, made, kept(owner.place(key), cause, _FILLED, "data"))

    def text(self, text: str) -> tuple[Any, Place | None]:
        """The text with variables replaced; `$$` is a dollar sign."""
        out: list[str] = []
        cause: Place | None = None
        at = size = 0
        while at < len(text):
            size += len(out[-1]) if out else 0
            if size > MAX_TEXT:
                raise BuildError("too-large", f"variables make a text of over {MAX_TEXT} letters")
            if text[at] != "$" or at + 1 == len(text):
                out.append(text[at])
                at += 1
                continue
            follower = text[at + 1]
            end = text.find(")", at + 2) if follower == "(" else -1
            if follower == "$":
                out.append("$")
            elif end < 0:
                out.append(text[at : at + 2])
            else:
                name = text[at + 2 : end]
                value, place = self.values.get(name, (None, None))
                known = name in self.values and isinstance(value, (str, int, float, bool))
                cause = place if known else cause
                if known and at == 0 and end == len(text) - 1:
                    return value, cause
                out.append(text_of(value) if known else text[at : end + 1])
                at = end + 1
                continue
            at += 2
        return "".join(out), cause
