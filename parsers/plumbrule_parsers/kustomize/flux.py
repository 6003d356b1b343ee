"""What Flux substitutes after it has built a kustomization: `${NAME}` in any text.

Sources: https://fluxcd.io/flux/components/kustomize/kustomizations/#post-build-variable-substitution
and https://github.com/drone/envsubst for defaults.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from plumbrule_parsers.document import Document, Node
from plumbrule_parsers.kustomize.trees import MAX_TEXT, kept, map_at, string_at
from plumbrule_parsers.value import (
    ListValue,
    MapValue,
    Place,
    Reason,
    Unknown,
    Value,
    join_segments,
)

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?:(:?[-=])([^{}]*))?\}|\$\$(?=\{)")
_DISABLED = "kustomize.toolkit.fluxcd.io/substitute"


@dataclass(slots=True)
class Substitution:
    """The values that are given, and whether others may come from the cluster."""

    values: dict[str, tuple[str | None, Place | None]] = field(default_factory=dict)
    open: bool = False  # ConfigMaps or Secrets of the cluster give more

    def value(self, name: str, default: str | None, use: Place | None) -> str | Unknown:
        """What a variable stands for."""
        if name in self.values:
            known = self.values[name][0]
            if known is not None:
                return known
        elif not self.open:
            return default or ""
        span = use.value if use is not None else None
        return Unknown(Reason.ENVIRONMENT, f"variable {name} of Flux", span, "string",
                       identity=f"flux:{name}")  # fmt: skip


def substitutions(
    documents: Mapping[str, Document], folders: Collection[str]
) -> dict[str, Substitution]:  # fmt: skip
    """What is substituted in which of the folders, by the Flux objects of the repository.

    Their paths start at the root of a repository, which may be a folder of what is scanned.

    Where several objects build one folder, values on which they do not agree are not known.
    """
    found: dict[str, list[Substitution]] = {}
    for folder, spec in _built(documents, folders):
        found.setdefault(folder, []).append(_given(spec))
    return {
        folder: _agreed(several) for folder, several in found.items()
        if any(one.values or one.open for one in several)
    }  # fmt: skip


def additions(
    documents: Mapping[str, Document], folders: Collection[str]
) -> dict[str, list[MapValue]]:  # fmt: skip
    """What Flux adds to which of the folders' kustomizations before it builds them, each way once.

    Several entries are several ways to build one folder.
    """
    found: dict[str, list[MapValue]] = {}
    for folder, spec in _built(documents, folders):
        added = _added(spec)
        if added not in found.setdefault(folder, []):
            found[folder].append(added)
    return {folder: ways for folder, ways in found.items() if any(ways)}


def _built(
    documents: Mapping[str, Document], folders: Collection[str]
) -> Iterator[tuple[str, MapValue]]:  # fmt: skip
    """The folders that the repository's Flux objects build, each with what the object says."""
    for path in sorted(documents):
        for node in documents[path].nodes:
            spec = _spec(node)
            if spec is None:
                continue
            named = string_at(spec, "path").removeprefix("./").strip("/")
            folder = _folder(path, "" if named == "." else named, folders)
            if folder is not None:
                yield folder, spec


def _added(spec: MapValue) -> MapValue:
    """The fields of a kustomization that a Flux object gives."""
    made = MapValue(spec.source, spec.start, spec.end)
    for key, name in (
        ("targetNamespace", "namespace"), ("namePrefix", "namePrefix"),
        ("nameSuffix", "nameSuffix"), ("components", "components"), ("patches", "patches"),
        ("images", "images"),
    ):  # fmt: skip
        if spec.get(key) is not None:
            made.put(name, spec[key], spec.place(key))
    return made


