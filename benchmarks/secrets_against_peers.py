"""Secrets that Plumbrule, detect-secrets and Checkov find in the same files, side by side.

    python benchmarks/secrets_against_peers.py FOLDER... [--sample 50] [--seed 815]
        [--detect-secrets PATH] [--checkov PATH] [--keep FOLDER] [--disagreements FILE]

The peers are taken from PATH unless they are named; one that is absent is left out, and said to be.
detect-secrets runs with its own settings and without asking issuers, Checkov with its framework
`secrets` alone. `--keep` keeps what they answer, and reads it instead of running them again.

Two findings are the same if they stand in the same file and lie at most three lines apart, or one
lies inside the thing that the other is about (a Secret, a file of credentials, a resource). Of what
only one side finds, `--sample` are drawn and written to `--disagreements`, to be judged by eye.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from plumbrule.cli.prepare import rules_of
from plumbrule.config import Config
from plumbrule.scan.scan import build_model, judge

NEAR = 3  # lines
# These speak of what pipelines do with secrets that stand elsewhere.
NO_LITERALS = ("ci.secret_printed", "gha.", "jenkins.", "docker.secret_build_argument")


@dataclass(frozen=True, slots=True)
class Found:
    """What one program says: a file, lines from and to, what it calls it."""

    who: str
    path: str
    line: int
    first: int
    last: int
    called: str

    def same(self, other: Found) -> bool:
        if self.path != other.path:
            return False
        near = abs(self.line - other.line) <= NEAR
        inside = other.first <= self.line <= other.last or self.first <= other.line <= self.last
        return near or inside


def ours(folder: Path) -> list[Found]:
    """The literals that rules tagged `secrets` report at level default."""
    config = Config()
    pack = rules_of(config)
    model = build_model([folder], config, pack)
    report = judge(model, config, pack, root="", comments=False)
    tagged = {rule.id for rule in report.rules if "secrets" in rule.tags}
    made: list[Found] = []
    for one in report.findings:
        if one.rule not in tagged or one.rule.startswith(NO_LITERALS):
            continue
        line, first, last = one.span.line, one.span.line, one.span.line
        node = model.graph.nodes.get(one.subject)
        if node is not None and node.fields.source.path == one.span.path:
            source = node.fields.source
            first, last = source.line_of(node.fields.start), source.line_of(node.fields.end)
        made.append(Found("plumbrule", one.span.path, line, first, last, one.rule))
    return made


def detect_secrets(program: str, folder: Path, keep: Path | None) -> list[Found]:
    command = [program, "scan", "--all-files", "--no-verify", "."]
    data = json.loads(_answer(command, folder, keep, "detect-secrets"))
    return [
        Found("detect-secrets", path.removeprefix("./"), row["line_number"], row["line_number"],
              row["line_number"], row["type"])
        for path, rows in data["results"].items() for row in rows
    ]  # fmt: skip


def checkov(program: str, folder: Path, keep: Path | None) -> list[Found]:
    command = [program, "--directory", ".", "--framework", "secrets", "--compact", "--quiet",
               "--output", "json", "--soft-fail", "--skip-download"]  # fmt: skip
    data = json.loads(_answer(command, folder, keep, "checkov"))
    reports = data if isinstance(data, list) else [data]
    rows = [row for one in reports if "results" in one for row in one["results"]["failed_checks"]]
    return [
        Found("checkov", row["file_path"].lstrip("/"), row["file_line_range"][0],
              row["file_line_range"][0], row["file_line_range"][0], row["check_name"])
        for row in rows
    ]  # fmt: skip


def _answer(command: list[str], folder: Path, keep: Path | None, name: str) -> str:
    kept = keep / f"{folder.name}.{name}.json" if keep is not None else None
    if kept is not None and kept.is_file():
        return kept.read_text("utf-8")
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if not run.stdout.strip():
        raise SystemExit(f"{name} gave no answer on `{folder}`: {run.stderr.strip()[-300:]}")
    if kept is not None:
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(run.stdout, "utf-8")
    return run.stdout


def apart(left: Iterable[Found], right: Iterable[Found]) -> tuple[list[Found], list[Found]]:
    """What of the left also the right says, and what only the left says."""
    by_path: dict[str, list[Found]] = {}
    for one in right:
        by_path.setdefault(one.path, []).append(one)
    both: list[Found] = []
    alone: list[Found] = []
    for one in left:
        (both if any(one.same(other) for other in by_path.get(one.path, ())) else alone).append(one)
    return both, alone


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--detect-secrets", default=shutil.which("detect-secrets"))
    parser.add_argument("--checkov", default=shutil.which("checkov"))
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--sample", type=int, default=50)
    parser.add_argument("--seed", type=int, default=815)
    parser.add_argument("--disagreements", type=Path)
    options = parser.parse_args()
    peers = {"detect-secrets": (detect_secrets, options.detect_secrets),
             "checkov": (checkov, options.checkov)}  # fmt: skip
    for name, (_run, program) in peers.items():
        if not program:
            print(f"{name} is not on PATH and left out: install it into any environment, or give "
                  f"--{name} PATH")  # fmt: skip
    disagreements: list[str] = []
    print(f"{'folder':24}{'peer':16}{'ours':>7}{'theirs':>8}{'both':>7}{'only us':>9}"
          f"{'only them':>11}")  # fmt: skip
    for folder in options.folders:
        own = ours(folder)
        for name, (run, program) in peers.items():
            if not program:
                continue
            theirs = run(program, folder, options.keep)
            _both, only_us = apart(own, theirs)
            both, only_them = apart(theirs, own)
            print(f"{folder.name[:23]:24}{name:16}{len(own):7}{len(theirs):8}{len(both):7}"
                  f"{len(only_us):9}{len(only_them):11}")  # fmt: skip
            for kind, count in Counter(one.called for one in only_them).most_common():
                print(f"{'':24}{'':16}  only them: {count} {kind}")
            disagreements += [
                f"only {one.who} (not {other}): {folder.name}/{one.path}:{one.line} {one.called}"
                for group, other in ((only_us, name), (only_them, "plumbrule")) for one in group
            ]  # fmt: skip
    disagreements = sorted(set(disagreements))
    drawn = random.Random(options.seed).sample(
        disagreements, min(options.sample, len(disagreements))
    )
    print(f"disagreements: {len(disagreements)}, drawn: {len(drawn)}")
    if options.disagreements:
        options.disagreements.write_text("".join(f"- {one}\n" for one in sorted(drawn)), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
