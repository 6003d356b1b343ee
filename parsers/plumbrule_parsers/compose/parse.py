"""One Compose file to its document."""

from __future__ import annotations

from plumbrule_parsers.compose.lift import document_of
from plumbrule_parsers.compose.project import project_of
from plumbrule_parsers.document import Completeness, Document, Problem, Severity
from plumbrule_parsers.source import Source
from plumbrule_parsers.value import MapValue
from plumbrule_parsers.yaml_tree import parse_yaml


def parse(source: Source) -> Document:
    """The services of the file, as it alone says."""
    stream = parse_yaml(source, "1.2")
    problems = stream.problems
    root = next(
        (one.value for one in stream.documents if isinstance(one.value, MapValue)), None
    )  # fmt: skip
    if root is None:
        missing = Problem("no-services", "a Compose file must be a mapping", source.span(0, 0))
        return Document(source, "compose", problems=problems or (missing,),
                        completeness=Completeness.SKIPPED, because="it is no mapping")  # fmt: skip
    services = root.get("services")
    if services is not None and not isinstance(services, MapValue):
        place = root.place("services")
        span = place.entry if place is not None else source.span(0, 0)
        problems = (*problems, Problem("not-a-mapping", "`services` must be a mapping", span))
    for name, body in services.items() if isinstance(services, MapValue) else ():
        place = services.place(name) if isinstance(services, MapValue) else None
        if body is not None and not isinstance(body, MapValue) and place is not None:
            message = f"service `{name}` must be a mapping"
            problems = (*problems, Problem("not-a-mapping", message, place.entry, Severity.WARNING))
    project = project_of(source.path, {source.path: root}, None)
    return document_of(source, root, project, problems, frozenset(), {})
