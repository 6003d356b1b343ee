"""The documents of Terragrunt files: nodes for units and dependencies, edges, what is unknown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from plumbrule_parsers.document import (
    Document,
    Hole,
    Node,
    Problem,
    Reference,
    ToAddress,
    ToMatch,
    Unit,
    how_much,
)
from plumbrule_parsers.terraform.evaluate.folder import Folder
from plumbrule_parsers.terraform.terragrunt.checkout import unmarked
from plumbrule_parsers.terraform.terragrunt.config import Config
from plumbrule_parsers.terraform.terragrunt.merging import block_object
from plumbrule_parsers.terraform.terragrunt.outputs import unit_address
from plumbrule_parsers.terraform.terragrunt.sources import folder_like, without_user
from plumbrule_parsers.terraform.terragrunt.unit import GruntUnit
from plumbrule_parsers.traced import Traced, place_of, to_value
from plumbrule_parsers.value import Hop, ListValue, MapValue, Place, Reason, Unknown

KIND = "terragrunt unit"
_INSIDE = ("tf.Resource", "tf.Data", "tf.Module", "tf.Output")


def unit_document(
    document: Document, unit: GruntUnit, units: Mapping[str, GruntUnit],
    modules: Mapping[str, Folder],
) -> Document:  # fmt: skip
    """The document of a `terragrunt.hcl` that runs a module."""
    address = unit_address(unit.folder)
    source = document.source
    fields = MapValue(source, 0, len(source.text))
    fields.put("name", unit.name)
    fields.put("folder", unit.folder)
    if unit.written is not None:
        written = unmarked(unit.written)
        fields.put("source", to_value(written, unit.at), place_of(written, unit.at))
    if unit.source.folder is not None:
        fields.put("source_path", unit.source.folder)
    at = unit.inputs.span or unit.head
    fields.put("inputs", to_value(unit.inputs, at), Place(at))
    named = [(target, span) for target, span in unit.edges.items() if target in units]
    listed = ListValue(source, 0, 0, [target or "." for target, _span in named])
    listed.places.update((number, Place(span)) for number, (_one, span) in enumerate(named))
    fields.put("dependencies", listed)
    _blocks(unit, fields)
    head = unit.head
    node = Node(address, "terragrunt.Unit", f"unit {unit.name}", fields, head, unit=unit.name)
    references = [
        Reference("depends_on", address, ToAddress(unit_address(target)), span)
        for target, span in named
    ]
    nodes = [node, *_dependencies(unit, node)]
    holes: list[Hole] = []
    references += _module_edges(unit, address, modules)
    if unit.source.folder is None or unit.source.folder not in modules:
        why = _outside(unit)
        holes.append(Hole(why, unit.at, kinds=("tf.Resource", "tf.Data"), within=unit.folder))
    declared = Unit(
        unit.name, KIND, unit.folder, head, inputs=tuple(unit.reading.took)
    )  # fmt: skip
    return replace(
        read_document(document), nodes=tuple(nodes), references=tuple(references),
        holes=(*document.holes, *holes), units=(declared,),
    )  # fmt: skip


def generated(unit: GruntUnit) -> Iterable[Hole]:
    """What is written beside the module before it runs: providers and backends, as a rule."""
    for layer in unit.config.layers():
        for block in layer.body.blocks("generate", "remote_state"):
            if block.type == "generate" or block.body.settings().get("generate") or (
                block.body.blocks("generate")
            ):  # fmt: skip
                head = layer.head(block)
                why = Unknown(Reason.EXPRESSION, "files that Terragrunt generates", head)
                yield Hole(why, head, kinds=("tf.Provider", "tf.Settings"),
                           within=unit.source.folder or "")  # fmt: skip


def _outside(unit: GruntUnit) -> Unknown:
    """Why nobody can see what the unit makes."""
    written = unit.written
    if written is not None and not isinstance(written.data, str):
        doubt = written.unknown
        reason = doubt.reason if doubt is not None else Reason.TYPE
        return Unknown(reason, "the source of the module cannot be told", unit.at)
    if unit.source.remote:
        shown = without_user(unit.source.remote)[:120]
        return Unknown(Reason.REMOTE, f"module `{shown}` is not in the repository", unit.at)
    where = unit.source.folder if unit.source.folder is not None else "outside the scanned folder"
    return Unknown(Reason.MISSING_FILE, f"no module at `{where[:80]}`", unit.at)


def _module_edges(
    unit: GruntUnit, address: str, modules: Mapping[str, Folder]
) -> list[Reference]:  # fmt: skip
    """Edges to what stands in the module, and from the inputs to its variables."""
    folder, condition = unit.source.folder, None
    if folder is None or folder not in modules:
        folder = folder_like(unit.source, modules)
        if folder is None:
            return []
        # It may be this folder, at some other state: an edge, but no value of it is taken over.
        detail = f"`{without_user(unit.source.remote)[:120]}` may be `{folder}` at another state"
        condition = Unknown(Reason.REMOTE, detail, unit.at)
    here = ("module", folder)
    made = [
        Reference("references", address, ToMatch((kind,), (here,)), unit.at, condition)
        for kind in _INSIDE
    ]
    if isinstance(unit.inputs.data, dict):
        for name, item in unit.inputs.data.items():
            variable = ToMatch(("tf.Variable",), (("name", name), here))
            span = item.via[-1].span if item.via else unit.at
            made.append(Reference("flows_to", address, variable, span, condition))
    return made


def _dependencies(unit: GruntUnit, parent: Node) -> Iterable[Node]:
    for name, found in sorted(unit.config.dependencies.items()):
        head = found.head
        fields = MapValue(head.source, head.start, head.end)
        fields.put("name", name, Place(head))
        if found.unit is not None:
            fields.put("unit", found.unit or ".")
        fields.put("config_path", to_value(unmarked(found.path), head),
                   place_of(found.path, head))  # fmt: skip
        for setting in ("mock_outputs", "skip_outputs", "enabled",
                        "mock_outputs_allowed_terraform_commands"):  # fmt: skip
            value = found.setting(setting)
            if value is not None:
                fields.put(setting, to_value(unmarked(value), head), place_of(value, head))
        yield Node(
            f"{parent.address}/dependency.{name}", "terragrunt.Dependency",
            f"dependency {name} of {unit.name}", fields, head, parent.address, unit=unit.name,
        )  # fmt: skip


def _blocks(unit: GruntUnit, fields: MapValue) -> None:
    """The remote state and the generated files: the strongest layer that has them."""
    made = unit.known(_state_and_files)
    assert isinstance(made.data, dict)
    for name, value in made.data.items():
        at = value.span or unit.head
        fields.put(name, to_value(value, at), Place(at, via=value.via))


def _state_and_files(config: Config) -> Traced:
    found: dict[str, Traced] = {}
    generated: dict[str, Traced] = {}
    for layer in config.layers():
        for block in layer.body.blocks("remote_state", "generate"):
            made = block_object(layer, block)
            made.span = layer.head(block)
            if block.type == "generate":
                generated.setdefault(block.labels[0].text if block.labels else "", made)
            elif "remote_state" not in found:
                if layer is not config:
                    made.via = (Hop(made.span, "remote_state of an include"),)
                found["remote_state"] = made
    if generated:
        found["generate"] = Traced(generated, (), config.source.span(0, 0))
    return Traced(found)


def read_document(document: Document) -> Document:
    """The document of a file that took part in a unit, or that did not parse."""
    state, because = how_much(document.problems)
    if because:
        return replace(document, because=because)
    return replace(document, completeness=state, because="")


def with_problems(document: Document, problems: Iterable[Problem]) -> Document:
    """The document with more problems, in order."""
    listed = sorted(problems, key=lambda one: (*one.span.sort_key(), one.code, one.message))
    return replace(document, problems=(*document.problems, *listed))
