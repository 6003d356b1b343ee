"""MB/s of our parsers over the files of a folder, beside other parsers in the same run.

    python benchmarks/parse.py FOLDER [--rounds 5]

YAML: small files (at most 16 KB) and big ones apart, beside PyYAML's C composer, which gives nodes
with marks but neither values nor protection. Figures are CPU seconds of one process, best of the
rounds, which alternate, so that a busy machine disturbs all alike. Files that PyYAML refuses
(templates, custom documents) are left out of both.
"""

from __future__ import annotations

import argparse
import gc
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import yaml

from plumbrule_parsers.read import decode
from plumbrule_parsers.source import Source
from plumbrule_parsers.yaml_tree import parse_yaml

SMALL = 16_384
PRUNED = {".git", "node_modules", ".terraform"}


def sources(folder: Path, endings: tuple[str, ...]) -> list[Source]:
    """The decoded files with one of the endings, sorted by path, each text once."""
    found: dict[str, Source] = {}
    for here, folders, names in os.walk(folder):
        folders[:] = sorted(set(folders) - PRUNED)
        for name in sorted(names):
            if name.endswith(endings):
                path = os.path.join(here, name)
                if os.path.isfile(path):
                    source = decode(path, Path(path).read_bytes())
                    if isinstance(source, Source):
                        found.setdefault(source.text, source)
    return list(found.values())


def fastest(
    works: dict[str, Callable[[Source], object]], files: Sequence[Source], rounds: int
) -> dict[str, float]:
    """CPU seconds that each needs for all files, best of the rounds."""
    best = dict.fromkeys(works, float("inf"))
    gc.collect()
    gc.disable()
    for _ in range(rounds):
        for name, work in works.items():
            start = time.process_time()
            for source in files:
                work(source)
            best[name] = min(best[name], time.process_time() - start)
            gc.collect()
    gc.enable()
    return best


def show(title: str, files: Sequence[Source], seconds: dict[str, float], own: str) -> None:
    size = sum(len(source.text.encode("utf-8", "surrogatepass")) for source in files) / 1e6
    print(f"\n{title}: {len(files)} files, {size:.2f} MB")
    for name, taken in seconds.items():
        rate = size / taken if taken else float("inf")
        each = len(files) / taken if taken else float("inf")
        ratio = seconds[own] / taken if taken else float("inf")
        print(
            f"  {name:28} {rate:7.2f} MB/s {each:9.0f} files/s   time of {own} over it {ratio:.2f}"
        )


def yaml_half(folder: Path, rounds: int) -> None:
    def compose(source: Source) -> object:
        return list(yaml.compose_all(source.text, Loader=yaml.CSafeLoader))

    def accepted(source: Source) -> bool:
        try:
            compose(source)
        except (yaml.YAMLError, RecursionError):
            return False
        return True

    files = [one for one in sources(folder, (".yaml", ".yml")) if accepted(one)]
    works: dict[str, Callable[[Source], object]] = {
        "yaml_tree": parse_yaml,
        "PyYAML CSafeLoader compose": compose,
    }
    small = [source for source in files if len(source.text) <= SMALL]
    big = [source for source in files if len(source.text) > SMALL]
    for title, some in (("YAML, small files", small), ("YAML, big files", big)):
        if some:
            show(title, some, fastest(works, some, rounds), "yaml_tree")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    yaml_half(options.folder, options.rounds)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
