"""Prepare: what most commands need before they start, from the words of the command line."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from plumbrule.config import Config, find_config, load_config
from plumbrule.pack import Pack, load_pack, user_cache_dir
from plumbrule_parsers.document import Problem


class UsageError(Exception):
    """Something that the caller must put right; the hint says how."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


@dataclass(frozen=True, slots=True)
class Prepared:
    """The settings in force and the checked rules."""

    config: Config
    pack: Pack


def common_arguments(parser: argparse.ArgumentParser, *, paths: bool = True) -> None:
    """The arguments of every command that reads a repository."""
    if paths:
        parser.add_argument(
            "paths",
            nargs="*",
            default=["."],
            metavar="PATH",
            help="files and folders (default: this folder)",
        )
    parser.add_argument(
        "--config",
        metavar="FILE",
        help="settings to use instead of the nearest plumbrule.toml up the tree",
    )
    parser.add_argument("--no-config", action="store_true", help="use no settings file")
    parser.add_argument(
        "--no-cache",
        action="store_true",
        help="do not keep checked rules in the user's cache folder",
    )


def jobs_argument(parser: argparse.ArgumentParser) -> None:
    """`--jobs`. One by default: on two processors, sending documents costs what parsing saves."""
    parser.add_argument(
        "--jobs",
        "-j",
        type=_positive,
        default=1,
        metavar="N",
        help="worker processes that read files (default: 1; more pay on large repositories)",
    )


def _positive(word: str) -> int:
    if not word.isdigit() or int(word) < 1:
        raise argparse.ArgumentTypeError(f"takes a whole number from 1, not `{word}`")
    return int(word)


def given_paths(options: argparse.Namespace) -> list[Path]:
    """The paths of the command line; each must exist."""
    paths = [Path(word) for word in options.paths]
    for path in paths:
        if not os.path.lexists(path):
            raise UsageError(f"there is no file or folder `{path}`")
    return paths


def prepare(options: argparse.Namespace, paths: Sequence[Path]) -> Prepared:
    """Settings and rules; their faults end the command before anything is read."""
    config = settings(options, paths)
    pack = rules_of(config, cached=not options.no_cache)
    from plumbrule.scan.scan import config_faults

    faults = config_faults(config, pack)
    if faults:
        raise UsageError(listed("the configuration does not fit the rules", faults))
    return Prepared(config, pack)


def settings(options: argparse.Namespace, paths: Sequence[Path]) -> Config:
    """The settings in force, for commands that need no rules; their faults end the command."""
    config = _config(options, paths)
    if config.problems:
        raise UsageError(listed("the configuration cannot be used", config.problems))
    return config


def _config(options: argparse.Namespace, paths: Sequence[Path]) -> Config:
    if options.config and options.no_config:
        raise UsageError("`--config` and `--no-config` exclude each other")
    if options.no_config:
        return Config()
    if not options.config:
        return load_config(find_config(paths[0] if paths else Path()))
    if not Path(options.config).is_file():
        raise UsageError(f"there is no settings file `{options.config}`")
    return load_config(Path(options.config))


def builtin_rules() -> Path:
    """The folder of the rules that ship with the program."""
    import plumbrule_rules

    return Path(next(iter(plumbrule_rules.__path__)))


def rules_of(config: Config, *, cached: bool = True, more: Iterable[Path] = ()) -> Pack:
    """The checked pack: built-in rules, the configuration's packs, and `more`."""
    from plumbrule_parsers.formats import schema_sources

    folder = Path(os.path.relpath(Path(config.path).parent))  # reports must not hold our machine
    own = [folder / pack for pack in config.packs] + list(more)
    for folder in own:
        if not folder.exists():
            raise UsageError(f"there is no rule file or folder `{folder}`")
    pack = load_pack(
        [builtin_rules(), *own], schema_sources(), user_cache_dir() if cached else None
    )
    errors = [problem for problem in pack.problems if not problem.code.startswith("W")]
    if errors:
        raise UsageError(listed("the rules cannot be used", errors))
    return pack


def listed(title: str, problems: Iterable[Problem]) -> str:
    """A heading and one line a problem, each with its place."""
    lines = [title]
    for problem in problems:
        lines.append(f"  {problem.span}: {problem.message}")
        if problem.hint and problem.hint not in problem.message:
            lines.append(f"    {problem.hint}")
    return "\n".join(lines)
