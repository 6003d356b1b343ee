"""Mend findings where their rule knows how: the edits keep the layout, and prove themselves.

Only safe fixes are applied unless --unsafe is given; read those before you commit them. Exit codes:
0 nothing is left to apply; 1 with --diff, if there is something to apply; 2 usage or rule error.
"""

from __future__ import annotations

import argparse
import codecs
import os
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from plumbrule.cli.color import writable
from plumbrule.cli.prepare import UsageError, common_arguments, given_paths, jobs_argument, prepare
from plumbrule.finding import Report

if TYPE_CHECKING:
    from plumbrule.config import Config
    from plumbrule.fixes.apply import Outcome
    from plumbrule.reports.mask import Mask


def arguments(parser: argparse.ArgumentParser) -> None:
    """What `plumb fix` takes."""
    common_arguments(parser)
    jobs_argument(parser)
    parser.add_argument("--diff", action="store_true", help="print the changes and write nothing")
    parser.add_argument(
        "--unsafe", action="store_true", help="apply fixes that somebody must look at, too"
    )
    parser.add_argument(
        "--rule",
        action="append",
        default=[],
        metavar="ID",
        help="apply only fixes of this rule; may be given several times",
    )


def run(options: argparse.Namespace) -> int:
    """Apply what holds, or show it, and say what was left alone."""
    from plumbrule.cli.check import rule_ids
    from plumbrule.fixes.apply import apply_fixes
    from plumbrule.redact import marked_sensitive
    from plumbrule.reports.mask import mask_of
    from plumbrule.scan.discover import root_of
    from plumbrule.scan.scan import scan

    paths = given_paths(options)
    prepared = prepare(options, paths)
    only = rule_ids(options.rule, prepared.pack)
    root = root_of(paths, prepared.config.path)

    def evaluate(texts: Mapping[str, str]) -> Report:
        return scan(paths, prepared.config, prepared.pack, jobs=options.jobs, texts=texts)

    report = evaluate({})
    marked = (word for one in report.sources.values() for word in marked_sensitive(one.text))
    shown = _Shown(mask_of(report).with_words(marked), os.path.relpath(root).replace(os.sep, "/"))
    if only:
        from dataclasses import replace

        chosen = tuple(one if one.rule in only else replace(one, fix=None)
                       for one in report.findings)  # fmt: skip
        report = replace(report, findings=chosen)
    frozen = _Frozen(report, root, prepared.config)
    outcome = apply_fixes(report, evaluate, unsafe=options.unsafe, frozen=frozen.why)
    if options.diff:
        sys.stdout.write(writable("".join(shown.diff(outcome, report))))
    else:
        _write(outcome, frozen, root)
    story = shown.story(outcome, report, unsafe=options.unsafe, wrote=not options.diff)
    sys.stderr.write(writable(story))
    return 1 if options.diff and outcome.texts else 0


@dataclass(frozen=True, slots=True)
class _Frozen:
    """The files that must not be changed."""

    report: Report
    root: Path
    config: Config

    def why(self, path: str) -> str:
        """Why the file must not be changed, "" if it may be."""
        from plumbrule.provenance import AUTHORED, VENDORED, provenance_of

        name, what = provenance_of(path, self.config.provenance)
        if name != AUTHORED:
            whose = "other people's code" if name == VENDORED else "test data or an example"
            return f"`{path}` is {whose} ({what})"
        return self.changed(path)

    def changed(self, path: str) -> str:
        """Why what would be written is not what was read, "" if it is."""
        source = self.report.sources.get(path)
        try:
            if (self.root / path).is_symlink():
                return f"`{path}` is a link"
            found = (self.root / path).read_bytes().removeprefix(codecs.BOM_UTF8)
        except OSError as error:
            return f"`{path}` cannot be read: {error.strerror or error}"
        if source is None or found != source.text.encode("utf-8", "replace"):
            return f"`{path}` is not plain UTF-8, or changed while it was read"
        return ""


def _write(outcome: Outcome, frozen: _Frozen, root: Path) -> None:
    """Write all files, or none if one of them changed in the meantime."""
    for path in outcome.texts:
        why = frozen.changed(path)
        if why:
            raise UsageError(f"{why}; nothing was written")
        if not os.access(root / path, os.W_OK):
            raise UsageError(f"`{path}` cannot be written; nothing was written")
    for path, text in outcome.texts.items():
        try:
            mark = codecs.BOM_UTF8 * (root / path).read_bytes().startswith(codecs.BOM_UTF8)
            (root / path).write_bytes(mark + text.encode("utf-8"))
        except OSError as error:
            raise UsageError(f"`{path}` cannot be written: {error.strerror or error}") from None


@dataclass(frozen=True, slots=True)
class _Shown:
    """What a person sees: no secret whole, and paths from where they stand."""

    mask: Mask
    base: str

    def diff(self, outcome: Outcome, report: Report) -> Iterator[str]:
        """The lines of a unified diff; in what is shown, secrets are cut short."""
        import difflib

        from plumbrule.reports.mask import shown_path
        from plumbrule_parsers.source import Source
        from plumbrule_parsers.text_edits.edit import lines_of

        for path, text in outcome.texts.items():
            before, after = (
                [self._safe(source, number, line)
                 for number, line in enumerate(lines_of(source.text), 1)]
                for source in (report.sources[path], Source(path, text))
            )  # fmt: skip
            name = shown_path(path, self.base)
            for line in difflib.unified_diff(before, after, name, name):
                yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"

    def _safe(self, source: object, number: int, line: str) -> str:
        from plumbrule.redact import cut_out
        from plumbrule.reports.mask import safe
        from plumbrule_parsers.source import Source

        assert isinstance(source, Source)
        hidden = self.mask.line(source, number)
        text = line.rstrip("\r\n")
        return safe(cut_out(text, hidden) if hidden else text) + line[len(text) :]

    def story(self, outcome: Outcome, report: Report, *, unsafe: bool, wrote: bool) -> str:
        """What was done, what was not and why, and what else could be."""
        from plumbrule.reports.mask import shown_path

        lines = []
        told = [(one, one.fix.title if one.fix is not None else "") for one in outcome.applied]
        told += [(one.finding, f"not fixed: {one.why}") for one in outcome.dropped]
        for one, words in sorted(told, key=lambda pair: pair[0].sort_key()):
            place = f"{shown_path(one.span.path, self.base)}:{one.span.line}"
            lines.append(f"{place}: {one.rule}: {self.mask.text(words)}")
        done = f"{len(outcome.applied)} {'fixed' if wrote else 'can be fixed'}"
        files = len(outcome.texts)
        sums = [f"{done} in {files} file{'' if files == 1 else 's'}"]
        if outcome.dropped:
            sums.append(f"{len(outcome.dropped)} not fixed")
        waiting = Counter(one.fix.safe for one in report.findings if one.fix is not None)[False]
        if waiting and not unsafe:
            sums.append(f"{waiting} more with `--unsafe`")
        return "\n".join((*lines, ", ".join(sums), ""))
