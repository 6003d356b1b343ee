"""Rule files: the pack in force, as disk and open buffers have it, and what is wrong with it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from plumbrule.config import Config
from plumbrule.pack import Pack, load_pack, user_cache_dir
from plumbrule_parsers.document import Problem
from plumbrule_parsers.formats import schema_sources
from plumbrule_parsers.source import Source

SUFFIX = ".plumb"


@dataclass(frozen=True, slots=True)
class RuleFiles:
    """The rules in force and the absolute paths of the user's own files among them.

    `missing` are the entries of `packs` that lead nowhere.
    """

    pack: Pack
    own: tuple[str, ...]
    missing: tuple[str, ...]


def load_rules(config: Config, buffers: Mapping[str, str]) -> RuleFiles:
    """The built-in rules and the configuration's packs; open buffers win over the disk."""
    base = Path(config.path).parent
    folders = [(entry, base / entry) for entry in config.packs]
    missing = tuple(entry for entry, folder in folders if not folder.exists())
    own = tuple(path for _entry, folder in folders for path in _files(folder))
    sources = _sources((*_files(_builtin()), *own), buffers)
    fresh = any(source.path in buffers for source in sources)
    pack = load_pack(sources, schema_sources(), None if fresh else user_cache_dir())
    return RuleFiles(pack, own, missing)


def problems_beside(
    path: str, text: str, rules: RuleFiles, buffers: Mapping[str, str]
) -> list[Problem]:
    """What is wrong with a rule file that is in no pack, read as if it were in this one."""
    others = [name for name in (*_files(_builtin()), *rules.own) if name != path]
    sources = [*_sources(others, buffers), Source(path, text)]
    pack = load_pack(sources, schema_sources(), None)
    return [problem for problem in pack.problems if problem.span.path == path]


def _builtin() -> Path:
    import plumbrule_rules

    return Path(next(iter(plumbrule_rules.__path__)))


def _files(folder: Path) -> list[str]:
    found = folder.rglob(f"*{SUFFIX}") if folder.is_dir() else [folder] * folder.is_file()
    return sorted(os.path.normpath(path) for path in found)


def _sources(paths: Iterable[str], buffers: Mapping[str, str]) -> list[Source]:
    found: list[Source] = []
    for path in dict.fromkeys(paths):
        text = buffers.get(path)
        if text is None:
            try:
                text = Path(path).read_bytes().decode("utf-8", "replace")
            except OSError:  # deleted since it was listed
                continue
        found.append(Source(path, text))
    return found
