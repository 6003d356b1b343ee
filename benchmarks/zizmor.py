"""Plumbrule and zizmor on the workflows of one folder: found by both, only by us, only by them.

    python benchmarks/zizmor.py FOLDER [--zizmor PATH] [--list] [--json FILE]

zizmor (PyPI) runs offline with its default persona; it is taken from PATH or `--zizmor`. Only its
audits that a rule of ours is about are counted. We run at level strict. Two results are the same
if ours stands inside one of the lines that theirs points at, in the same file.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

AUDITS = {
    "unpinned-uses": ("ci.unpinned_action",),
    "template-injection": ("gha.script_injection", "gha.expression_in_script"),
    "excessive-permissions": ("gha.broad_permissions", "gha.shared_write_permission"),
    "dangerous-triggers": ("gha.untrusted_checkout", "gha.labelled_checkout"),
}


class Result(NamedTuple):
    """What one of the two says of a place."""

    audit: str
    path: str
    first: int
    last: int
    words: str


def theirs_of(folder: Path, zizmor: str) -> list[Result]:
    """What zizmor finds, at the lines of its primary locations."""
    command = [zizmor, "--offline", "--no-progress", "--no-config", "--format", "json",
               "--collect=workflows,actions", "."]  # fmt: skip
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    found: list[dict[str, Any]] = json.loads(done.stdout)
    out: list[Result] = []
    for one in found:
        if one["ident"] not in AUDITS:
            continue
        grade = "{severity}/{confidence}".format(**one["determinations"])
        for location in one["locations"]:
            if location["symbolic"]["kind"] != "Primary":
                continue
            path = location["symbolic"]["key"]["Local"]["verbatim_path"].removeprefix("./")
            at = location["concrete"]["location"]
            first, last = at["start_point"]["row"] + 1, at["end_point"]["row"] + 1
            words = f"{grade} {location['symbolic']['annotation']}"
            out.append(Result(one["ident"], path, first, last, words))
    return sorted(set(out))


def ours_of(folder: Path) -> list[Result]:
    """What our rules about the same things find."""
    audit_of = {rule: audit for audit, rules in AUDITS.items() for rule in rules}
    chosen = [word for rule in audit_of for word in ("--rule", rule)]
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch, "report.json")
        words = ["check", ".", "--level", "strict", "--exit-zero", "--allow-incomplete", *chosen]
        command = [sys.executable, "-m", "plumbrule", *words, "--output", f"json={file}"]
        subprocess.run(command, cwd=folder, capture_output=True, check=True)
        report = json.loads(file.read_text())
    return sorted(
        Result(audit_of[one["rule"]], one["place"]["path"], one["place"]["line"],
               one["place"]["end_line"], f"{one['rule']}: {one['message']}")
        for one in report["findings"]
    )  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--zizmor", default=shutil.which("zizmor"))
    parser.add_argument("--list", action="store_true", help="list what only one of the two finds")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if not options.zizmor:
        print("zizmor is not on PATH: install it into any environment, or give --zizmor PATH")
        return 0
    theirs, ours = theirs_of(options.folder, options.zizmor), ours_of(options.folder)
    matched: set[Result] = set()
    both: Counter[str] = Counter()
    only_theirs: list[Result] = []
    for one in theirs:
        same = [
            other for other in ours
            if other[:2] == one[:2] and other.first <= one.last and one.first <= other.last
        ]  # fmt: skip
        matched.update(same)
        if same:
            both[one.audit] += 1
        else:
            only_theirs.append(one)
    only_ours = [one for one in ours if one not in matched]
    print(f"{'audit':24} {'both':>6} {'only us':>8} {'only zizmor':>12}")
    for audit in AUDITS:
        us = sum(one.audit == audit for one in only_ours)
        them = sum(one.audit == audit for one in only_theirs)
        print(f"{audit:24} {both[audit]:6} {us:8} {them:12}")
    if options.list:
        for name, listed in (("only us", only_ours), ("only zizmor", only_theirs)):
            for one in listed:
                print(f"{name}: {one.audit} {one.path}:{one.first} {one.words}")
    if options.json:
        rows = {"both": dict(both), "only_us": only_ours, "only_zizmor": only_theirs}
        options.json.write_text(json.dumps(rows, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
