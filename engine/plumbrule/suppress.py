"""Comments that take a finding back: `# plumb:allow RULE until DATE because "..."`.

The comment stands on the finding's line, on a line of its own above it, or above the head of the
thing that it is about. It must name a rule, a day and a reason; a broken one does nothing and says
so, an expired one says that the finding is back, an unused one that it can go.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from plumbrule.finding import Exempted, Finding
from plumbrule_parsers.document import Problem, Severity
from plumbrule_parsers.source import Source, Span

MARKER = "plumb:allow"
_COMMENT = re.compile(
    r"(?:#|//|<!--|;|\{\{-?/\*)\s*plumb:allow\s+(?P<rule>[\w.]+)"
    r"(?:\s+until\s+(?P<until>\d{4}-\d\d-\d\d))?"
    r"(?:\s+because\s+(?:\"(?P<quoted>[^\"\n]*)\"|(?P<because>[^\n]*?)))?\s*(?:-->|\*/-?\}\})?\s*$",
    re.MULTILINE,
)
_LOOSE = re.compile(r"(?:#|//|<!--|;)\s*plumb:allow\b[^\n]*")


@dataclass(frozen=True, slots=True)
class Allowance:
    """One comment: what it allows, until when, why, and the lines for which it holds."""

    rule: str
    until: str
    because: str
    span: Span
    lines: frozenset[int]


@dataclass(frozen=True, slots=True)
class Suppressed:
    """Findings that stay, those taken back, and what is wrong with the comments."""

    findings: tuple[Finding, ...]
    exempted: tuple[Exempted, ...]
    problems: tuple[Problem, ...]
    notices: tuple[str, ...]


def suppress(
    findings: Iterable[Finding], sources: Iterable[Source], rules: Mapping[str, str], today: str
) -> Suppressed:
    """Take back what comments allow. `rules` maps each id and former id to the id of today."""
    problems: list[Problem] = []
    allowances: dict[str, list[Allowance]] = {}
    for source in sources:
        if MARKER in source.text:
            allowances[source.path] = list(_allowances(source, rules, problems))
    kept: list[Finding] = []
    exempted: list[Exempted] = []
    used: set[Span] = set()
    notices: list[str] = []
    for finding in findings:
        match = _match(finding, allowances.get(finding.span.path, ()))
        if match is None:
            kept.append(finding)
        elif match.until < today:
            used.add(match.span)
            kept.append(finding)
            notices.append(f"{match.span}: the allowance of {match.rule} expired on {match.until}")
        else:
            used.add(match.span)
            exempted.append(Exempted(finding, match.because, "", match.until))
    for path in sorted(allowances):
        notices += [
            f"{allowance.span}: nothing to allow here for {allowance.rule}"
            for allowance in allowances[path]
            if allowance.span not in used
        ]
    return Suppressed(tuple(kept), tuple(exempted), tuple(problems), tuple(sorted(set(notices))))


def _match(finding: Finding, allowances: Iterable[Allowance]) -> Allowance | None:
    for allowance in allowances:
        if allowance.rule == finding.rule and finding.span.line in allowance.lines:
            return allowance
    return None


def _allowances(
    source: Source, rules: Mapping[str, str], problems: list[Problem]
) -> Iterable[Allowance]:
    for loose in _LOOSE.finditer(source.text):
        found = _COMMENT.match(source.text, loose.start())
        span = Span(source, loose.start(), loose.end())
        because = (found["quoted"] or found["because"] or "").strip() if found is not None else ""
        if found is None or not found["until"] or not because:
            problems.append(
                Problem(
                    "allow-comment",
                    "an allowance needs a rule, `until YYYY-MM-DD` and `because`",
                    span,
                    Severity.WARNING,
                    'write `# plumb:allow RULE until 2027-01-31 because "..."`',
                )
            )
            continue
        rule = rules.get(found["rule"])
        if rule is None:
            message = f"there is no rule `{found['rule']}`"
            problems.append(Problem("allow-comment", message, span, Severity.WARNING))
            continue
        yield Allowance(rule, found["until"], because, span, _lines(source, loose.start()))


def _lines(source: Source, at: int) -> frozenset[int]:
    """The comment's own line; if it stands alone, the next line that is no comment."""
    line = source.line_of(at)
    before = source.text[source.line_starts[line - 1] : at]
    if before.strip():
        return frozenset((line,))
    following = line + 1
    while following <= len(source.line_starts):
        text = source.line_text(following).strip()
        if text and not text.startswith(("#", "//", "<!--")):
            break
        following += 1
    # A list item or block whose finding points at its second line is meant as well.
    return frozenset((line, following, following + 1))
