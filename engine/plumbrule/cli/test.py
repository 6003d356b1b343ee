"""Run the tests that stand in rule files.

A rule must have a test that fails and one that passes; a pass that matched no subject is refused,
and so is a condition whose removal changes no verdict. Without a path, the built-in rules are
tested.
"""

from __future__ import annotations

import argparse


def arguments(parser: argparse.ArgumentParser) -> None:
    """What `plumb test` takes."""
    parser.add_argument("paths", nargs="*", metavar="PATH", help="rule files or folders")
    parser.add_argument("--verbose", "-v", action="store_true", help="name every test")


def run(options: argparse.Namespace) -> int:
    """0 if every test holds and every rule is wholly tested, else 1."""
    raise NotImplementedError
