"""Compose files: services with what they run, mount, publish and wait for."""

from collections.abc import Iterable, Mapping

from plumbrule_parsers.compose.detect import detect
from plumbrule_parsers.document import Document
from plumbrule_parsers.format import FileTree, Format
from plumbrule_parsers.source import Source


def _parse(source: Source) -> Document:
    from plumbrule_parsers.compose.parse import parse  # loaded where there is a Compose file

    return parse(source)


def _resolve(documents: Mapping[str, Document], files: FileTree) -> Iterable[Document]:
    from plumbrule_parsers.compose.resolve import resolve

    return resolve(documents, files)


FORMAT = Format("compose", detect, _parse, resolve=_resolve)
