"""Finding, Review and Report: what a run has to say."""

from __future__ import annotations

from dataclasses import dataclass, field

from plumbrule_parsers.document import Completeness, Problem, Severity
from plumbrule_parsers.source import Source, Span
from plumbrule_parsers.text_edits.edit import TextEdit

MOST_NAMES = 3  # units that a listing names
LEVELS = ("default", "strict", "audit")  # what can be acted on, opinions, aids for a review
SEVERITIES = ("info", "low", "medium", "high", "critical")


@dataclass(frozen=True, slots=True)
class RelatedSpan:
    """A place that explains a finding; `note` says what stands there."""

    span: Span
    note: str


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a verdict is undecided: one unknown, or one hole, with its place where there is one.

    `key` is equal for equal causes; reviews are grouped by it. `why` completes "because of ...".
    """

    key: str
    why: str
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Fix:
    """Edits that mend a finding. A safe one may be applied unattended."""

    title: str
    safe: bool
    edits: tuple[TextEdit, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """A violation. `path` is the bound path as steps; `only_if` a condition of its subject.

    `fingerprint` is 32 hex digits of rule, subject and report field: stable under moved lines.
    A subject that several units resolve is judged in each. `units` names those in which the
    finding holds and `environments` theirs, where they tell it from the others; empty means all.
    `provenance` is "authored", "vendored" (other people's code) or "fixture" (test data, examples):
    only what is authored fails a run.
    """

    rule: str
    severity: str
    confidence: str
    subject: str  # address
    subject_label: str
    message: str
    span: Span
    related: tuple[RelatedSpan, ...] = ()
    path: tuple[RelatedSpan, ...] = ()
    fingerprint: str = ""
    only_if: str = ""
    environments: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    provenance: str = "authored"
    fix: Fix | None = None

    @property
    def only_in(self) -> str:
        """Where alone it holds, in words ("prod only"), "" if everywhere."""
        names = self.environments or self.units
        if not names:
            return ""
        if len(names) > MOST_NAMES:
            return f"{', '.join(names[:MOST_NAMES])} and {len(names) - MOST_NAMES} more only"
        return f"{', '.join(names)} only"

    def sort_key(self) -> tuple[str, int, int, str, str]:
        """Place, then rule, then subject: the order of every listing."""
        return (*self.span.sort_key(), self.rule, self.subject)


@dataclass(frozen=True, slots=True)
class Review:
    """An undecided verdict with its causes."""

    rule: str
    severity: str
    subject: str
    subject_label: str
    span: Span
    causes: tuple[Cause, ...]

    def sort_key(self) -> tuple[str, int, int, str, str]:
        """Place, then rule, then subject."""
        return (*self.span.sort_key(), self.rule, self.subject)


@dataclass(frozen=True, slots=True)
class Exempted:
    """A violation that an exemption or a comment takes back, and why."""

    finding: Finding
    because: str
    owner: str = ""
    until: str = ""


@dataclass(frozen=True, slots=True)
class RuleCount:
    """How often a rule decided: the summary never hides the undecided."""

    rule: str
    violations: int
    passes: int
    reviews: int
    exempt: int


@dataclass(frozen=True, slots=True)
class FileState:
    """How far one file was understood; `because` is empty if wholly."""

    path: str
    format: str  # "" if no format claimed it
    completeness: Completeness
    because: str = ""


@dataclass(frozen=True, slots=True)
class RuleInfo:
    """The words of a rule, as reports need them."""

    id: str
    title: str
    severity: str
    confidence: str
    why: str
    remedy: str
    tags: tuple[str, ...]
    refs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """One run's whole result, sorted; two runs over the same input are equal byte for byte."""

    root: str  # as given by the user
    findings: tuple[Finding, ...]
    reviews: tuple[Review, ...]
    exempted: tuple[Exempted, ...]
    problems: tuple[Problem, ...]
    files: tuple[FileState, ...]
    counts: tuple[RuleCount, ...]
    rules: tuple[RuleInfo, ...]
    statistics: dict[str, int] = field(default_factory=dict)  # files, nodes, edges by certainty
    notices: tuple[str, ...] = ()  # exemptions and allowances that are unused or expired
    sources: dict[str, Source] = field(default_factory=dict)  # sources that spans point into

    @property
    def incomplete(self) -> bool:
        """True if something that should have been read was lost."""
        return any(problem.severity is Severity.ERROR for problem in self.problems)
