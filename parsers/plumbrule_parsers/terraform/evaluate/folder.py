"""What the files of one folder declare together: tables of blocks by their addresses."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field

from plumbrule_parsers.hcl_tree import syntax as h
from plumbrule_parsers.source import Source, Span
from plumbrule_parsers.terraform.mentions import indices, mentions
from plumbrule_parsers.value import Place

PREFIXED = ("data", "ephemeral")
_TOFU = (".tofu", ".tofu.json")


def made_type(block: h.Block) -> str:
    """The type of a nested block, or of those that a dynamic one makes."""
    return block.labels[0].text if block.type == "dynamic" and block.labels else block.type


@dataclass(frozen=True, slots=True)
class Declared:
    """A block with its settings and the file in which it stands."""

    source: Source
    block: h.Block
    settings: dict[str, h.Setting]
    # Blocks of override files that change this one, in order, and where their settings stand.
    overrides: tuple[tuple[Source, h.Block], ...] = ()
    elsewhere: dict[str, Source] = field(default_factory=dict)

    def place(self, name: str) -> Source:
        """The file in which a setting stands."""
        return self.elsewhere.get(name, self.source)

    def nested(self, type_: str) -> tuple[Source, list[h.Block]]:
        """The nested blocks of a type, dynamic ones too; those of an override replace the others.

        `dynamic` blocks are given for the type that they make.
        """
        for source, block in (*reversed(self.overrides), (self.source, self.block)):
            found = [one for one in block.body.blocks() if made_type(one) == type_]
            if found:
                return source, found
        return self.source, []

    def overridden(self, source: Source, block: h.Block) -> Declared:
        """The block as an override file changes it."""
        changed = block.body.settings()
        return Declared(
            self.source, self.block, {**self.settings, **changed},
            (*self.overrides, (source, block)),
            {**self.elsewhere, **dict.fromkeys(changed, source)},
        )  # fmt: skip

    @property
    def head(self) -> Span:
        """The type and the labels."""
        end = self.block.labels[-1].end if self.block.labels else self.block.type_end
        return Span(self.source, self.block.start, end)


@dataclass(frozen=True, slots=True)
class ValueSet:
    """Files of values that are given to one run, the last wins.

    `name` tells the set from the others; `word` is what the files call the environment.
    """

    name: str
    word: str
    files: tuple[str, ...]
    settings: tuple[tuple[Source, h.Setting], ...]


@dataclass(slots=True)
class Folder:
    """A module as written. `blocks` has resources, data sources, variables, outputs and calls."""

    path: str
    bodies: dict[str, tuple[Source, h.Body]] = field(default_factory=dict)
    blocks: dict[str, Declared] = field(default_factory=dict)
    locals: dict[str, tuple[Source, h.Setting]] = field(default_factory=dict)
    values: list[tuple[Source, h.Setting]] = field(default_factory=list)  # loaded tfvars, in order
    others: dict[str, list[tuple[Source, h.Setting]]] = field(default_factory=dict)  # named ones
    # Values that a run is given by name: each set makes a way to run the folder.
    sets: list[ValueSet] = field(default_factory=list)
    calls: dict[str, str] = field(default_factory=dict)  # name of a call -> folder
    providers: dict[str, Declared] = field(default_factory=dict)  # `aws`, `aws.west`
    merged: set[tuple[str, int]] = field(default_factory=set)  # blocks that changed others
    heads: dict[tuple[str, int], str] = field(default_factory=dict)  # blocks that were changed
    has_backend: bool = False
    replaced: set[str] = field(default_factory=set)  # files that a `.tofu` file stands for
    mentioned: dict[tuple[str, int, int], tuple[h.Traversal, ...]] = field(default_factory=dict)
    indexed: dict[tuple[str, int, int], dict[int, h.Expr]] = field(default_factory=dict)
    # By identity of the setting, which is kept: every use of the module has the same places.
    places: dict[int, tuple[h.Setting, Place]] = field(default_factory=dict)

    def place(self, source: Source, setting: h.Setting) -> Place:
        """Where a setting of one of the files stands, remembered."""
        found = self.places.get(id(setting))
        if found is None:
            value, key = setting.value, Span(source, setting.start, setting.name_end)
            found = setting, Place(Span(source, value.start, value.end), key)
            self.places[id(setting)] = found
        return found[1]

    def mentions(self, source: Source, node: h.Expr | h.Block) -> tuple[h.Traversal, ...]:
        """Every reference inside a node of one of the files, remembered."""
        key = (source.path, node.start, node.end)
        found = self.mentioned.get(key)
        if found is None:
            found = self.mentioned[key] = tuple(mentions(node))
        return found

    def index(self, source: Source, node: h.Expr | h.Block, mention: h.Traversal) -> h.Expr | None:
        """The expression in brackets right behind a reference, None if there is none."""
        key = (source.path, node.start, node.end)
        found = self.indexed.get(key)
        if found is None:
            found = self.indexed[key] = indices(node)
        return found.get(id(mention))

    def overrides(self, source: Source, block: h.Block) -> tuple[tuple[Source, h.Block], ...]:
        """The blocks of override files that change this one, in order."""
        name = self.heads.get((source.path, block.start))
        if name is None:
            return ()
        table = self.providers if block.type == "provider" else self.blocks
        return table[name].overrides

    def is_local(self, name: str) -> bool:
        """Whether a call names its module by a path."""
        source = self.blocks[f"module.{name}"].settings.get("source")
        written = source.value if source is not None else None
        text = written.value if isinstance(written, h.Literal) else None
        return isinstance(text, str) and text.startswith(("./", "../"))


def folder_of(path: str, bodies: Mapping[str, tuple[Source, h.Body]]) -> Folder:
    """The tables of a folder; override files change what the others declare.

    Source: https://developer.hashicorp.com/terraform/language/files/override. A `.tofu` file
    replaces the `.tf` file of its name, as OpenTofu has it.
    """
    folder = Folder(path)
    replaced = {_as_terraform(name) for name in bodies if name.endswith(_TOFU)}
    for name in sorted(bodies, key=lambda name: (_is_override(name), name)):
        source, body = bodies[name]
        folder.bodies[name] = (source, body)
        if name in replaced:
            folder.replaced.add(name)
            continue
        for item in body.items:
            if isinstance(item, h.Block):
                _declare(folder, source, item, override=_is_override(name))
    for address, declared in folder.blocks.items():
        if address.startswith("module.") and "source" in declared.settings:
            written = declared.settings["source"].value
            text = written.value if isinstance(written, h.Literal) else None
            if isinstance(text, str) and text.startswith(("./", "../")):
                called = posixpath.normpath(posixpath.join(path, text))
                folder.calls[address[7:]] = "" if called == "." else called
    return folder


def _as_terraform(name: str) -> str:
    """The file that a `.tofu` file replaces."""
    return name.removesuffix(".json").removesuffix(".tofu") + (
        ".tf.json" if name.endswith(".json") else ".tf"
    )


def _is_override(path: str) -> bool:
    stem = path.rpartition("/")[2].removesuffix(".json").rpartition(".")[0]
    return stem == "override" or stem.endswith("_override")


def _declare(folder: Folder, source: Source, block: h.Block, *, override: bool) -> None:
    labels = [label.text for label in block.labels]
    if block.type == "locals":
        for setting in block.body.settings().values():
            if override and setting.name in folder.locals:
                before, old = folder.locals[setting.name]
                folder.merged.add((before.path, old.start))
            folder.locals[setting.name] = (source, setting)
    elif block.type == "terraform":
        folder.has_backend = folder.has_backend or bool(block.body.blocks("backend", "cloud"))
    elif block.type in ("resource", *PREFIXED) and len(labels) == 2:
        prefix = "" if block.type == "resource" else f"{block.type}."
        _enter(folder.blocks, f"{prefix}{labels[0]}.{labels[1]}", source, block, folder, override)
    elif block.type in ("variable", "output", "module") and len(labels) == 1:
        address = f"{'var' if block.type == 'variable' else block.type}.{labels[0]}"
        _enter(folder.blocks, address, source, block, folder, override)
    elif block.type == "provider" and len(labels) == 1:
        alias = block.body.settings().get("alias")
        named = (
            alias.value.value if alias is not None and isinstance(alias.value, h.Literal) else ""
        )
        name = f"{labels[0]}.{named}" if named else labels[0]
        _enter(folder.providers, name, source, block, folder, override)


def _enter(
    table: dict[str, Declared], name: str, source: Source, block: h.Block, folder: Folder,
    override: bool,
) -> None:  # fmt: skip
    before = table.get(name)
    if before is None or not override:
        table[name] = Declared(source, block, block.body.settings())
        return
    table[name] = before.overridden(source, block)
    folder.merged.add((source.path, block.start))
    folder.heads[before.source.path, before.block.start] = name
