"""SARIF: version 2.1.0 as GitHub code scanning reads it, and whole for other readers."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import quote

from plumbrule.finding import SEVERITIES, Exempted, Finding, Report, Review
from plumbrule.reports import Options
from plumbrule.reports.lay_out import lay_out
from plumbrule.reports.line_hash import line_hashes
from plumbrule.reports.mask import Mask, mask_of, shown_path
from plumbrule.reports.sarif_fixes import fix_data
from plumbrule.reports.sarif_rules import (
    CWE_LIST,
    LEVELS,
    Rules,
    notification_kinds,
    weaknesses,
)
from plumbrule.version import __version__
from plumbrule_parsers.document import Problem
from plumbrule_parsers.packed_path import file_on_disk
from plumbrule_parsers.source import Source, Span

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
# GitHub shows 5,000 results of an upload, and 100 locations and 1,000 path steps of a result.
_MOST_RESULTS, _MOST_RELATED, _MOST_STEPS = 5_000, 100, 1_000
_LINK = re.compile(r"\[(?=[^\]]*\]\()")
_DRIVE = re.compile(r"^[A-Za-z]:(?=/)")

Data = dict[str, object]


def render(report: Report, options: Options) -> str:
    """One run. `github` leaves out what code scanning would show wrongly; `full` keeps it.

    Left out by `github`: exempted findings (they would be open alerts), undecided checks (there is
    no such thing there; they are counted), and results beyond the worst 5,000.
    """
    whole = options.sarif_profile == "full"
    findings = report.findings if whole else _worst(report.findings)
    exempted = report.exempted if whole else ()
    reviews = report.reviews if whole else ()
    rules = Rules(report.rules)
    to = _Results(mask_of(report), options.base, rules)
    to.prepare([*findings, *(one.finding for one in exempted), *reviews])
    results = [to.finding(one) for one in findings]
    results += [to.exempted(one) for one in exempted]
    results += [to.review(one) for one in reviews]
    cut = len(report.findings) - len(findings)
    invocation = {
        "executionSuccessful": not report.incomplete,
        "toolExecutionNotifications": [to.problem(one) for one in report.problems]
        + ([_cut_notice(len(findings), cut)] if cut else []),
        "properties": {
            "reviews": len(report.reviews),
            "exempted": len(report.exempted),
            "findings": len(report.findings),
        },
    }
    kinds = notification_kinds({one.code for one in report.problems}, cut=cut > 0)
    driver: Data = {
        "name": "plumbrule",
        "semanticVersion": __version__,
        "version": __version__,
        "rules": rules.descriptors(),
    }
    if kinds:
        driver["notifications"] = kinds
    run: Data = {
        "tool": {"driver": driver},
        "automationDetails": {"id": category(report, options)},
        "columnKind": "unicodeCodePoints",
        "invocations": [invocation],
        "results": results,
    }
    taxa = weaknesses(report.rules)
    if taxa:
        driver["supportedTaxonomies"] = [{"name": CWE_LIST, "index": 0}]
        run["taxonomies"] = [taxa]
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return lay_out(log, frozenset({"runs"})) + "\n"


def category(report: Report, options: Options) -> str:
    """What tells this upload from others of the repository: the given name, or the scanned folder.

    It ends in a slash, because code scanning takes what follows the last one for a run's number.
    """
    if options.category:
        return options.category.rstrip("/") + "/"
    root = report.root.strip()
    if root in ("", ".") or root.startswith(("/", "..", "~")) or "," in root or ":" in root:
        return "plumbrule/"
    return f"plumbrule/{shown_path(root, '.').strip('/')}/"


def uri(path: str, base: str) -> str:
    """The path as a relative, percent-encoded URI; never absolute, never above its base."""
    parts = [part for part in _DRIVE.sub("", shown_path(path, base)).split("/") if part != "."]
    while parts and parts[0] in ("", ".."):
        parts.pop(0)
    return "/".join(quote(part, safe="~!$'()+@", errors="surrogatepass") for part in parts)


def _worst(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """The worst 5,000, still by place."""
    if len(findings) <= _MOST_RESULTS:
        return findings
    order = sorted(range(len(findings)), key=lambda n: -SEVERITIES.index(findings[n].severity))
    return tuple(findings[number] for number in sorted(order[:_MOST_RESULTS]))


def _cut_notice(kept: int, cut: int) -> Data:
    text = f"The worst {kept:,} results are listed; {cut:,} more were left out."
    return {"level": "warning", "message": {"text": text}, "descriptor": {"id": "results-cut"}}


class _Results:
    """The results of one run, all with the same mask, base, rules and line hashes."""

    __slots__ = ("_base", "_hashes", "_mask", "_rules", "_uris")

    def __init__(self, mask: Mask, base: str, rules: Rules) -> None:
        self._mask = mask
        self._base = base
        self._rules = rules
        self._hashes: dict[Source, dict[int, str]] = {}
        self._uris: dict[str, str] = {}

    def prepare(self, told: Iterable[Finding | Review]) -> None:
        """Compute the line hashes of every place at once: one pass a file."""
        lines: dict[Source, set[int]] = {}
        for one in told:
            lines.setdefault(one.span.source, set()).add(one.span.line)
        self._hashes = {source: line_hashes(source.text, own) for source, own in lines.items()}

    def _uri(self, path: str) -> str:
        found = self._uris.get(path)
        if found is None:
            found = self._uris[path] = uri(path, self._base)
        return found

    def _physical(self, span: Span) -> Data:
        # A block is shown by its head: code scanning wants all its lines in a pull request's diff.
        head = span.first_line
        line, column = head.source.position(head.start)
        path, inside = file_on_disk(head.source.path)
        found = self._uri(path)
        if inside:  # what is committed is the packed file; lines are those of a file in it
            return {"artifactLocation": {"uri": found}, "region": {"startLine": 1}}
        return {
            "artifactLocation": {"uri": found},
            "region": {
                "startLine": line,
                "startColumn": column,
                "endLine": line,
                "endColumn": column + head.end - head.start,
            },
        }

    def _location(self, span: Span, note: str = "", number: int = 0) -> Data:
        location: Data = {"physicalLocation": self._physical(span)}
        text = self._plain(note)
        inside = file_on_disk(span.source.path)[1]
        if inside:
            text = f"{text or 'packed'}: {self._plain(inside)}, line {span.line}"
        if text or number:  # a linked place must have words
            location["message"] = {"text": text or "here"}
        if number:
            location["id"] = number
        return location

    def _plain(self, text: str) -> str:
        """The text with nothing that a reader would take for a link."""
        return _LINK.sub(r"\\[", self._mask.text(text))

    def _result(self, one: Finding | Review, text: str, level: str) -> Data:
        mark = self._hashes[one.span.source].get(one.span.line)
        result: Data = {
            "ruleId": one.rule,
            "ruleIndex": self._rules.index(one.rule, one.severity),
            "level": level,
            "message": {"text": text or one.rule},
            "locations": [
                {
                    **self._location(one.span),
                    "logicalLocations": [
                        {
                            "fullyQualifiedName": self._mask.text(one.subject),
                            "name": self._mask.text(one.subject_label),
                        }
                    ],
                }
            ],
            "partialFingerprints": {"primaryLocationLineHash": mark} if mark else {},
        }
        return result

    def finding(self, one: Finding) -> Data:
        text = self._plain(one.message)
        if one.only_if.strip():
            text += f" (only if {self._plain(one.only_if)})"
        if one.only_in:
            text += f" (in {self._plain(one.only_in)})"
        related = one.related[:_MOST_RELATED]
        links = [
            f"[{self._words(spot.note) or 'here'}]({number})"
            for number, spot in enumerate(related, 1)
        ]
        if links:
            text += f" (see {', '.join(links)})"
        result = self._result(one, text, LEVELS[one.severity])
        if one.fingerprint:
            prints = dict.fromkeys(["plumbrule/v1"], one.fingerprint)
            result["partialFingerprints"] = {**_dict(result["partialFingerprints"]), **prints}
        if related:
            result["relatedLocations"] = [
                self._location(spot.span, spot.note, number)
                for number, spot in enumerate(related, 1)
            ]
        if one.path:
            steps = [self._location(step.span, step.note) for step in one.path[: _MOST_STEPS - 1]]
            if one.path[-1].span != one.span:
                steps.append(self._location(one.span, one.message))
            flow = {"threadFlows": [{"locations": [{"location": step} for step in steps]}]}
            result["codeFlows"] = [flow]
        fix = fix_data(self._mask.fix(one.fix), self._uri)
        if fix is not None:
            result["fixes"] = [fix]
        result["properties"] = {
            "severity": one.severity, "confidence": one.confidence, "provenance": one.provenance,
        }  # fmt: skip
        return result

    def _words(self, note: str) -> str:
        """A note as the words of a link."""
        return re.sub(r"([\\\[\]])", r"\\\1", self._mask.text(note))

    def exempted(self, one: Exempted) -> Data:
        terms = (
            f"{f' by {one.owner}' if one.owner else ''}{f' until {one.until}' if one.until else ''}"
        )
        why = f"{self._mask.text(one.because) or 'no reason was given'}{terms}"
        # A comment beside the code names no owner; an exemption among the rules does.
        kind = "external" if one.owner else "inSource"
        return {
            **self.finding(one.finding),
            "suppressions": [{"kind": kind, "status": "accepted", "justification": why}],
        }

    def review(self, one: Review) -> Data:
        whys = "; ".join(dict.fromkeys(self._plain(cause.why) for cause in one.causes))
        text = f"{self._plain(one.subject_label)} is undecided"
        result = self._result(one, f"{text} because of {whys}" if whys else text, "none")
        result["kind"] = "review"
        places = [cause for cause in one.causes if cause.span is not None][:_MOST_RELATED]
        if places:
            result["relatedLocations"] = [
                self._location(cause.span, cause.why, number)
                for number, cause in enumerate(places, 1)
                if cause.span is not None
            ]
        return result

    def problem(self, one: Problem) -> Data:
        text = self._plain(one.message) + (f" ({self._plain(one.hint)})" if one.hint else "")
        return {
            "level": one.severity.value,
            "message": {"text": text or one.code},
            "descriptor": {"id": one.code},
            "locations": [self._location(one.span)],
        }


def _dict(value: object) -> dict[str, object]:
    assert isinstance(value, dict)
    return value
