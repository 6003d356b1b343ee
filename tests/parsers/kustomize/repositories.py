"""Repositories in memory, what is built of their kustomizations, and the cases of the features.

A case is a text with the files of a small repository, each behind `=== path`, and at the end,
behind `=== expected of folder`, what `kubectl kustomize folder` prints for it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from plumbrule.scan.files import ScannedFiles
from plumbrule_parsers.document import Document, Node
from plumbrule_parsers.formats import FORMATS, RESOLVED, format_of
from plumbrule_parsers.kustomize.accumulate import Accumulated, Builder
from plumbrule_parsers.kustomize.build import build
from plumbrule_parsers.kustomize.files import Files
from plumbrule_parsers.kustomize.objects import Resource
from plumbrule_parsers.source import Source
from plumbrule_parsers.value import ListValue, MapValue, Place, Value

CASES = Path(__file__).parent / "cases"
_PART = re.compile(r"^=== (.+)\n", re.MULTILINE)


@dataclass(frozen=True)
class Case:
    """A repository, the folder that is built, and the objects that come of it, as YAML."""

    name: str
    files: dict[str, str]
    folder: str
    expected: str


def cases() -> list[Case]:
    """All cases, by name."""
    found = []
    for path in sorted(CASES.glob("*.txt")):
        parts = _PART.split(path.read_text("utf-8"))[1:]
        texts = dict(zip(parts[::2], parts[1::2], strict=True))
        last = parts[-2]
        expected = texts.pop(last)
        found.append(Case(path.stem, texts, last.removeprefix("expected of "), expected))
    return found


def built(files: dict[str, str], folder: str) -> Accumulated:
    """What the kustomization of a folder makes."""
    tree = Files(ScannedFiles(None, (), files), {})
    return build(Builder(tree), folder, Source(folder, "").span(0, 0))


def one(made: Accumulated, kind: str = "Deployment") -> Resource:
    """The only object of a kind."""
    found = [resource for resource in made.resources if resource.kind == kind]
    assert len(found) == 1
    return found[0]


def at(body: Value, *path: str | int) -> Value:
    """The value at a path."""
    for step in path:
        if isinstance(body, MapValue):
            body = body[str(step)]
        else:
            assert isinstance(body, ListValue)
            body = body[int(step)]
    return body


def place(body: Value, *path: str | int) -> Place:
    """Where the value at a path stands."""
    owner = at(body, *path[:-1])
    step = path[-1]
    found = (
        owner.place(str(step)) if isinstance(owner, MapValue)
        else owner.place(int(step)) if isinstance(owner, ListValue) else None
    )  # fmt: skip
    assert found is not None
    return found


def line(body: Value, *path: str | int) -> str:
    """The path and line at which the value of a path stands."""
    span = place(body, *path).entry
    return f"{span.path}:{span.line}"


def history(body: Value, *path: str | int) -> list[str]:
    """The way of a value, from where it was set first."""
    return [f"{hop.span.path}:{hop.span.line} {hop.note}" for hop in place(body, *path).via]


def resolved(files: dict[str, str]) -> dict[str, Document]:
    """The documents of a repository after all formats have resolved theirs."""
    tree = ScannedFiles(None, (), files)
    found: dict[str, Document] = {}
    for path, text in files.items():
        sure = [(format_of(name).detect(path, text), -at, name) for at, name in enumerate(FORMATS)]
        degree, _, name = max(sure)
        if degree:
            found[path] = format_of(name).parse(Source(path, text))
    for name in RESOLVED:
        form = format_of(name)
        own = {path: one for path, one in found.items() if one.format in (name, *form.reads)}
        if form.resolve is not None and any(one.format == name for one in own.values()):
            for document in form.resolve(own, tree):
                found[document.source.path] = document
    return found


def nodes(documents: dict[str, Document]) -> dict[str, Node]:
    """All nodes by their address; each address occurs once."""
    found: dict[str, Node] = {}
    for document in documents.values():
        for node in document.nodes:
            assert node.address not in found
            found[node.address] = node
    return found
