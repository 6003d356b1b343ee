"""Our HCL parser and python-hcl2 on the Terraform files of one folder, in one run, as a ratio.

    python benchmarks/parse_hcl.py FOLDER [--rounds 5] [--sample 150]

Both read the same texts on one core; CPU time is compared, the median of the rounds, so that a busy
machine disturbs little. python-hcl2 is slow, so it reads an even sample of the files, and the ratio
is taken on that sample; both start warm.
"""

from __future__ import annotations

import argparse
import gc
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

from plumbrule_parsers.hcl_tree import parse_hcl
from plumbrule_parsers.read import decode
from plumbrule_parsers.source import Source

ENDINGS = (".tf", ".tofu", ".tfvars")


def sources(folder: Path) -> list[Source]:
    """The decoded files below the folder, sorted by path."""
    found = []
    for place, _folders, names in os.walk(folder):
        for name in names:
            if name.endswith(ENDINGS):
                path = Path(place, name)
                source = decode(path.relative_to(folder).as_posix(), path.read_bytes())
                if isinstance(source, Source):
                    found.append(source)
    return sorted(found, key=lambda source: source.path)


def seconds(read: Callable[[Source], object], files: list[Source]) -> float:
    """CPU seconds that reading all files takes."""
    gc.collect()
    gc.disable()
    start = time.process_time()
    for source in files:
        read(source)
    spent = time.process_time() - start
    gc.enable()
    return spent


def oracle(source: Source) -> object:
    import hcl2  # noqa: PLC0415 - only this contestant needs it

    try:
        return hcl2.parses(source.text + "\n")
    except Exception as error:  # noqa: BLE001 - a refusal is an answer here
        return error


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--sample", type=int, default=150)
    options = parser.parse_args()
    files = sources(options.folder)
    if not files:
        print(f"no Terraform files below {options.folder}", file=sys.stderr)
        return 2
    step = max(1, len(files) // options.sample)
    sample = files[::step]
    oracle(sample[0])
    whole, ratios = [], []
    for _ in range(options.rounds):
        whole.append(seconds(parse_hcl, files))
        ratios.append(seconds(oracle, sample) / seconds(parse_hcl, sample))
    size = sum(len(source.text) for source in files)
    spent = statistics.median(whole)
    print(f"{len(files)} files, {size / 1e6:.1f} MB (characters)")
    print(f"ours         {size / spent / 1e6:6.1f} MB/s {len(files) / spent:8.0f} files/s")
    ratio = statistics.median(ratios)
    print(
        f"python-hcl2  {size / spent / ratio / 1e6:6.2f} MB/s (by the ratio on {len(sample)} files)"
    )
    print(f"ratio        {ratio:6.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