def with_added(value: Value, added: MapValue) -> Value:
    """A kustomization as Flux writes it: lists get longer, images of the same name change."""
    if not isinstance(value, MapValue):
        return value
    made = value.copy_with()
    for key, item in added.items():
        before = value.get(key)
        if isinstance(item, ListValue) and isinstance(before, ListValue):
            names = {one.get("name") for one in item if isinstance(one, MapValue)}
            kept = [
                index for index, one in enumerate(before)
                if key != "images" or not isinstance(one, MapValue) or one.get("name") not in names
            ]  # fmt: skip
            pairs = [(before[index], before.place(index)) for index in kept]
            pairs += [(one, item.place(index)) for index, one in enumerate(item)]
            whole = ListValue(before.source, before.start, before.end, [one for one, _ in pairs])
            whole.places.update((at, place) for at, (_, place) in enumerate(pairs) if place)
            made.put(key, whole, value.place(key))
        else:
            made.put(key, item, added.place(key))
    return made


def _folder(path: str, named: str, folders: Collection[str]) -> str | None:
    """The folder that is named, seen from the nearest folder above the file that has it."""
    above = path.rpartition("/")[0]
    while True:
        found = f"{above}/{named}".strip("/")
        if found in folders and (above == "" or named):
            return found
        if not above:
            return None
        above = above.rpartition("/")[0]


def _spec(node: Node) -> MapValue | None:
    """The spec of a Flux `Kustomization`."""
    fields = node.fields
    if fields.get("api_kind") != "Kustomization" or node.parent:
        return None
    version = fields.get("api_version")
    if not isinstance(version, str) or not version.startswith("kustomize.toolkit.fluxcd.io/"):
        return None
    return map_at(fields, "spec")


def _given(spec: MapValue) -> Substitution:
    made = Substitution()
    after = map_at(spec, "postBuild")
    if after is None:
        return made
    values = map_at(after, "substitute")
    for key in values or ():
        assert values is not None
        value = values[key]
        text = value if isinstance(value, str) else None
        if isinstance(value, (bool, int, float)):
            text = str(value).lower()
        if text is not None and "${" in text:
            text = None  # a variable of the Flux object itself
        made.values[key] = (text, values.place(key))
    made.open = bool(after.get("substituteFrom"))
    return made


def _agreed(several: list[Substitution]) -> Substitution:
    if len(several) == 1:
        return several[0]
    made = Substitution(open=any(one.open for one in several))
    for name in sorted({name for one in several for name in one.values}):
        texts = {one.values.get(name, (None, None))[0] for one in several}
        place = next(one.values[name][1] for one in several if name in one.values)
        made.values[name] = (texts.pop() if len(texts) == 1 else None, place)
    return made


def substitute(body: MapValue, given: Substitution) -> None:
    """Fill in the variables of an object, unless it says that it is not to be touched."""
    for field_name in ("labels", "annotations"):
        if string_at(body, "metadata", field_name, _DISABLED) == "disabled":
            return
    stack: list[MapValue | ListValue] = [body]
    while stack:
        owner = stack.pop()
        for key, value in list(_entries(owner)):
            if isinstance(value, (MapValue, ListValue)):
                stack.append(value)
            elif isinstance(value, str) and "${" in value:
                _fill(owner, key, value, given)


def _entries(owner: MapValue | ListValue) -> Iterator[tuple[str | int, Value]]:
    if isinstance(owner, MapValue):
        yield from owner.items()
    else:
        yield from enumerate(owner)


def _fill(owner: MapValue | ListValue, key: str | int, text: str, given: Substitution) -> None:
    place = owner.place(str(key)) if isinstance(owner, MapValue) else owner.place(int(key))
    parts: list[str | Unknown] = []
    at = 0
    cause: Place | None = None
    for found in _VARIABLE.finditer(text):
        parts.append(text[at : found.start()])
        at = found.end()
        if found[1] is None:
            parts.append("$")
            continue
        default = found[3] if found[2] else None
        parts.append(given.value(found[1], default, place))
        known = given.values.get(found[1])
        cause = known[1] if known is not None and known[1] is not None else cause
    if at == 0:
        return
    parts.append(text[at:])
    if sum(len(part) for part in parts if isinstance(part, str)) > MAX_TEXT:
        return
    made: Value = join_segments(part for part in parts if part != "")
    after = kept(place, cause, "filled in from here", "data")
    if isinstance(owner, MapValue):
        owner.put(str(key), made, after)
    else:
        owner[int(key)] = made
        if after is not None:
            owner.places[int(key)] = after
