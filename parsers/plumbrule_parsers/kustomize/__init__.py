"""Kustomizations: built as `kustomize build` does, with the place of every value."""

from collections.abc import Callable, Iterable, Mapping

from plumbrule_parsers.document import Document
from plumbrule_parsers.format import FileTree, Format
from plumbrule_parsers.kustomize.parse import detect, parse


def _resolve(documents: Mapping[str, Document], files: FileTree) -> Iterable[Document]:
    from plumbrule_parsers.kustomize.resolve import resolve  # loaded where there is one to build

    return resolve(documents, files)


def _heeds(own: Mapping[str, Document]) -> Callable[[Document], bool]:
    from plumbrule_parsers.kustomize.strays import heeds

    return heeds(own)


FORMAT = Format(
    "kustomize", detect, parse, resolve=_resolve, reads=("kubernetes",), heeds=_heeds
)  # fmt: skip
