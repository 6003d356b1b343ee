"""One Terragrunt file as one unit reads it: its locals, includes and dependencies.

Locals are evaluated when they are asked for and remembered, by the evaluator of Terraform. Which
folder the path functions see depends on who reads the file: an included file works in the folder of
the file that includes it, one that is read by `read_terragrunt_config` in its own.
Source: https://terragrunt.gruntwork.io/docs/reference/hcl/.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from plumbrule_parsers.document import Problem, Severity
from plumbrule_parsers.format import FileTree
from plumbrule_parsers.hcl_tree import syntax as h
from plumbrule_parsers.path_glob import glob_match
from plumbrule_parsers.source import Source, Span
from plumbrule_parsers.terraform.evaluate.expressions import settled, value
from plumbrule_parsers.terraform.evaluate.folder import Folder
from plumbrule_parsers.terraform.evaluate.modules import Called, Memory, Module
from plumbrule_parsers.terraform.evaluate.scope import OwnFunction, Run, Scope, Step
from plumbrule_parsers.terraform.functions.call import Files
from plumbrule_parsers.terraform.terragrunt.checkout import ROOT, inside, shown
from plumbrule_parsers.traced import Traced
from plumbrule_parsers.value import Hop, Reason, Unknown

UNIT_FILE = "terragrunt.hcl"
MAX_READS = 500  # files that one unit may read
MAX_STEPS = 100_000  # expressions that reading one unit may evaluate
Found: TypeAlias = "tuple[Traced, int] | None"
# The unit at a folder and the name of an output, "" for all -> what it is, None if nobody can tell.
Outputs: TypeAlias = "Callable[[str, str], Traced | None]"


@dataclass(frozen=True, slots=True)
class World:
    """What all units see: the files, and the statements of those that are HCL."""

    files: FileTree
    paths: frozenset[str]
    folders: frozenset[str]
    bodies: Mapping[str, tuple[Source, h.Body]]
    broken: Mapping[str, Span]  # path -> where a part of the file was lost
    loaded: Mapping[str, list[str]]  # folder -> files of values that Terraform loads by itself
    environment: Mapping[str, Traced]  # what the settings of the scan say of `get_env`

    def exists(self, path: str) -> bool:
        """True if there is such a file or folder."""
        return path in self.paths or path in self.folders


@dataclass(slots=True, repr=False)
class Reading:
    """How one unit reads files: what it has read, and what it may still spend."""

    world: World
    folder: str  # of the unit
    run: Run = field(default_factory=lambda: Run(MAX_STEPS))
    memory: Memory = field(default_factory=Memory)
    configs: dict[tuple[str, str, bool], Config] = field(default_factory=dict)
    opened: list[str] = field(default_factory=list)  # files on the way to the one that is read
    took: dict[str, None] = field(default_factory=dict)  # files that took part, in order
    root: str = ROOT  # the folder of the checkout
    placed: bool = False  # something depends on how deep it lies
    outputs: Outputs | None = None  # while dependencies are only counted there are none
    asked: bool = False  # for outputs while there are none

    def config(self, path: str, at: str, *, included: bool = False) -> Config | None:
        """The file as it is read in the folder `at`; None if it cannot be read."""
        key = path, at, included
        known = self.configs.get(key)
        if known is not None:
            return known
        entry = self.world.bodies.get(path)
        if entry is None or len(self.configs) > MAX_READS:
            return None
        self.took[path] = None
        chain = f"{self.folder}|{path}|{at}|{included}"
        folder = Folder(path.rpartition("/")[0])
        files = _files(self, folder.path)
        memo = Module(
            folder, chain, self.folder, folder, self.run, self.memory, files,
            lambda name: inside(name, folder.path) or name, _no_calls, (),
        )  # fmt: skip
        from plumbrule_parsers.terraform.terragrunt.functions import functions_of

        made = Config(self, *entry, at, memo, included)
        made.functions = functions_of(made)
        self.configs[key] = made
        return made

    def report(self, code: str, message: str, span: Span, hint: str = "") -> None:
        """Note a problem, once however many units meet it."""
        self.run.problems.setdefault(
            (code, span.path, message), Problem(code, message, span, Severity.WARNING, hint)
        )


@dataclass(frozen=True, slots=True)
class Include:
    """An include block; `config` is None if its file is not there."""

    name: str
    head: Span
    path: str
    config: Config | None
    strategy: str  # `no_merge`, `shallow` or `deep`
    exposed: bool


@dataclass(frozen=True, slots=True)
class Dependency:
    """A dependency block with those it overrides behind it; `unit` is the folder it points at."""

    name: str
    head: Span
    blocks: tuple[tuple[Config, h.Block], ...]
    unit: str | None
    path: Traced

    def setting(self, name: str) -> Traced | None:
        """A setting of the strongest block that has it."""
        for config, block in self.blocks:
            found = block.body.settings().get(name)
            if found is not None:
                return config.settled(found.value)
        return None


@dataclass(slots=True, repr=False)
class Config:
    """One file. It gives names and functions to its expressions as a module does to its own."""

    reading: Reading
    source: Source
    body: h.Body
    at: str  # the folder that path functions start from
    memo: Module
    included: bool
    functions: Mapping[str, OwnFunction] = field(default_factory=dict)
    _locals: dict[str, h.Setting] | None = None
    _includes: list[Include] | None = None
    _dependencies: dict[str, Dependency] | None = None

    # -------------------------------------------------------------- what a scope asks for
    @property
    def run(self) -> Run:
        """The budgets of the unit."""
        return self.reading.run

    @property
    def files(self) -> Files:
        """The files, seen from this one."""
        return self.memo.files

    @property
    def locate(self) -> Callable[[str], str]:
        """From a path as written to that in the repository."""
        return self.memo.locate

    def scope(self) -> Scope:
        """The scope of everything that stands in the file."""
        return Scope(self, self.source, {})

    def settled(self, node: h.Expr) -> Traced:
        """What an expression of the file is."""
        return settled(node, self.scope())

    def span(self, node: h.Expr | h.Setting) -> Span:
        """Where it stands."""
        return Span(self.source, node.start, node.end)

    def head(self, block: h.Block) -> Span:
        """The type and labels of a block."""
        end = block.labels[-1].end if block.labels else block.type_end
        return Span(self.source, block.start, end)

    def splat(self, names: tuple[str, ...], attribute: str, span: Span) -> Traced | None:
        """Nothing here has instances."""
        del names, attribute, span
        return None

    def lookup(self, first: str, steps: Sequence[Step], scope: Scope, span: Span) -> Found:
        """The value behind `local`, `include`, `dependency`, `feature` or `values`."""
        del scope
        names = [_text(step) for step in steps[:3]]
        name = names[0] if names else None
        if first == "local":
            return (self.locals_object(), 0) if name is None else (self.local(name, span), 1)
        if first == "include":
            return self.exposed(names, span)
        if first == "dependency" and name is not None:
            from plumbrule_parsers.terraform.terragrunt.outputs import dependency_value

            return dependency_value(self, names, span)
        if first == "feature" and name is not None:
            return self.feature(name, span), min(len(steps), 2)
        if first in ("values", "unit", "stack") and name is not None:
            return self.stack_value(name, span), 1
        return None

    # -------------------------------------------------------------- locals
    @property
    def locals(self) -> dict[str, h.Setting]:
        """The settings of all `locals` blocks."""
        if self._locals is None:
            self._locals = {}
            for block in self.body.blocks("locals"):
                for name, setting in block.body.settings().items():
                    self._locals.setdefault(name, setting)
        return self._locals

    def local(self, name: str, span: Span) -> Traced:
        """A local's value."""
        setting = self.locals.get(name)
        if setting is None:
            return Traced(Unknown(Reason.EXPRESSION, f"local.{name} is not declared", span))
        at = self.span(setting.value)
        return self.memo.demand(f"local.{name}", at, lambda: led(
            value(setting.value, self.scope()), Hop(at, f"local.{name}")
        ))  # fmt: skip

    def locals_object(self) -> Traced:
        """All locals as one object."""
        return Traced({
            name: self.local(name, self.span(setting)) for name, setting in self.locals.items()
        })  # fmt: skip

    # -------------------------------------------------------------- includes
    @property
    def includes(self) -> list[Include]:
        """The include blocks in order; later ones are stronger."""
        if self._includes is None:
            self._includes = []
            blocks = self.body.blocks("include")
            if self.included and blocks:
                message = "a file that is included cannot include others; this block is not read"
                self.reading.report("include-depth", message, self.head(blocks[0]))
                return self._includes
            self._includes.extend(map(self.include, blocks))
        return self._includes

    def include(self, block: h.Block) -> Include:
        """What an include block brings in."""
        settings, head = block.body.settings(), self.head(block)
        name = block.labels[0].text if block.labels else ""
        written = self.settled(settings["path"].value) if "path" in settings else None
        path = None
        if written is not None and isinstance(written.data, str):
            path = inside(written.data, self.at)
        config = None
        if path == self.source.path:
            self.reading.report("cycle", f"`{path}` includes itself", head)
        elif path is not None:
            config = self.reading.config(path, self.at, included=True)
        if config is None and path != self.source.path:
            why = written.unknown if written is not None else None
            if path is None and why is not None:
                because = shown(why.detail) or why.reason
                message = f"the file that is included cannot be told ({because})"
            elif path is None:
                message = "the included file lies outside the scanned folder"
            else:
                message = f"the included file is not there: `{path}`"
            self.reading.report("missing-include", message, head,
                                "what it would add is unknown")  # fmt: skip
        strategy = _literal(settings.get("merge_strategy"), "shallow")
        exposed = _literal(settings.get("expose"), False)
        return Include(name, head, path or "", config, str(strategy), exposed is True)

    def exposed(self, names: Sequence[str | None], span: Span) -> Found:
        """`include.name...`, or `include...` if the one include has no name."""
        from plumbrule_parsers.terraform.terragrunt.merging import as_object

        by_name = {include.name: include for include in self.includes}
        taken = 0
        if "" in by_name and len(by_name) == 1:
            found = by_name[""]
        else:
            name = names[0] if names else None
            if name is None or name not in by_name:
                return Traced(Unknown(Reason.EXPRESSION, span.text[:60], span)), 0
            found, taken = by_name[name], 1
        if found.config is None:
            return Traced(Unknown(Reason.MISSING_FILE, found.path or "include", span)), taken
        if not found.exposed:
            detail = f"the include `{found.name}` is not exposed"
            return Traced(Unknown(Reason.EXPRESSION, detail, span)), taken
        rest = names[taken:]
        if len(rest) >= 2 and rest[0] == "locals" and rest[1] is not None:
            return found.config.local(rest[1], span), taken + 2
        inner = found.config
        name = f"include `{found.name}`" if found.name else "include"
        return inner.memo.demand(name, span, lambda: as_object(inner)), taken

    def merged(self) -> list[Include]:
        """The includes that are merged into the file, strongest first."""
        return [one for one in reversed(self.includes) if one.strategy != "no_merge"]

    def layers(self) -> list[Config]:
        """The file and what is merged into it, strongest first."""
        return [self, *(one.config for one in self.merged() if one.config is not None)]

    # -------------------------------------------------------------- dependencies
    @property
    def dependencies(self) -> dict[str, Dependency]:
        """The dependency blocks of the file and of what is merged into it, by name."""
        if self._dependencies is None:
            blocks: dict[str, list[tuple[Config, h.Block]]] = {}
            deep = {id(one.config) for one in self.merged() if one.strategy.startswith("deep")}
            for config in self.layers():
                for block in config.body.blocks("dependency"):
                    listed = blocks.setdefault(block.labels[0].text if block.labels else "", [])
                    if not listed or id(config) in deep:
                        listed.append((config, block))
            self._dependencies = {
                name: self.dependency(name, listed) for name, listed in blocks.items()
            }
        return self._dependencies

    def dependency(self, name: str, blocks: list[tuple[Config, h.Block]]) -> Dependency:
        """A dependency with the unit that it points at."""
        config, block = blocks[0]
        made = Dependency(name, config.head(block), tuple(blocks), None, Traced(None))
        path = made.setting("config_path") or Traced(None)
        unit = inside(path.data, self.at) if isinstance(path.data, str) else None
        if unit is not None and unit.endswith(UNIT_FILE):
            unit = unit.removesuffix(UNIT_FILE).rstrip("/")
        return Dependency(name, made.head, made.blocks, unit, path)

    # -------------------------------------------------------------- what a run decides
    def feature(self, name: str, span: Span) -> Traced:
        """A feature flag: a run may set it, so its default is no certain value."""
        for config in self.layers():
            for block in config.body.blocks("feature"):
                setting = block.body.settings().get("default")
                if block.labels and block.labels[0].text == name and setting is not None:
                    hop = Hop(config.span(setting.value), f"default of feature.{name}", "decision")
                    made = Unknown(Reason.ENVIRONMENT, f"feature.{name}", span, not_null=True)
                    return Traced(made, (hop,))
        return Traced(Unknown(Reason.EXPRESSION, f"feature.{name} is not declared", span))

    def stack_value(self, name: str, span: Span) -> Traced:
        """What a stack gives to the unit."""
        path = posixpath.join(self.reading.folder, "terragrunt.values.hcl")
        given = self.reading.config(path, self.reading.folder)
        setting = given.body.settings().get(name) if given is not None else None
        if given is None or setting is None:
            return Traced(Unknown(Reason.NO_VALUE, f"values.{name}", span))
        hop = Hop(given.span(setting.value), f"value `{name}` of the stack")
        return led(given.settled(setting.value), hop)


