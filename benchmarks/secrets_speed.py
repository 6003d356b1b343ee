"""Megabytes a second of the search for secrets, on one core, over all text files of a folder.

    python benchmarks/secrets_speed.py FOLDER [--rounds 3] [--slowest 10]

Measured is the whole path of a file: read, decode, prefilter, detectors, credential files, settings
that no format claims, and the judge. Figures are CPU seconds of one process, best of the rounds;
the first round warms the caches of the disk and is not counted.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from pathlib import Path

from plumbrule.config import Config
from plumbrule.scan.discover import discover
from plumbrule.scan.files import ScannedFiles
from plumbrule.scan.parse_files import PROSE, detect, head_of, secret_nodes
from plumbrule_parsers.source import Source


def claimed(source: Source, formats: dict[str, bool]) -> bool:
    """Whether a format reads the file; asked once, because the parse stage asks it anyway."""
    if source.path not in formats:
        prose = source.path.lower().endswith(PROSE)
        formats[source.path] = not prose and detect(source.path, head_of(source.text)) is not None
    return formats[source.path]


def one_round(
    tree: ScannedFiles, spent: dict[str, float], formats: dict[str, bool]
) -> tuple[float, int, int, int]:
    """Seconds, bytes, files and nodes of one pass over the files."""
    total, size, files, nodes = 0.0, 0, 0, 0
    for path in tree.paths():
        start = time.process_time()
        source = tree.load(path)
        if isinstance(source, Source):
            nodes += len(secret_nodes(source, claimed=claimed(source, formats)))
            files += 1
            size += len(source.text.encode("utf-8", "replace"))
        took = time.process_time() - start
        total += took
        spent[path] += took
    return total, size, files, nodes


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--slowest", type=int, default=0, help="list the files that take longest")
    options = parser.parse_args()
    config = Config()
    found = discover([options.folder], config.include, config.exclude, config.max_file_size)
    tree = ScannedFiles(found.root, (one.path for one in found.files))
    formats: dict[str, bool] = {}
    one_round(tree, defaultdict(float), formats)
    best, spent = None, dict[str, float]()
    for _ in range(options.rounds):
        now: dict[str, float] = defaultdict(float)
        result = one_round(tree, now, formats)
        if best is None or result[0] < best[0]:
            best, spent = result, now
    assert best is not None
    seconds, size, files, nodes = best
    print(f"{files} text files, {size / 1e6:.1f} MB, {nodes} secrets: {seconds:.3f} s, "
          f"{size / 1e6 / seconds:.1f} MB/s")  # fmt: skip
    for path in sorted(spent, key=lambda name: -spent[name])[: options.slowest]:
        print(f"  {spent[path] * 1e3:8.1f} ms {path}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
