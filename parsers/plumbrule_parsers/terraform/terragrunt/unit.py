"""A unit: the module that its folder runs, and the inputs that it gives to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from plumbrule_parsers.hcl_tree import syntax as h
from plumbrule_parsers.source import Span
from plumbrule_parsers.terraform.evaluate.folder import Folder
from plumbrule_parsers.terraform.evaluate.scope import Run
from plumbrule_parsers.terraform.evaluate.unknowns import derived
from plumbrule_parsers.terraform.terragrunt.checkout import DEEPER, agreed, inside, unmarked_entries
from plumbrule_parsers.terraform.terragrunt.config import (
    MAX_STEPS,
    UNIT_FILE,
    Config,
    Outputs,
    Reading,
    World,
)
from plumbrule_parsers.terraform.terragrunt.merging import inputs_of
from plumbrule_parsers.terraform.terragrunt.other_files import tfvars
from plumbrule_parsers.terraform.terragrunt.sources import ModuleSource, module_source
from plumbrule_parsers.traced import Traced, made_of
from plumbrule_parsers.value import Hop, Reason, Unknown

_RUNS = {"plan", "apply"}


@dataclass(slots=True, repr=False)
class GruntUnit:
    """A folder with a `terragrunt.hcl` that runs a module.

    `written` is the source as evaluated, None where the module stands beside the file. `edges` are
    the units that it names, each with the place that names it.
    """

    name: str
    folder: str
    reading: Reading
    config: Config
    written: Traced | None
    at: Span  # of the source, else of the file's head
    source: ModuleSource
    edges: dict[str, Span] = field(default_factory=dict)
    inputs: Traced = field(default_factory=lambda: Traced({}))
    twin: Config | None = None  # the same with the checkout at another place

    def known(self, make: Callable[[Config], Traced]) -> Traced:
        """What the unit's file makes, as far as it does not depend on where the checkout lies."""
        made = unmarked_entries(make(self.config))
        elsewhere = self.elsewhere()
        return made if elsewhere is None else agreed(made, unmarked_entries(make(elsewhere)))

    def elsewhere(self) -> Config | None:
        """The file as it is in another checkout; None if that makes no difference so far."""
        if self.twin is None and self.reading.placed:
            reading = Reading(self.reading.world, self.folder, root=DEEPER)
            reading.outputs = self.reading.outputs
            self.twin = reading.config(self.config.source.path, self.folder)
        return self.twin

    @property
    def head(self) -> Span:
        """The head of what declares it."""
        blocks = self.config.body.blocks("terraform") or self.config.body.blocks()
        return self.config.head(blocks[0]) if blocks else self.config.source.span(0, 0)


def unit_at(world: World, folder: str, modules: Mapping[str, Folder]) -> GruntUnit | None:
    """The unit of a folder, its inputs not yet evaluated; None if it runs no module."""
    reading = Reading(world, folder)
    config = reading.config(f"{folder}/{UNIT_FILE}" if folder else UNIT_FILE, folder)
    assert config is not None
    unit = GruntUnit(folder or ".", folder, reading, config, None, config.source.span(0, 0),
                     ModuleSource(folder))  # fmt: skip
    _find_module(unit)
    if unit.written is None and folder not in modules:
        return None
    if folder in modules and unit.source.folder != folder:
        # Terraform files beside it stand for themselves, for the module is somewhere else.
        unit.name = f"{folder or '.'}@{UNIT_FILE}"
    for layer in config.layers():
        layer.locals_object()  # files that they read may have dependencies of their own
    for read in list(reading.configs.values()):
        for dependency in read.dependencies.values():
            if dependency.unit is not None:
                unit.edges.setdefault(dependency.unit, dependency.head)
    for path, span in _paths(config):
        unit.edges.setdefault(path, span)
    return unit


def _find_module(unit: GruntUnit) -> None:
    """Note what `terraform { source }` says, if somebody says it."""
    found = _source(unit.config)
    lost = next((one for one in unit.config.merged() if one.config is None), None)
    if found is not None:
        unit.at, unit.written = found
        unit.source = _module_of(unit.written, unit.folder)
        elsewhere = unit.elsewhere()
        if elsewhere is not None:
            other = _module_of(_written_source(elsewhere), unit.folder)
            if other != unit.source:
                unit.source, unit.written = ModuleSource(None), unit.known(_written_source)
    elif lost is not None:  # it may be what names the module
        unit.at = lost.head
        unit.written = Traced(Unknown(Reason.MISSING_FILE, f"include `{lost.path}`", lost.head))
        unit.source = ModuleSource(None)


def _source(config: Config) -> tuple[Span, Traced] | None:
    """Where `terraform { source }` stands and what it says."""
    for layer in config.layers():
        for block in layer.body.blocks("terraform"):
            setting = block.body.settings().get("source")
            if setting is not None:
                return layer.span(setting.value), layer.settled(setting.value)
    return None


def _written_source(config: Config) -> Traced:
    found = _source(config)
    return found[1] if found is not None else Traced(None)


def _module_of(written: Traced, folder: str) -> ModuleSource:
    if not isinstance(written.data, str):
        return ModuleSource(None)
    return module_source(written.data, folder)


