"""Apply: fixes are tried together in memory, and only those that prove themselves are kept.

A fix must clear its finding by a verdict (not by hiding the subject), make no new one, and leave
files that their own parsers read as well as before. What fails that is dropped and everything else
tried again, so one bad fix spoils no other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from plumbrule.finding import Finding, Report
from plumbrule_parsers.document import Completeness, Severity
from plumbrule_parsers.packed_path import file_on_disk
from plumbrule_parsers.text_edits.edit import TextEdit, clash, edited

MOST_TRIES = 24  # evaluations of the whole repository

Evaluate = Callable[[Mapping[str, str]], Report]
_ORDER = list(Completeness)


@dataclass(frozen=True, slots=True)
class Dropped:
    """A fix that is not applied, and why."""

    finding: Finding
    why: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """The fixes that hold, the texts of the files that they change, and the fixes that do not."""

    applied: tuple[Finding, ...]
    texts: Mapping[str, str]
    dropped: tuple[Dropped, ...]


def apply_fixes(
    report: Report,
    evaluate: Evaluate,
    *,
    unsafe: bool = False,
    frozen: Callable[[str], str] = lambda _path: "",
) -> Outcome:
    """The fixes of the report's findings that hold together.

    `evaluate` gives the report on the repository with some files replaced. Unsafe fixes are left
    alone unless they are asked for. `frozen` says why a file must not be changed, "" if it may.
    """
    trial = _Trial(report, evaluate)
    chosen = _apart(
        (one for one in report.findings if one.fix is not None and (one.fix.safe or unsafe)),
        frozen,
        trial.dropped,
    )
    held = trial.held([], chosen)
    dropped = sorted(trial.dropped, key=lambda one: one.finding.sort_key())
    return Outcome(tuple(sorted(held, key=Finding.sort_key)), texts_of(held), tuple(dropped))


def texts_of(findings: Iterable[Finding]) -> dict[str, str]:
    """The texts of the files that the findings' fixes change, by path."""
    by_path: dict[str, set[TextEdit]] = {}
    for finding in findings:
        for edit in _edits(finding):
            by_path.setdefault(edit.span.path, set()).add(edit)
    return {
        path: edited(next(iter(edits)).span.source.text, edits)
        for path, edits in sorted(by_path.items())
    }


def left_of(
    tried: Iterable[Finding], before: Iterable[Finding], after: Iterable[Finding]
) -> set[str]:
    """The fingerprints of the tried findings that are not cleared.

    Some subjects are told apart by their number alone: when the first of two goes, the second takes
    its fingerprint. So nothing is left where as many of a rule's findings in a file went as were
    tried.
    """
    tried = list(tried)
    gone = _by_place(before)
    gone.subtract(_by_place(after))
    enough = {place for place, number in _by_place(tried).items() if gone[place] >= number}
    still = _marks(after)
    return {one.fingerprint for one in tried
            if one.fingerprint in still and (one.rule, one.span.path) not in enough}  # fmt: skip


def _by_place(findings: Iterable[Finding]) -> Counter[tuple[str, str]]:
    return Counter((one.rule, one.span.path) for one in findings)


def _edits(finding: Finding) -> tuple[TextEdit, ...]:
    return finding.fix.edits if finding.fix is not None else ()


def _apart(
    findings: Iterable[Finding], frozen: Callable[[str], str], dropped: list[Dropped]
) -> list[Finding]:
    """The findings whose files may be changed, and whose edits do not clash with earlier ones."""
    kept: list[Finding] = []
    taken: dict[str, list[TextEdit]] = {}
    for finding in sorted(findings, key=Finding.sort_key):
        edits = _edits(finding)
        why = next((why for edit in edits if (why := _untouchable(edit, frozen))), "")
        others = (other for edit in edits for other in taken.get(edit.span.path, ()))
        if not why and any(_conflict(edit, other) for other in others for edit in edits):
            why = "another fix changes the same words; run it again"
        if why:
            dropped.append(Dropped(finding, why))
            continue
        kept.append(finding)
        for edit in edits:
            taken.setdefault(edit.span.path, []).append(edit)
    return kept


def _untouchable(edit: TextEdit, frozen: Callable[[str], str]) -> str:
    path = edit.span.path
    if file_on_disk(path)[1]:
        return f"`{path}` is inside a packed file"
    return frozen(path)


