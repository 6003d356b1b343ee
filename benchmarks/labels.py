"""Labelled fixtures of other projects against our rules: what is found, missed, falsely alarmed.

    python benchmarks/labels.py CORPORA [--category C] [--all] [--json FILE]

CORPORA is the folder that holds `public/labelled/labels.jsonl`. Each label says that a rule of
another project fails or passes in a file, at lines or (line 0) anywhere in it. The files in
`benchmarks/labels/*.toml` say which of our rules are about the same thing:

    [[label]]
    corpus = "zizmor"
    rule = "template-injection"
    ours = ["gha.script_injection"]

`ours = []` with `why` stands where no rule of ours is about it, `file` (the end of a path) narrows
an entry to some labels, and the entry with the longest `file` counts. `[[explained]]` with
`corpus`, `rule`, perhaps `file` and `line`, and `why` explains misses and false alarms, which stay
counted.

Every labelled file is scanned as a repository of its own, as the tests of its project read it. A
failing label is found if one of our rules reports within its lines, or on the resource block (node
and its parents, without files and pipelines) that holds its first line. A finding at a passing
label is a false alarm. Labels are partial: other findings in a fixture say nothing. Reviews that
would have been hits are counted apart.
"""

from __future__ import annotations

import argparse
import json
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from plumbrule.cli.prepare import rules_of
from plumbrule.config import Config
from plumbrule.finding import Finding, Report, Review
from plumbrule.pack import Pack
from plumbrule.scan.scan import Model, judge, model_of_texts
from plumbrule_parsers.document import Node
from plumbrule_parsers.read import decode
from plumbrule_parsers.source import Source

MAPPINGS = Path(__file__).with_suffix("")
LEVELS = ("default", "strict")
PIPELINES = {"gha.Workflow", "gitlab.Pipeline", "jenkins.Pipeline", "ci.Pipeline"}


