"""Trivy's Terraform engine (the wheel `tfparse`) and ours on one root, brought to one shape.

Both give, for every resource and data source in every instance, its settings at every depth.
Trivy's engine runs in a process of its own with a time limit and without network.
"""

from __future__ import annotations

import json
import os
import queue
import re
import subprocess
import sys
import threading
import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Generic, Self, TypeVar

from plumbrule_parsers.document import Document
from plumbrule_parsers.hcl_tree import syntax as h
from plumbrule_parsers.read import decode
from plumbrule_parsers.source import Source
from plumbrule_parsers.terraform.evaluate.dynamic import iterations
from plumbrule_parsers.terraform.evaluate.expressions import settled
from plumbrule_parsers.terraform.evaluate.folder import PREFIXED, Folder, folder_of
from plumbrule_parsers.terraform.evaluate.modules import Module
from plumbrule_parsers.terraform.evaluate.scope import MAX_STEPS, Scope
from plumbrule_parsers.terraform.evaluate.units import units_of
from plumbrule_parsers.terraform.parse import parse
from plumbrule_parsers.traced import Traced

ENDINGS: Final = (".tf", ".tofu", ".tf.json", ".tofu.json", ".tfvars", ".tfvars.json")
SKIPPED: Final = {".git", ".terraform", "node_modules"}
# Settings and blocks that say how a resource is managed, not what it is.
NO_VALUES: Final = {"lifecycle", "provisioner", "connection", "count", "for_each", "depends_on",
                    "provider"}  # fmt: skip
MOST: Final = 500  # instances of one block that are compared
LIMIT: Final = 60  # seconds that Trivy's engine may take for one root


UUID: Final = re.compile(r"[0-9a-f]{8}(-?)[0-9a-f]{4}\1[0-9a-f]{4}\1[0-9a-f]{4}\1[0-9a-f]{12}")
Item = TypeVar("Item")


@dataclass(slots=True)
class Content(Generic[Item]):
    """What a resource or a block in it has. `open`: there may be more blocks than are listed."""

    settings: dict[str, Item] = field(default_factory=dict)
    blocks: dict[str, list[Content[Item]]] = field(default_factory=dict)
    open: bool = False

    def without(self, names: Collection[str]) -> Content[Item]:
        """The content without settings and blocks of these names."""
        for name in names:
            self.settings.pop(name, None)
            self.blocks.pop(name, None)
        return self


# ------------------------------------------------------------------ roots
@dataclass(slots=True)
class Tree:
    """The Terraform files below a folder; the FileTree of what is evaluated there."""

    base: Path
    documents: dict[str, Document] = field(default_factory=dict)
    folders: dict[str, Folder] = field(default_factory=dict)
    listed: dict[str, list[str]] = field(default_factory=dict)

    def paths(self) -> list[str]:
        """Every file of the tree."""
        return sorted(_files(self.base, ""))

    def read(self, path: str) -> Source | None:
        """A file as text, None if it is none or stands outside."""
        data = self.read_bytes(path)
        found = decode(path, data) if data is not None else None
        return found if isinstance(found, Source) else None

    def read_bytes(self, path: str) -> bytes | None:
        """A file as it is, None if it is none or stands outside."""
        full = self.base / path
        if not full.is_file() or not full.resolve().is_relative_to(self.base.resolve()):
            return None
        return full.read_bytes()

    def names(self, folder: str) -> list[str]:
        """The names in a folder."""
        found = self.base / folder
        return sorted(one.name for one in found.iterdir()) if found.is_dir() else []

    def roots(self) -> list[str]:
        """The folders that nobody calls, or that have a backend."""
        called = {
            target for path, one in self.folders.items() for target in one.calls.values()
            if target != path
        }  # fmt: skip
        return [path for path, one in sorted(self.folders.items())
                if path not in called or one.has_backend]  # fmt: skip

    def closure(self, root: str) -> list[str]:
        """The root and every folder that it calls, directly or not."""
        found, pending = [], [root]
        while pending:
            path = pending.pop()
            if path not in found and path in self.folders:
                found.append(path)
                pending.extend(self.folders[path].calls.values())
        return found

    def values(self, root: str) -> list[str]:
        """The names of the files of variable values that Terraform loads by itself, in order."""
        names = [path.rpartition("/")[2] for path in self.listed[root]]
        return sorted(filter(loaded, names), key=lambda name: (".auto." in name, name))

    def texts(self, root: str) -> list[Source]:
        """The sources of the root and of what it calls."""
        return [self.documents[path].source for folder in self.closure(root)
                for path in self.listed[folder]]  # fmt: skip


