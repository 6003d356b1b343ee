"""Flux's HelmReleases: https://fluxcd.io/flux/components/helm/helmreleases/."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from plumbrule_parsers.document import Document, Node
from plumbrule_parsers.environment_words import environment_word
from plumbrule_parsers.helm.chart import Charts
from plumbrule_parsers.helm.releases.release import (
    Installed,
    chart_at,
    chart_named,
    joined,
    text_of,
)
from plumbrule_parsers.helm.releases.text_values import values_of_text
from plumbrule_parsers.helm.set_values import Setting
from plumbrule_parsers.helm.values import traced_values
from plumbrule_parsers.source import Span
from plumbrule_parsers.traced import Traced, walk
from plumbrule_parsers.value import (
    Hop,
    ListValue,
    MapValue,
    Place,
    Reason,
    Segments,
    Unknown,
    join_segments,
)

# What a Flux Kustomization puts into manifests after they are built.
_SUBSTITUTED = re.compile(r"\$\{[A-Za-z_]\w*(?:[:=/#%^,-][^}]*)?\}")


class ConfigMaps:
    """The ConfigMaps of the repository by name, and those that kustomizations make of files."""

    def __init__(self, documents: Mapping[str, Document]) -> None:
        self.nodes: dict[str, list[Node]] = {}
        self.files: dict[str, list[tuple[str, str, str]]] = {}  # name -> (folder, key, path)
        for path in sorted(documents):
            for node in documents[path].nodes:
                if node.kind == "k8s.ConfigMap":
                    self.nodes.setdefault(text_of(node.fields.get("name")), []).append(node)
                elif node.kind == "kustomize.Kustomization":
                    self.generated(path.rpartition("/")[0], node)

    def generated(self, folder: str, node: Node) -> None:
        """Note the files of `configMapGenerator`."""
        listed = node.fields.get("configMapGenerator")
        for one in listed if isinstance(listed, ListValue) else ():
            files = one.get("files") if isinstance(one, MapValue) else None
            for item in files if isinstance(files, ListValue) else ():
                key, _, path = text_of(item).rpartition("=")
                found = joined(folder, path)
                if isinstance(one, MapValue) and found:
                    entry = (folder, key or path.rpartition("/")[2], found)
                    self.files.setdefault(text_of(one.get("name")), []).append(entry)


def flux_releases(
    node: Node, declared: str, charts: Charts, maps: ConfigMaps
) -> Iterator[Installed]:
    """The release of a HelmRelease; `declared` is the unit or folder that it is part of."""
    spec = node.fields.get("spec")
    folder = _folder(spec, node, charts) if isinstance(spec, MapValue) else None
    if folder is None or not isinstance(spec, MapValue):
        return
    name = text_of(node.fields.get("name"))
    target = text_of(spec.get("targetNamespace"))
    release = text_of(spec.get("releaseName")) or (f"{target}-{name}" if target else name)
    made = Installed(
        folder, f"{declared}/{name}", node.span, release,
        target or text_of(node.fields.get("namespace")), inputs=[node.path],
    )  # fmt: skip
    made.environment = environment_word(made.namespace)
    listed = spec.get("valuesFrom")
    targets: list[Setting] = []
    for one in listed if isinstance(listed, ListValue) else ():
        if isinstance(one, MapValue):
            _values_from(made, one, node, charts, maps, targets)
    inline = spec.get("values")
    if isinstance(inline, MapValue):
        table = traced_values(inline)
        for value in walk(Traced(table)):
            _substitute(value)
        made.layers.append(table)
    elif inline is not None:
        made.lose("its `values` cannot be told")
    made.settings += targets
    yield made


def _folder(spec: MapValue, node: Node, charts: Charts) -> str | None:
    chart = spec.get("chart")
    inner = chart.get("spec") if isinstance(chart, MapValue) else None
    if not isinstance(inner, MapValue):
        return None
    path, source = text_of(inner.get("chart")), inner.get("sourceRef")
    kind = text_of(source.get("kind")) if isinstance(source, MapValue) else ""
    if kind in ("GitRepository", "Bucket"):
        return chart_at(charts, path, node.path)
    return chart_named(charts, path, text_of(inner.get("version")))


def _values_from(
    made: Installed, one: MapValue, node: Node, charts: Charts, maps: ConfigMaps,
    targets: list[Setting],
) -> None:  # fmt: skip
    """One entry of `valuesFrom`."""
    kind, name = text_of(one.get("kind")), text_of(one.get("name"))
    key = text_of(one.get("valuesKey")) or "values.yaml"
    target = text_of(one.get("targetPath"))
    place = one.place("targetPath") or one.place("name") or Place(one.span)
    if kind == "Secret":
        if not target:
            made.lose(f"it takes values from the Secret `{name}`")
            return
        hop = (Hop(place.entry, f"values key `{target}`"),)
        secret = Unknown(Reason.SECRET, f"the Secret `{name}`", place.entry)
        targets.append(Setting(target, "set", place.entry, Traced(secret, hop)))
        return
    folder = node.path.rpartition("/")[0]
    files = [path for below, held, path in maps.files.get(name, ()) if held == key and (
        below == folder or folder.startswith(f"{below}/"))]  # fmt: skip
    if len(files) == 1 and not target:
        made.file(charts, files[0])
        return
    nodes = maps.nodes.get(name, [])
    if len(nodes) > 1:
        nodes = [one for one in nodes if one.path.rpartition("/")[0] == folder]
    data = nodes[0].fields.get("data") if len(nodes) == 1 else None
    text = data.get(key) if isinstance(data, MapValue) else None
    where = data.place(key) if isinstance(data, MapValue) else None
    if not isinstance(text, str) or where is None:
        if one.get("optional") is not True:
            made.lose(f"the ConfigMap `{name}` is not in the repository")
        return
    made.inputs.append(nodes[0].path)
    if target:
        targets.append(Setting(f"{target}={text}", "set", where.entry))
        return
    table = values_of_text(text, f"value of {made.name}", [where.value])
    if table is None:
        made.lose(f"`{key}` of the ConfigMap `{name}` is no YAML mapping")
    else:
        made.layers.append(table)


def _substitute(value: Traced) -> None:
    """Make unknown what Flux puts in the place of `${NAME}`."""
    data = value.data
    if not isinstance(data, str) or "${" not in data:
        return
    parts: list[str | Unknown | Segments] = []
    at = 0
    for match in _SUBSTITUTED.finditer(data):
        span: Span | None = value.via[0].span if value.via else None
        parts += [str(data[at : match.start()]), Unknown(Reason.ENVIRONMENT, match[0], span)]
        at = match.end()
    if parts:
        value.data = join_segments([*parts, str(data[at:])])
        value.span = None
