"""JSON: the whole report for programs, in a format of its own with a published schema."""

from __future__ import annotations

from collections.abc import Iterable

from plumbrule.finding import Cause, Finding, RelatedSpan, Report, Review, RuleCount
from plumbrule.reports import Options
from plumbrule.reports.lay_out import lay_out
from plumbrule.reports.mask import Mask, mask_of, shown_path
from plumbrule.reports.shape import VERSION
from plumbrule.reports.tally import by_cause, by_severity
from plumbrule.version import __version__
from plumbrule_parsers.source import Span

_NO_COUNTS = RuleCount("", 0, 0, 0, 0)


def render(report: Report, options: Options) -> str:
    """Everything that the report holds as `shape.SHAPES` lays it down; secrets are redacted."""
    return lay_out(as_data(report, options)) + "\n"


def as_data(report: Report, options: Options) -> dict[str, object]:
    """The report as dicts, lists and scalars."""
    to = _Data(mask_of(report), options.base)
    counts = {one.rule: one for one in report.counts}
    return {
        "version": VERSION,
        "tool": {"name": "plumbrule", "version": __version__},
        "root": report.root,
        "complete": not report.incomplete,
        "findings": [to.finding(one) for one in report.findings],
        "reviews": [to.review(one) for one in report.reviews],
        "causes": to.causes(report.reviews),
        "exempted": [
            {
                "finding": to.finding(one.finding),
                "because": to.text(one.because),
                "owner": to.text(one.owner),
                "until": one.until,
            }
            for one in report.exempted
        ],
        "problems": [
            {
                "code": one.code,
                "severity": one.severity.value,
                "message": to.text(one.message),
                "hint": to.text(one.hint),
                "place": to.place(one.span),
            }
            for one in report.problems
        ],
        "files": [
            {
                "path": shown_path(one.path, options.base),
                "format": one.format,
                "state": one.completeness.value,
                "because": to.text(one.because),
            }
            for one in report.files
        ],
        "rules": [
            {
                "id": one.id,
                "title": one.title,
                "severity": one.severity,
                "confidence": one.confidence,
                "why": one.why,
                "remedy": one.remedy,
                "tags": list(one.tags),
                "refs": list(one.refs),
                "counts": _counts(counts.get(one.id, _NO_COUNTS)),
            }
            for one in report.rules
        ],
        "severities": by_severity(report),
        "statistics": dict(report.statistics),
        "notices": [to.text(notice) for notice in report.notices],
    }


def _counts(one: RuleCount) -> dict[str, int]:
    return {
        "violations": one.violations,
        "passes": one.passes,
        "reviews": one.reviews,
        "exempt": one.exempt,
    }


class _Data:
    """The parts of one report as data, all with the same mask and base."""

    __slots__ = ("_base", "_mask", "text")

    def __init__(self, mask: Mask, base: str) -> None:
        self._mask = mask
        self._base = base
        self.text = mask.text

    def place(self, span: Span) -> dict[str, object]:
        line, column = span.source.position(span.start)
        end_line, end_column = span.source.position(span.end)
        return {
            "path": shown_path(span.path, self._base),
            "line": line,
            "column": column,
            "end_line": end_line,
            "end_column": end_column,
        }

    def notes(self, related: Iterable[RelatedSpan]) -> list[dict[str, object]]:
        return [{"place": self.place(one.span), "note": self.text(one.note)} for one in related]

    def finding(self, one: Finding) -> dict[str, object]:
        data: dict[str, object] = {
            "rule": one.rule,
            "severity": one.severity,
            "confidence": one.confidence,
            "subject": self.text(one.subject),
            "subject_label": self.text(one.subject_label),
            "message": self.text(one.message),
            "place": self.place(one.span),
            "related": self.notes(one.related),
            "path": self.notes(one.path),
            "fingerprint": one.fingerprint,
            "only_if": self.text(one.only_if),
            "environments": list(one.environments),
            "units": [self.text(name) for name in one.units],
            "provenance": one.provenance,
        }
        fix = self._mask.fix(one.fix)
        if fix is not None:
            data["fix"] = {
                "title": self.text(fix.title),
                "safe": fix.safe,
                "edits": [
                    {"place": self.place(edit.span), "text": edit.text} for edit in fix.edits
                ],
            }
        return data

    def review(self, one: Review) -> dict[str, object]:
        return {
            "rule": one.rule,
            "severity": one.severity,
            "subject": self.text(one.subject),
            "subject_label": self.text(one.subject_label),
            "place": self.place(one.span),
            "causes": [self.text(cause.key) for cause in one.causes],
        }

    def causes(self, reviews: Iterable[Review]) -> list[dict[str, object]]:
        groups = by_cause(review for review in reviews if review.causes)
        return [
            self._cause(group.cause, len(group.reviews))
            for group in sorted(groups, key=lambda group: group.cause.key)
        ]

    def _cause(self, cause: Cause, reviews: int) -> dict[str, object]:
        data: dict[str, object] = {
            "key": self.text(cause.key), "why": self.text(cause.why), "reviews": reviews,
        }  # fmt: skip
        if cause.span is not None:
            data["place"] = self.place(cause.span)
        return data
