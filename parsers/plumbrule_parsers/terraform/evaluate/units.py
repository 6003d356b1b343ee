"""Which folders are roots, what they call, and with which arguments: every module in every call."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from plumbrule_parsers.document import Problem, Severity, Unit
from plumbrule_parsers.environment_words import declared_environment
from plumbrule_parsers.format import FileTree
from plumbrule_parsers.path_glob import glob_match
from plumbrule_parsers.source import Span
from plumbrule_parsers.terraform.evaluate.children import MAX_COPIES, World, children_of
from plumbrule_parsers.terraform.evaluate.folder import Folder, folder_of
from plumbrule_parsers.terraform.evaluate.given import Given
from plumbrule_parsers.terraform.evaluate.installed import HIDDEN, Installed
from plumbrule_parsers.terraform.evaluate.modules import Called, Memory, Module
from plumbrule_parsers.terraform.evaluate.scope import Run
from plumbrule_parsers.terraform.evaluate.workspaces import workspaces
from plumbrule_parsers.terraform.functions.call import Files
from plumbrule_parsers.traced import Traced
from plumbrule_parsers.value import Reason, Unknown

ROOT = "terraform root"


@dataclass(slots=True)
class Units:
    """Every folder with its modules, one for each way in which it is used.

    `absent` are the folders that only calls which never happen lead to, with these calls.
    `partial` are those with more calls than are told apart: one module stands for all.
    """

    modules: dict[str, list[Module]] = field(default_factory=dict)
    units: list[Unit] = field(default_factory=list)
    conditions: dict[str, Unknown] = field(default_factory=dict)  # chain -> why it may not be
    absent: dict[str, list[Span]] = field(default_factory=dict)
    partial: set[str] = field(default_factory=set)
    problems: list[Problem] = field(default_factory=list)

    def forget(self) -> None:
        """Let go of all that was worked out: modules know each other, so nobody else would."""
        for modules in self.modules.values():
            for module in modules:
                memory = module.memory
                known = memory.found, memory.reached, module.made, module.arguments, module.counted
                for one in known:
                    one.clear()
        self.modules.clear()


def units_of(
    folders: dict[str, Folder], files: FileTree, given: Sequence[Given] = (),
    installed: Installed | None = None,
) -> Units:  # fmt: skip
    """All modules of the repository, roots first, each called one after its caller.

    Folders of modules that were fetched for a root are added to `folders` when a call leads there.
    """
    world = World(folders, _follow(folders, installed))
    units = Units()
    start = _Start(files, world, units, [])
    ways: dict[str, list[Given]] = {}
    for one in given:
        ways.setdefault(one.folder, []).append(one)
    called = {
        target
        for path, folder in folders.items()
        for target in folder.calls.values()
        if target != path
    }
    paths = [path for path in sorted(folders) if HIDDEN not in path.split("/")]
    if installed is not None:
        for path in [one for one in paths if one not in called or folders[one].has_backend]:
            called.update(installed.of_root(path).values())
    for path in paths:
        for way in sorted(ways.get(path, ()), key=lambda one: one.name):
            start.given(way)
        if path not in ways and (path not in called or folders[path].has_backend):
            start.root(path)
    start.never(_below(units.absent, folders))
    for path in paths:
        if path not in units.modules and path not in units.absent:
            start.root(path)  # what only a cycle of calls reaches is a root as well
    _gather(start, folders)
    for modules in units.modules.values():
        for module in modules:
            module.variant = module.chain if len(modules) > 1 else ""
    units.problems.extend(world.problems[key] for key in sorted(world.problems))
    return units


def _follow(
    folders: dict[str, Folder], installed: Installed | None
) -> Callable[[Module, str], str | None]:
    """From a call to the folder of its module; fetched ones are read when they are called."""

    def follow(module: Module, name: str) -> str | None:
        path = module.folder.calls.get(name)
        if installed is None:
            return path
        if path is None and not module.folder.is_local(name):
            path = installed.folder(module, name)
        if path is not None and path not in folders and HIDDEN in path.split("/"):
            bodies = {
                one: (document.source, document.facts["body"])
                for one, document in installed.read(path).items()
                if "body" in document.facts
            }
            if bodies:
                folders[path] = folder_of(path, bodies)
        return path

    return follow


def given_module(folders: Mapping[str, Folder], files: FileTree, way: Given) -> Module:
    """The module of one way by itself, for whoever asks for its outputs; its folder is there."""
    world = World(folders, lambda module, name: module.folder.calls.get(name))
    module = _Start(files, world, Units(), []).module(folders[way.folder], way.name)
    module.inputs, module.values = way.arguments, folders[way.folder].values
    return module


def head_of(folder: Folder) -> Span:
    """The first block of a folder: of `main.tf`, else of its first file."""
    names = sorted(folder.bodies, key=lambda one: (not one.endswith("main.tf"), one))
    source, body = folder.bodies[names[0]]
    first = next(iter(body.blocks()), None)
    return Span(source, first.start, first.head_end) if first is not None else source.span(0, 0)


def _below(paths: Iterable[str], folders: Mapping[str, Folder]) -> dict[str, str]:
    """The folders that these lead to, each with the one that it was reached from."""
    found: dict[str, str] = {}
    pending = [(path, path) for path in sorted(paths)]
    while pending:
        path, origin = pending.pop()
        for target in folders[path].calls.values():
            if target in folders and target not in found:
                found[target] = origin
                pending.append((target, origin))
    return found


@dataclass(slots=True)
class _Start:
    """What roots are made of."""

    files: FileTree
    world: World
    units: Units
    paths: list[str]

    def root(self, path: str) -> None:
        """Enter a folder that stands for itself, once for each way in which it is run."""
        folder = self.world.folders[path]
        name, head = path or ".", head_of(folder)
        words = workspaces(folder)
        ways = len(folder.sets) or len(words)
        if ways and (len(folder.blocks) + len(folder.locals)) * ways <= MAX_COPIES:
            for one in folder.sets:
                unit = Unit(f"{name}@{one.name}", ROOT, path, head, one.name, one.files)
                module = self.root_module(folder, unit)
                module.values = [*module.values, *one.settings]
                module.workspace = one.word if one.word in words else None
                self.enter(module)
            for word in words if not folder.sets else ():
                label = f"workspace {word}"
                unit = Unit(f"{name}@{word}", ROOT, path, head, label,
                            environment=declared_environment(word))  # fmt: skip
                module = self.root_module(folder, unit)
                module.workspace = word
                self.enter(module)
            return
        module = self.root_module(folder, Unit(name, ROOT, path, head))
        for one in folder.sets:  # too large to be told apart
            module.others = {**module.others, one.name: list(one.settings)}
        self.enter(module)

    def root_module(self, folder: Folder, unit: Unit) -> Module:
        """A root with what counts in all ways."""
        self.units.units.append(unit)
        module = self.module(folder, unit.name)
        module.values, module.others = folder.values, folder.others
        return module

    def given(self, way: Given) -> None:
        """Enter a folder with inputs that something else gives."""
        folder = self.world.folders.get(way.folder)
        if folder is None:
            return
        self.units.units.append(Unit(
            way.name, way.kind, way.folder, way.span, way.label, way.inputs, way.environment
        ))  # fmt: skip
        module = self.module(folder, way.name)
        module.inputs, module.values = way.arguments, folder.values
        module.generated = way.generated
        self.enter(module)

    def for_all(self, path: str) -> None:
        """Enter a folder that is called too often, once for all of its calls."""
        folder = self.world.folders[path]
        name = f"{path or '.'}@every call"
        span = head_of(folder)
        self.units.units.append(Unit(name, "terraform module", path, span, "every call"))
        why = Unknown(Reason.LIMIT, f"`{path or '.'}` has too many calls to tell them apart", span)
        passed = {
            setting
            for caller in self.world.folders.values()
            for name, target in caller.calls.items()
            if target == path
            for setting in caller.blocks[f"module.{name}"].settings
        }
        module = self.module(folder, name)
        module.inputs = {one: Traced(why) for one in sorted(passed)}
        self.units.problems.append(Problem(
            "module-calls", f"{why.detail}: judged once, with its arguments unknown", span,
            Severity.WARNING,
        ))  # fmt: skip
        self.enter(module)

    def module(self, folder: Folder, unit: str) -> Module:
        """A root module; files are reached from its folder and stay inside the tree."""
        base, files, paths, run = folder.path, self.files, self.paths, Run()

        def locate(path: str) -> str:
            return posixpath.normpath(posixpath.join(base, path))

        def read(path: str) -> bytes | None:
            full = locate(path)
            if path.startswith("/") or full.startswith("../"):
                run.outside.append(path)
                return None
            source = files.read(full)
            return source.text.encode("utf-8", "surrogatepass") if source is not None else None

        def matching(below: str, pattern: str) -> list[str] | None:
            full = locate(below)
            if below.startswith("/") or full.startswith(".."):
                run.outside.append(below)
                return None
            if not paths:
                paths.extend(files.paths())
            start = "" if full == "." else full + "/"
            found = [one[len(start) :] for one in paths if one.startswith(start)]
            return sorted(one for one in found if glob_match(pattern, one)) or None

        return Module(
            folder, unit, unit, folder, run, Memory(), Files(read, matching), locate,
            self.calls, (folder.path,),
        )  # fmt: skip

    def calls(self, module: Module, name: str) -> Called:
        """What a call of a module makes."""
        return children_of(module, name, self.world)

    def enter(self, module: Module) -> None:
        """Note the module and all that it calls, whose arguments are not evaluated yet."""
        units = self.units
        units.modules.setdefault(module.folder.path, []).append(module)
        for address in sorted(one for one in module.folder.blocks if one.startswith("module.")):
            name = address.removeprefix("module.")
            call = module.call(name)
            if call.absent is not None:
                head = module.folder.blocks[address].head
                units.absent.setdefault(call.absent, []).append(head)
            doubt = module.instances(address).doubt or units.conditions.get(module.chain)
            for child in call.children.values():
                if doubt is not None:
                    units.conditions[child.chain] = doubt
                self.enter(child)

    def never(self, below: Mapping[str, str]) -> None:
        """What lies below a call that never happens is not there either, if nothing else is."""
        units = self.units
        for path, origin in below.items():
            if path not in units.modules:
                units.absent.setdefault(path, units.absent[origin])
        for path in [path for path in units.absent if path in units.modules]:
            del units.absent[path]


def _gather(start: _Start, folders: Mapping[str, Folder]) -> None:
    """One module instead of many where a folder has too many calls."""
    units, world = start.units, start.world
    while world.partial - units.partial:
        fresh = sorted(world.partial - units.partial)
        units.partial.update(fresh)
        for path in sorted(units.modules):
            kept = [one for one in units.modules[path] if not units.partial & {*one.above[1:]}]
            units.modules[path] = kept
            world.counts[path] = len(kept)
        for path in fresh:
            if path in folders:
                start.for_all(path)
    for path in [path for path, modules in units.modules.items() if not modules]:
        del units.modules[path]
