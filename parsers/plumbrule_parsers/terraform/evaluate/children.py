"""What a module call makes: the called module, once or once for each instance, within bounds.

A call is looked at when its outputs are asked for, so the order in which calls are written or
evaluated does not matter.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from plumbrule_parsers.document import Problem
from plumbrule_parsers.hcl_tree import syntax as h
from plumbrule_parsers.terraform.evaluate.folder import Declared, Folder
from plumbrule_parsers.terraform.evaluate.instances import Instances
from plumbrule_parsers.terraform.evaluate.modules import META, Called, Module
from plumbrule_parsers.terraform.evaluate.scope import Scope
from plumbrule_parsers.terraform.mentions import mentions
from plumbrule_parsers.traced import Traced
from plumbrule_parsers.value import Reason, Unknown

MAX_CALLS = 100  # calls of one folder that are told apart
MAX_COPIES = 20_000  # statements of one folder in all its calls
MAX_STATEMENTS = 300_000  # of all folders in all their calls
MAX_NESTING = 30  # module calls inside module calls
MAX_INSTANCES = 50  # of one call that are told apart


@dataclass(slots=True)
class World:
    """All folders, and what was made of them so far. `partial` are called too often."""

    folders: Mapping[str, Folder]
    follow: Callable[[Module, str], str | None]  # the folder that a call names, None if absent
    counts: dict[str, int] = field(default_factory=dict)
    statements: int = 0
    partial: set[str] = field(default_factory=set)
    problems: dict[tuple[str, str], Problem] = field(default_factory=dict)

    def take(self, folder: Folder, many: int) -> bool:
        """Whether the folder may be resolved that many times more; if so, it is counted."""
        size = len(folder.blocks) + len(folder.locals) + 1
        count = self.counts.get(folder.path, 0) + many
        first = count == 1
        if not first and (
            count > min(MAX_CALLS, max(4, MAX_COPIES // size))
            or self.statements + size * many > MAX_STATEMENTS
        ):
            return False
        self.counts[folder.path] = count
        self.statements += size * many
        return True


def children_of(module: Module, name: str, world: World) -> Called:
    """The modules that the call `name` makes."""
    address = f"module.{name}"
    declared = module.folder.blocks.get(address)
    if declared is None:  # a head that did not parse: the block has other labels than it seems
        return Called({}, Unknown(Reason.SYNTAX, f"{address} did not parse"))
    path = world.follow(module, name)
    target = world.folders.get(path) if path is not None else None
    if target is None:
        return Called({}, Unknown(Reason.REMOTE, _missing(declared), declared.head))
    nested = len(module.above) >= MAX_NESTING
    if target.path in module.above or nested:
        message = f"`{address}` calls a module that it is part of"
        if nested:
            message = f"`{address}` is a call inside {MAX_NESTING} others; it is not followed"
        key = (module.folder.path, name)
        code = "module-nesting" if nested else "module-recursion"
        world.problems.setdefault(key, Problem(code, message, declared.head))
        if nested:
            world.partial.add(target.path)
        return Called({}, Unknown(Reason.CYCLE, message, declared.head))
    instances = module.instances(address)
    if instances.size == 0:
        return Called({}, None, absent=target.path)
    split = _split(instances, declared)
    if target.path not in world.partial:
        if split and world.take(target, len(split)):
            children = {
                key: _child(module, name, target, f"{name}[{_shown(key)}]", bound)
                for key, bound in split.items()
            }
            return Called(children, None)
        if world.take(target, 1):
            return Called({"": _child(module, name, target, name, instances.bound)}, None)
        world.partial.add(target.path)
    detail = f"`{target.path or '.'}` is called too often to tell every call apart"
    return Called({}, Unknown(Reason.LIMIT, detail, declared.head), partial=target.path)


def _missing(declared: Declared) -> str:
    source = declared.settings.get("source")
    if source is None or not isinstance(source.value, h.Literal):
        return f"module.{declared.block.labels[0].text}"
    return f"module `{str(source.value.value)[:80]}` is not in the repository"


def _shown(key: str) -> str:
    return key if key.isdecimal() else '"' + key.replace('"', '\\"')[:60] + '"'


def _split(instances: Instances, declared: Declared) -> Mapping[str, Mapping[str, Traced]]:
    """What each instance binds, by its key; nothing where the instances do not differ."""
    if instances.size is None or not 2 <= instances.size <= MAX_INSTANCES:
        return {}
    used = {
        mention.names[0]
        for setting in declared.settings.values()
        if setting.name not in META
        for mention in mentions(setting.value)
    }
    if not used & {"each", "count"}:
        return {}
    return instances.each()


def _child(
    module: Module, name: str, target: Folder, label: str, bound: Mapping[str, Traced]
) -> Module:
    declared = module.folder.blocks[f"module.{name}"]
    arguments = {
        key: (Scope(module, declared.place(key), bound), setting)
        for key, setting in declared.settings.items()
        if key not in META
    }
    return Module(
        target, f"{module.chain}{'.' if module.parent else ':'}module.{label}", module.unit,
        module.root, module.run, module.memory, module.files, module.locate, module.calls,
        (*module.above, target.path), module, label,
        arguments,
        workspace=module.workspace,
    )  # fmt: skip
