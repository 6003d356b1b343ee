"""Milliseconds of our builds beside those of the real process, alternating in one run.

    PLUMBRULE_KUBECTL=kubectl python benchmarks/kustomize.py FOLDER [--limit 200]

FOLDER holds repositories. Each kustomization that the real tool builds counts once; ours reads and
parses its files anew each time, but starts no process. Figures are wall time.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from plumbrule.scan.files import ScannedFiles
from plumbrule_parsers.kustomize.accumulate import Builder
from plumbrule_parsers.kustomize.build import build
from plumbrule_parsers.kustomize.files import NAMES, Files
from plumbrule_parsers.source import Source


def kustomizations(folder: Path) -> Iterator[tuple[Path, list[str], str]]:
    """Each repository with its paths and one folder that has a kustomization."""
    for root in sorted(path for path in folder.iterdir() if path.is_dir()):
        paths = sorted(path.relative_to(root).as_posix() for path in root.rglob("*")
                       if path.is_file() and ".git" not in path.parts)  # fmt: skip
        for path in paths:
            inner, _, name = path.rpartition("/")
            if name in NAMES:
                yield root, paths, inner


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("folder", type=Path)
    words.add_argument("--limit", type=int, default=10_000)
    given = words.parse_args()
    kubectl = os.environ.get("PLUMBRULE_KUBECTL", "kubectl")
    theirs: list[float] = []
    ours: list[float] = []
    for root, paths, inner in kustomizations(given.folder):
        if len(ours) >= given.limit:
            break
        started = time.perf_counter()
        done = subprocess.run([kubectl, "kustomize", str(root / inner)], capture_output=True,
                              timeout=60, check=False)  # fmt: skip
        between = time.perf_counter()
        if done.returncode:
            continue
        tree = ScannedFiles(root, paths)
        middle = time.perf_counter()
        build(Builder(Files(tree, {})), inner, Source(inner, "").span(0, 0))
        ours.append((time.perf_counter() - middle) * 1000)
        theirs.append((between - started) * 1000)
    print(f"{len(ours)} kustomizations")
    for name, times in (("real process", theirs), ("own", ours)):
        print(f"{name:14} median {statistics.median(times):8.1f} ms   "
              f"mean {statistics.mean(times):8.1f} ms   worst {max(times):8.1f} ms")  # fmt: skip


if __name__ == "__main__":
    main()
