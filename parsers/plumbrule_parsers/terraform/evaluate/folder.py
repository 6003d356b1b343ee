"""What the files of one folder declare together: tables of blocks by their addresses."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field

from plumbrule_parsers.hcl_tree import syntax as h
from plumbrule_parsers.source import Source, Span

PREFIXED = ("data", "ephemeral")


@dataclass(frozen=True, slots=True)
class Declared:
    """A block with its settings and the file in which it stands."""

    source: Source
    block: h.Block
    settings: dict[str, h.Setting]

    @property
    def head(self) -> Span:
        """The type and the labels."""
        end = self.block.labels[-1].end if self.block.labels else (
            self.block.start + len(self.block.type)
        )  # fmt: skip
        return Span(self.source, self.block.start, end)


@dataclass(slots=True)
class Folder:
    """A module as written. `blocks` has resources, data sources, variables, outputs and calls."""

    path: str
    bodies: dict[str, tuple[Source, h.Body]] = field(default_factory=dict)
    blocks: dict[str, Declared] = field(default_factory=dict)
    locals: dict[str, tuple[Source, h.Setting]] = field(default_factory=dict)
    values: list[tuple[Source, h.Setting]] = field(default_factory=list)  # loaded tfvars, in order
    others: dict[str, list[tuple[Source, h.Setting]]] = field(default_factory=dict)  # named ones
    calls: dict[str, str] = field(default_factory=dict)  # name of a call -> folder
    has_backend: bool = False


def folder_of(path: str, bodies: Mapping[str, tuple[Source, h.Body]]) -> Folder:
    """The tables of a folder; override files come last, as Terraform reads them."""
    folder = Folder(path)
    for name in sorted(bodies, key=lambda name: (_is_override(name), name)):
        source, body = bodies[name]
        folder.bodies[name] = (source, body)
        for item in body.items:
            if isinstance(item, h.Block):
                _declare(folder, source, item)
    for address, declared in folder.blocks.items():
        if address.startswith("module.") and "source" in declared.settings:
            written = declared.settings["source"].value
            text = written.value if isinstance(written, h.Literal) else None
            if isinstance(text, str) and text.startswith(("./", "../")):
                called = posixpath.normpath(posixpath.join(path, text))
                folder.calls[address[7:]] = "" if called == "." else called
    return folder


def _is_override(path: str) -> bool:
    stem = path.rpartition("/")[2].removesuffix(".json").rpartition(".")[0]
    return stem == "override" or stem.endswith("_override")


def _declare(folder: Folder, source: Source, block: h.Block) -> None:
    labels = [label.text for label in block.labels]
    if block.type == "locals":
        for setting in block.body.settings().values():
            folder.locals[setting.name] = (source, setting)
    elif block.type == "terraform":
        folder.has_backend = folder.has_backend or bool(block.body.blocks("backend", "cloud"))
    elif block.type in ("resource", *PREFIXED) and len(labels) == 2:
        prefix = "" if block.type == "resource" else f"{block.type}."
        address = f"{prefix}{labels[0]}.{labels[1]}"
        folder.blocks[address] = Declared(source, block, block.body.settings())
    elif block.type in ("variable", "output", "module") and len(labels) == 1:
        address = f"{'var' if block.type == 'variable' else block.type}.{labels[0]}"
        settings = block.body.settings()
        before = folder.blocks.get(address)
        if before is not None and _is_override(source.path) and before.source is not source:
            return  # merging overrides into blocks is not done; the first one stands
        folder.blocks[address] = Declared(source, block, settings)