def _no_calls(_module: Module, _name: str) -> Called:
    return Called({}, None)  # such a file calls no modules


def led(found: Traced, hop: Hop) -> Traced:
    """The value with a hop in front; a literal that stands elsewhere in it keeps its own."""
    at, via = found.span, found.via
    if at is not None and at != hop.span and (not via or via[-1].span != at):
        via = (*via, Hop(at, "value"))
    is_container = isinstance(found.data, (dict, list))
    made = Traced(found.data, via, at if is_container else None, found.rest,
                  sensitive=found.sensitive)  # fmt: skip
    return made.with_hop(hop)


def _text(step: Step) -> str | None:
    """A step by its name; None if that is computed, and the whole is asked for instead."""
    if isinstance(step, str):
        return step
    return step.value if isinstance(step, h.Literal) and isinstance(step.value, str) else None


def _literal(setting: h.Setting | None, default: str | bool) -> str | bool:
    node = setting.value if setting is not None else None
    found = node.value if isinstance(node, h.Literal) else None
    return found if isinstance(found, (str, bool)) else default


def _files(reading: Reading, folder: str) -> Files:
    """The files as a configuration in that folder names them."""
    world = reading.world

    def read(path: str) -> bytes | None:
        full = inside(path, folder)
        source = world.files.read(full) if full else None
        if full is None or source is None:
            return None
        reading.took[full] = None
        return source.text.encode("utf-8", "surrogatepass")

    def matching(below: str, pattern: str) -> list[str] | None:
        full = inside(below, folder)
        if full is None:
            return None
        start = f"{full}/" if full else ""
        found = [path[len(start) :] for path in world.paths if path.startswith(start)]
        return sorted(path for path in found if glob_match(pattern, path)) or None

    return Files(read, matching)
