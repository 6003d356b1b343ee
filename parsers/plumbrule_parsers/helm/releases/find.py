"""All releases of charts in the repository that its files declare."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from plumbrule_parsers.document import Document, Node, Problem
from plumbrule_parsers.helm.chart import Charts
from plumbrule_parsers.value import ListValue, MapValue, Value

if TYPE_CHECKING:  # each reader is loaded where there is something to read
    from plumbrule_parsers.helm.releases.flux import ConfigMaps
    from plumbrule_parsers.helm.releases.helmfile_states import HelmfileState
    from plumbrule_parsers.helm.releases.release import Installed


class Releases:
    """Finds what files and rendered templates declare."""

    def __init__(self, documents: Mapping[str, Document], charts: Charts) -> None:
        self.documents = documents
        self.charts = charts
        self.maps: ConfigMaps | None = None
        self.helmfiles: dict[str, list[HelmfileState]] = {}  # what each came to, by path
        self.overlays = {  # unit -> the kustomization that is built
            unit.name: unit.span.path for document in documents.values()
            if document.format == "kustomize" for unit in document.units
        }  # fmt: skip

    def named(self) -> Iterator[tuple[str, Installed | Problem]]:
        """The sets that a configuration names, and its faults, with the path of the file."""
        for path in sorted(self.documents):
            if self.documents[path].facts.get("role") == "value-sets":
                from plumbrule_parsers.helm.releases.named import named_sets

                for one in named_sets(self.documents[path], self.charts):
                    yield path, one

    def declared(self) -> Iterator[Installed]:
        """What Terraform, plain manifests and helmfiles declare, in the order of paths."""
        for path in sorted(self.documents):
            document = self.documents[path]
            if document.format == "terraform":
                from plumbrule_parsers.helm.releases.terraform import terraform_releases

                yield from terraform_releases(document, self.charts)
            elif document.format in ("kubernetes", "kustomize"):
                yield from self.of(document.nodes)
            elif document.facts.get("role") == "helmfile":
                from plumbrule_parsers.helm.releases.helmfile import helmfile_releases

                yield from helmfile_releases(document, self.charts, self.helmfiles)

    def of(self, nodes: Iterable[Node]) -> Iterator[Installed]:
        """What Applications, ApplicationSets and HelmReleases declare."""
        for node in nodes:
            overlay = self.overlays.get(node.unit)
            for found in self.of_node(node):
                found.declared_by = node.address
                if overlay is not None:  # the environment is told from the last of the inputs
                    patched = _files_of(node.fields.get("spec"))
                    found.inputs += [path for path in patched if path not in found.inputs]
                    found.inputs.append(overlay)
                yield found

    def of_node(self, node: Node) -> Iterator[Installed]:
        """What one object declares."""
        if node.kind not in ("argo.Application", "k8s.CustomObject"):
            return
        built = node.unit if node.unit in self.overlays else ""
        declared = built or node.variant or node.path.rpartition("/")[0] or "."
        kind = node.fields.get("api_kind")
        if node.kind == "argo.Application":
            from plumbrule_parsers.helm.releases.argo import application_releases

            yield from application_releases(node, declared, self.charts)
        elif kind == "ApplicationSet":
            from plumbrule_parsers.helm.releases.application_sets import (
                application_set_releases,
            )

            yield from application_set_releases(node, declared, self.charts)
        elif kind == "HelmRelease":
            from plumbrule_parsers.helm.releases.flux import ConfigMaps, flux_releases

            self.maps = self.maps or ConfigMaps(self.documents)
            yield from flux_releases(node, declared, self.charts, self.maps)


def _files_of(value: Value) -> list[str]:
    """The files in which the parts of a value stand, sorted."""
    found: dict[str, None] = {}
    stack = [value]
    while stack:
        owner = stack.pop()
        if isinstance(owner, MapValue):
            places = [owner.place(key) for key in owner]
            stack.extend(owner.values())
        elif isinstance(owner, ListValue):
            places = [owner.place(index) for index in range(len(owner))]
            stack.extend(owner)
        else:
            continue
        found.update((place.value.path, None) for place in places if place is not None)
    return sorted(found)
