"""Repositories in memory, and what the formats make of their charts."""

from __future__ import annotations

from plumbrule.scan.files import ScannedFiles
from plumbrule_parsers.document import Document, Node, Unit
from plumbrule_parsers.formats import FORMATS, RESOLVED, format_of
from plumbrule_parsers.source import Source
from plumbrule_parsers.value import MapValue, Value

CHART = "apiVersion: v2\nname: shop\nversion: 1.2.3\n"
CONFIG_MAP = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: c, namespace: "{{ .Release.Namespace }}"}
data:
  a: {{ .Values.a | quote }}
"""


def resolved(files: dict[str, str]) -> dict[str, Document]:
    """The documents of a repository after all formats have resolved theirs."""
    tree = ScannedFiles(None, (), files)
    found: dict[str, Document] = {}
    for path, text in files.items():
        sure = [(format_of(name).detect(path, text), -at, name) for at, name in enumerate(FORMATS)]
        degree, _, name = max(sure)
        if degree:
            found[path] = format_of(name).parse(Source(path, text))
    for name in RESOLVED:
        form = format_of(name)
        if form.resolve is not None:
            own = {
                path: one for path, one in found.items() if one.format in (name, *form.reads)
            }  # fmt: skip
            for one in form.resolve(own, tree) if own else ():
                found[one.source.path] = one
    return found


def chart(values: str = "a: plain\n", template: str = CONFIG_MAP, **more: str) -> dict[str, str]:
    """A chart in `charts/shop`."""
    files = {"Chart.yaml": CHART, "values.yaml": values, "templates/c.yaml": template}
    return {f"charts/shop/{name}": text for name, text in (files | more).items()}


def units(documents: dict[str, Document], path: str = "charts/shop/Chart.yaml") -> dict[str, Unit]:
    """The units that a chart declares, by name."""
    return {unit.name: unit for unit in documents[path].units}


def by_unit(documents: dict[str, Document], path: str = "charts/shop/templates/c.yaml") -> dict[
    str, Node
]:  # fmt: skip
    """The nodes of a template by the units that they belong to."""
    return {node.unit: node for node in documents[path].nodes}


def data(node: Node) -> MapValue:
    """The data of a ConfigMap."""
    found = node.fields["data"]
    assert isinstance(found, MapValue)
    return found


def where(node: Node, key: str) -> tuple[str, int, str]:
    """Where an entry of a ConfigMap was written: path, line, and the text there."""
    place = data(node).place(key)
    assert place is not None
    return place.value.path, place.value.line, place.value.text


def entries(node: Node) -> dict[str, Value]:
    """The entries of a ConfigMap."""
    return dict(data(node))
