"""Rule files: the pack in force, as disk and open buffers have it, and what is wrong with it."""

from __future__ import annotations

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
    own = [path for _entry, folder in folders for path in _files(folder)]
    paths = [*_files(_builtin()), *own]
    names = dict.fromkeys(path.as_posix() for path in paths)
    sources = [source for name in names if (source := _source(name, buffers)) is not None]
    fresh = any(name in buffers for name in names)
    pack = load_pack(sources, schema_sources(), None if fresh else user_cache_dir())
    return RuleFiles(pack, tuple(path.as_posix() for path in own), missing)


def rule_problems(path: str, text: str, config: Config, buffers: Mapping[str, str]) -> list[Problem]:
    """What is wrong with a rule file that is in no pack, read as if it were in this one."""
    rules = load_rules(config, {**buffers, path: text})
    if path not in {problem.span.path for problem in rules.pack.problems} and path in rules.own:
        return []
    base = Path(config.path).parent
    paths = [*_files(_builtin()), *(p for e in config.packs for p in _files(base / e))]
    sources = [_source(p.as_posix(), buffers) for p in paths if p.as_posix() != path]
    given = [source for source in sources if source is not None]
    pack = load_pack([*given, Source(path, text)], schema_sources(), None)
    return [problem for problem in pack.problems if problem.span.path == path]


def _builtin() -> Path:
    import plumbrule_rules

    return Path(next(iter(plumbrule_rules.__path__)))


def _files(folder: Path) -> Iterable[Path]:
    return sorted(folder.rglob(f"*{SUFFIX}")) if folder.is_dir() else [folder] * folder.is_file()


def _source(name: str, buffers: Mapping[str, str]) -> Source | None:
    if name in buffers:
        return Source(name, buffers[name])
    try:
        return Source(name, Path(name).read_bytes().decode("utf-8", "replace"))
    except OSError:
        return None  # deleted since it was listed
