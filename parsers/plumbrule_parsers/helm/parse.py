"""One file of a chart to its document.

Source: https://helm.sh/docs/topics/charts/.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from plumbrule_parsers.document import (
    Completeness,
    Document,
    Node,
    Reference,
    Severity,
    ToAddress,
    how_much,
)
from plumbrule_parsers.source import Source
from plumbrule_parsers.value import ListValue, MapValue, Place, Value
from plumbrule_parsers.yaml_tree import parse_yaml

_VALUES = re.compile(r"(?:^|[-_.])values(?:[-_.].*)?\.ya?ml$|\.values\.ya?ml$", re.IGNORECASE)
_ACTION = re.compile(r"\{\{-?\s*(?:/\*|[.$(\"\w])")
_KIND = re.compile(r"^kind:\s*[\"']?([A-Za-z]+)", re.MULTILINE)
_TEMPLATES = (".yaml", ".yml", ".json", ".txt", ".toml", ".conf")
_HELM = re.compile(
    r"\{\{-?[^{}\r\n]{0,200}?"
    r"(?:\.(?:Values|Release|Chart|Capabilities)\b|\b(?:include|template) [\"$(])"
)
_LINE = re.compile(r"^\{\{", re.MULTILINE)
_OBJECT = re.compile(r"^apiVersion:", re.MULTILINE)
_HELMFILE = re.compile(r"helmfile(?:[-.].+)?\.ya?ml(?:\.gotmpl)?")
_RELEASES = re.compile(r"^\s*releases:", re.MULTILINE)
_RELEASE_KINDS = ("argo.Application", "k8s.ConfigMap", "kustomize.Kustomization")
NOT_RUN = "a template of helmfile that is not run"
TEMPLATE = "it is not rendered without its chart"


def detect(path: str, head: str) -> int:
    """3 for a chart's own files and for templates, 2 for values files by name."""
    folder, _, name = path.rpartition("/")
    head = head.replace("${{", "")  # an expression of a pipeline
    in_templates = f"/{folder}/".find("/templates/") >= 0
    if name in ("Chart.yaml", "Chart.yml", "Chart.lock", "requirements.yaml", "requirements.lock"):
        return 3
    if in_templates and (
        name.endswith(".tpl") or (name.endswith(_TEMPLATES) and _ACTION.search(head))
    ):
        return 4
    if name.endswith(".tpl") and _ACTION.search(head):
        return 3
    if name == "values.schema.json":
        return 3
    if _is_helmfile(path) and _RELEASES.search(head):
        return 3
    if _VALUES.search(name):
        return 2
    if path.endswith((".yaml", ".yml")) and _HELM.search(head):
        # Objects may carry templates in their strings; one that is a template itself says so at
        # the start of a line, where no string can be.
        return 3 if _LINE.search(head) or not _OBJECT.search(head) else 0
    return 0


def _is_helmfile(path: str) -> bool:
    return _HELMFILE.fullmatch(path.rpartition("/")[2]) is not None or (
        "helmfile.d/" in f"/{path}" and path.endswith((".yaml", ".yml", ".gotmpl"))
    )


def concerns_charts(document: Document) -> bool:
    """Whether a document of another format may be of a chart.

    It declares a release or its values, or stands where a chart's templates do.
    """
    return "/templates/" in f"/{document.source.path}" or any(
        node.kind in _RELEASE_KINDS
        or node.fields.get("type") == "helm_release"
        or node.fields.get("api_kind") in ("ApplicationSet", "HelmRelease")
        for node in document.nodes
    )


def parse(source: Source) -> Document:
    """The document of a chart file, a values file, or a template."""
    name = source.path.rpartition("/")[2]
    if name in ("Chart.yaml", "Chart.yml"):
        return _chart(source)
    if name == "requirements.yaml":
        return _requirements(source)
    if name in ("Chart.lock", "requirements.lock", "values.schema.json"):
        return Document(source, "helm", facts={"role": "lock"})
    if _is_helmfile(source.path) and _RELEASES.search(source.text):
        return _helmfile(source)
    if _VALUES.search(name) and "/templates/" not in f"/{source.path}":
        values = parse_values(source)
        if values.completeness is Completeness.EVALUATED or not _ACTION.search(source.text):
            return values  # strings of values may be templates; then it is still YAML
    kinds = sorted(set(_KIND.findall(source.text)))
    facts = {"role": "template", "kinds": ListValue(source, 0, 0, kinds)}
    return Document(source, "helm", completeness=Completeness.SKIPPED, because=TEMPLATE,
                    facts=facts)  # fmt: skip