def _files(base: Path, below: str) -> Iterator[str]:
    for place, folders, names in os.walk(base / below):
        folders[:] = sorted(one for one in folders if one not in SKIPPED)
        for name in sorted(names):
            yield Path(place, name).relative_to(base).as_posix()


def tree_of(base: Path) -> Tree:
    """All Terraform files below the folder, parsed."""
    tree = Tree(base)
    for path in _files(base, ""):
        if path.endswith(ENDINGS):
            source = tree.read(path)
            if source is not None:
                tree.documents[path] = parse(source)
                tree.listed.setdefault(path.rpartition("/")[0], []).append(path)
    for folder, paths in tree.listed.items():
        found = folder_with([tree.documents[path] for path in paths], folder)
        if found is not None:
            tree.folders[folder] = found
    return tree


def loaded(name: str) -> bool:
    """True for a file of variable values that Terraform loads by itself."""
    stem = name.removesuffix(".json")
    return stem == "terraform.tfvars" or stem.endswith(".auto.tfvars")


def folder_with(documents: list[Document], path: str) -> Folder | None:
    """The folder's tables with the files of values that Terraform loads by itself."""
    bodies: dict[str, tuple[Source, h.Body]] = {}
    values: list[tuple[Source, h.Body]] = []
    for document in documents:
        name = document.source.path.rpartition("/")[2]
        body = document.facts.get("body")
        if body is None:
            continue
        entry = document.source, body
        if not name.endswith((".tfvars", ".tfvars.json")):
            bodies[document.source.path] = entry
        elif loaded(name):
            values.append(entry)
    if not bodies:
        return None
    folder = folder_of(path, bodies)
    for source, body in sorted(values, key=lambda one: (".auto." in one[0].path, one[0].path)):
        folder.values.extend((source, setting) for setting in body.settings().values())
    return folder


# ------------------------------------------------------------------ our engine
def ours(tree: Tree, root: str) -> dict[str, Content[Traced]]:
    """Every instance of every resource below the root, by address."""
    folders = {path: tree.folders[path] for path in tree.closure(root)}
    found: dict[str, Content[Traced]] = {}
    for modules in units_of(folders, tree).modules.values():
        for module in modules:
            if module.root.path == root:
                for prefix in prefixes(module):
                    _resources(module, prefix, found)
    return found


def prefixes(module: Module) -> list[str]:
    """What stands before the addresses of the module's resources, once for each instance."""
    parent = module.parent
    if parent is None:
        return [""]
    name = module.name
    keys = [""] if name.endswith("]") else [key for key, _ in instances(parent, f"module.{name}")]
    return [f"{before}module.{name}{key}." for before in prefixes(parent) for key in keys]


def instances(module: Module, address: str) -> list[tuple[str, Mapping[str, Traced]]]:
    """Every instance with its key as addresses have it, and what `each` and `count` are there."""
    found = module.instances(address)
    if not found.kind:
        return [("", {})]
    keyed = found.kind == "for_each"
    known = [
        (f"[{json.dumps(key, ensure_ascii=False) if keyed else key}]", bound)
        for key, bound in found.each().items()
    ][:MOST]
    if found.size is None:
        known.append(("[*]" if keyed else "[0]", found.bound))
    return known


def _resources(module: Module, prefix: str, out: dict[str, Content[Traced]]) -> None:
    for address, declared in module.folder.blocks.items():
        if declared.block.type in ("resource", *PREFIXED):
            for key, bound in instances(module, address):
                scope = Scope(module, declared.source, bound)
                module.run.steps = MAX_STEPS  # the product evaluates all instances at once
                out[f"{prefix}{address}{key}"] = _content(declared.block.body, scope)


