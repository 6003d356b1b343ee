"""A repository in memory: its pipelines resolved like in a run, without the engine."""

from __future__ import annotations

from textwrap import dedent

from plumbrule.scan.files import ScannedFiles
from plumbrule.scan.parse_files import parse_file
from plumbrule_parsers.document import Document, Node, Reference, ToAddress
from plumbrule_parsers.formats import RESOLVED, format_of
from plumbrule_parsers.value import ListValue, Value


class Repository:
    """The documents of all files, with what a test asks of them."""

    def __init__(self, **files: str) -> None:
        texts = {
            name.replace("__", "/").replace("_DOT_", "."): dedent(text)
            for name, text in files.items()
        }
        self.read(texts)

    @classmethod
    def of(cls, files: dict[str, str]) -> Repository:
        """The repository of these paths and texts."""
        made = cls.__new__(cls)
        made.read({path: dedent(text) for path, text in files.items()})
        return made

    def read(self, texts: dict[str, str]) -> None:
        tree = ScannedFiles(None, (), texts)
        parsed = [parse_file(path, tree) for path in tree.paths()]
        self.documents: dict[str, Document] = {
            one.path: one.document for one in parsed if one.document is not None
        }
        for name in RESOLVED:
            own = [doc for doc in self.documents.values() if doc.format == name]
            found = format_of(name) if own else None
            if found is None or found.resolve is None:
                continue
            wanted = {name, *found.reads}
            given = {path: doc for path, doc in self.documents.items() if doc.format in wanted}
            for document in found.resolve(given, tree):
                self.documents[document.source.path] = document

    @property
    def nodes(self) -> list[Node]:
        return [node for document in self.documents.values() for node in document.nodes]

    @property
    def references(self) -> list[Reference]:
        return [one for document in self.documents.values() for one in document.references]

    def of_kind(self, kind: str) -> list[Node]:
        return [node for node in self.nodes if node.kind == kind]

    def node(self, ending: str) -> Node:
        """The one node whose address ends like this."""
        (found,) = [node for node in self.nodes if node.address.endswith(ending)]
        return found

    def command(self, text: str) -> Node:
        """The one command that is written like this."""
        (found,) = [node for node in self.of_kind("sh.Command") if node.fields["text"] == text]
        return found

    def commands(self) -> list[str]:
        return [str(node.fields["text"]) for node in self.of_kind("sh.Command")]

    def edges(self, name: str) -> set[tuple[str, str]]:
        """Edges of a name between addresses, without the paths of the files."""
        found = set()
        for one in self.references:
            if one.edge == name and isinstance(one.target, ToAddress):
                ends = [one.origin, one.target.address]
                if one.reverse:
                    ends.reverse()
                found.add((ends[0].partition("#")[2], ends[1].partition("#")[2]))
        return found

    def holes(self) -> list[str]:
        return [str(hole.why) for document in self.documents.values() for hole in document.holes]


def texts(value: Value) -> list[str]:
    """A list of texts."""
    assert isinstance(value, ListValue)
    return [str(item) for item in value]
