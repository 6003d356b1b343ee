"""All releases of charts in the repository that its files declare."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from plumbrule_parsers.document import Document, Node
from plumbrule_parsers.helm.chart import Charts

if TYPE_CHECKING:  # each reader is loaded where there is something to read
    from plumbrule_parsers.helm.releases.flux import ConfigMaps
    from plumbrule_parsers.helm.releases.release import Installed


class Releases:
    """Finds what files and rendered templates declare."""

    def __init__(self, documents: Mapping[str, Document], charts: Charts) -> None:
        self.documents = documents
        self.charts = charts
        self.maps: ConfigMaps | None = None

    def declared(self) -> Iterator[Installed]:
        """What Terraform, plain manifests and helmfiles declare, in the order of paths."""
        for path in sorted(self.documents):
            document = self.documents[path]
            if document.format == "terraform":
                from plumbrule_parsers.helm.releases.terraform import terraform_releases

                yield from terraform_releases(document, self.charts)
            elif document.format == "kubernetes":
                yield from self.of(document.nodes)
            elif document.facts.get("role") == "helmfile":
                from plumbrule_parsers.helm.releases.helmfile import helmfile_releases

                yield from helmfile_releases(document, self.charts)

    def of(self, nodes: Iterable[Node]) -> Iterator[Installed]:
        """What Applications, ApplicationSets and HelmReleases declare."""
        for node in nodes:
            for found in self.of_node(node):
                found.declared_by = node.address
                yield found

    def of_node(self, node: Node) -> Iterator[Installed]:
        """What one object declares."""
        if node.kind not in ("argo.Application", "k8s.CustomObject"):
            return
        declared = node.variant or node.path.rpartition("/")[0] or "."
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