def _content(body: h.Body, scope: Scope) -> Content[Traced]:
    made: Content[Traced] = Content()
    for name, setting in body.settings().items():
        made.settings[name] = settled(setting.value, scope)
    for block in body.blocks():
        if block.type == "dynamic" and block.labels:
            written, rest = iterations(block, scope)
            name = block.labels[0].text
            made.open = made.open or rest is not None
        else:
            written, name = [(block, scope)], block.type
        listed = made.blocks.setdefault(name, [])
        listed.extend(_content(inner.body, at) for inner, at in written)
    return made.without(NO_VALUES)


# ------------------------------------------------------------------ Trivy's engine
_WORKER = """
import json, sys, time
import tfparse
for line in sys.stdin:
    start = time.process_time()
    try:
        folder, values = json.loads(line)
        found = tfparse.load_from_path(folder, allow_downloads=False, vars_paths=values)
    except Exception as error:
        found = {"": str(error)[:200]}
    print(json.dumps([time.process_time() - start, found]), flush=True)
"""


class Trivy:
    """Trivy's engine in a process of its own, which is started anew when it hangs or dies."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[str] | None = None
        self.lines: queue.Queue[str] = queue.Queue()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()

    def start(self) -> subprocess.Popen[str]:
        """The running process."""
        if self.process is None or self.process.poll() is not None:
            nowhere = dict.fromkeys(
                ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), "http://127.0.0.1:9"
            )
            self.process = subprocess.Popen(
                [sys.executable, "-c", _WORKER], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL, text=True, env={**os.environ, **nowhere},
            )  # fmt: skip
            self.lines = queue.Queue()
            threading.Thread(
                target=self._listen, args=(self.process, self.lines), daemon=True
            ).start()
        return self.process

    @staticmethod
    def _listen(process: subprocess.Popen[str], lines: queue.Queue[str]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            lines.put(line)
        lines.put("")

    def stop(self) -> None:
        """End the process."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            for pipe in (self.process.stdin, self.process.stdout):
                assert pipe is not None
                pipe.close()
            self.process = None

    def load(self, folder: Path, values: list[str]) -> tuple[float, dict[str, Any] | str]:
        """CPU seconds, and all blocks by type; why there are none if it failed.

        It loads no file of variable values by itself, so `values` names them.
        """
        process, start = self.start(), time.perf_counter()
        assert process.stdin is not None
        try:
            process.stdin.write(json.dumps([str(folder), values]) + "\n")
            process.stdin.flush()
            line = self.lines.get(timeout=LIMIT)
        except (queue.Empty, BrokenPipeError):
            line = ""
        if not line:
            self.stop()
            return time.perf_counter() - start, "it hung or died"
        seconds, found = json.loads(line)
        return seconds, found.get("", found)


def theirs(found: dict[str, Any]) -> dict[str, Content[Any]]:
    """Trivy's resources by address, without what it adds to them."""
    return {
        block["__tfmeta"]["path"]: _block(block)
        for blocks in found.values()
        for block in blocks
        if block["__tfmeta"].get("type") in ("resource", "data", "ephemeral")
    }


def _block(block: dict[str, Any]) -> Content[Any]:
    made: Content[Any] = Content()
    for name, value in block.items():
        inner = value if isinstance(value, list) else [value]
        if inner and all(isinstance(one, dict) and "__tfmeta" in one for one in inner):
            made.blocks[name] = [_block(one) for one in inner]
        elif name != "__tfmeta" and not (name == "id" and UUID.fullmatch(str(value))):
            made.settings[name] = _evaluated(value)
    return made.without(NO_VALUES)


def _evaluated(value: Any) -> Any:
    """The value with None for what Trivy leaves as a reference."""
    if isinstance(value, dict):
        if "__attribute__" in value:
            return None
        return {key: _evaluated(item) for key, item in value.items()}
    return [_evaluated(item) for item in value] if isinstance(value, list) else value
