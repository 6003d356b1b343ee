"""One script file; what it holds is read in `resolve`, if a pipeline runs it."""

from __future__ import annotations

from plumbrule_parsers.document import Completeness, Document
from plumbrule_parsers.source import Source

MAKEFILES = ("makefile", "gnumakefile")


def detect(path: str, _head: str) -> int:
    """1 by name: nothing in a script says that it is one."""
    name = path.rpartition("/")[2].lower()
    if name in MAKEFILES or name.endswith((".sh", ".bash", ".mk")):
        return 1
    return 0


def parse(source: Source) -> Document:
    """A document without nodes: whether the script runs, its callers tell."""
    return Document(source, "shell", completeness=Completeness.SKIPPED,
                    because="no pipeline runs it")  # fmt: skip
