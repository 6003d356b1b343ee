"""Run the tests that stand in rule files.

A rule must have a test that fails and one that passes; a pass that matched no subject is refused,
and so is a condition whose removal changes no verdict. Without a path, the built-in rules are
tested.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from plumbrule.cli.color import writable
from plumbrule.cli.fmt import rule_files
from plumbrule.cli.prepare import UsageError, builtin_rules, rules_of
from plumbrule.config import Config
from plumbrule.rule_test import RuleResult, run_tests


def arguments(parser: argparse.ArgumentParser) -> None:
    """What `plumb test` takes."""
    parser.add_argument("paths", nargs="*", metavar="PATH", help="rule files or folders")
    parser.add_argument("--verbose", "-v", action="store_true", help="name every test")
    parser.add_argument(
        "--no-cache",
        action="store_true",
        help="do not keep checked rules in the user's cache folder",
    )


def run(options: argparse.Namespace) -> int:
    """0 if every test holds and every rule is wholly tested, else 1."""
    files = rule_files(options.paths or [str(builtin_rules())])
    own = [path for path in files if not path.resolve().is_relative_to(builtin_rules().resolve())]
    pack = rules_of(Config(), cached=not options.no_cache, more=own)
    wanted = {path.resolve() for path in files}
    chosen = [rule for rule in pack.rules if Path(rule.span.path).resolve() in wanted]
    if not chosen:
        raise UsageError("no rule was found in these files")
    results = run_tests(pack, chosen)
    sys.stdout.write(writable("".join(_lines(result, options.verbose) for result in results)))
    faults = sum(len(result.all_problems) for result in results)
    tests = sum(len(result.tests) for result in results)
    rules = "1 rule" if len(results) == 1 else f"{len(results)} rules"
    count = "1 test" if tests == 1 else f"{tests} tests"
    verdict = f"{faults} do not hold" if faults else "all hold"
    sys.stdout.write(f"{rules}, {count}: {verdict}\n")
    return 1 if faults else 0


def _lines(result: RuleResult, verbose: bool) -> str:
    out: list[str] = []
    if verbose:
        for test in result.tests:
            word = "no" if test.problems else "ok"
            seen = f"{test.violations} found, {test.passes} pass, {test.reviews} undecided"
            out.append(f"{word}  {result.rule}: {test.title} ({test.wanted}; {seen})\n")
    for problem in result.all_problems:
        out.append(f"{problem.span}: {result.rule}: {problem.message}\n")
        if problem.hint:
            out.append(f"    {problem.hint}\n")
    return "".join(out)
