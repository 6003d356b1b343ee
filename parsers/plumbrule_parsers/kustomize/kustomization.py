"""A kustomization as it is written: its fields, their types, and what is not known of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from plumbrule_parsers.document import Problem, Severity
from plumbrule_parsers.kustomize.trees import BuildError, copied, remove, string_at
from plumbrule_parsers.source import Source, Span
from plumbrule_parsers.value import ListValue, MapValue, Place, Value

_LISTS: Final = (
    "resources", "bases", "components", "crds", "configurations", "generators", "transformers",
    "validators", "patches", "patchesStrategicMerge", "patchesJson6902", "images", "imageTags",
    "replacements", "replicas", "vars", "labels", "configMapGenerator", "secretGenerator",
    "helmCharts", "helmChartInflationGenerator", "buildMetadata",
)  # fmt: skip
_TEXTS: Final = ("apiVersion", "kind", "namePrefix", "nameSuffix", "namespace")
_MAPS: Final = ("metadata", "openapi", "commonLabels", "commonAnnotations", "generatorOptions",
                "helmGlobals", "sortOptions")  # fmt: skip
_KNOWN: Final = {name.lower(): name for name in (*_LISTS, *_TEXTS, *_MAPS)}


@dataclass(frozen=True, slots=True)
class Kustomization:
    """One kustomization file. `fields` lead from names as Kustomize spells them to written ones."""

    source: Source
    folder: str
    value: MapValue
    fields: dict[str, str]

    @property
    def is_component(self) -> bool:
        """True for a part that other kustomizations mix in."""
        return self.text("kind") == "Component"

    @property
    def head(self) -> Span:
        """Where it is pointed at."""
        for name in ("kind", "resources", "apiVersion"):
            place = self.place(name)
            if place is not None:
                return place.entry.first_line
        return self.value.span.first_line

    def get(self, name: str) -> Value:
        """A field, None if it is absent."""
        key = self.fields.get(name)
        return self.value[key] if key is not None else None

    def place(self, name: str) -> Place | None:
        """Where a field stands."""
        key = self.fields.get(name)
        return self.value.place(key) if key is not None else None

    def span(self, name: str) -> Span:
        """The head of a field."""
        place = self.place(name)
        return place.entry.first_line if place is not None else self.head

    def text(self, name: str) -> str:
        """A field that is a text, "" if absent."""
        value = self.get(name)
        return value if isinstance(value, str) else ""

    def mapping(self, name: str) -> MapValue | None:
        """A field that is a mapping."""
        value = self.get(name)
        return value if isinstance(value, MapValue) else None

    def items(self, name: str) -> list[tuple[Value, Span]]:
        """The items of a field that is a list, each with its place."""
        value = self.get(name)
        if not isinstance(value, ListValue):
            return []
        found = []
        for index, item in enumerate(value):
            place = value.place(index)
            found.append((item, place.value if place is not None else self.span(name)))
        return found

    def texts(self, name: str) -> list[tuple[str, Span]]:
        """The items that are texts."""
        return [(item, span) for item, span in self.items(name) if isinstance(item, str)]

    def maps(self, name: str) -> list[MapValue]:
        """The items that are mappings."""
        return [item for item, _ in self.items(name) if isinstance(item, MapValue)]


def kustomization_of(source: Source, value: Value) -> tuple[Kustomization, list[Problem]]:
    """The kustomization of a file, and what is wrong with its fields.

    BuildError: it is no mapping, or its type is another one.
    """
    folder = source.path.rpartition("/")[0]
    value = _spelled(copied(value))
    if not isinstance(value, MapValue):
        if value is None:
            raise BuildError("kustomization-empty", "the kustomization is empty", source.span(0, 0))
        raise BuildError("kustomization-type", "a kustomization must be a mapping",
                         source.span(0, 0))  # fmt: skip
    fields: dict[str, str] = {}
    problems: list[Problem] = []
    for key in value:
        name = _KNOWN.get(key.lower())
        place = value.place(key)
        span = place.entry.first_line if place is not None else value.span.first_line
        if name is None:
            problems.append(Problem(
                "unknown-field", f"`{key[:60]}` is no field of a kustomization", span,
                hint="Kustomize refuses fields that it does not know",
            ))  # fmt: skip
            continue
        wrong = _wrong_type(name, value[key])
        if wrong:
            problems.append(Problem("kustomization-type", f"`{name}` must be {wrong}", span))
            continue
        fields[name] = key
    found = Kustomization(source, folder, value, fields)
    problems += _items(found)
    kind = string_at(value, fields.get("kind", "kind"))
    if kind not in ("", "Kustomization", "Component"):
        raise BuildError("kustomization-type", f"the kind `{kind[:40]}` is none of Kustomization "
                         "and Component", found.head)  # fmt: skip
    return found, problems


# Inner fields of more than one word; Kustomize does not care about their capitals.
_INNER: Final = {
    name.lower(): name
    for name in (
        "newName", "newTag", "tagSuffix", "labelSelector", "annotationSelector", "fieldPath",
        "fieldPaths", "apiVersion", "includeSelectors",
        "includeTemplates", "disableNameSuffixHash", "allowNameChange", "allowKindChange",
    )
}  # fmt: skip
_FREE: Final = ("pairs", "labels", "annotations", "commonlabels", "commonannotations", "metadata")


def _spelled(value: Value) -> Value:
    """The value with inner fields as Kustomize spells them (`fieldpath` is `fieldPath`)."""
    if isinstance(value, ListValue):
        for index, item in enumerate(value):
            if isinstance(item, (MapValue, ListValue)):
                value[index] = _spelled(item)
        return value
    if not isinstance(value, MapValue):
        return value
    for key in list(value):
        item = value[key]
        name = _INNER.get(key.lower(), key)
        if name != key and name not in value:
            place = value.place(key)
            remove(value, key)
            value.put(name, item, place)
        if isinstance(item, (MapValue, ListValue)) and key.lower() not in _FREE:
            _spelled(item)
    return value


def _wrong_type(name: str, value: Value) -> str:
    if value is None:
        return ""
    if name in _LISTS and not isinstance(value, ListValue):
        return "a list"
    if name in _MAPS and not isinstance(value, MapValue):
        return "a mapping"
    if name in _TEXTS and not isinstance(value, str):
        return "text; quote it"
    return ""


_OF_TEXTS: Final = (
    "resources", "bases", "components", "crds", "configurations", "generators", "transformers",
    "validators", "patchesStrategicMerge", "buildMetadata",
)  # fmt: skip


def _items(found: Kustomization) -> list[Problem]:
    problems = []
    for name in _LISTS:
        of_texts = name in _OF_TEXTS
        for item, span in found.items(name):
            if isinstance(item, str if of_texts else MapValue):
                continue
            what = "text" if of_texts else "a mapping"
            severity = Severity.ERROR
            problems.append(Problem("kustomization-type", f"an item of `{name}` must be {what}",
                                    span.first_line, severity))  # fmt: skip
    return problems
