"""Terraform files made whole: every expression evaluated, in the one call that its module has.

A folder that is called by nobody is a root and stands for itself. One that is called once is judged
with its caller's arguments. One with several calls is left as its files alone tell.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from plumbrule_parsers.document import Document, Problem
from plumbrule_parsers.format import FileTree
from plumbrule_parsers.hcl_tree import syntax as h
from plumbrule_parsers.source import Source
from plumbrule_parsers.terraform.evaluate.folder import Folder, folder_of
from plumbrule_parsers.terraform.evaluate.modules import Module
from plumbrule_parsers.terraform.evaluate.units import Units, units_of
from plumbrule_parsers.terraform.evaluate.view import Evaluated
from plumbrule_parsers.terraform.parse import read_body
from plumbrule_parsers.value import Reason, Unknown

_VALUES = (".tfvars", ".tfvars.json")


def resolve(documents: Mapping[str, Document], files: FileTree) -> Iterable[Document]:
    """The documents whose module is evaluated; the others stay as they are."""
    folders = _folders(documents)
    units = units_of(folders, files)
    changed: dict[str, Document] = {}
    for path in sorted(units.modules):
        modules = units.modules[path]
        if len(modules) != 1 or path in units.partial:
            continue
        condition = units.conditions.get(modules[0].chain)
        for name, (source, body) in modules[0].folder.bodies.items():
            document = documents[name]
            if document.references:  # else there is nothing to evaluate
                changed[name] = _evaluated(document, source, body, modules[0], condition)
    for problem in _problems(units):
        path = problem.span.path
        document = changed.get(path, documents[path])
        changed[path] = replace(document, problems=(*document.problems, problem))
    return [changed[path] for path in sorted(changed)]


def _folders(documents: Mapping[str, Document]) -> dict[str, Folder]:
    bodies: dict[str, dict[str, tuple[Source, h.Body]]] = {}
    values: dict[str, list[tuple[Source, h.Body]]] = {}
    for path in sorted(documents):
        body = documents[path].facts.get("body")
        if body is None:
            continue  # other HCL, which is no configuration
        entry = documents[path].source, body
        folder = path.rpartition("/")[0]
        if path.endswith(_VALUES):
            values.setdefault(folder, []).append(entry)
        else:
            bodies.setdefault(folder, {})[path] = entry
    folders = {path: folder_of(path, found) for path, found in bodies.items()}
    for path, listed in values.items():
        if path in folders:
            for source, body in sorted(listed, key=_loaded):
                _take_values(folders[path], source, body)
    return folders


def _loaded(entry: tuple[Source, h.Body]) -> tuple[int, str]:
    """The order in which Terraform reads files of values; the last one wins."""
    name = entry[0].path.rpartition("/")[2]
    order = ["terraform.tfvars", "terraform.tfvars.json"]
    return (order.index(name) if name in order else 2), name


def _take_values(folder: Folder, source: Source, body: h.Body) -> None:
    name = source.path.rpartition("/")[2]
    settings = [(source, setting) for setting in body.settings().values()]
    automatic = (".auto.tfvars", ".auto.tfvars.json")
    if name in ("terraform.tfvars", "terraform.tfvars.json") or name.endswith(automatic):
        folder.values.extend(settings)
    else:
        folder.others[source.path] = settings


def _evaluated(
    document: Document, source: Source, body: h.Body, module: Module, condition: Unknown | None
) -> Document:
    """The document read again, with what its expressions are in this call."""
    made = read_body(source, body, (), Evaluated(module.scope(source), module))
    nodes = made.nodes
    if condition is not None:
        nodes = tuple(
            node if node.condition is not None else replace(node, condition=condition)
            for node in nodes
        )
    lost = tuple(hole for hole in document.holes if hole.why.reason is Reason.SYNTAX)
    holes = (*(hole for hole in made.holes if hole not in lost), *lost)
    return replace(document, nodes=nodes, references=made.references, holes=holes)


def _problems(units: Units) -> list[Problem]:
    """The problems of all roots, each once, in order."""
    modules = [module for listed in units.modules.values() for module in listed]
    noted = [one for module in modules for one in module.run.problems.values()]
    found = {(one.span.sort_key(), one.message): one for one in (*units.problems, *noted)}
    return [found[key] for key in sorted(found)]
