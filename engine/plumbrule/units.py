"""Units: what is run or deployed as one, and the environment of each with the reason for it.

A parser declares the units that it resolves: a Terraform root, a chart with a value set, an
overlay. What no such unit claims is a unit by where it stands: the manifests of a folder, a
pipeline, an image.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from plumbrule.environments import DECLARED, DEFAULT, environment_of, is_said
from plumbrule_parsers.document import Document, Node, Unit
from plumbrule_parsers.environment_words import environment_word
from plumbrule_parsers.value import ListValue, MapValue, Place

# What one file of the format is by itself.
_EVERYWHERE = "secret.Token"  # stands in texts of any format
_ALONE = {
    "github_actions": "pipeline", "gitlab_ci": "pipeline", "jenkins": "pipeline",
    "dockerfile": "image", "prometheus": "alerting rules",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Placed:
    """A unit with its environment; `because` says what tells it, "" if nothing does."""

    unit: Unit
    environment: str
    because: str

    @property
    def confidence(self) -> str:
        """`high` where somebody said it, `medium` where a name of a file or folder suggests it."""
        return "high" if is_said(self.because) else "medium" if self.because else ""


@dataclass(frozen=True, slots=True)
class Units:
    """All units by name, the documents whose nodes name them, and each node's environment."""

    placed: Mapping[str, Placed]
    documents: tuple[Document, ...]
    environments: Mapping[str, str]  # address -> environment
    suggested: frozenset[str] = frozenset()  # addresses whose environment is told by names only

    @property
    def by_name(self) -> dict[str, Unit]:
        """The units without their environments."""
        return {name: one.unit for name, one in self.placed.items()}

    @property
    def addresses(self) -> dict[str, str]:
        """The address of each unit's own node, by name."""
        return {name: unit_address(one.unit) for name, one in self.placed.items()}


def units_of(documents: Iterable[Document], configured: Mapping[str, tuple[str, ...]]) -> Units:
    """The units of the repository; nodes that name none get that of their place.

    `configured` maps environment names to the globs of the files that belong to them.
    """
    ordered = list(documents)
    declared = [unit for document in ordered for unit in document.units]
    units = {unit.name: unit for unit in sorted(declared, key=_order, reverse=True)}
    made: list[Document] = []
    for document in ordered:
        alone = _alone(document)
        if alone is None:
            made.append(document)
            continue
        units.setdefault(alone.name, alone)
        nodes = tuple(
            node if node.unit else replace(node, unit=alone.name) for node in document.nodes
        )
        made.append(replace(document, nodes=nodes))
    placed = {name: _placed(units[name], configured) for name in sorted(units)}
    made = _with_unit_nodes(made, units)
    environments: dict[str, str] = {}
    suggested: set[str] = set()
    for document in made:
        if not document.nodes:
            continue
        own, why = environment_of(document.source.path, configured)
        for node in document.nodes:
            found = placed.get(node.unit)
            if found is not None and found.environment != DEFAULT:
                environments[node.address] = found.environment
                told = found.because
            else:
                environments[node.address] = own if why else _of_namespace(node, environments)
                told = why
            if not is_said(told) and environments[node.address] != DEFAULT:
                suggested.add(node.address)
    return Units(placed, tuple(made), environments, frozenset(suggested))


def _with_unit_nodes(documents: list[Document], units: Mapping[str, Unit]) -> list[Document]:
    """The documents with a node for each unit, in the document that declares it."""
    nodes: dict[str, list[Node]] = {}
    for name in sorted(units):
        nodes.setdefault(units[name].span.path, []).append(_node(units[name]))
    return [
        replace(document, nodes=(*document.nodes, *nodes[document.source.path]))
        if document.source.path in nodes else document
        for document in documents
    ]  # fmt: skip


def unit_address(unit: Unit) -> str:
    """The address of a unit's own node."""
    return f"{unit.span.path}#unit/{unit.name}"


def _node(unit: Unit) -> Node:
    source, at = unit.span.source, unit.span
    fields = MapValue(source, at.start, at.start)
    inputs = ListValue(source, at.start, at.start, unit.inputs)
    for key, value in (("name", unit.name), ("form", unit.kind), ("folder", unit.folder or "."),
                       ("label", unit.label), ("inputs", inputs)):  # fmt: skip
        fields.put(key, value, Place(at))
    return Node(unit_address(unit), "core.Unit", f"{unit.kind} {unit.name}", fields, at,
                unit=unit.name)  # fmt: skip


def _order(unit: Unit) -> tuple[str, str, int, int]:
    return (unit.name, *unit.span.sort_key())


def _alone(document: Document) -> Unit | None:
    """What the file is by itself, where its nodes name no unit."""
    mine = (node for node in document.nodes if not node.unit and node.kind != _EVERYWHERE)
    loose = next(mine, None)
    if loose is None:
        return None
    path = document.source.path
    folder = path.rpartition("/")[0] or "."
    if document.format == "kubernetes":
        # The folder's own name may be that of a chart or a root, so the files are named.
        name = "*.yaml" if folder == "." else f"{folder}/*.yaml"
        return Unit(name, "manifests", folder, document.source.span(0, 0))
    kind = _ALONE.get(document.format)
    return Unit(path, kind, folder, loose.span) if kind is not None else None


def _of_namespace(node: Node, environments: Mapping[str, str]) -> str:
    """What the namespace of an object says, or that of the object around a part."""
    if not node.kind.startswith("k8s."):
        return DEFAULT
    namespace = node.fields.get("namespace")
    if isinstance(namespace, str):
        return environment_word(namespace) or DEFAULT
    return environments.get(node.parent, DEFAULT)


def _placed(unit: Unit, configured: Mapping[str, tuple[str, ...]]) -> Placed:
    """The environment of a unit: as declared, by its inputs (the last wins), by its folder."""
    if unit.environment:
        return Placed(unit, environment_word(unit.environment) or unit.environment, DECLARED)
    for path in reversed(unit.inputs):
        environment, why = environment_of(path, configured, is_input=True)
        if why:
            return Placed(unit, environment, f"{why} of `{path}`" if "folder" in why else why)
    place = unit.span.path or unit.folder
    return Placed(unit, *environment_of(place, configured))
