"""Which folders are roots, what they call, and with which arguments: every module in every call."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field

from plumbrule_parsers.document import Problem
from plumbrule_parsers.format import FileTree
from plumbrule_parsers.path_glob import glob_match
from plumbrule_parsers.terraform.evaluate.folder import Folder
from plumbrule_parsers.terraform.evaluate.modules import META, Memory, Module
from plumbrule_parsers.terraform.evaluate.scope import Run
from plumbrule_parsers.terraform.functions.call import Files
from plumbrule_parsers.value import Unknown

MAX_CALLS = 40  # calls of one folder that are told apart
MAX_NESTING = 10  # module calls inside module calls


@dataclass(slots=True)
class Units:
    """Every folder with its modules, one for each call; `absent` are calls that never happen."""

    modules: dict[str, list[Module]] = field(default_factory=dict)
    conditions: dict[str, Unknown] = field(default_factory=dict)  # chain -> why it may not be
    problems: list[Problem] = field(default_factory=list)
    partial: set[str] = field(default_factory=set)  # folders with calls that are not followed


def units_of(folders: Mapping[str, Folder], files: FileTree) -> Units:
    """All modules of the repository, roots first, each called one after its caller."""
    called = {
        target
        for path, folder in folders.items()
        for target in folder.calls.values()
        if target != path
    }
    roots = [path for path in sorted(folders) if path not in called or folders[path].has_backend]
    units = Units()
    seen: set[str] = set()
    paths: list[str] = []
    pending = [*roots, *sorted(folders)]
    for path in pending:
        if path in seen:  # what only a cycle of calls reaches is a root as well
            continue
        root = _root(folders[path], files, paths)
        _enter(root, folders, units, seen, (path,))
    return units


def _root(folder: Folder, files: FileTree, paths: list[str]) -> Module:
    base = folder.path

    def locate(path: str) -> str:
        return posixpath.normpath(posixpath.join(base, path))

    def read(path: str) -> bytes | None:
        full = locate(path)
        if path.startswith("/") or full.startswith("../"):
            return None
        source = files.read(full)
        return source.text.encode("utf-8", "surrogatepass") if source is not None else None

    def matching(below: str, pattern: str) -> list[str] | None:
        full = locate(below)
        if below.startswith("/") or full.startswith(".."):
            return None
        if not paths:
            paths.extend(files.paths())
        start = "" if full == "." else full + "/"
        found = [one[len(start) :] for one in paths if one.startswith(start)]
        return sorted(one for one in found if glob_match(pattern, one)) or None

    return Module(folder, base, folder, Run(), Memory(), Files(read, matching), locate)


def _enter(
    module: Module, folders: Mapping[str, Folder], units: Units, seen: set[str],
    above: tuple[str, ...],
) -> None:  # fmt: skip
    """Note the module and make its local calls, with their arguments not yet evaluated."""
    folder = module.folder
    seen.add(folder.path)
    units.modules.setdefault(folder.path, []).append(module)
    for name in sorted(folder.calls):
        target = folders.get(folder.calls[name])
        declared = folder.blocks[f"module.{name}"]
        if target is None or target.path in above or len(above) > MAX_NESTING:
            if target is not None:
                message = f"`module.{name}` calls a module that it is part of"
                units.problems.append(Problem("module-recursion", message, declared.head))
                units.partial.add(target.path)
            continue
        if len(units.modules.get(target.path, ())) >= MAX_CALLS:
            units.partial.add(target.path)
            continue
        child = Module(
            target, f"{module.chain}{'.' if module.parent else ':'}module.{name}", module.root,
            module.run, module.memory, module.files, module.locate, module, name,
        )  # fmt: skip
        module.children[name] = child
        scope = module.inner_scope(f"module.{name}")
        child.arguments = {
            key: (scope, setting) for key, setting in declared.settings.items() if key not in META
        }
        instances = module.instances(f"module.{name}")
        if instances.size == 0:
            seen.add(target.path)
            units.modules.setdefault(target.path, [])
            continue
        if instances.doubt is not None:
            units.conditions[child.chain] = instances.doubt
        elif module.chain in units.conditions:
            units.conditions[child.chain] = units.conditions[module.chain]
        _enter(child, folders, units, seen, (*above, target.path))
