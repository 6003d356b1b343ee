"""Our Terraform evaluator and Trivy's engine on every root below a folder, in one run.

    python benchmarks/terraform.py FOLDER [--rounds 3] [--worst 10] [--no-values]

Needs the wheel `tfparse`. For each root our time is that of parsing and resolving its files with
those of all modules that it calls, Trivy's that of loading the folder. CPU time is compared, so
that a busy machine disturbs little; of each the best of the rounds counts, taken in turn. Then the
values of both are compared: how many are equal, and each class of difference with an example.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))  # the comparison lives beside its test

from tests.differential.agreement import Outcome, compare
from tests.differential.trivy_engine import Tree, Trivy, ours, theirs, tree_of

from plumbrule_parsers.terraform.parse import parse
from plumbrule_parsers.terraform.resolve import resolve


def seconds(tree: Tree, root: str) -> float:
    """CPU seconds that parsing and resolving the root takes."""
    sources = tree.texts(root)
    gc.collect()
    start = time.process_time()
    list(resolve({source.path: parse(source) for source in sources}, tree))
    return time.process_time() - start


def shown(name: str, spent: Sequence[float]) -> str:
    """Mean, middle and tail of the times, in milliseconds."""
    ordered = sorted(spent)
    tail = ordered[min(len(ordered) - 1, len(ordered) * 9 // 10)]
    return (
        f"{name:10} mean {1e3 * statistics.fmean(spent):7.1f} ms   median "
        f"{1e3 * statistics.median(spent):6.1f} ms   p90 {1e3 * tail:7.1f} ms   "
        f"most {1e3 * ordered[-1]:7.0f} ms"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--worst", type=int, default=10)
    parser.add_argument("--no-values", action="store_true", help="compare the times only")
    options = parser.parse_args()
    tree = tree_of(options.folder)
    roots = tree.roots()
    if not roots:
        print(f"no Terraform roots below {options.folder}", file=sys.stderr)
        return 2
    gc.collect()
    gc.freeze()
    found, failed = Outcome(), []
    times: dict[str, tuple[float, float]] = {}
    with Trivy() as trivy:
        for root in roots:
            spent, other = [], []
            blocks: dict[str, Any] | str = ""
            for _ in range(options.rounds):
                took, blocks = trivy.load(tree.base / root, tree.values(root))
                if isinstance(blocks, str):
                    failed.append((root, blocks))
                    break
                other.append(took)
                spent.append(seconds(tree, root))
            else:
                times[root] = min(spent), min(other)
                if not options.no_values and not isinstance(blocks, str):
                    compare(ours(tree, root), theirs(blocks), root, found)
    mine, foreign = zip(*times.values(), strict=True)
    print(f"{len(roots)} roots, {len(tree.documents)} files, best of {options.rounds}")
    print(shown("ours", mine))
    print(shown("Trivy", foreign))
    middle = statistics.median(two / one for one, two in times.values())
    print(f"ratio of the means {statistics.fmean(foreign) / statistics.fmean(mine):.1f}, "
          f"median of the ratios {middle:.1f}")  # fmt: skip
    for root, why in failed:
        print(f"Trivy's engine fails on {root}: {why}")
    print("our slowest roots:")
    for root in sorted(times, key=lambda one: -times[one][0])[: options.worst]:
        print(f"{1e3 * times[root][0]:8.0f} ms {1e3 * times[root][1]:8.0f} ms  {root}")
    if not options.no_values:
        print(*found.summary(), sep="\n")
        print(f"{len(found.open)} differences without a reason", *found.open[:20], sep="\n")
    return 1 if found.open else 0


if __name__ == "__main__":
    sys.exit(main())
