"""Nanoseconds per rule and subject of the walk and of generated code, in one run.

    python benchmarks/rules.py [FOLDER] [--containers 5000] [--rounds 3]

With a folder: the built-in rules over its graph. Without: over a made-up estate of that many
containers in two environments, which the walk would join pair by pair, so there it is measured on a
twentieth of them. Figures are CPU seconds of one process, best of the rounds, indexes built anew.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

import plumbrule_rules

from plumbrule.config import Config
from plumbrule.evaluate.evaluate import Settings, evaluate
from plumbrule.graph.graph import Graph
from plumbrule.language import ir
from plumbrule.pack import Pack, load_pack
from plumbrule.scan.scan import build_model, model_of_texts
from plumbrule_parsers.formats import schema_sources

MANIFEST = """apiVersion: apps/v1
kind: Deployment
metadata: {{name: app{at}, namespace: shop}}
spec:
  selector: {{matchLabels: {{app: app{at}}}}}
  template:
    metadata: {{labels: {{app: app{at}}}}}
    spec: {{containers: [{{name: main, image: "acme/app{at}:{tag}"}}]}}
"""


def estate(containers: int, pack: Pack) -> Graph:
    """Half of the containers in staging, half in production; every tenth has drifted."""
    texts = {
        f"envs/{env}/app{at}.yaml": MANIFEST.format(at=at, tag=f"{env}-1" if at % 10 == 0 else "1")
        for env in ("staging", "prod")
        for at in range(containers // 2)
    }
    return model_of_texts(texts, Config(), pack).graph


def seconds(
    rule: ir.CheckedRule, pack: Pack, graph: Graph, rounds: int, *, compiled: bool
) -> float:
    """CPU seconds for one rule, best of the rounds."""
    best = float("inf")
    for _ in range(rounds):
        graph.indexes.clear()
        start = time.process_time()
        evaluate([rule], (), graph, Settings("2026-01-01"), programs=pack.programs,
                 compiled=compiled)  # fmt: skip
        best = min(best, time.process_time() - start)
    return best


def table(pack: Pack, walked: Graph, compiled: Graph, rounds: int) -> None:
    """One line a rule, and the whole."""
    print(f"{'rule':44}{'subjects':>9}{'walk ns':>11}{'code ns':>11}{'ratio':>8}")
    totals = [0.0, 0.0]
    every = [0, 0]
    for rule in pack.rules:
        counts = [sum(len(graph.extent(kind)) for kind in rule.subject_kinds)
                  for graph in (walked, compiled)]  # fmt: skip
        if not counts[0]:
            continue
        spent = (seconds(rule, pack, walked, rounds, compiled=False),
                 seconds(rule, pack, compiled, rounds, compiled=True))  # fmt: skip
        each = [value / count * 1e9 for value, count in zip(spent, counts, strict=True)]
        print(f"{rule.id:44}{counts[1]:9}{each[0]:11.0f}{each[1]:11.0f}{each[0] / each[1]:8.1f}")
        totals = [total + value for total, value in zip(totals, spent, strict=True)]
        every = [total + count for total, count in zip(every, counts, strict=True)]
    each = [value / max(count, 1) * 1e9 for value, count in zip(totals, every, strict=True)]
    print(f"{'all':44}{every[1]:9}{each[0]:11.0f}{each[1]:11.0f}{each[0] / each[1]:8.1f}")
    print(f"in all: walk {totals[0] * 1e3:.0f} ms, code {totals[1] * 1e3:.0f} ms")


def main(words: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--containers", type=int, default=5000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args(words)
    rules = Path(next(iter(plumbrule_rules.__path__)))
    pack = load_pack([rules], schema_sources(), None)
    if options.folder is not None:
        graph = build_model([options.folder], Config(), pack).graph
        table(pack, graph, graph, options.rounds)
        return
    small = estate(options.containers // 20, pack)
    table(pack, small, estate(options.containers, pack), options.rounds)


if __name__ == "__main__":
    main()
