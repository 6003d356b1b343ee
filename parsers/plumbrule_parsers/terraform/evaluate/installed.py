"""Modules that `terraform init` has fetched, by its list `.terraform/modules/modules.json`.

Nothing is downloaded. The list says in which folder each registry or git module of a root lies; the
folder is in the repository (vendored), or below `.terraform`, where only this looks.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from dataclasses import dataclass, field

from plumbrule_parsers.document import Document
from plumbrule_parsers.format import FileTree
from plumbrule_parsers.json_tree import parse_json
from plumbrule_parsers.source import Source
from plumbrule_parsers.terraform.detect import CONFIGURATION
from plumbrule_parsers.terraform.evaluate.modules import Module
from plumbrule_parsers.value import ListValue, MapValue

HIDDEN = ".terraform"  # the folder that discovery leaves out
LIST = f"{HIDDEN}/modules/modules.json"
MAX_FILES = 2_000  # of fetched modules that are read in one run


@dataclass(slots=True)
class Installed:
    """What was fetched for each root, and the files of fetched modules that were read."""

    files: FileTree
    parse: Callable[[Source], Document]
    lists: dict[str, dict[str, str]] = field(default_factory=dict)  # root -> key -> folder
    documents: dict[str, Document] = field(default_factory=dict)

    def of_root(self, root: str) -> dict[str, str]:
        """The folders of the root's modules by their keys, such as `vpc.flow_logs`."""
        found = self.lists.get(root)
        if found is None:
            source = self.files.read(posixpath.join(root, LIST))
            found = self.lists[root] = _entries(source, root) if source is not None else {}
        return found

    def folder(self, module: Module, name: str) -> str | None:
        """The folder of a call's module, None if it was not fetched."""
        names = [name]
        above: Module | None = module
        while above is not None and above.parent is not None:
            names.append(above.name.partition("[")[0])
            above = above.parent
        return self.of_root(module.root.path).get(".".join(reversed(names)))

    def read(self, folder: str) -> dict[str, Document]:
        """The documents of a fetched module that is no part of the scanned files."""
        found: dict[str, Document] = {}
        for name in self.files.names(folder):
            path = posixpath.join(folder, name)
            if not name.endswith(CONFIGURATION) or len(self.documents) >= MAX_FILES:
                continue
            source = self.files.read(path)
            if source is not None:
                found[path] = self.documents[path] = self.parse(source)
        return found


def _entries(source: Source, root: str) -> dict[str, str]:
    value, _problems = parse_json(source)
    listed = value.get("Modules") if isinstance(value, MapValue) else None
    found: dict[str, str] = {}
    for entry in listed if isinstance(listed, ListValue) else ():
        if not isinstance(entry, MapValue):
            continue
        key, folder = entry.get("Key"), entry.get("Dir")
        if isinstance(key, str) and isinstance(folder, str) and key:
            path = posixpath.normpath(posixpath.join(root, folder.replace("\\", "/")))
            if not path.startswith(("/", "../")) and path != "..":
                found[key] = "" if path == "." else path
    return found
