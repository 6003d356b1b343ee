"""Format: how one kind of file is recognised, parsed and resolved."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from plumbrule_parsers.document import Document
from plumbrule_parsers.source import Source


class FileTree(Protocol):
    """The scanned files, for parsers that must look beyond one file. Never leaves the root."""

    def paths(self) -> Iterable[str]:
        """All discovered paths (POSIX, relative to the root), sorted."""

    def read(self, path: str) -> Source | None:
        """The decoded file, or None if it is absent, outside the root, too large or not text."""

    def read_bytes(self, path: str) -> bytes | None:
        """The file as it is, or None if it is absent, outside the root or too large."""

    def names(self, folder: str) -> Iterable[str]:
        """The names of what lies in a folder, sorted, even if discovery leaves the folder out."""


@dataclass(frozen=True, slots=True)
class Format:
    """One input format.

    `detect(path, head)` gets the path and 4,096 characters from the start,
    behind blank lines and comments, and says how surely the file
    is of this format: 0 no, 1 could be, 2 by content, 3 by path and content. The surest format wins
    and the order of `FORMATS` breaks ties. `parse` never raises on any text. `resolve`, where there
    is one, gets all documents of the format by path plus the file tree and gives the documents that
    replace them (an entry that is not returned stays as it was). It also gets the documents of the
    formats in `reads`, as these formats resolved them if they stand earlier in `RESOLVED`, and may
    replace them too; `heeds` gets the format's own documents and says of the others which matter
    (None: all do). `schema` is the file name of the schema in the folder of the format.
    """

    name: str
    detect: Callable[[str, str], int]
    parse: Callable[[Source], Document]
    schema: str = "schema.plumb"
    resolve: Callable[[Mapping[str, Document], FileTree], Iterable[Document]] | None = None
    reads: tuple[str, ...] = ()
    heeds: Callable[[Mapping[str, Document]], Callable[[Document], bool]] | None = None
