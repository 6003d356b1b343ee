"""Our builds of kustomizations against `kubectl kustomize`: the same objects, leaf by leaf.

`PLUMBRULE_KUBECTL` names a kubectl binary, `PLUMBRULE_CORPORA` a folder of repositories. All of
them at once: `pytest tests/differential/test_kustomize.py -m slow -s`.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.parsers.kustomize.repositories import Case, cases

from plumbrule.scan.files import ScannedFiles
from plumbrule_parsers.document import Severity
from plumbrule_parsers.kustomize.accumulate import Accumulated, Builder
from plumbrule_parsers.kustomize.build import build
from plumbrule_parsers.kustomize.files import NAMES, Files
from plumbrule_parsers.source import Source
from plumbrule_parsers.value import ListValue, MapValue

KUBECTL = os.environ.get("PLUMBRULE_KUBECTL", "")
CORPORA = os.environ.get("PLUMBRULE_CORPORA", "")
ALL = cases()
needs_kubectl = pytest.mark.skipif(not KUBECTL, reason="PLUMBRULE_KUBECTL names no kubectl binary")


class Loader(yaml.CSafeLoader):
    """Dates and `=` stay text."""


Loader.yaml_implicit_resolvers = {
    letter: [one for one in found if one[0].rpartition(":")[2] not in ("timestamp", "value")]
    for letter, found in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}

Leaves = dict[tuple[object, ...], Any]


def leaves(value: Any, path: tuple[object, ...] = ()) -> Iterator[tuple[tuple[object, ...], Any]]:
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from leaves(item, (*path, str(key)))
    elif isinstance(value, list) and value:
        for index, item in enumerate(value):
            yield from leaves(item, (*path, index))
    else:
        yield path, (type(value) is bool, value)


def by_name(objects: list[Any]) -> dict[tuple[str, ...], Leaves]:
    found = {}
    for one in objects:
        metadata = one.get("metadata") or {}
        name = (str(one.get("apiVersion")), str(one.get("kind")),
                str(metadata.get("namespace")), str(metadata.get("name")))  # fmt: skip
        found[name] = dict(leaves(one))
    return found


@dataclass
class Outcome:
    folder: str
    wanted: dict[tuple[str, ...], Leaves] | None  # None: the real tool refuses
    made: Accumulated
    theirs: float
    ours: float
    refusal: str = ""
    differences: list[str] = field(default_factory=list)

    @property
    def incomplete(self) -> bool:
        errors = [one for one in self.made.problems if one.severity is Severity.ERROR]
        return bool(errors or self.made.holes)


def compare(files: Files, root: Path, folder: str) -> Outcome:
    started = time.perf_counter()
    command = [KUBECTL, "kustomize", str(root / folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    between = time.perf_counter()
    made = build(Builder(files), folder, Source(folder, "").span(0, 0))
    ended = time.perf_counter()
    wanted = None
    if done.returncode == 0:
        loaded = [one for one in yaml.load_all(done.stdout, Loader) if one is not None]
        wanted = by_name(loaded)
    outcome = Outcome(folder, wanted, made, between - started, ended - between, done.stderr[-400:])
    if wanted is not None:
        got = by_name([one.body for one in made.resources])
        for name in sorted({*wanted, *got}):
            if name not in got or name not in wanted:
                outcome.differences.append(f"{name}: {'extra' if name in got else 'missing'}")
                continue
            left, right = wanted[name], got[name]
            for path in {**left, **right}:
                was, is_ = left.get(path, "absent"), right.get(path, "absent")
                if was != is_:
                    outcome.differences.append(f"{name} {path}: {was!r:.120} and not {is_!r:.120}")
        if outcome.differences:
            outcome.differences += [one.message for one in made.problems[:3]]
    return outcome


def origins(made: Accumulated) -> tuple[int, int]:
    """How many leaves there are, and how many of them have a place."""
    total = placed = 0
    stack: list[Any] = [one.body for one in made.resources]
    while stack:
        owner = stack.pop()
        keys = list(owner) if isinstance(owner, MapValue) else range(len(owner))
        for key in keys:
            value = owner[key]
            if isinstance(value, (MapValue, ListValue)) and value:
                stack.append(value)
                continue
            total += 1
            placed += owner.place(key) is not None
    return total, placed


def folders_of(root: Path) -> list[str]:
    found = {path.parent.relative_to(root).as_posix() for name in NAMES for path in root.rglob(name)
             if path.is_file()}  # fmt: skip
    return sorted("" if one == "." else one for one in found)


def files_of(root: Path) -> Files:
    paths = [path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()]
    return Files(ScannedFiles(root, [path for path in paths if ".git/" not in path]), {})


@needs_kubectl
@pytest.mark.parametrize("case", ALL, ids=[case.name for case in ALL])
def test_our_own_cases_are_the_same(case: Case, tmp_path: Path) -> None:
    for name, text in case.files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    outcome = compare(files_of(tmp_path), tmp_path, case.folder)
    assert outcome.wanted is not None, outcome.refusal
    assert outcome.differences == []


@needs_kubectl
@pytest.mark.slow
@pytest.mark.corpora
def test_kustomizations_of_the_corpora_are_the_same() -> None:
    if not CORPORA:
        pytest.skip("PLUMBRULE_CORPORA names no folder")
    outcomes: list[Outcome] = []
    leaf_count = placed_count = 0
    different, accepted = [], []
    for root in sorted(path for path in Path(CORPORA).iterdir() if path.is_dir()):
        files = files_of(root)
        for folder in folders_of(root):
            outcome = compare(files, root, folder)
            total, placed = origins(outcome.made)
            leaf_count, placed_count = leaf_count + total, placed_count + placed
            outcomes.append(outcome)
            where = f"{root.name}/{folder}"
            if outcome.differences:
                different.append(f"{where}: " + "\n    ".join(outcome.differences[:4]))
            if outcome.wanted is None and not outcome.incomplete:
                accepted.append(f"{where}: {outcome.refusal}")
    built = [one for one in outcomes if one.wanted is not None]
    equal = [one for one in built if not one.differences]
    lines = []
    for what, times in (
        ("real process", [one.theirs for one in built]),
        ("own", [one.ours for one in built]),
    ):
        median, mean = statistics.median(times) * 1000, statistics.mean(times) * 1000
        lines.append(f"{what}: median {median:.1f} ms, mean {mean:.1f} ms")
    lines.append(
        f"{len(outcomes)} kustomizations, {len(built)} built by the real tool, "
        f"{len(equal)} equal; {leaf_count} leaves, {placed_count} with origin"
    )
    lines += ["different:", *different, "accepted here, refused there:", *accepted]
    print("\n".join(lines))  # noqa: T201 - the figures are the purpose
    assert built
    assert len(equal) >= 0.97 * len(built), "\n".join(different)
    assert placed_count == leaf_count
