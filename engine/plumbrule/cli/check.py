"""Evaluate the rules over files and folders.

Exit codes: 0 nothing at or above `--fail-on`; 1 findings at or above it; 2 usage, configuration or
rule error; 3 something could not be analysed (also if there are findings; they are still listed).
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from pathlib import Path

from plumbrule.cli.color import CHOICES, wants_color, width_of, writable
from plumbrule.cli.prepare import UsageError, common_arguments, given_paths, jobs_argument, prepare
from plumbrule.finding import LEVELS, SEVERITIES, Report
from plumbrule.pack import Pack

CLEAN, FINDINGS, INCOMPLETE = 0, 1, 3
_DATE = re.compile(r"\d{4}-\d\d-\d\d")


def arguments(parser: argparse.ArgumentParser) -> None:
    """What `plumb check` takes."""
    from plumbrule.reports import REPORTS

    common_arguments(parser)
    jobs_argument(parser)
    parser.add_argument(
        "--fail-on",
        choices=[*SEVERITIES, "never"],
        help="lowest severity that fails the run (default: high)",
    )
    parser.add_argument(
        "--level",
        choices=LEVELS,
        default="",
        help="which rules are evaluated: what can be acted on, opinions too, aids for a review "
        "too (default: default)",
    )
    parser.add_argument("--exit-zero", action="store_true", help="report only: always exit with 0")
    parser.add_argument(
        "--allow-incomplete",
        action="store_true",
        help="do not fail because something could not be analysed",
    )
    parser.add_argument(
        "--output",
        "-o",
        action="append",
        metavar="FORMAT[=FILE]",
        default=None,
        help=f"{', '.join(REPORTS)}; may be given several times; without a file "
        "it goes to standard output (default: full)",
    )
    parser.add_argument(
        "--rule",
        action="append",
        default=[],
        metavar="ID",
        help="evaluate only this rule; may be given several times",
    )
    parser.add_argument(
        "--without",
        action="append",
        default=[],
        metavar="ID",
        help="leave this rule out; may be given several times",
    )
    parser.add_argument(
        "--no-allowances",
        action="store_true",
        help="report what comments and exemptions allow, too",
    )
    parser.add_argument(
        "--today",
        metavar="DATE",
        default="",
        help="the day by which allowances expire (default: today, UTC)",
    )
    parser.add_argument(
        "--verbose", "-v", action="store_true", help="list every file and every review"
    )
    parser.add_argument("--color", choices=CHOICES, default="auto", help="(default: auto)")
    parser.add_argument(
        "--sarif-profile",
        choices=["github", "full"],
        default="github",
        help="github: what code scanning shows; full: everything",
    )
    parser.add_argument(
        "--category",
        default="",
        metavar="NAME",
        help="what tells this SARIF upload from others of the repository "
        "(default: the scanned folder)",
    )


def run(options: argparse.Namespace) -> int:
    """Scan, write every report, and give the exit code."""
    from plumbrule.scan.discover import root_of
    from plumbrule.scan.scan import scan

    paths = given_paths(options)
    if options.today and not _DATE.fullmatch(options.today):
        raise UsageError(f"`--today` takes a day as YYYY-MM-DD, not `{options.today}`")
    outputs = _outputs(options.output)
    prepared = prepare(options, paths)
    report = scan(
        paths,
        prepared.config,
        prepared.pack,
        jobs=options.jobs,
        today=options.today,
        only=rule_ids(options.rule, prepared.pack),
        without=rule_ids(options.without, prepared.pack),
        comments=not options.no_allowances,
        level=options.level,
    )
    if not report.files:
        raise UsageError(
            "no file was found to check", "name other paths, or look at `include` and `exclude`"
        )
    _write(report, outputs, options, root_of(paths, prepared.config.path))
    if options.exit_zero:
        return CLEAN
    if report.incomplete and not options.allow_incomplete:
        return INCOMPLETE
    return FINDINGS if _fails(report, options.fail_on or prepared.config.fail_on) else CLEAN


def _fails(report: Report, threshold: str) -> bool:
    if threshold == "never":
        return False
    bar = SEVERITIES.index(threshold)
    return any(
        SEVERITIES.index(finding.severity) >= bar
        for finding in report.findings
        if finding.provenance == "authored"
    )


def rule_ids(words: list[str], pack: Pack) -> frozenset[str]:
    """The ids of today for the given ids, former ids and `pack.*` groups."""
    names = {name: rule.id for rule in pack.rules for name in (rule.id, *rule.formerly)}
    found: set[str] = set()
    for word in words:
        group = {rule.id for rule in pack.rules if rule.id.startswith(word.removesuffix("*"))}
        if word in names:
            found.add(names[word])
        elif word.endswith(".*") and group:
            found |= group
        else:
            from plumbrule.language.schema import suggest

            raise UsageError(
                f"there is no rule `{word}`{suggest(word, names)}", "`plumb rules` lists them"
            )
    return frozenset(found)


def _outputs(words: list[str] | None) -> list[tuple[str, Path | None]]:
    """Format and file of each output; None is standard output."""
    from plumbrule.reports import REPORTS

    chosen: list[tuple[str, Path | None]] = []
    for word in words or ["full"]:
        name, equals, file = word.partition("=")
        if name not in REPORTS:
            raise UsageError(
                f"there is no output format `{name}`",
                f"it takes {', '.join(REPORTS)}, each with `=FILE` if you like",
            )
        if equals and not file:
            raise UsageError(f"`--output {word}` names no file")
        chosen.append((name, Path(file) if file and file != "-" else None))
    if sum(file is None for _name, file in chosen) > 1:
        raise UsageError(
            "two outputs cannot share standard output",
            "give all but one a file: `--output sarif=results.sarif`",
        )
    return chosen


def _write(
    report: Report, outputs: list[tuple[str, Path | None]], options: argparse.Namespace, root: Path
) -> None:
    from plumbrule.reports import Options, render

    here = _relative(root, Path.cwd())
    for name, file in outputs:
        # People read paths from where they stand; machines read them from the project's top.
        person = name in ("full", "concise")
        chosen = Options(
            color=file is None and wants_color(options.color, sys.stdout),
            width=width_of(sys.stdout) if file is None else 100,
            verbose=options.verbose,
            sarif_profile=options.sarif_profile,
            category=options.category,
            base=here if person else "",
        )
        text = render(name, report, chosen)
        if file is None:
            sys.stdout.write(writable(text))
            continue
        try:
            file.write_text(text, encoding="utf-8")
        except OSError as error:
            raise UsageError(f"`{file}` cannot be written: {error.strerror or error}") from None


def _relative(path: Path, start: Path) -> str:
    relative = os.path.relpath(path, start).replace(os.sep, "/")
    return "" if relative == "." else relative
