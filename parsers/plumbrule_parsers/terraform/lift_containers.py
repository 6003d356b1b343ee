"""Containers that Amazon ECS and Google Cloud Run run, out of the resources that describe them.

Sources: the JSON of `container_definitions`,
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_definition_parameters.html, and the
`containers` blocks of https://registry.terraform.io/providers/hashicorp/google/latest/docs.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from plumbrule_parsers.document import Node
from plumbrule_parsers.hcl_tree import syntax as h
from plumbrule_parsers.source import Span
from plumbrule_parsers.terraform.lifted import Lifted, copied, entries, unknown_of
from plumbrule_parsers.terraform.policy_text import json_in, policy_text
from plumbrule_parsers.terraform.static import Static
from plumbrule_parsers.value import ListValue, MapValue, Reason, Segments, Unknown, Value

# The argument whose text lists containers, by type of resource.
TASKS: Final = {"aws_ecs_task_definition": ("container_definitions",)}
CLOUD_RUN: Final = {
    "google_cloud_run_service": ("template", "spec"),
    "google_cloud_run_v2_service": ("template",),
    "google_cloud_run_v2_job": ("template", "template"),
}
_ECS: Final = {
    "image": "image", "essential": "essential", "privileged": "privileged",
    "health_check": "healthCheck",
}  # fmt: skip
_RUN: Final = {
    "image": "image", "startup_probe": "startup_probe", "liveness_probe": "liveness_probe",
}  # fmt: skip


def task_containers(node: Node, block: h.Block, static: Static) -> Iterator[Lifted]:
    """The containers of a task definition, however its JSON is written."""
    setting = block.body.settings().get("container_definitions")
    if setting is None:
        return
    expr, view = static.origin(setting.value)
    span = Span(view.source, expr.start, expr.end)
    value: Value
    if isinstance(expr, h.Call) and expr.name == "jsonencode" and len(expr.args) == 1:
        value = view.value(expr.args[0])
    else:
        value = policy_text(expr, view) if isinstance(expr, (h.Template, h.Literal)) else None
        if value is None:
            value = view.value(expr)
        if isinstance(value, (str, Segments)):
            read = json_in(value, span)
            detail = f"containers of {node.label}"
            value = Unknown(Reason.EXPRESSION, detail, span) if read is None else read
    yield from _listed(node, value, _ECS, "ecs")


def cloud_run_containers(node: Node, path: tuple[str, ...]) -> Iterator[Lifted]:
    """The `containers` blocks of a Cloud Run resource."""
    owner: Value = node.fields
    for name in path:
        found, rest = entries(owner.get(name) if isinstance(owner, MapValue) else None)
        owner = found[0] if found else None
        if rest is not None and not found:
            yield _perhaps(node, rest, "cloud_run")
            return
    if isinstance(owner, MapValue) and "containers" in owner:
        yield from _listed(node, owner["containers"], _RUN, "cloud_run")


def _listed(node: Node, value: Value, names: dict[str, str], platform: str) -> Iterator[Lifted]:
    found, rest = entries(value)
    for index, container in enumerate(found):
        name = container.get("name")
        called = name if isinstance(name, str) else str(index)
        place = container.place("name") or container.place("image")
        span = place.entry if place is not None else container.span.first_line
        fields = MapValue(container.source, container.start, container.end, rest=container.rest)
        fields.put("name", called, place)
        fields.put("platform", platform)
        for field, key in names.items():
            copied(fields, field, container, key)
            held = fields.get(field)
            if isinstance(held, ListValue):  # blocks that may be there
                some, doubt = entries(held)
                fields[field] = some[0] if some else doubt
        label = f"container {called} of {node.label}"
        span = span if span.path == node.path else node.span
        yield Lifted(f"container/{called}", "run.Container", label, fields, span)
    if isinstance(value, ListValue) and rest is None:
        rest = value.rest
    if isinstance(value, (Unknown, Segments)):
        rest = unknown_of(value)
    if rest is not None:
        yield _perhaps(node, rest, platform)


def _perhaps(node: Node, doubt: Unknown, platform: str) -> Lifted:
    """A container that may be there, of which nothing is known."""
    fields = MapValue(node.fields.source, node.fields.start, node.fields.start, rest=doubt)
    label = f"container of {node.label}"
    fields.put("name", label)
    fields.put("platform", platform)
    for name in (*_ECS, *_RUN):
        fields.put(name, doubt)
    return Lifted("container/?", "run.Container", label, fields, node.span, doubt)
