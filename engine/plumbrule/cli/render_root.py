"""What a Terraform root becomes: the resources, data sources and outputs of its unit.

Only the files that take part are read: those of the root and of the modules that it calls.
"""

from __future__ import annotations

import argparse
import posixpath
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from plumbrule.cli.prepare import UsageError, prepare
from plumbrule.cli.render import TERRAGRUNT, Rendered, Section
from plumbrule.config import Config
from plumbrule.reports.spell import Spelling, told
from plumbrule.scan.discover import discover
from plumbrule.scan.files import ScannedFiles
from plumbrule.scan.parse_files import Parsed, parse_file
from plumbrule.scan.scan import Model, connect
from plumbrule.scan.secret_places import Secrets, secrets_in
from plumbrule.units import Placed
from plumbrule_parsers.document import Document, Node, Severity
from plumbrule_parsers.value import ListValue, MapValue, Place

_HCL: Final = (".tf", ".tf.json", ".tofu", ".tofu.json", ".tfvars", ".tfvars.json", ".hcl")
MAX_CONDITION: Final = 100  # characters that are shown
_SWITCH: Final = re.compile(r"([^?:]{1,100}?) \? 1 : 0")
MAX_NESTING: Final = 10  # calls inside calls
_INTERNAL: Final = ("name", "type", "address", "module")
# Ours, where nobody wrote them.
_DERIVED: Final = ("source_path", "folder", "call", "value_sensitive")
_NAMING: Final = ("provider", "providers", "depends_on")
_COMMENT: Final = re.compile(r"#[^\n]*|//[^\n]*")
_ORDER: Final = {
    "terragrunt.Unit": -1,
    "tf.Resource": 0,
    "tf.Data": 1,
    "tf.Module": 2,
    "tf.Output": 3,
}


def rendered_root(root: Path, folder: str, config: Config, options: argparse.Namespace) -> Rendered:
    """The unit's resources, data sources and outputs, in a stable order."""
    prepared = prepare(options, [root])
    found = discover([root], config.include, config.exclude, config.max_file_size, root)
    tree = ScannedFiles(root, (one.path for one in found.files), max_size=config.max_file_size)
    parsed = _parsed((folder,), tree)
    if not parsed:
        raise UsageError(f"nothing of `{options.path}` is read", "look at `include` and `exclude`")

    def connected() -> Model:
        listed = [parsed[path] for path in sorted(parsed)]
        return connect(listed, [], tree, config, prepared.pack)

    model = connected()
    # Only an evaluated terragrunt.hcl tells which module it runs.
    modules = [path for node in model.graph.extent("terragrunt.Unit") if node.unit == folder
               for path in [node.fields.get("source_path")] if isinstance(path, str)]  # fmt: skip
    if modules:
        parsed |= _parsed(modules, tree)
        model = connected()
    unit = _unit(model, folder, options)
    lost = [(one.span, one.message) for one in model.problems
            if one.severity is Severity.ERROR]  # fmt: skip
    secrets = secrets_in(model, config, prepared.pack)
    sections = tuple(_terraform(model, unit, folder, secrets))
    return Rendered(sections, tuple(dict.fromkeys(lost)), secrets.mask)


# -------------------------------------------------------------- which files take part
def _parsed(start: Iterable[str], tree: ScannedFiles) -> dict[str, Parsed]:
    """The outcome of each file of these folders, and of the folders whose modules they call."""
    by_folder: dict[str, list[str]] = {}
    for path in tree.paths():
        by_folder.setdefault(path.rpartition("/")[0], []).append(path)
    parsed: dict[str, Parsed] = {}
    pending = list(start)
    seen = set(pending)
    while pending:
        names = _files_of(pending.pop(), by_folder)
        if any(path.rpartition("/")[2] == TERRAGRUNT for path in names):
            names += [path for path in tree.paths() if path.endswith(".hcl")]  # what it includes
        for path in names:
            if path in parsed:
                continue
            parsed[path] = parse_file(path, tree)
            document = parsed[path].document
            new = [] if document is None else [
                one for one in _named(document, by_folder) if one not in seen
            ]  # fmt: skip
            seen.update(new)
            pending += new
    return parsed


def _files_of(where: str, by_folder: dict[str, list[str]]) -> list[str]:
    """The files of a folder that Terraform reads."""
    return [path for path in by_folder.get(where, ()) if path.endswith(_HCL)]


def _named(document: Document, by_folder: dict[str, list[str]]) -> Iterator[str]:
    """The folders of the modules that the document calls."""
    for node in document.nodes:
        called = node.fields.get("source_path")
        if node.kind == "tf.Module" and isinstance(called, str) and called in by_folder:
            yield called