def _chart(source: Source) -> Document:
    stream = parse_yaml(source, "1.1")
    value = stream.documents[0].value if stream.documents else None
    if not isinstance(value, MapValue):
        return Document(source, "helm", problems=stream.problems,
                        completeness=Completeness.SKIPPED, because="it is no mapping")  # fmt: skip
    folder = source.path.rpartition("/")[0]
    name, place = value.get("name"), value.place("name")
    fields = value.copy_with()
    if not isinstance(name, str):
        fields.put("name", folder or "chart")
    span = place.entry if place is not None else value.span.first_line
    chart = Node(f"{source.path}#chart", "helm.Chart", f"chart {fields['name']}", fields, span)
    nodes, references = [chart], []
    for node, reference in _dependencies(source, value, chart.address):
        nodes.append(node)
        references.append(reference)
    return Document(source, "helm", tuple(nodes), tuple(references), stream.problems,
                    facts={"role": "chart"})  # fmt: skip


def _dependencies(source: Source, value: MapValue, parent: str) -> list[tuple[Node, Reference]]:
    found: list[tuple[Node, Reference]] = []
    listed = value.get("dependencies")
    for index, item in enumerate(listed if isinstance(listed, ListValue) else ()):
        if not isinstance(item, MapValue):
            continue
        name = item.get("alias") or item.get("name")
        shown = name if isinstance(name, str) else str(index)
        fields = item.copy_with()
        fields.setdefault("name", shown)
        place = item.place("name")
        span = place.entry if place is not None else item.span.first_line
        address = f"{source.path}#dependency/{index}/{shown}"
        node = Node(address, "helm.Dependency", f"dependency {shown}", fields, span, parent)
        found.append((node, Reference("references", parent, ToAddress(address), span)))
    return found


def _requirements(source: Source) -> Document:
    stream = parse_yaml(source, "1.1")
    value = stream.documents[0].value if stream.documents else None
    nodes = (
        [node for node, _ in _dependencies(source, value, "")]
        if isinstance(value, MapValue)
        else []
    )
    return Document(source, "helm", tuple(nodes), problems=stream.problems,
                    facts={"role": "chart"})  # fmt: skip


def parse_values(source: Source) -> Document:
    """The document of a file of values."""
    stream = parse_yaml(source, "1.1")
    value = stream.documents[0].value if stream.documents else None
    fields = MapValue(source, 0, len(source.text))
    fields.put("name", source.path.rpartition("/")[2])
    if isinstance(value, MapValue):
        fields.put("values", value)
    node = Node(f"{source.path}#values", "helm.Values", f"values {source.path}", fields,
                source.span(0, 0))  # fmt: skip
    state, because = how_much(stream.problems)
    return Document(source, "helm", (node,), problems=stream.problems, completeness=state,
                    because=because, facts={"role": "values"})  # fmt: skip


def _helmfile(source: Source) -> Document:
    """A helmfile with its releases; one that is a template tells them only when it is run."""
    facts = {"role": "helmfile"}
    if "{{" in source.text:
        return Document(source, "helm", (helmfile_node(source),), facts=facts,
                        completeness=Completeness.SKIPPED, because=NOT_RUN)  # fmt: skip
    stream = parse_yaml(source, "1.1")
    values = [one.value for one in stream.documents if isinstance(one.value, MapValue)]
    listed = [one["releases"] for one in values if isinstance(one.get("releases"), ListValue)]
    lost = any(problem.severity is Severity.ERROR for problem in stream.problems)
    return Document(source, "helm", (helmfile_node(source, listed),), problems=stream.problems,
                    completeness=Completeness.PARTLY if lost else Completeness.EVALUATED,
                    because="it did not parse" if lost else "", facts=facts)  # fmt: skip


def helmfile_node(source: Source, listed: Sequence[Value] = ()) -> Node:
    """A helmfile's node; the last of the lists of releases counts."""
    fields = MapValue(source, 0, len(source.text))
    fields.put("name", source.path.rpartition("/")[2])
    for one in listed:
        at = one.span.first_line if isinstance(one, ListValue) else source.span(0, 0)
        fields.put("releases", one, Place(at))
    return Node(f"{source.path}#helmfile", "helm.Helmfile", f"helmfile {source.path}", fields,
                source.span(0, 0))  # fmt: skip
