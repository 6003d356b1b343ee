"""Notes: what a report says of each file, in an editor's terms but not yet in its protocol."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from plumbrule.finding import Finding, RelatedSpan, Review
from plumbrule.lsp.positions import shown
from plumbrule.redact import cut_out, is_hidden, redact, secret_ranges
from plumbrule_parsers.document import Problem, Severity
from plumbrule_parsers.source import Span

Level = Literal["error", "warning", "information", "hint"]
Kind = Literal["finding", "review", "problem"]

LEVELS: Mapping[str, Level] = {
    "critical": "error", "high": "error", "medium": "warning", "low": "information", "info": "hint",
}  # fmt: skip
UNREAD = "unread"  # the code of the note that an open file is not, or not wholly, checked
_TOKEN = re.compile(r"[^\s`'\"(){}\[\],;<>]{16,}")


@dataclass(frozen=True, slots=True)
class Note:
    """One thing to show. `code` is a rule's id or a problem's code; `detail` the severity's word.

    `subject` is the address of the node that a finding or review is about.
    """

    kind: Kind
    level: Level
    code: str
    message: str
    span: Span
    detail: str
    related: tuple[RelatedSpan, ...] = ()
    fingerprint: str = ""
    subject: str = ""


def notes_of(
    findings: Iterable[Finding], reviews: Iterable[Review], problems: Iterable[Problem],
    titles: Mapping[str, str], root: str,
) -> dict[str, tuple[Note, ...]]:  # fmt: skip
    """The notes of each file by absolute path, in order of place. `titles` are by rule id."""
    made = [_finding(finding) for finding in findings]
    made += [_review(review, titles) for review in reviews]
    made += [_problem(problem) for problem in problems]
    by_path: dict[str, list[Note]] = {}
    for note in dict.fromkeys(made):
        by_path.setdefault(os.path.join(root, note.span.path), []).append(note)
    return {path: tuple(sorted(notes, key=_order)) for path, notes in sorted(by_path.items())}


def problem_notes(problems: Iterable[Problem]) -> tuple[Note, ...]:
    """The notes of problems that are all in one file."""
    return tuple(sorted(dict.fromkeys(map(_problem, problems)), key=_order))


def without_secrets(text: str) -> str:
    """The text with whatever looks like a credential cut short: the last door before the editor.

    What stands in backticks was written by the user and is judged as source text is.
    """
    pieces = _TOKEN.sub(lambda found: _safe(found[0]), text).split("`")
    for index in range(1, len(pieces), 2):
        pieces[index] = cut_out(pieces[index], secret_ranges(pieces[index]))
    return "`".join(pieces)


def _safe(token: str) -> str:
    # `name=value` and `name:value` hide a token from a test of the whole.
    parts = re.split(r"([=:])", token) if not is_hidden(token) else [token]
    return "".join(redact(part) if is_hidden(part) else part for part in parts)


def _order(note: Note) -> tuple[int, int, str, str, str]:
    return note.span.start, note.span.end, note.kind, note.code, note.message


def _finding(finding: Finding) -> Note:
    message = finding.message
    if finding.only_if:
        message += f"\nonly if: {finding.only_if}"
    if finding.only_in:
        message += f"\nin {finding.only_in}"
    return Note(
        "finding", LEVELS[finding.severity], finding.rule, without_secrets(message),
        shown(finding.span), finding.severity, _related((*finding.related, *finding.path)),
        finding.fingerprint, finding.subject,
    )  # fmt: skip


def _review(review: Review, titles: Mapping[str, str]) -> Note:
    causes = "; ".join(cause.why for cause in review.causes)
    title = titles.get(review.rule, review.rule)
    message = f"review: {title}? Undecided for {review.subject_label}"
    message += f" because of {causes}" if causes else ""
    related = [RelatedSpan(cause.span, cause.why) for cause in review.causes if cause.span]
    return Note("review", "hint", review.rule, without_secrets(message), shown(review.span),
                review.severity, _related(related), subject=review.subject)  # fmt: skip


def _problem(problem: Problem) -> Note:
    level: Level = "error" if problem.severity is Severity.ERROR else "warning"
    if problem.code.startswith("W"):  # the rule compiler's advice
        level = "warning"
    elif problem.code == UNREAD:
        level = "hint"
    message = problem.message
    if problem.hint and problem.hint not in message:
        message += f"\nhelp: {problem.hint}"
    return Note("problem", level, problem.code, without_secrets(message), shown(problem.span),
                problem.severity.value)  # fmt: skip


def _related(spans: Iterable[RelatedSpan]) -> tuple[RelatedSpan, ...]:
    return tuple(dict.fromkeys(
        RelatedSpan(shown(item.span), without_secrets(item.note)) for item in spans
    ))  # fmt: skip
