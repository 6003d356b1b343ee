"""Kubernetes objects that Terraform declares, as the nodes that manifests become.

`kubernetes_*` resources are written in blocks, `kubernetes_manifest` and `kubectl_manifest` hold
the manifest itself. What one makes stands below the resource, so that one rule judges all, and the
Service of a manifest finds the Deployment of a module.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

from plumbrule_parsers.document import Hole, Node, Problem, Reference
from plumbrule_parsers.hcl_tree import syntax as h
from plumbrule_parsers.kubernetes_objects.kinds import WORKLOAD_KINDS
from plumbrule_parsers.kubernetes_objects.lift import Lift, objects_in
from plumbrule_parsers.terraform.kubernetes_blocks import api_of, manifest_of
from plumbrule_parsers.terraform.lifted import unknown_of
from plumbrule_parsers.terraform.manifest_text import heredoc_objects, text_objects
from plumbrule_parsers.terraform.static import Static
from plumbrule_parsers.value import MapValue, Place, Reason, Segments, Unknown, Value

# The argument that holds a manifest, by the type of the resource.
_HOLDERS: Final = {
    "kubernetes_manifest": "manifest", "kubernetes_manifest_v1": "manifest",
    "kubectl_manifest": "yaml_body",
}  # fmt: skip
_PARTS: Final = ("k8s.Container", "k8s.EnvVar", "k8s.Volume", "k8s.ServicePort", "k8s.Backend")
_DECODERS: Final = {"yamldecode", "jsondecode"}
_ENCODERS: Final = {"yamlencode", "jsonencode"}
_COUNT = re.compile(r"\breplicas\b|^all$|\bspec\s*[,\]]|\bspec\[0\]\s*[,\]]")
_FILES: Final = (".yaml", ".yml", ".json")


@dataclass(slots=True)
class Objects:
    """What the objects of a resource become."""

    nodes: list[Node] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    holes: list[Hole] = field(default_factory=list)


def makes_objects(type_: str) -> bool:
    """Whether resources of the type are objects of Kubernetes."""
    return type_ in _HOLDERS or api_of(type_) is not None


def possible_objects(text: str) -> tuple[str, ...]:
    """The kinds that a file that did not parse may declare, besides those of Terraform."""
    return ("k8s.Object",) if "kubernetes_" in text or "kubectl_manifest" in text else ()


def kubernetes_objects_of(
    node: Node, type_: str, unique: Callable[[str], str], written: tuple[Static, h.Block] | None
) -> Objects:
    """The objects of a resource; `unique` gives out the addresses of the file.

    `written` is its block with the view of it; a plan has none.
    """
    made = Objects()
    api = api_of(type_)
    if api is not None:
        manifest, doubts = manifest_of(node, api)
        manifests: list[Value] = [manifest]
        made.holes += [_hole(node, doubt, _PARTS) for doubt in doubts[:1]]
    else:
        manifests = _held(node, _HOLDERS[type_], written)
    lift = Lift(node.fields.source)
    above, head = f"{node.address}/", f"{lift.source.path}#"

    def address(wanted: str) -> str:
        return unique(wanted if wanted.startswith(above) else above + wanted.removeprefix(head))

    lift.address = address
    for value in manifests:
        if isinstance(value, (Unknown, Segments)):
            made.holes.append(_hole(node, unknown_of(value), ("k8s.Object",)))
            continue
        for one in objects_in(value, lift.problems):
            if isinstance(one, MapValue):
                lift.manifest(one)
    if written is not None and _leaves_replicas(*written):
        for found in lift.nodes:
            if found.kind in WORKLOAD_KINDS:
                found.fields.put("replicas_managed", value=False)
    made.nodes += [_belonging(found, node) for found in lift.nodes]
    made.references += lift.references
    made.problems += lift.problems
    return made


def _belonging(made: Node, owner: Node) -> Node:
    """The node as part of the resource: it exists with it, and stands in its file."""
    span = made.span if made.span.path == owner.span.path else owner.span
    return replace(
        made, parent=made.parent or owner.address, span=span,
        condition=owner.condition or made.condition, unit=owner.unit, variant=owner.variant,
        instance=owner.instance,
    )  # fmt: skip


def _leaves_replicas(static: Static, block: h.Block) -> bool:
    """Whether Terraform leaves the count of pods as it finds it."""
    for lifecycle in block.body.blocks("lifecycle"):
        setting = lifecycle.body.settings().get("ignore_changes")
        if setting is not None:
            text = static.source.text[setting.value.start : setting.value.end]
            return _COUNT.search(text) is not None
    return False


def _hole(node: Node, why: Unknown, kinds: tuple[str, ...]) -> Hole:
    return Hole(why, why.span or node.span, kinds=kinds, within=node.path.rpartition("/")[0])


def _held(node: Node, name: str, written: tuple[Static, h.Block] | None) -> list[Value]:
    """The manifests that an argument holds, or why they cannot be told."""
    value, place = node.fields.get(name), node.fields.place(name)
    if value is None or place is None:
        return []
    setting = written[1].body.settings().get(name) if written is not None else None
    if written is None or setting is None:
        return _read(value, place)
    expr, view = written[0].origin(setting.value)
    if isinstance(expr, h.Call) and expr.name in _DECODERS and len(expr.args) == 1:
        inner, within = view.origin(expr.args[0])
        if _is_manifest_file(inner, within):
            return []  # judged as the manifest that it is
        if not isinstance(value, MapValue):
            expr, view = inner, within
            value = view.value(expr)
    if isinstance(expr, h.Call) and expr.name in _ENCODERS and len(expr.args) == 1:
        return [view.value(expr.args[0])]
    if _is_manifest_file(expr, view):
        return []
    if isinstance(expr, h.Template) and expr.heredoc:
        found = heredoc_objects(expr, view)
        if found is not None:
            return found
    return _read(value, place)


def _read(value: Value, place: Place) -> list[Value]:
    """The objects of a text, all at its place; what is no text is an object."""
    if not isinstance(value, (str, Segments)):
        return [value]
    found = text_objects(value, place)
    if found is not None:
        return found
    if isinstance(value, Segments):
        return [unknown_of(value)]
    return [Unknown(Reason.SYNTAX, "a manifest that is no YAML", place.value)]


def _is_manifest_file(expr: h.Expr, view: Static) -> bool:
    """Whether the text is a file, as it is, which is read where it stands."""
    if not isinstance(expr, h.Call) or expr.name != "file" or not expr.args:
        return False
    path = view.value(expr.args[0])
    return isinstance(path, Unknown) or str(path).endswith(_FILES)
