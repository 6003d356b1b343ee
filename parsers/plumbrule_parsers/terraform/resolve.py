"""Terraform files made whole: every expression evaluated, in every call of its module.

A folder that is called by nobody is a root and stands for itself. One that is called is judged with
its callers' arguments, once for each call: its files then declare their blocks several times, each
in a variant of its own. One that only calls with `count = 0` lead to declares nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from plumbrule_parsers.document import Document, Hole, Node, Problem, Reference, ToMatch, Unit
from plumbrule_parsers.format import FileTree
from plumbrule_parsers.hcl_tree import syntax as h
from plumbrule_parsers.source import Source, Span
from plumbrule_parsers.terraform.evaluate.folder import Folder, folder_of
from plumbrule_parsers.terraform.evaluate.given import Given
from plumbrule_parsers.terraform.evaluate.installed import Installed
from plumbrule_parsers.terraform.evaluate.modules import Module
from plumbrule_parsers.terraform.evaluate.units import Units, units_of
from plumbrule_parsers.terraform.evaluate.value_files import ENDINGS, ValueFiles, take_values
from plumbrule_parsers.terraform.evaluate.view import Evaluated
from plumbrule_parsers.terraform.parse import parse, read_body
from plumbrule_parsers.terraform.static import Inside
from plumbrule_parsers.value import Reason


def resolve(documents: Mapping[str, Document], files: FileTree) -> Iterable[Document]:
    """The documents whose module is evaluated; the others stay as they are."""
    folders = _folders(documents)
    given, read = _terragrunt(documents, files, folders)
    installed = Installed(files, parse)
    units = units_of(folders, files, given, installed)
    documents = {**documents, **installed.documents}
    changed = {document.source.path: document for document in read}
    for path in sorted(folders):
        modules = units.modules.get(path, ())
        for name, (source, body) in folders[path].bodies.items():
            if name in folders[path].replaced:
                changed[name] = _replaced(documents[name])
            elif modules:
                changed[name] = _evaluated(documents[name], source, body, modules, units)
            elif path in units.absent:
                changed[name] = _absent(documents[name], units.absent[path])
    for path, used in _values(units).items():
        changed[path] = _flowing(documents[path], used)
    for path, declared in _declared(units).items():
        document = changed[path]
        changed[path] = replace(document, units=document.units or declared)
    for problem in _problems(units):
        path = problem.span.path
        document = changed.get(path, documents[path])
        changed[path] = replace(document, problems=(*document.problems, problem))
    units.forget()
    return [changed[path] for path in sorted(changed)]


def _terragrunt(
    documents: Mapping[str, Document], files: FileTree, folders: Mapping[str, Folder]
) -> tuple[list[Given], list[Document]]:
    """The ways in which Terragrunt runs modules, and the documents of its files."""
    if not any("terragrunt" in document.facts for document in documents.values()):
        return [], []
    from plumbrule_parsers.terraform import terragrunt

    return terragrunt.units(documents, files, folders)


def _folders(documents: Mapping[str, Document]) -> dict[str, Folder]:
    bodies: dict[str, dict[str, tuple[Source, h.Body]]] = {}
    values: dict[str, tuple[Source, h.Body]] = {}
    for path in sorted(documents):
        body = documents[path].facts.get("body")
        if body is None:
            continue  # other HCL, which is no configuration
        entry = documents[path].source, body
        folder = path.rpartition("/")[0]
        if path.endswith(ENDINGS):
            values[path] = entry
        else:
            bodies.setdefault(folder, {})[path] = entry
    folders = {path: folder_of(path, found) for path, found in bodies.items()}
    found = ValueFiles.of(values, folders)
    for one in folders.values() if values else ():
        take_values(one, found)
    return folders


def _evaluated(
    document: Document, source: Source, body: h.Body, modules: Sequence[Module], units: Units
) -> Document:
    """The document read again, with what its expressions are in each use of its module."""
    nodes: list[Node] = []
    references: list[Reference] = []
    holes: dict[Hole, None] = {}
    for module in modules:
        made = read_body(source, body, (), Evaluated(module.scope(source), module))
        condition = units.conditions.get(module.chain)
        if condition is None:
            nodes.extend(made.nodes)
        else:
            nodes.extend(
                node if node.condition is not None else replace(node, condition=condition)
                for node in made.nodes
            )
        references.extend(made.references)
        holes.update(dict.fromkeys(made.holes))
    holes.update((hole, None) for hole in document.holes if hole.why.reason is Reason.SYNTAX)
    return replace(
        document, nodes=tuple(nodes), references=tuple(references), holes=tuple(holes)
    )  # fmt: skip


def _absent(document: Document, calls: Sequence[Span]) -> Document:
    """The document of a module that is never called: its variables, and nothing that it makes."""
    kept = tuple(node for node in document.nodes if node.kind == "tf.Variable")
    addresses = {node.address for node in kept}
    lines = ", ".join(f"{span.path}:{span.line}" for span in calls[:3])
    return replace(
        document, nodes=kept,
        references=tuple(one for one in document.references if one.origin in addresses),
        holes=tuple(hole for hole in document.holes if hole.why.reason is Reason.SYNTAX),
        because=document.because or f"never called: no instances at {lines}",
        facts={**document.facts, "absent": calls},
    )  # fmt: skip


def _replaced(document: Document) -> Document:
    """The document of a file that OpenTofu does not read, because a `.tofu` file stands for it."""
    return replace(
        document, nodes=(), references=(), holes=(),
        because=document.because or "the `.tofu` file of the same name is read instead",
    )  # fmt: skip


def _values(units: Units) -> dict[str, list[Module]]:
    """The roots that each file of values is given to."""
    found: dict[str, dict[str, Module]] = {}
    for modules in units.modules.values():
        for module in modules:
            others = [one for listed in module.others.values() for one in listed]
            for source, _setting in (*module.values, *others):
                found.setdefault(source.path, {})[module.chain] = module
    return {path: list(found[path].values()) for path in sorted(found)}


def _flowing(document: Document, used: Sequence[Module]) -> Document:
    """A file of values with its edges to the variables of the roots that it is given to."""
    unit = used[0].unit if len(used) == 1 else ""
    references = [
        replace(one, target=ToMatch(one.target.kinds, (name, *inside.equals)))
        for one in document.references
        if isinstance(one.target, ToMatch)
        for name in one.target.equals[:1]
        for inside in dict.fromkeys(Inside(one.folder.path, one.variant) for one in used)
    ]
    nodes: list[Node] = []
    for node in document.nodes:
        fields = node.fields.copy_with()
        fields.put("module", used[0].folder.path)
        nodes.append(replace(node, unit=unit, fields=fields))
    return replace(document, nodes=tuple(nodes), references=tuple(references))


def _declared(units: Units) -> dict[str, tuple[Unit, ...]]:
    """The units by the path of the file that declares them."""
    found: dict[str, list[Unit]] = {}
    for unit in units.units:
        found.setdefault(unit.span.path, []).append(unit)
    return {path: tuple(found[path]) for path in found}


def _problems(units: Units) -> list[Problem]:
    """The problems of all roots, each once, in order."""
    modules = [module for listed in units.modules.values() for module in listed]
    noted = [one for module in modules for one in module.run.problems.values()]
    found = {(one.span.sort_key(), one.message): one for one in (*units.problems, *noted)}
    return [found[key] for key in sorted(found)]
