"""Lay out rule files: one order of sections, one indentation; comments keep their text."""

from __future__ import annotations

import argparse
import difflib
import sys
from pathlib import Path

from plumbrule.cli.prepare import UsageError, listed
from plumbrule_parsers.document import Problem
from plumbrule_parsers.source import Source


def arguments(parser: argparse.ArgumentParser) -> None:
    """What `plumb fmt` takes."""
    parser.add_argument(
        "paths",
        nargs="*",
        default=["."],
        metavar="PATH",
        help="rule files, or folders to search for *.plumb",
    )
    parser.add_argument(
        "--check", action="store_true", help="change nothing; exit with 1 if a file would change"
    )
    parser.add_argument(
        "--diff", action="store_true", help="change nothing; show what would change"
    )


def run(options: argparse.Namespace) -> int:
    """0 if all is laid out; 1 if `--check` or `--diff` found a file that is not; 2 for errors."""
    from plumbrule.language.format import format as lay_out

    files = rule_files(options.paths)
    changed: list[Path] = []
    faults: list[Problem] = []
    for path in files:
        source = Source(path.as_posix(), path.read_bytes().decode("utf-8", "replace"))
        text, problems = lay_out(source)
        if text is None:
            faults += problems
            continue
        if text == source.text:
            continue
        changed.append(path)
        if options.diff:
            sys.stdout.writelines(
                difflib.unified_diff(
                    source.text.splitlines(keepends=True),
                    text.splitlines(keepends=True),
                    f"{path}",
                    f"{path} (laid out)",
                )
            )
        elif not options.check:
            path.write_text(text, encoding="utf-8")
    looked = options.check or options.diff
    for path in changed:
        sys.stderr.write(f"{'would change' if looked else 'changed'} {path}\n")
    if faults:
        raise UsageError(listed("some files could not be read", faults))
    return 1 if changed and looked else 0


def rule_files(words: list[str]) -> list[Path]:
    """Every rule file at or below the given paths, sorted."""
    found: set[Path] = set()
    for word in words:
        path = Path(word)
        if path.is_dir():
            found.update(path.rglob("*.plumb"))
        elif path.is_file():
            found.add(path)
        else:
            raise UsageError(f"there is no rule file or folder `{word}`")
    if not found:
        raise UsageError("no rule file was found", "rule files end in `.plumb`")
    return sorted(found)
