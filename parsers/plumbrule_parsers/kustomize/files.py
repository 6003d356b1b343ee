"""The files of a build: read once, parsed once for each way of reading YAML, never outside."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping
from typing import Any

from plumbrule_parsers.document import Document, Problem, Severity
from plumbrule_parsers.format import FileTree
from plumbrule_parsers.kustomize.trees import BuildError
from plumbrule_parsers.scalar_offsets import offsets_of
from plumbrule_parsers.source import Source, Span
from plumbrule_parsers.value import ListValue, MapValue, Place, Value
from plumbrule_parsers.yaml_scalars import Rules
from plumbrule_parsers.yaml_tree import YamlStream, parse_yaml

NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
_REMOTE = re.compile(
    r"(?:https?|ssh|git|oci|file|s3|gcs)://|git@|git::|[\w.-]+@[\w.-]+:|"
    r"(?:github\.com|gitlab\.com|bitbucket\.org)[/:]"
)
_REPOSITORY = re.compile(r"\.git(?:/|\?|\Z)|[?&]ref=")


def is_remote(path: str) -> bool:
    """True for what is fetched from elsewhere."""
    return _REMOTE.match(path) is not None or _REPOSITORY.search(path) is not None


def joined(folder: str, path: str) -> str | None:
    """The path from the root of the scan, "" for the root itself; None if it leads outside."""
    found = posixpath.normpath(posixpath.join(folder, path)) if path else folder
    if path.startswith("/") or found.startswith("../") or found in ("..", ""):
        return "" if found == "" and not path.startswith("/") else None
    return "" if found == "." else found


def is_within(path: str, folder: str) -> bool:
    """True if the path is the folder or lies below it."""
    return not folder or path == folder or path.startswith(f"{folder}/")


class Files:
    """Texts by path; those of documents are the documents' own."""

    def __init__(self, tree: FileTree, documents: Mapping[str, Document]) -> None:
        self.tree = tree
        self.documents = documents
        self.streams: dict[tuple[str, Rules], YamlStream] = {}
        self.texts: dict[str, Source | None] = {}
        self.known: dict[str, str | None] = {}
        self.folders: set[str] | None = None

    def read(self, path: str) -> Source | None:
        """The file, None if it is absent or no text."""
        document = self.documents.get(path)
        if document is not None:
            return document.source
        if path not in self.texts:
            self.texts[path] = self.tree.read(path)
        return self.texts[path]

    def content(self, path: str, source: Source | None) -> Source | bytes | None:
        """What a file holds as Kustomize takes it: text only if it is UTF-8, marks included."""
        found = self.tree.read_bytes(path)
        if found is None:
            return source
        try:
            text = found.decode("utf-8")
        except UnicodeDecodeError:
            return found
        return source if source is not None and source.text == text else Source(path, text)

    def is_folder(self, path: str) -> bool:
        """True if some file lies below the path."""
        if self.folders is None:
            self.folders = {""}
            for one in self.tree.paths():
                folder = one.rpartition("/")[0]
                while folder not in self.folders:
                    self.folders.add(folder)
                    folder = folder.rpartition("/")[0]
        return path in self.folders

    def kustomization_of(self, folder: str) -> str | None:
        """The path of a folder's kustomization. BuildError: there are several."""
        if folder not in self.known:
            paths = [f"{folder}/{name}" if folder else name for name in NAMES]
            found = [path for path in paths if self.read(path) is not None]
            if len(found) > 1:
                raise BuildError("kustomization-twice", f"`{folder or '.'}` has several "
                                 "kustomization files", None, "keep one of them")  # fmt: skip
            self.known[folder] = found[0] if found else None
        return self.known[folder]

    def parsed(self, source: Source, rules: Rules) -> YamlStream:
        """The YAML documents of a file: shared, so never to be changed."""
        key = (source.path, rules)
        found = self.streams.get(key)
        if found is None:
            found = self.streams[key] = parse_yaml(source, rules)
        return found


def values_of(stream: YamlStream) -> list[Value]:
    """The values of the documents. BuildError: a part of the text cannot be read."""
    for problem in stream.problems:
        if problem.severity is Severity.ERROR:
            raise BuildError("resource-syntax", f"{problem.span.path} cannot be read: "
                             f"{problem.message}", problem.span)  # fmt: skip
    return [document.value for document in stream.documents]


def inline_stream(place: Place, text: str, rules: Rules) -> YamlStream:
    """The YAML documents inside a text of another file, with places in that file."""
    outer = place.value.source
    stream = parse_yaml(Source(outer.path, text), rules)
    start = place.value.start
    at = offsets_of(outer, start, place.value.end, text)
    end = place.value.end

    def span(found: Span) -> Span:
        first = at(found.start)
        last = at(found.end - 1) + 1 if found.end > found.start else first
        return Span(outer, first, min(max(last, first), end))

    for document in stream.documents:
        _relocate(document.value, outer, span)
    problems = tuple(
        Problem(one.code, one.message, span(one.span), one.severity, one.hint)
        for one in stream.problems
    )
    return YamlStream(stream.documents, problems)


def _relocate(value: Value, outer: Source, span: Callable[[Span], Span]) -> None:
    stack: list[Value] = [value]
    seen: set[int] = set()
    while stack:
        current = stack.pop()
        if not isinstance(current, (MapValue, ListValue)) or id(current) in seen:
            continue
        seen.add(id(current))
        inner = current.source
        whole = span(Span(inner, current.start, current.end))
        moved: list[int] = []
        for index in range(0, len(current.offsets), 2):
            found = span(Span(inner, current.offsets[index], current.offsets[index + 1]))
            moved += (found.start, found.end)
        current.offsets = moved
        places: dict[Any, Place] = {
            key: Place(span(one.value), span(one.key) if one.key is not None else None)
            for key, one in current.places.items()
        }
        current.places = places
        current.source, current.start, current.end = outer, whole.start, whole.end
        stack.extend(current.values() if isinstance(current, MapValue) else current)