@dataclass(frozen=True, slots=True)
class Label:
    """What another project says of a place; line 0 is the whole file."""

    corpus: str
    file: str
    line: int
    end: int
    rule: str
    category: str
    fails: bool

    @property
    def place(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a mapping file."""

    corpus: str
    rule: str
    file: str
    line: int
    ours: tuple[str, ...] | None  # None: it explains
    why: str


@dataclass(slots=True)
class Tally:
    """The counts of one rule of ours at one level."""

    found: int = 0
    missed: int = 0
    clean: int = 0
    false: int = 0
    reviews: int = 0


@dataclass(slots=True)
class Outcome:
    """What a run over the labels of one category has to say at one level."""

    rules: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    misses: list[tuple[Label, tuple[str, ...], str]] = field(default_factory=list)
    alarms: list[tuple[Label, str, int, str]] = field(default_factory=list)

    @property
    def total(self) -> Tally:
        every = self.rules.values()
        return Tally(*(sum(getattr(one, name) for one in every) for name in Tally.__slots__))


def read_labels(corpora: Path) -> list[Label]:
    """All labels, in the order of the file."""
    rows = map(json.loads, (_folder(corpora) / "labels.jsonl").read_text("utf-8").splitlines())
    return [
        Label(row["corpus"], row["file"], row["line"], row["end"], row["rule"], row["category"],
              row["verdict"] == "fail")
        for row in rows
    ]  # fmt: skip


def _folder(corpora: Path) -> Path:
    folders = (corpora / "public" / "labelled", corpora / "labelled", corpora)
    return next((one for one in folders if (one / "labels.jsonl").is_file()), corpora)


def read_entries(folder: Path = MAPPINGS) -> list[Entry]:
    """The entries of all mapping files."""
    made: list[Entry] = []
    for path in sorted(folder.glob("*.toml")):
        data = tomllib.loads(path.read_text("utf-8"))
        made += [_entry(row, path.name, maps=True) for row in data.get("label", ())]
        made += [_entry(row, path.name, maps=False) for row in data.get("explained", ())]
    return made


def _entry(row: Mapping[str, Any], name: str, *, maps: bool) -> Entry:
    ours = tuple(row["ours"]) if maps else None
    if not ours and not row.get("why"):
        raise SystemExit(f"{name}: `{row['corpus']}` `{row['rule']}` needs a `why`")
    return Entry(row["corpus"], row["rule"], row.get("file", ""), row.get("line", 0), ours,
                 row.get("why", ""))  # fmt: skip


def entry_for(label: Label, entries: Iterable[Entry], *, maps: bool) -> Entry | None:
    """The entry with the longest file that speaks of the label."""
    fits = [
        one for one in entries
        if (one.ours is not None) is maps and (one.corpus, one.rule) == (label.corpus, label.rule)
        and label.file.endswith(one.file) and one.line in (0, label.line)
    ]  # fmt: skip
    return max(fits, key=lambda one: (len(one.file), one.line), default=None)


# ------------------------------------------------------------------ one fixture
@dataclass(frozen=True, slots=True)
class Scanned:
    """One fixture: its model and its report at each level."""

    model: Model
    reports: Mapping[str, Report]

    def at(self, label: Label, ours: Sequence[str], level: str) -> list[Finding]:
        return [one for one in self.reports[level].findings
                if one.rule in ours and self._fits(label, one)]  # fmt: skip

    def undecided(self, label: Label, ours: Sequence[str], level: str) -> bool:
        return any(one.rule in ours and self._fits(label, one)
                   for one in self.reports[level].reviews)  # fmt: skip

    def _fits(self, label: Label, one: Finding | Review) -> bool:
        if not label.line:
            return True
        last = max(label.end, label.line)
        if any(label.line <= line <= last for line in _lines(one)):
            return True
        nodes = self.model.graph.nodes
        node = nodes.get(one.subject)
        while node is not None and node.kind not in PIPELINES:
            first, end = _block(node)
            if first <= label.line <= end:
                return True
            node = nodes.get(node.parent)
        return False


def _lines(one: Finding | Review) -> list[int]:
    spans = [one.span]
    if isinstance(one, Finding):
        spans += [related.span for related in one.related]
    return [span.line for span in spans if span.path == one.span.path]


def _block(node: Node) -> tuple[int, int]:
    fields = node.fields
    return fields.source.line_of(fields.start), fields.source.line_of(fields.end)


def scan_file(path: str, text: str, pack: Pack) -> Scanned:
    """The fixture as a repository of its own."""
    model = model_of_texts({path: text}, Config(), pack)
    reports = {level: judge(model, Config(), pack, root="", comments=False, level=level)
               for level in LEVELS}  # fmt: skip
    return Scanned(model, reports)


# ------------------------------------------------------------------ all of them
def measure(
    corpora: Path, category: str = "", pack: Pack | None = None, folder: Path = MAPPINGS
) -> tuple[dict[tuple[str, str], Outcome], Counter[str], list[Label]]:
    """Outcomes by category and level, labels without a rule of ours by reason, unmapped labels."""
    pack = pack or rules_of(Config())
    entries, root = read_entries(folder), _folder(corpora)
    outcomes: dict[tuple[str, str], Outcome] = defaultdict(Outcome)
    unmapped, by_file = [], defaultdict(list)
    without: Counter[str] = Counter()
    for label in read_labels(corpora):
        if category and label.category != category:
            continue
        entry = entry_for(label, entries, maps=True)
        if entry is None:
            unmapped.append(label)
        elif not entry.ours:
            without[f"{label.corpus} {label.rule}: {entry.why}"] += 1
        else:
            by_file[label.file].append((label, entry.ours))
    for path in sorted(by_file):
        source = decode(path, (root / path).read_bytes())
        if not isinstance(source, Source):
            raise SystemExit(f"{path}: {source.message}")
        scanned = scan_file(path, source.text, pack)
        for label, ours in by_file[path]:
            why = entry_for(label, entries, maps=False)
            for level in LEVELS:
                _count(outcomes[label.category, level], label, ours, scanned, level,
                       why.why if why else "")  # fmt: skip
    return outcomes, without, unmapped


def _count(
    outcome: Outcome, label: Label, ours: tuple[str, ...], scanned: Scanned, level: str, why: str
) -> None:
    hits = scanned.at(label, ours, level)
    tally = outcome.rules[hits[0].rule if hits else ours[0]]
    if hits and label.fails:
        tally.found += 1
    elif label.fails:
        tally.missed += 1
        outcome.misses.append((label, ours, why))
    elif hits:
        tally.false += 1
        outcome.alarms += [(label, one.rule, one.span.line, why) for one in hits]
    else:
        tally.clean += 1
    tally.reviews += not hits and scanned.undecided(label, ours, level)


def ratio(good: int, bad: int) -> float:
    """The share of the good, 1 where there is nothing to judge."""
    return good / (good + bad) if good + bad else 1.0


def show(outcomes: Mapping[tuple[str, str], Outcome]) -> None:
    """The table of each category and level, and below it what was missed and falsely alarmed."""
    for (category, level), outcome in sorted(outcomes.items()):
        print(f"\n{category}, level {level}")
        print(f"{'rule':44}{'found':>7}{'missed':>8}{'recall':>8}{'clean':>7}{'false':>7}"
              f"{'precision':>11}{'reviews':>9}")  # fmt: skip
        rows = [*sorted(outcome.rules.items()), ("all", outcome.total)]
        for name, one in rows:
            print(f"{name:44}{one.found:7}{one.missed:8}{ratio(one.found, one.missed):8.3f}"
                  f"{one.clean:7}{one.false:7}{ratio(one.found, one.false):11.3f}"
                  f"{one.reviews:9}")  # fmt: skip
        # What default misses and strict does not is the difference of the levels.
        strict = [one[0] for one in outcomes[category, LEVELS[-1]].misses]
        for label, ours, why in outcome.misses:
            if level == LEVELS[-1] or label not in strict:
                print(f"  missed {label.place} {label.rule} "
                      f"({ours[0]}{', …' if ours[1:] else ''}){_because(why)}")  # fmt: skip
        for label, rule, line, why in outcome.alarms:
            print(f"  false alarm {label.file}:{line} {rule}, "
                  f"`{label.rule}` passes{_because(why)}")  # fmt: skip


def _because(why: str) -> str:
    return f": {why}" if why else ": NOT EXPLAINED"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("corpora", type=Path)
    parser.add_argument("--category", default="")
    parser.add_argument("--all", action="store_true", help="list labels without a rule, too")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    if not (_folder(options.corpora) / "labels.jsonl").is_file():
        print(f"`{options.corpora}` holds no labels.jsonl: give the folder of the corpora")
        return 2
    outcomes, without, unmapped = measure(options.corpora, options.category)
    show(outcomes)
    print(f"\nlabels that no rule of ours is about: {without.total()}")
    if options.all:
        for name, count in sorted(without.items()):
            print(f"  {count:4} {name}")
    rules = Counter((one.category, one.corpus, one.rule) for one in unmapped)
    print(f"labels that no mapping file names: {len(unmapped)}, of {len(rules)} rules")
    if options.all:
        for (category, corpus, rule), count in sorted(rules.items()):
            print(f"  {count:4} {category}: {corpus} {rule}")
    if options.json:
        figures = {
            f"{category}/{level}": {name: {key: getattr(one, key) for key in Tally.__slots__}
                                    for name, one in
                                    [*sorted(outcome.rules.items()), ("all", outcome.total)]}
            for (category, level), outcome in sorted(outcomes.items())
        }  # fmt: skip
        options.json.write_text(json.dumps(figures, indent=2) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
