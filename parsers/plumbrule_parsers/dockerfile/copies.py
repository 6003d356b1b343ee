"""Files with credentials that an image gets: COPY and ADD, less what `.dockerignore` leaves out.

The context is taken to be the folder of the Dockerfile; only the last stage becomes the image.
Source of the rules: https://docs.docker.com/build/concepts/context/#dockerignore-files
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping

from plumbrule_parsers.document import Document, Node, Reference, ToAddress
from plumbrule_parsers.format import FileTree
from plumbrule_parsers.path_glob import glob_match
from plumbrule_parsers.value import ListValue

_MOST = 2_000  # files with credentials of a repository


def copies(
    documents: Mapping[str, Document], kept: Mapping[str, str], tree: FileTree
) -> Iterator[tuple[str, Reference]]:
    """Path of the Dockerfile and the reference of each such instruction.

    `kept` maps the paths of files with credentials to the addresses of their nodes.
    """
    for path, document in documents.items():
        if document.format != "dockerfile":
            continue
        folder = posixpath.dirname(path)
        start = f"{folder}/" if folder else ""
        below = {one[len(start) :]: address for one, address in sorted(kept.items())[:_MOST]
                 if one.startswith(start)}  # fmt: skip
        if not below:
            continue
        ignored = _ignored(path, folder, tree)
        left = {one: address for one, address in below.items() if not _is_ignored(one, ignored)}
        for node in _last_instructions(document):
            for source in _sources(node):
                for one, address in left.items():
                    if source == "." or glob_match(source, one) or _below(source, one):
                        yield path, Reference("copies", node.address, ToAddress(address), node.span)


def _last_instructions(document: Document) -> list[Node]:
    stages = [node for node in document.nodes if node.kind == "docker.Stage"]
    last = max(stages, key=lambda node: node.span.start, default=None)
    return [
        node for node in document.nodes
        if last is not None and node.parent == last.address
        and node.fields.get("keyword") in ("COPY", "ADD")
    ]  # fmt: skip


def _sources(node: Node) -> Iterator[str]:
    flags = node.fields.get("flags")
    named = [str(flag) for flag in flags] if isinstance(flags, ListValue) else []
    if any(flag.startswith("--from") for flag in named):
        return
    sources = node.fields.get("sources")
    for source in sources if isinstance(sources, ListValue) else ():
        if isinstance(source, str) and "://" not in source:
            yield posixpath.normpath(source.lstrip("/") or ".")


def _below(source: str, path: str) -> bool:
    """Whether one of the folders above the path is a source."""
    parts = path.split("/")
    return any(glob_match(source, "/".join(parts[:at])) for at in range(1, len(parts)))


def _ignored(path: str, folder: str, tree: FileTree) -> list[str]:
    """The patterns of the file's own list, else of its folder's."""
    source = tree.read(f"{path}.dockerignore") or tree.read(posixpath.join(folder, ".dockerignore"))
    lines = source.text.splitlines() if source is not None else []
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def _is_ignored(path: str, patterns: list[str]) -> bool:
    """The last pattern that fits decides, as Docker has it."""
    found = False
    for pattern in patterns:
        takes_back = pattern.startswith("!")
        cleaned = posixpath.normpath(pattern.lstrip("!").strip().lstrip("/") or ".")
        if glob_match(cleaned, path) or _below(cleaned, path):
            found = not takes_back
    return found