def _conflict(one: TextEdit, other: TextEdit) -> bool:
    """A clash, or two different insertions of two fixes, which may say the same key twice."""
    same = (one.span.path, one.span.start, one.span.end) == (
        other.span.path, other.span.start, other.span.end,
    )  # fmt: skip
    return clash(one, other) or (same and one != other)


@dataclass(slots=True)
class _Trial:
    """One report's fixes on trial, with what is left of the tries."""

    report: Report
    evaluate: Evaluate
    dropped: list[Dropped] = field(default_factory=list)
    tries: int = MOST_TRIES

    def held(self, sure: list[Finding], chosen: Sequence[Finding]) -> list[Finding]:
        """`sure`, which hold together, with those of `chosen` that hold with them."""
        rest = list(chosen)
        while rest:
            if not self.tries:
                self.dropped += [
                    Dropped(one, "the fixes do not hold together; choose some with `--rule`")
                    for one in rest
                ]
                return sure
            self.tries -= 1
            together = [*sure, *rest]
            bad, fault = self._failures(together, self.evaluate(texts_of(together)))
            if bad.keys() & _marks(sure):  # they held before these joined them
                fault = fault or _Fault("it does not hold together with another fix")
            bad = {mark: why for mark, why in bad.items() if mark not in _marks(sure)}
            if not bad and fault is None:
                return together
            if not bad and fault is not None and len(rest) > 1:  # whose fault is it?
                suspects = [one for one in rest if one.fingerprint in fault.suspects]
                if not suspects or len(suspects) == len(rest):
                    suspects = rest[len(rest) // 2 :]
                others = [one for one in rest if one not in suspects]
                return self.held(self.held(sure, others), suspects)
            if not bad and fault is not None:
                bad = {rest[0].fingerprint: fault.why}
            self.dropped += [
                Dropped(one, bad[one.fingerprint]) for one in rest if one.fingerprint in bad
            ]
            rest = [one for one in rest if one.fingerprint not in bad]
        return sure

    def _failures(
        self, tried: Sequence[Finding], after: Report
    ) -> tuple[dict[str, str], _Fault | None]:
        """Why fixes do not hold, by the fingerprint of their finding; a fault that is nobody's."""
        before = self.report
        left = left_of(tried, before.findings, after.findings)
        undecided = {(one.rule, one.subject) for one in after.reviews}
        undecided -= {(one.rule, one.subject) for one in before.reviews}
        bad: dict[str, str] = {}
        for finding in tried:
            if finding.fingerprint in left:
                bad[finding.fingerprint] = "it does not clear the finding"
            elif (finding.rule, finding.subject) in undecided:
                bad[finding.fingerprint] = "the rule could not decide any more"
        if bad:
            return bad, None
        worse = _read_worse(before, after)
        if worse:
            why = f"`{min(worse)}` would not be read as well as before"
            return {}, _Fault(why, _marks(one for one in tried if _paths([one]) & worse))
        known = _marks(before.findings)
        fresh = [one for one in after.findings if one.fingerprint not in known]
        if not fresh:
            return {}, None
        spoiled = {one.subject for one in fresh}
        touched = {
            spot.path for one in fresh for spot in (one.span, *(at.span for at in one.related))
        }
        near = _marks(one for one in tried if one.subject in spoiled)
        near = near or _marks(one for one in tried if _paths([one]) & touched)
        first = min(fresh, key=Finding.sort_key)
        return {}, _Fault(f"it would make a new finding at {first.span} ({first.rule})", near)


@dataclass(frozen=True, slots=True)
class _Fault:
    """What is wrong after fixes, and the fingerprints of those that are suspected first."""

    why: str
    suspects: set[str] = field(default_factory=set)


def _marks(findings: Iterable[Finding]) -> set[str]:
    return {one.fingerprint for one in findings}


def _paths(findings: Iterable[Finding]) -> set[str]:
    return {edit.span.path for one in findings for edit in _edits(one)}


def _read_worse(before: Report, after: Report) -> set[str]:
    """The files that lost something: an error more, or a lesser part of them understood."""
    faults = _faults(after)
    faults.subtract(_faults(before))
    worse = {path for path, number in faults.items() if number > 0}
    states = {one.path: _ORDER.index(one.completeness) for one in before.files}
    for state in after.files:
        if _ORDER.index(state.completeness) > states.get(state.path, len(_ORDER)):
            worse.add(state.path)
    return worse


def _faults(report: Report) -> Counter[str]:
    return Counter(one.span.path for one in report.problems if one.severity is Severity.ERROR)
