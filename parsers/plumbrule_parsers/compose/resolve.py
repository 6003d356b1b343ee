"""Compose files made whole: each read with the files of its project."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from plumbrule_parsers.compose.lift import document_of
from plumbrule_parsers.compose.project import added_services, base_of, is_override, project_of
from plumbrule_parsers.document import Document, Problem
from plumbrule_parsers.format import FileTree
from plumbrule_parsers.value import MapValue


def resolve(documents: Mapping[str, Document], files: FileTree) -> Iterable[Document]:
    """Every document with its services as they are run."""
    roots: dict[str, MapValue] = {}
    for path in sorted(documents):
        root = documents[path].facts.get("compose")
        if isinstance(root, MapValue):
            roots[path] = root
    known = frozenset(files.paths())
    made = []
    for path, root in roots.items():
        document = documents[path]
        project = project_of(path, roots, files)
        below = (base_of(path, roots) or "") if is_override(path) else ""
        beside = {name: f"{where}#service/{name}" for name, where in project.included.items()}
        if below:
            # The rest of it is judged where it is read, in the file below.
            added = added_services(path, roots)
            beside.update(
                (name, f"{below}#service/{name}") for name in project.services if name not in added
            )
            project.services = {
                name: one for name, one in project.services.items() if name in added
            }
        found = document_of(document.source, root, project, _own(document), known, beside, below)
        made.append(replace(found, facts=document.facts))
    return made


def _own(document: Document) -> tuple[Problem, ...]:
    """The problems of the text itself."""
    return tuple(
        one for one in document.problems if one.code not in ("missing-include", "missing-service")
    )
