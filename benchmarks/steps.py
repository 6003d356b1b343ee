"""Steps labelled by reading against our rules of idempotency: precision and recall by stratum.

    python benchmarks/steps.py CORPORA [--all]

The labels are in `fixtures/labelled_steps.toml`, whose head says how they were drawn and read. Of
each corpus the pipelines, scripts and Makefiles are read, and the rules of level default that speak
of a second run are evaluated. By step:

    found   it may not run again, a rule should say so, and one does within its lines
    missed  the same, and none does
    false   a rule speaks of a step that may run again, or of one where none should at this level
    review  a rule cannot decide; that is neither found nor false, so a missed step stays missed

Steps whose label is `undecided` are not counted. A corpus that is not there is left out and told;
so is a step whose lines are no longer those that were read.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from plumbrule.cli.prepare import rules_of
from plumbrule.config import Config
from plumbrule.finding import Finding, Report, Review
from plumbrule.pack import Pack
from plumbrule.scan.scan import judge, model_of_texts
from plumbrule_parsers.read import decode
from plumbrule_parsers.source import Source

LABELS = Path(__file__).parents[1] / "fixtures" / "labelled_steps.toml"
# Rules of pipelines that carry the tag `idempotency` belong here, save one that speaks of jobs;
# this one carries another tag.
TAG, OF_JOBS, MORE = "idempotency", "ci.overlapping_deploys", "ci.terraform_apply_without_plan"
SCRIPTS = (".sh", ".bash", ".mk", ".groovy", ".jenkinsfile")
STRATA = ("uniform", "effect", "jenkins", "remote")


@dataclass(frozen=True, slots=True)
class Step:
    """One labelled step. `due` says that a rule of level default should speak of it."""

    stratum: str
    corpus: str
    file: str
    first: int
    last: int
    sha256: str
    label: str
    due: bool
    again: str  # the class of the second run, empty where it may run again
    why: str

    @property
    def place(self) -> str:
        return f"{self.corpus}/{self.file}:{self.first}"


@dataclass(slots=True)
class Tally:
    """Steps of one stratum."""

    steps: int = 0
    undecided: int = 0
    found: int = 0
    missed: int = 0
    false: int = 0
    reviews: int = 0

    @property
    def precision(self) -> float:
        return ratio(self.found, self.false)

    @property
    def recall(self) -> float:
        return ratio(self.found, self.missed)


@dataclass(slots=True)
class Measured:
    """What came out: the tallies, what disagrees, and what could not be compared."""

    strata: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    notes: list[str] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)

    def total(self, strata: Iterable[str] = STRATA) -> Tally:
        ours = [self.strata[name] for name in strata if name in self.strata]
        return Tally(*(sum(getattr(one, name) for one in ours) for name in Tally.__slots__))


def ratio(good: int, bad: int) -> float:
    """The share of the good, 1 where there is nothing to judge."""
    return good / (good + bad) if good + bad else 1.0


def read_labels(path: Path = LABELS) -> list[Step]:
    """All labels, in the order of the file."""
    rows: list[dict[str, Any]] = tomllib.loads(path.read_text("utf-8"))["steps"]
    return [
        Step(row["stratum"], row["corpus"], row["file"], row["lines"][0], row["lines"][1],
             row["sha256"], row["label"], row.get("level") == "default", row.get("class", ""),
             row.get("why", ""))
        for row in rows
    ]  # fmt: skip


def texts_of(folder: Path, wanted: Iterable[str]) -> dict[str, str]:
    """Pipelines, scripts and Makefiles of the folder by their paths in it, and what is wanted."""
    named = set(wanted)
    texts = {}
    for parent, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            full = Path(parent, name)
            path = full.relative_to(folder).as_posix()
            if path in named or _is_read(path):
                source = decode(path, full.read_bytes())
                if isinstance(source, Source):
                    texts[path] = source.text
    return texts


def _is_read(path: str) -> bool:
    pure = PurePosixPath(path)
    name = pure.name.lower()
    return (
        ".github" in pure.parts
        or name in {"makefile", "gnumakefile", "jenkinsfile", "action.yml", "action.yaml"}
        or name.endswith((*SCRIPTS, ".gitlab-ci.yml"))
    )


def unchanged(step: Step, text: str) -> bool:
    """True if the lines are those that were read."""
    lines = (line.rstrip() for line in text.split("\n")[step.first - 1 : step.last])
    return hashlib.sha256("\n".join(lines).encode()).hexdigest() == step.sha256


def measured_rules(pack: Pack) -> frozenset[str]:
    """The rules of level default that speak of a second run of a step."""
    return frozenset(
        rule.id for rule in pack.rules
        if rule.level == "default" and rule.id.startswith("ci.") and rule.id != OF_JOBS
        and (TAG in rule.tags or rule.id == MORE)
    )  # fmt: skip


def measure(corpora: Path, pack: Pack | None = None, path: Path = LABELS) -> Measured:
    """The labels compared with what the rules say."""
    pack = pack or rules_of(Config())
    rules = measured_rules(pack)
    by_corpus: dict[str, list[Step]] = defaultdict(list)
    for step in read_labels(path):
        by_corpus[step.corpus].append(step)
    measured = Measured()
    for corpus, steps in sorted(by_corpus.items()):
        if not (corpora / corpus).is_dir():
            measured.absent.append(f"{corpus} ({len(steps)} steps)")
            continue
        texts = texts_of(corpora / corpus, (step.file for step in steps))
        model = model_of_texts(texts, Config(), pack)
        report = judge(model, Config(), pack, root="", only=rules, comments=False)
        for step in steps:
            if unchanged(step, texts.get(step.file, "")):
                _count(measured, step, report)
            else:
                measured.changed.append(step.place)
    return measured


def _count(measured: Measured, step: Step, report: Report) -> None:
    tally = measured.strata[step.stratum]
    tally.steps += 1
    hits = [one for one in report.findings if _within(step, one)]
    said = f" ({', '.join(sorted({f'{one.rule} at {one.span.line}' for one in hits}))})"
    if step.label == "undecided":
        tally.undecided += 1
        if hits:
            measured.notes.append(f"undecided, reported {step.place}{said}: {step.why}")
        return
    reviews = sorted({one.rule for one in report.reviews if _within(step, one)})
    tally.reviews += bool(reviews and not hits)
    if hits and step.due:
        tally.found += 1
        measured.notes.append(f"found {step.place}{said}: {step.again}")
    elif hits:
        tally.false += 1
        measured.notes.append(f"false {step.place}{said}: {step.why or step.label}")
    elif step.due:
        tally.missed += 1
        by = f", review of {', '.join(reviews)}" if reviews else ""
        measured.notes.append(f"missed {step.place}{by}: {step.again}, {step.why}")
    elif reviews:
        measured.notes.append(f"review {step.place} ({', '.join(reviews)}): {step.label}")


def _within(step: Step, one: Finding | Review) -> bool:
    return one.span.path == step.file and step.first <= one.span.line <= step.last


def show(measured: Measured, *, everything: bool) -> None:
    """The table, and below it where labels and rules disagree."""
    print(f"{'stratum':16}{'steps':>6}{'undecided':>11}{'found':>7}{'missed':>8}{'false':>7}"
          f"{'review':>8}{'precision':>11}{'recall':>8}")  # fmt: skip
    drawn = [name for name in STRATA if name in measured.strata]
    rows = [(name, measured.strata[name]) for name in drawn]
    rows += [("without remote", measured.total(STRATA[:-1])), ("all", measured.total())]
    for name, one in rows:
        print(f"{name:16}{one.steps:6}{one.undecided:11}{one.found:7}{one.missed:8}{one.false:7}"
              f"{one.reviews:8}{one.precision:11.3f}{one.recall:8.3f}")  # fmt: skip
    shown = ("",) if everything else ("missed", "false")
    for note in sorted(note for note in measured.notes if note.startswith(shown)):
        print(f"  {note}")
    for place in measured.changed:
        print(f"  not compared, the lines are no longer those that were read: {place}")
    for corpus in measured.absent:
        print(f"  not compared, the corpus is not there: {corpus}")


def main(words: Sequence[str] | None = None) -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("corpora", type=Path)
    parser.add_argument("--all", action="store_true", help="list what agrees, and reviews, too")
    options = parser.parse_args(words)
    measured = measure(options.corpora)
    if not measured.strata:
        print(f"`{options.corpora}` holds none of the corpora of the labels: give their folder")
        return 2
    show(measured, everything=options.all)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
