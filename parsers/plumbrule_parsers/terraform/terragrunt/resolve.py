"""All units of a repository: what each gives to its module, and the documents of its files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from plumbrule_parsers.document import Completeness, Document, Hole, Problem, Severity
from plumbrule_parsers.format import FileTree
from plumbrule_parsers.terraform.evaluate.folder import Folder
from plumbrule_parsers.terraform.evaluate.given import Given
from plumbrule_parsers.terraform.evaluate.modules import Module
from plumbrule_parsers.terraform.evaluate.units import given_module
from plumbrule_parsers.terraform.terragrunt.config import UNIT_FILE, World
from plumbrule_parsers.terraform.terragrunt.documents import (
    KIND,
    generated,
    read_document,
    unit_document,
    with_problems,
)
from plumbrule_parsers.terraform.terragrunt.rounds import rounds
from plumbrule_parsers.terraform.terragrunt.unit import GruntUnit, arguments_of, read_again, unit_at
from plumbrule_parsers.traced import Traced
from plumbrule_parsers.value import Hop, MapValue, Reason, Unknown

_NO_READER = "no Terragrunt unit reads it, and other HCL is not evaluated"
_FIRST = ("terraform.tfvars", "terraform.tfvars.json")
_OTHER = (
    (".terraform.lock.hcl", "a lock file of providers has nothing to evaluate"),
    ("terragrunt.stack.hcl", "a stack is read, the units that it generates are not"),
    (UNIT_FILE, "it runs no module: it has no source, and no Terraform files beside it"),
)


def units(
    documents: Mapping[str, Document], files: FileTree, folders: Mapping[str, Folder]
) -> tuple[list[Given], list[Document]]:
    """The ways in which units run modules of the repository, and the documents that change."""
    bodies = {
        path: (document.source, document.facts["terragrunt"])
        for path, document in documents.items()
        if "terragrunt" in document.facts
    }
    if not any(map(_is_unit_file, bodies)):
        return [], [_unread(documents[path]) for path in sorted(bodies)]
    paths = frozenset(files.paths())
    broken = {
        path: problem.span
        for path in bodies
        for problem in documents[path].problems[::-1]
        if problem.severity is Severity.ERROR
    }
    given_env = _environment(documents)
    world = World(files, paths, _above(paths), bodies, broken, _loaded(paths), given_env)
    found: dict[str, GruntUnit] = {}
    for path in sorted(filter(_is_unit_file, bodies)):
        unit = unit_at(world, path.rpartition("/")[0], folders)
        if unit is not None:
            found[unit.folder] = unit
    for folder in _parents(found, folders):
        del found[folder]
    given, problems = _give(found, files, folders)
    return given, _documents(documents, world, found, folders, problems)


def _is_unit_file(path: str) -> bool:
    return path.rpartition("/")[2] == UNIT_FILE


def _environment(documents: Mapping[str, Document]) -> dict[str, Traced]:
    """The environment variables that the settings of the scan name, each with its place."""
    found: dict[str, Traced] = {}
    for document in documents.values():
        said = document.facts.get("environment")
        if isinstance(said, MapValue):
            for name, value in said.items():
                assert isinstance(value, str)
                place = said.place(name)
                at = place.value if place is not None else document.source.span(0, 0)
                found[name] = Traced(value, (Hop(at, f"environment variable {name[:60]}"),))
    return found


def _loaded(paths: frozenset[str]) -> dict[str, list[str]]:
    """The files of values that Terraform loads by itself, by folder, the strongest last."""
    found: dict[str, list[str]] = {}
    for path in sorted(paths, key=lambda one: (not one.endswith(_FIRST), one)):
        if path.endswith((*_FIRST, ".auto.tfvars", ".auto.tfvars.json")):
            folder, _, name = path.rpartition("/")
            if name in _FIRST or ".auto.tfvars" in name:
                found.setdefault(folder, []).append(name)
    return found


def _parents(found: Mapping[str, GruntUnit], folders: Mapping[str, Folder]) -> set[str]:
    """The folders whose file is only the pattern of units below them: they include it."""
    return {
        folder
        for unit in found.values()
        for include in unit.config.includes
        for folder in (include.path.removesuffix(UNIT_FILE).rstrip("/"),)
        if include.path.endswith(UNIT_FILE)
        and folder in found
        and folder not in folders
        and (not folder or unit.folder.startswith(f"{folder}/"))
    }


def _above(paths: frozenset[str]) -> frozenset[str]:
    """All folders that hold something."""
    found = {""}
    for path in paths:
        folder = path.rpartition("/")[0]
        while folder not in found:
            found.add(folder)
            folder = folder.rpartition("/")[0]
    return frozenset(found)


def _give(
    found: Mapping[str, GruntUnit], files: FileTree, folders: Mapping[str, Folder]
) -> tuple[list[Given], list[Problem]]:
    """The inputs of all units, those that others depend on first."""
    given: list[Given] = []
    modules: dict[str, Module] = {}
    problems: list[Problem] = []
    for together in rounds({folder: unit.edges for folder, unit in found.items()}):
        first = found[together[0]]
        if len(together) > 1 or first.folder in first.edges:
            problems.append(_round(together, found))
            outputs = _Outputs(modules, frozenset(together))
        else:
            outputs = _Outputs(modules, frozenset())
        for folder in together:
            unit = found[folder]
            read_again(unit, outputs)
            module = folders.get(unit.source.folder) if unit.source.folder is not None else None
            arguments = arguments_of(unit, module)
            if module is None:
                _note_missing(unit)
                continue
            if _is_skipped(unit):
                continue
            way = Given(
                unit.name, module.path, arguments, unit.head, KIND,
                inputs=tuple(unit.reading.took),
                generated=next((hole.why for hole in generated(unit)), None),
            )  # fmt: skip
            given.append(way)
            modules[folder] = given_module(folders, files, way)
    return sorted(given, key=lambda one: one.name), problems


def _note_missing(unit: GruntUnit) -> None:
    """A problem for a source that should be in the repository and is not."""
    if unit.written is None or not isinstance(unit.written.data, str) or unit.source.remote:
        return
    folder = unit.source.folder
    shown = f"`{folder}` has no Terraform files" if folder is not None else (
        "the source lies outside the scanned folder"
    )  # fmt: skip
    unit.reading.report("missing-module", f"unit `{unit.name}`: {shown}", unit.at,
                        "what the unit makes is unknown")  # fmt: skip


def _is_skipped(unit: GruntUnit) -> bool:
    """True if the file says that the unit is never run."""
    setting = unit.config.body.settings().get("skip")
    return setting is not None and unit.config.settled(setting.value).data is True


class _Outputs:
    """What the units that are done give to those that depend on them."""

    def __init__(self, modules: Mapping[str, Module], together: frozenset[str]) -> None:
        self.modules = modules
        self.together = together  # the units of a round: none is there before the others

    def __call__(self, unit: str, name: str) -> Traced | None:
        """An output of the unit, all as one object for ""; None if nobody can tell."""
        if unit in self.together:
            return Traced(Unknown(Reason.CYCLE, f"unit `{unit or '.'}` depends on this one"))
        module = self.modules.get(unit)
        if module is None:
            return None
        at = next(iter(module.folder.bodies.values()))[0].span(0, 0)
        if not name:
            names = (one[7:] for one in module.folder.blocks if one.startswith("output."))
            return Traced({one: self.one(module, one) for one in names})
        declared = module.folder.blocks.get(f"output.{name}")
        return self.one(module, name) if declared is not None else Traced(
            Unknown(Reason.EXPRESSION, f"unit `{unit or '.'}` has no output `{name[:60]}`", at)
        )  # fmt: skip

    def one(self, module: Module, name: str) -> Traced:
        """One output, marked as sensitive if its block says so."""
        declared = module.folder.blocks[f"output.{name}"]
        found = module.output(name, declared.head)
        if not module.is_set(declared.settings.get("sensitive"), True):
            return found
        return Traced(found.data, found.via, found.span, found.rest, sensitive=True)


def _round(together: list[str], found: Mapping[str, GruntUnit]) -> Problem:
    first = found[together[0]]
    span = min(
        (span for target, span in first.edges.items() if target in together),
        key=lambda one: one.sort_key(),
    )
    if len(together) == 1:
        message = f"unit `{first.name}` depends on itself"
    else:
        shown = ", ".join(f"`{found[one].name}`" for one in together[:5])
        more = f" and {len(together) - 5} more" if len(together) > 5 else ""
        message = f"units {shown}{more} depend on each other"
    return Problem("cycle", message, span, hint="Terragrunt refuses such a configuration")


def _documents(
    documents: Mapping[str, Document], world: World, found: Mapping[str, GruntUnit],
    folders: Mapping[str, Folder], problems: list[Problem],
) -> list[Document]:  # fmt: skip
    changed: dict[str, Document] = {}
    for unit in found.values():
        for path in unit.reading.took:
            if path in world.bodies:
                changed.setdefault(path, read_document(documents[path]))
    holes: dict[Hole, None] = {}
    noted: dict[str, dict[tuple[object, ...], Problem]] = {}
    for unit in found.values():
        path = unit.config.source.path
        changed[path] = unit_document(documents[path], unit, found, folders)
        if unit.source.folder in folders:
            holes.update(dict.fromkeys(generated(unit)))
        for one in unit.reading.run.problems.values():
            noted.setdefault(one.span.path, {})[(*one.span.sort_key(), one.message)] = one
    for one in problems:
        noted.setdefault(one.span.path, {})[(*one.span.sort_key(), one.message)] = one
    for path in world.bodies:
        if path not in changed:
            changed[path] = _unread(documents[path])
    for hole in holes:
        document = changed[hole.span.path]
        changed[hole.span.path] = replace(document, holes=(*document.holes, hole))
    for path, listed in noted.items():
        if path in changed:
            changed[path] = with_problems(changed[path], listed.values())
    return [changed[path] for path in sorted(changed)]


def _unread(document: Document) -> Document:
    """The document of other HCL, with why it is not evaluated."""
    if any(problem.severity is Severity.ERROR for problem in document.problems):
        return read_document(document)
    name = document.source.path.rpartition("/")[2]
    because = next((why for end, why in _OTHER if name == end), _NO_READER)
    return replace(document, completeness=Completeness.PARTLY, because=because)