def _paths(config: Config) -> Iterable[tuple[str, Span]]:
    """What `dependencies { paths }` names."""
    for layer in config.layers():
        for block in layer.body.blocks("dependencies"):
            setting = block.body.settings().get("paths")
            found = layer.settled(setting.value) if setting is not None else None
            if found is None or not isinstance(found.data, list):
                continue
            for item in found.data:
                path = inside(item.data, config.at) if isinstance(item.data, str) else None
                if path is not None:
                    yield path.removesuffix(f"/{UNIT_FILE}"), item.span or layer.head(block)


def read_again(unit: GruntUnit, outputs: Outputs) -> None:
    """From here on dependencies give what they give; what was read without them is forgotten."""
    if unit.reading.asked:
        problems, took = unit.reading.run.problems, unit.reading.took
        unit.reading = Reading(
            unit.reading.world, unit.folder, Run(MAX_STEPS, problems=problems), took=took
        )
        config = unit.reading.config(unit.config.source.path, unit.folder)
        assert config is not None
        unit.config, unit.twin = config, None
    unit.reading.outputs = outputs


def arguments_of(unit: GruntUnit, module: Folder | None) -> dict[str, Traced]:
    """The input variables that the unit sets.

    Where nobody knows which ones it sets, every variable of the module is one.
    """
    unit.inputs = unit.known(lambda config: _given(unit, config))
    given, rest = unit.inputs.data, unit.inputs.rest
    assert isinstance(given, dict)
    if rest is not None and module is not None:
        names = (one[4:] for one in module.blocks if one.startswith("var."))
        return {**{name: Traced(derived(rest), unit.inputs.via) for name in names}, **given}
    return dict(given)


def _given(unit: GruntUnit, config: Config) -> Traced:
    """All that the unit hands over as one object."""
    inputs = inputs_of(config) or Traced({})
    given = dict(inputs.data) if isinstance(inputs.data, dict) else {}
    rest = inputs.unknown or inputs.rest
    for found in _further(unit, config):
        if isinstance(found.data, dict):
            given.update(found.data)
        elif isinstance(found.data, Unknown):  # values that win over all others, and nobody sees
            given = {key: made_of(derived(found.data), item) for key, item in given.items()}
            rest = rest or found.data
    setting = config.body.settings().get("inputs")
    at = config.span(setting.value) if setting is not None else config.source.span(0, 0)
    return Traced(given, inputs.via if rest is not None else (), at, rest)


def _further(unit: GruntUnit, config: Config) -> Iterable[Traced]:
    """Values from files and arguments that Terragrunt hands to Terraform, the strongest last."""
    if unit.source.folder != unit.folder:
        # Terragrunt copies them beside the module, where Terraform loads them.
        for name in unit.reading.world.loaded.get(unit.folder, ()):
            yield tfvars(config, [f"./{name}"], config.source.span(0, 0))
    blocks: dict[str, tuple[Config, h.Block]] = {}
    for layer in reversed(config.layers()):
        for terraform in layer.body.blocks("terraform"):
            for block in terraform.body.blocks("extra_arguments"):
                blocks[block.labels[0].text if block.labels else ""] = (layer, block)
    for layer, block in blocks.values():
        yield from _extra(unit, layer, block)


def _extra(unit: GruntUnit, layer: Config, block: h.Block) -> Iterable[Traced]:
    settings = block.body.settings()

    def texts(name: str) -> Iterable[tuple[str | None, Unknown | None, Span]]:
        setting = settings.get(name)
        if setting is None:
            return
        found = layer.settled(setting.value)
        if not isinstance(found.data, list):
            if found.unknown is not None:
                yield None, found.unknown, layer.span(setting.value)
            return
        for item in found.data:
            text = item.data if isinstance(item.data, str) else None
            yield text, item.unknown, item.span or layer.span(setting.value)

    commands = {text for text, _doubt, _span in texts("commands")}
    if None not in commands and not commands & _RUNS:
        return
    if "env_vars" in settings:
        given = layer.settled(settings["env_vars"].value)
        if isinstance(given.data, dict):
            yield Traced({
                key.removeprefix("TF_VAR_"): item.with_hop(Hop(item.span or layer.head(block), key))
                for key, item in given.data.items()
                if key.startswith("TF_VAR_")
            })  # fmt: skip
    files = [*texts("required_var_files"), *texts("optional_var_files")]
    before = ""
    for text, doubt, span in texts("arguments"):
        named, _, what = (text or "").partition("=")
        if before in ("-var", "-var-file"):
            named, what = before, text or ""
        before = "" if what else named
        if named == "-var-file" and what:
            files.append((what, doubt, span))
        elif named == "-var" and "=" in what:
            name, _, given_text = what.partition("=")
            yield Traced({name: Traced(given_text, (Hop(span, f"argument `-var {name}`"),))})
        elif doubt is not None:
            files.append((None, doubt, span))
    optional = {span for _text, _doubt, span in texts("optional_var_files")}
    for text, doubt, span in files:
        if text is not None:
            path = inside(text, unit.folder)
            if path is not None and path in unit.reading.world.paths:
                yield tfvars(layer, [text], span)
            elif span not in optional:
                yield Traced(Unknown(Reason.MISSING_FILE, "a file of variable values", span))
        elif doubt is not None:
            yield Traced(derived(doubt))
