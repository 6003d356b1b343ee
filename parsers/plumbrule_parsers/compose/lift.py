"""The services of a project to the document of their file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from plumbrule_parsers.compose.project import Project
from plumbrule_parsers.compose.services import Lifted, dependencies, service
from plumbrule_parsers.document import (
    Addresses,
    Document,
    Hole,
    Node,
    Problem,
    Severity,
    Unit,
    how_much,
)
from plumbrule_parsers.source import Source, Span
from plumbrule_parsers.value import ListValue, MapValue, Place, Reason, Unknown

_KINDS = ("compose.Service", "compose.Variable", "compose.Port", "compose.Mount",
          "compose.Dependency")  # fmt: skip


def document_of(
    source: Source, root: MapValue, project: Project, problems: tuple[Problem, ...],
    files: frozenset[str], beside: Mapping[str, str], below: str = "",
) -> Document:  # fmt: skip
    """The document; `beside` has the addresses of services that other files of the project have.

    `below` is the file with which Compose reads this one, if it reads it by itself.
    """
    unit = below or source.path
    lifted = Lifted(Addresses().unique, source.path, project.folder, unit)
    head = Span(source, 0, 0)
    fields = MapValue(source, root.start, root.end)
    fields.put("name", source.path)
    fields.put("services", ListValue(source, root.start, root.end, [*project.services]),
               Place(head))  # fmt: skip
    whole = Node(lifted.address(f"{source.path}#file"), "compose.File", source.path, fields, head,
                 unit=unit)  # fmt: skip
    lifted.nodes.append(whole)
    known = dict(beside)
    made = []
    for name, one in project.services.items():
        span = one.head if one.head.source is source else head
        node = service(lifted, name, one.body, span, files)
        known[name] = node.address
        made.append((node, one.body))
    for node, body in made:
        dependencies(lifted, node, body, known)
    heads = {node.address: node.span for node, _body in made}
    nodes = tuple(
        node if node.span.source is source else replace(node, span=heads.get(node.parent, head))
        for node in lifted.nodes
    )
    holes = tuple(
        Hole(Unknown(Reason.MISSING_FILE, one.message, one.span), one.span, kinds=_KINDS,
             within=project.folder)
        for one in project.lost
    )  # fmt: skip
    lost = next((one for one in problems if one.severity is Severity.ERROR), None)
    if lost is not None:
        why = Unknown(Reason.SYNTAX, f"{source.path} did not parse", lost.span)
        holes = (*holes, Hole(why, lost.span, kinds=_KINDS, within=project.folder))
    problems = (*problems, *project.lost)
    state, because = how_much(problems, something=len(nodes) > 1)
    units = () if below else (
        Unit(unit, "compose project", project.folder or ".", head, inputs=tuple(project.inputs)),
    )  # fmt: skip
    return Document(source, "compose", nodes, tuple(lifted.references), problems, holes, state,
                    because, facts={"compose": root}, units=units)  # fmt: skip
