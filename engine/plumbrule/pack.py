"""Pack: rule and schema files, checked, and kept ready in the user's cache."""

from __future__ import annotations

import hashlib
import os
import pickle
import stat
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from plumbrule.evaluate.program import Program
from plumbrule.language import ir
from plumbrule.language.schema import Schema
from plumbrule.version import __version__
from plumbrule_parsers.document import Problem
from plumbrule_parsers.source import Source

EDITION: Final = "1"


@dataclass(frozen=True, slots=True)
class Pack:
    """Checked rules and what they were checked against. `problems` say what was left out.

    `programs` is the rules' generated code by rule id.
    """

    rules: tuple[ir.CheckedRule, ...]
    exemptions: tuple[ir.CheckedExemption, ...]
    schema: Schema
    problems: tuple[Problem, ...]
    programs: dict[str, Program] = field(default_factory=dict)


def load_pack(
    folders_or_sources: Sequence[Path | Source],
    schema_sources: Sequence[Source],
    cache_dir: Path | None,
) -> Pack:
    """The checked pack of all `.plumb` files; a warm load neither parses nor checks.

    The cache holds Python objects, which are safe to read only from the user's own directory: one
    that belongs to somebody else or that others may write is not used.
    """
    sources = _sources(folders_or_sources)
    kinds = sorted(schema_sources, key=lambda source: source.path)
    key = _key(sources, kinds)
    folder = cache_dir if cache_dir is not None and _private(cache_dir, make=True) else None
    file = folder / f"{key}.pack" if folder is not None else None
    if file is not None:
        found = _load(file)
        if found is not None:
            return found
    pack = _build(sources, kinds)
    if file is not None:
        _store(file, pack)
    return pack


def user_cache_dir() -> Path:
    """`$XDG_CACHE_HOME/plumbrule`, or `~/.cache/plumbrule`."""
    given = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(given) if given.startswith("/") else Path.home() / ".cache") / "plumbrule"


def _sources(given: Sequence[Path | Source]) -> list[Source]:
    found: dict[str, Source] = {}
    for item in given:
        if isinstance(item, Source):
            found[item.path] = item
            continue
        for path in sorted(item.rglob("*.plumb")) if item.is_dir() else [item]:
            text = path.read_bytes().decode("utf-8", "replace")
            found[path.as_posix()] = Source(path.as_posix(), text)
    return [found[path] for path in sorted(found)]


def _build(sources: Sequence[Source], kinds: Sequence[Source]) -> Pack:
    from plumbrule.evaluate.compile import compile_rule
    from plumbrule.language.check import check
    from plumbrule.language.parse import parse
    from plumbrule.language.schema import build_schema, load_schema

    schema, problems = load_schema(kinds)
    parsed = [parse(source) for source in sources]
    faults = [problem for result in parsed for problem in result.problems]
    files = [item.file for item in parsed if item.file is not None]
    schema, own_faults = build_schema(files, schema)  # packs declare kinds of their own
    result = check(files, schema)
    return Pack(
        result.rules, result.exemptions, schema,
        (*problems, *faults, *own_faults, *result.problems),
        {rule.id: compile_rule(rule) for rule in result.rules},
    )  # fmt: skip


def _key(sources: Sequence[Source], kinds: Sequence[Source]) -> str:
    digest = hashlib.sha256(f"{__version__}\0{EDITION}\0{sys.version}".encode())
    engine = Path(__file__).parent
    for path in sorted((*engine.glob("language/*.*"), *engine.glob("evaluate/*.py"))):
        # an engine under development changes unversioned
        digest.update(f"{path.name} {path.stat().st_mtime_ns}\0".encode())
    for group in (kinds, sources):
        digest.update(b"\1")
        for source in group:
            for part in (source.path, source.text):
                data = part.encode("utf-8", "surrogatepass")
                digest.update(len(data).to_bytes(8, "big") + data)
    return digest.hexdigest()


def _private(path: Path, *, make: bool = False) -> bool:
    """Whether the path belongs to the user and nobody else may write it."""
    try:
        if make:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
        state = path.lstat()
    except OSError:
        return False
    if stat.S_ISLNK(state.st_mode):
        return False
    own = not hasattr(os, "getuid") or state.st_uid == os.getuid()
    return own and not state.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _load(file: Path) -> Pack | None:
    if not _private(file):
        return None
    try:
        found = pickle.loads(file.read_bytes())  # noqa: S301 - the user's own private directory
    except (OSError, pickle.UnpicklingError, EOFError, AttributeError, ImportError, IndexError,
            TypeError, ValueError):  # fmt: skip
        return None  # a torn or foreign file: built anew
    return found if isinstance(found, Pack) else None


def _store(file: Path, pack: Pack) -> None:
    import tempfile

    try:
        handle, name = tempfile.mkstemp(dir=file.parent, suffix=".tmp")
        with os.fdopen(handle, "wb") as out:
            pickle.dump(pack, out, protocol=5)
        Path(name).replace(file)
    except OSError:
        return  # a full or read-only disk costs speed only