# -------------------------------------------------------------- which unit
def _unit(model: Model, folder: str, options: argparse.Namespace) -> str:
    """The name of the unit that is meant; "" if the model knows of none here."""
    here = folder or "."
    names = {name: placed for name, placed in model.units.items()
             if placed.unit.folder in (here, folder)}  # fmt: skip
    wanted = options.unit
    if wanted is None:
        if here in names or not names:
            return here if names else ""
        chosen, *others = sorted(names)
        if others:
            listed = ", ".join(f"`{name}`" for name in others)
            sys.stderr.write(f"note: this is `{chosen}`; `--unit` chooses {listed}\n")
        return chosen
    fitting = [name for name in sorted(names) if wanted in _called(name, names[name])]
    if len(fitting) != 1:
        hint = f"there is {', '.join(f'`{name}`' for name in sorted(names))}" if names else ""
        raise UsageError(f"`{options.path}` has no unit `{wanted}`", hint)
    return fitting[0]


def _called(name: str, placed: Placed) -> tuple[str, ...]:
    """What a unit may be called: its name, the way, or its environment."""
    label = placed.unit.label
    return name, label, label.partition(".")[0], placed.environment


# -------------------------------------------------------------- Terraform
def _terraform(model: Model, unit: str, folder: str, secrets: Secrets) -> Iterator[Section]:
    every = [node for document in model.documents for node in document.nodes
             if not unit or node.unit == unit]  # fmt: skip
    nodes = [node for node in every if _kind(model, node)]
    calls = _Calls(every, folder)
    prefixes = {node.address: calls.prefix(node) for node in nodes}
    for node in sorted(nodes, key=lambda one: _order(model, one, prefixes[one.address])):
        where = prefixes[node.address]
        head = f"{where}{node.label}"
        if node.condition is not None:
            head += f"  (only if {_condition(node)})"
        spelling = Spelling(secrets.hides)
        fields = node.fields
        secret = fields.get("sensitive") is True or fields.get("value_sensitive") is True
        for key, value in fields.items():
            place = fields.place(key)
            if key in _INTERNAL or (key in _DERIVED and place is None):
                continue
            if node.instance and key in ("count", "for_each"):
                continue  # the address says which instance it is
            shown = value
            if key in _NAMING and place is not None:  # names of blocks, which are no values
                shown = " ".join(_COMMENT.sub("", place.value.text).split())
            hidden = secret and key == "value"
            spelling.entry(key.removeprefix("attr_"), shown, place, 1, secret=hidden)
        spelling.rest(fields.rest, 1)
        yield Section(head, spelling, comment=False, place=Place(node.span))


def _kind(model: Model, node: Node) -> str:
    """The kind of thing that is printed, "" for what is not: parts, locals, local module calls."""
    if node.parent or (node.kind == "tf.Module" and "source_path" in node.fields):
        return ""
    return next((kind for kind in _ORDER if model.graph.is_a(node.kind, kind)), "")


def _order(model: Model, node: Node, module: str) -> tuple[str, int, str, str]:
    return module, _ORDER[_kind(model, node)], node.label, node.address


class _Calls:
    """Which call of a module a node stands in, by the chain of its variant or by the only call."""

    def __init__(self, nodes: Iterable[Node], folder: str) -> None:
        self.folder = folder
        self.calls: dict[str, set[tuple[str, str]]] = {}
        for node in nodes:
            target = node.fields.get("source_path")
            if node.kind == "tf.Module" and isinstance(target, str):
                self.calls.setdefault(target, set()).add((_folder(node), node.label))

    def prefix(self, node: Node) -> str:
        """`module.web.` for what stands in a called module, "" in the root."""
        chain = node.variant.partition(":")[2]
        if chain:
            return f"{chain}."
        return self.chain(_folder(node), 0)

    def chain(self, path: str, depth: int) -> str:
        """The only chain of calls that leads to a folder; the folder's path if there are more."""
        calls = self.calls.get(path, set())
        if path == self.folder:
            return ""
        if len(calls) != 1 or depth > MAX_NESTING:
            return f"{posixpath.relpath(path or '.', self.folder or '.')}: "
        ((caller, label),) = calls
        return f"{self.chain(caller, depth + 1)}{label}."


def _folder(node: Node) -> str:
    return node.path.rpartition("/")[0]


def _condition(node: Node) -> str:
    """What decides whether the block exists, as it is written."""
    why = node.condition
    assert why is not None
    for name, needs in (("count", "is not 0"), ("for_each", "is not empty")):
        place = node.fields.place(name)
        if place is not None:
            keys = node.fields.get(name)
            known = isinstance(keys, (MapValue, ListValue)) and bool(keys)
            must = "has more entries than are known" if known else needs
            text = " ".join(place.value.text.split())
            test = _SWITCH.fullmatch(text)
            if test is not None:
                return test[1]
            return f"{text} {must}" if len(text) <= MAX_CONDITION else f"{name} {must}"
    return " ".join((why.detail or told(why)).split())
