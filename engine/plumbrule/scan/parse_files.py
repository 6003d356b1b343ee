"""Files to documents: recognise each, parse it, in this process or in workers.

Worker processes get files in portions of about equal size and send documents back; a document does
not depend on who parsed it, so the number of workers changes nothing but time.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from plumbrule.finding import FileState
from plumbrule.scan.discover import Found
from plumbrule.scan.files import ScannedFiles
from plumbrule_parsers.document import Completeness, Document, Node, Problem
from plumbrule_parsers.formats import FORMATS, format_of
from plumbrule_parsers.read import Unreadable
from plumbrule_parsers.secret_tokens.files import file_nodes
from plumbrule_parsers.secret_tokens.nodes import token_nodes
from plumbrule_parsers.secret_tokens.settings import setting_nodes
from plumbrule_parsers.source import Source

HEAD = 4096
SMALL = 1_500_000  # bytes below which starting workers costs more than it saves
NOTHING = "no infrastructure code; searched for secrets only"
# Text that people keep beside their infrastructure and that is none.
PROSE = (".md", ".txt", ".rst", ".adoc", ".html", ".css", ".svg", ".lock", ".csv", ".xml")


@dataclass(frozen=True, slots=True)
class Parsed:
    """One file's outcome: a document, or the state that says why there is none."""

    path: str
    document: Document | None
    state: FileState
    problem: Problem | None = None
    tokens: Document | None = None  # secrets in the text, whatever its format is


def parse_files(files: Sequence[Found], tree: ScannedFiles, jobs: int) -> list[Parsed]:
    """Every file's outcome, sorted by path."""
    total = sum(found.size for found in files)
    workers = min(jobs, 1 + total // SMALL)
    if workers <= 1 or not hasattr(os, "fork"):
        return [parse_file(found.path, tree) for found in files]
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    portions = _portions(files, workers * 4)
    results: list[Parsed] = []
    with ProcessPoolExecutor(
        workers, mp_context=get_context("fork"), initializer=_start_worker, initargs=(tree,)
    ) as pool:
        for part in pool.map(_parse_portion, portions):
            results.extend(part)
    return sorted(results, key=lambda parsed: parsed.path)


def _portions(files: Sequence[Found], count: int) -> list[list[str]]:
    portions: list[list[str]] = [[] for _ in range(count)]
    sizes = [0] * count
    for found in sorted(files, key=lambda found: (-found.size, found.path)):
        lightest = sizes.index(min(sizes))
        portions[lightest].append(found.path)
        sizes[lightest] += found.size + 2_000
    return [portion for portion in portions if portion]


_worker_tree: list[ScannedFiles] = []


def _start_worker(tree: ScannedFiles) -> None:
    import gc

    gc.freeze()
    gc.disable()  # a worker lives for one run and its trees hold no cycles
    _worker_tree[:] = [tree]


def _parse_portion(paths: Iterable[str]) -> list[Parsed]:
    return [parse_file(path, _worker_tree[0]) for path in paths]


def parse_file(path: str, tree: ScannedFiles) -> Parsed:
    """One file's outcome. A parser that fails is our fault and makes the run incomplete."""
    source = tree.load(path)
    if isinstance(source, Unreadable):
        return Parsed(path, None, FileState(path, "", Completeness.SKIPPED, source.message))
    parsed = _parsed(path, source)
    # A Compose file keeps settings also where its format does not look.
    found = secret_nodes(source, claimed=parsed.state.format not in ("", "compose"))
    tokens = Document(source, "text", found) if found else None
    return replace(parsed, tokens=tokens)


def secret_nodes(source: Source, *, claimed: bool) -> tuple[Node, ...]:
    """What of the text may be a secret; settings only where no format `claimed` the file."""
    files = file_nodes(source)
    settings = () if claimed or files else setting_nodes(source)
    return (*token_nodes(source), *files, *settings)


def _parsed(path: str, source: Source) -> Parsed:
    prose = path.lower().endswith(PROSE) and not path.endswith("requirements.lock")
    name = None if prose else detect(path, head_of(source.text))
    if name is None:
        return Parsed(path, None, FileState(path, "", Completeness.SKIPPED, NOTHING))
    try:
        document = format_of(name).parse(source)
    except Exception as error:  # noqa: BLE001 - the one border of the parse stage
        message = f"internal error while reading this file: {type(error).__name__}: {error}"[:300]
        problem = Problem("internal-error", message, source.span(0, 0),
                          hint="please report it; the rest of the run is not affected")  # fmt: skip
        state = FileState(path, name, Completeness.SKIPPED, "internal error")
        return Parsed(path, Document(source, name, problems=(problem,)), state, problem)
    state = FileState(path, name, document.completeness, document.because)
    return Parsed(path, document, state)


_PREAMBLE = re.compile(r"(?:[ \t]*+(?:#[^\r\n]*+|---[ \t]*+)?(?:\r\n?|\n))*+")


def head_of(text: str) -> str:
    """What formats are recognised by: the start, behind blank lines and the licence comment."""
    found = _PREAMBLE.match(text)
    at = found.end() if found is not None else 0
    return text[at : at + HEAD]


def detect(path: str, head: str) -> str | None:
    """The name of the format that is surest of the file, None if none claims it."""
    best, surest = None, 0
    for name in FORMATS:
        found = format_of(name).detect(path, head)
        if found > surest:
            best, surest = name, found
    return best
