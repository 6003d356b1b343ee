"""Tally: what a report sums up, counted once for every format."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from plumbrule.finding import SEVERITIES, Cause, FileState, Report, Review
from plumbrule_parsers.document import Completeness

WORST_FIRST = tuple(reversed(SEVERITIES))
_PARTICULAR = re.compile(r"`[^`]*`|\d+")


@dataclass(frozen=True, slots=True)
class CauseGroup:
    """One cause and the reviews that it keeps undecided."""

    cause: Cause
    reviews: tuple[Review, ...]

    @property
    def rules(self) -> tuple[tuple[str, int], ...]:
        """Rule ids with their number of reviews, the most frequent first."""
        counts = Counter(review.rule for review in self.reviews)
        return tuple(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


@dataclass(frozen=True, slots=True)
class Reason:
    """Why files were not evaluated wholly, and which ones; `words` say what they share."""

    words: str
    paths: tuple[str, ...]


def by_severity(report: Report) -> dict[str, int]:
    """The number of findings of every severity, the worst first."""
    counts = Counter(finding.severity for finding in report.findings)
    return {severity: counts[severity] for severity in WORST_FIRST}


def by_cause(reviews: Iterable[Review]) -> tuple[CauseGroup, ...]:
    """Reviews under each of their causes, the most costly cause first."""
    groups: dict[str, tuple[Cause, list[Review]]] = {}
    for review in reviews:
        for cause in review.causes or (Cause("", "a reason that the rule does not tell"),):
            groups.setdefault(cause.key, (cause, []))[1].append(review)
    made = [CauseGroup(cause, tuple(own)) for cause, own in groups.values()]
    return tuple(sorted(made, key=lambda group: (-len(group.reviews), group.cause.key)))


def reasons(files: Iterable[FileState], completeness: Completeness) -> tuple[Reason, ...]:
    """The files of that state by reason; reasons that differ only in names are one."""
    groups: dict[str, tuple[set[str], list[str]]] = {}
    for state in files:
        if state.completeness is completeness:
            because = state.because or "no reason was given"
            words, paths = groups.setdefault(_PARTICULAR.sub("…", because), (set(), []))
            words.add(because)
            paths.append(state.path)
    made = [
        Reason(next(iter(words)) if len(words) == 1 else general, tuple(paths))
        for general, (words, paths) in groups.items()
    ]
    return tuple(sorted(made, key=lambda reason: (-len(reason.paths), reason.words)))


@dataclass(frozen=True, slots=True)
class Totals:
    """Checks of all rules together; `idle` counts the rules that met no subject."""

    violations: int
    passes: int
    reviews: int
    exempt: int
    rules: int
    idle: int


def totals(report: Report) -> Totals:
    """The sums over the counts of the rules."""
    counts = report.counts
    idle = sum(not (one.violations or one.passes or one.reviews or one.exempt) for one in counts)
    return Totals(
        sum(one.violations for one in counts),
        sum(one.passes for one in counts),
        sum(one.reviews for one in counts),
        sum(one.exempt for one in counts),
        len(counts),
        idle,
    )
