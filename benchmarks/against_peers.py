"""Plumbrule and Checkov on one folder in one run: wall time, CPU time, peak memory, as ratios.

    python benchmarks/against_peers.py FOLDER [--rounds 3] [--checkov PATH] [--json FILE]

Each program runs as a process of its own, in turn, so that a busy machine disturbs both alike; the
medians are compared. Checkov is taken from PATH (or `--checkov`); without it only our own figures
are printed. Checkov runs its Terraform, Kubernetes, Helm, GitHub Actions, GitLab CI and Dockerfile
frameworks without network features; it needs a helm binary for charts and skips them without.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

CHECKOV_ARGUMENTS = (
    "--quiet", "--compact", "--soft-fail", "--output", "json", "--skip-download",
    "--framework", "terraform", "kubernetes", "github_actions", "gitlab_ci", "dockerfile",
)  # fmt: skip


def measure(command: list[str], environment: dict[str, str]) -> tuple[float, float, float]:
    """Wall seconds, CPU seconds and peak resident MiB of the command and its children."""
    start = time.perf_counter()
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment
    )
    _, _status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--checkov", default=shutil.which("checkov"))
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    folder = str(options.folder)
    plumb = [sys.executable, "-m", "plumbrule"]
    checkov_environment = {**os.environ, "CHECKOV_RUN_SCA_PACKAGE_SCAN": "false"}
    contestants: dict[str, tuple[list[str], dict[str, str]]] = {
        "bare python": ([sys.executable, "-c", "pass"], dict(os.environ)),
        "plumb --version": ([*plumb, "--version"], dict(os.environ)),
        "plumb, parse and link": ([*plumb, "graph", folder, "--format", "count"], dict(os.environ)),
        "plumb check": (
            [*plumb, "check", folder, "--exit-zero", "--output", "concise"],
            dict(os.environ),
        ),
        "plumb check --jobs 1": (
            [*plumb, "check", folder, "--exit-zero", "--output", "concise", "--jobs", "1"],
            dict(os.environ),
        ),
    }
    if options.checkov:
        contestants["checkov"] = (
            [options.checkov, "--directory", folder, *CHECKOV_ARGUMENTS],
            checkov_environment,
        )
    results: dict[str, list[tuple[float, float, float]]] = {name: [] for name in contestants}
    for round_number in range(options.rounds):
        for name, (command, environment) in contestants.items():
            if name == "checkov" and round_number > 0:
                continue  # a minute each; one run among the others is enough
            results[name].append(measure(command, environment))
    medians = {
        name: tuple(statistics.median(column) for column in zip(*runs, strict=True))
        for name, runs in results.items()
    }
    print(f"{'':24} {'wall s':>9} {'cpu s':>9} {'peak MiB':>9}")
    for name, (wall, cpu, memory) in medians.items():
        print(f"{name:24} {wall:9.3f} {cpu:9.3f} {memory:9.0f}")
    bare = medians["bare python"][0]
    print(f"--version over bare Python: {medians['plumb --version'][0] / bare:.2f}")
    if "checkov" in medians:
        for column, name in enumerate(("wall", "cpu")):
            ratio = medians["checkov"][column] / medians["plumb check"][column]
            print(f"checkov over plumb check, {name}: {ratio:.1f}")
    else:
        print("checkov is not on PATH: install it into any environment, or give --checkov PATH")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"children's peak: {peak:.0f} MiB")
    if options.json:
        options.json.write_text(json.dumps(medians, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
