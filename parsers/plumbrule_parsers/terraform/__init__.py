"""Terraform, OpenTofu, their variable files and their plans."""

from collections.abc import Iterable, Mapping

from plumbrule_parsers.document import Document
from plumbrule_parsers.format import FileTree, Format
from plumbrule_parsers.source import Source
from plumbrule_parsers.terraform.detect import WRITTEN, detect


def _parse(source: Source) -> Document:
    from plumbrule_parsers.terraform.parse import parse  # loaded where there is Terraform

    return parse(source)


def _resolve(documents: Mapping[str, Document], files: FileTree) -> Iterable[Document]:
    """The documents that change once all are known: evaluated first, then met by their plans."""
    from plumbrule_parsers.terraform.resolve import resolve as evaluated

    written = {
        path: document
        for path, document in documents.items()
        if path.endswith(WRITTEN) or "environment" in document.facts
    }
    changed = {document.source.path: document for document in evaluated(written, files)}
    if any("plan" in document.facts for document in documents.values()):
        from plumbrule_parsers.terraform.plan.resolve import resolve_plans

        found = resolve_plans({**documents, **changed})
        changed.update((document.source.path, document) for document in found)
    return [changed[path] for path in sorted(changed)]


FORMAT = Format("terraform", detect, _parse, resolve=_resolve)
