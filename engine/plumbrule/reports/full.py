"""Full: the report for a person at a terminal, as compilers speak."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from shlex import quote

from plumbrule.finding import Finding, Report, RuleInfo
from plumbrule.reports import Options
from plumbrule.reports.mask import mask_of, safe, shown_path, shown_place
from plumbrule.reports.paint import Paint, count_of, width_of, wrap
from plumbrule.reports.snippet import Mark, Page, snippet
from plumbrule.reports.tally import (
    CauseGroup,
    Reason,
    by_cause,
    by_severity,
    reasons,
    totals,
)
from plumbrule_parsers.document import Completeness, Problem

_MOST_CAUSES = 12
_MOST_PROBLEMS = 20
_MOST_REASONS = 10
_MOST_PATHS = 3
_MOST_NOTICES = 20
_NARROW = 40
_COMMAND = "look closer"
_PROVENANCE = {
    "vendored": "other people's code: one severity lower, and no reason to fail",
    "fixture": "test data or an example: one severity lower, and no reason to fail",
}


def render(report: Report, options: Options) -> str:
    """Findings by place, reviews by cause, problems, what was read, and the sums."""
    page = Page(mask_of(report), Paint(options.color), max(options.width, _NARROW), options.base)
    parts: list[list[str]] = []
    rules = {rule.id: rule for rule in report.rules}
    told: set[str] = set()
    for finding in report.findings:
        parts.append(_finding(finding, rules.get(finding.rule), page, told))
        if not options.verbose:  # the words of a rule are read once
            told.add(finding.rule)
    parts += _reviews(report, page, verbose=options.verbose)
    parts += _problems(report.problems, page, verbose=options.verbose)
    parts += _completeness(report, page, verbose=options.verbose)
    if options.verbose:
        parts += [_exempted(report, page), _table(report, page)]
    parts.append(_notices(report, page, verbose=options.verbose))
    parts.append(_summary(report, page))
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def _heading(style: str, word: str, code: str, message: str, page: Page) -> list[str]:
    """`high[rule.id]: message`; following lines stand under the message's first word."""
    head = f"{word}[{code}]" if code else word
    text = page.mask.text(message)
    indent = len(head) + 2
    if indent + width_of(text) <= page.width:
        rows = [text]
    else:
        indent = indent if page.width - indent >= 40 else 4
        first, *rest = wrap(text, page.width - len(head) - 2)
        rows = [first, *wrap(" ".join(rest), page.width - indent)]
    paint = page.paint
    return [
        f"{paint(style, head)}{paint('bold', ': ' + rows[0])}",
        *(" " * indent + paint("bold", row) for row in rows[1:]),
    ]


def _remarks(remarks: Iterable[tuple[str, str]], gutter: int, page: Page) -> list[str]:
    """`= word: text` lines under a snippet."""
    out: list[str] = []
    for word, text in remarks:
        lead = f"{' ' * gutter} {page.paint('frame', '=')} {page.paint('bold', word + ':')} "
        indent = gutter + len(word) + 5
        words = page.mask.text(text)
        # A command is copied in one piece, so the terminal may break its line, not we.
        rows = [words] if word == _COMMAND else wrap(words, max(page.width - indent, 20))
        out.append(lead + rows[0])
        out += [" " * indent + row for row in rows[1:]]
    return out


def _finding(finding: Finding, rule: RuleInfo | None, page: Page, told: set[str]) -> list[str]:
    label = finding.subject_label
    if label in finding.message or label.strip("`") in finding.span.text:
        label = ""  # it is there to read already
    marks = [Mark(finding.span, label, finding.severity, main=True)]
    marks += [Mark(one.span, one.note, "label") for one in finding.related]
    lines = _heading(finding.severity, finding.severity, finding.rule, finding.message, page)
    shown, gutter = snippet(marks, page)
    lines += shown
    lines += _path(finding, gutter, page)
    remarks: list[tuple[str, str]] = []
    if finding.only_if:
        remarks.append(("only if", finding.only_if))
    if finding.provenance != "authored":
        remarks.append(("provenance", _PROVENANCE[finding.provenance]))
    if finding.only_in:
        remarks.append(("in", finding.only_in))
    if finding.confidence and finding.confidence != "high":
        remarks.append(("confidence", finding.confidence))
    if rule is not None and finding.rule not in told:
        remarks += [("why", rule.why)] if rule.why else []
        remarks += [("fix", rule.remedy)] if rule.remedy else []
    if finding.fix is not None and finding.provenance == "authored":
        command = "plumb fix" if finding.fix.safe else "plumb fix --unsafe"
        remarks.append((command, finding.fix.title))
    if remarks:
        lines.append(f"{' ' * gutter} {page.paint('frame', '|')}")
    return lines + _remarks(remarks, gutter, page)


def _path(finding: Finding, gutter: int, page: Page) -> list[str]:
    if not finding.path:
        return []
    paint = page.paint
    frame = paint("frame", "|")
    lines = [f"{' ' * gutter} {frame}", f"{' ' * gutter} {frame} {paint('bold', 'path:')}"]
    digits = len(str(len(finding.path)))
    for number, step in enumerate(finding.path, 1):
        place = shown_place(step.span, page.base)
        lead = f"  {number:>{digits}}. {place}  "
        note = page.mask.text(step.note)
        room = page.width - gutter - 3
        if len(lead) + width_of(note) <= room:
            rows = [lead + paint("label", note)]
        else:
            below = " " * (digits + 4)
            rows = [lead, *(below + paint("label", row) for row in wrap(note, room - len(below)))]
        lines += [f"{' ' * gutter} {frame} {row}".rstrip() for row in rows]
    return lines


def _reviews(report: Report, page: Page, *, verbose: bool) -> list[list[str]]:
    """One block a cause: the same missing value often keeps many checks undecided."""
    if not report.reviews:
        return []
    groups = by_cause(report.reviews)
    shown = groups if verbose else groups[:_MOST_CAUSES]
    where = "" if report.root in ("", ".") else report.root  # several are joined by commas
    paths = "".join(f" {quote(path)}" for path in where.split(", ") if path)
    parts = [_cause(group, page, paths, verbose=verbose) for group in shown]
    if len(shown) < len(groups):
        left = count_of(len(groups) - len(shown), "more cause")
        parts.append([page.paint("dim", f"... and {left}; `--verbose` lists them")])
    return parts


def _cause(group: CauseGroup, page: Page, paths: str, *, verbose: bool) -> list[str]:
    cause, paint = group.cause, page.paint
    number = count_of(len(group.reviews), "check")
    lines = _heading("undecided", "undecided", "", f"{number} because of {cause.why}", page)
    gutter = 1
    if cause.span is not None:
        shown, gutter = snippet([Mark(cause.span, "", "undecided", main=True)], page)
        lines += shown
        lines.append(f"{' ' * gutter} {paint('frame', '|')}")
    rules = ", ".join(f"{rule} \N{MULTIPLICATION SIGN}{times}" for rule, times in group.rules)
    remarks = [("rules", rules)]
    if verbose:
        remarks += [
            ("check", f"{shown_place(one.span, page.base)} {one.rule} on {one.subject_label}")
            for one in group.reviews
        ]
    first = group.reviews[0]
    remarks.append((_COMMAND, f"plumb why {first.rule} {quote(first.subject)}{paths}"))
    return lines + _remarks(remarks, gutter, page)


def _problems(problems: tuple[Problem, ...], page: Page, *, verbose: bool) -> list[list[str]]:
    ordered = sorted(problems, key=lambda problem: problem.severity.value)  # errors first
    shown = ordered if verbose else ordered[:_MOST_PROBLEMS]
    parts: list[list[str]] = []
    for problem in shown:
        style = problem.severity.value
        lines = _heading(style, style, problem.code, problem.message, page)
        rows, gutter = snippet([Mark(problem.span, "", style, main=True)], page)
        lines += rows
        if problem.hint:
            lines.append(f"{' ' * gutter} {page.paint('frame', '|')}")
            lines += _remarks([("help", problem.hint)], gutter, page)
        parts.append(lines)
    if len(shown) < len(ordered):
        left = ordered[len(shown) :]
        counts = Counter(problem.code for problem in left)
        kinds = ", ".join(
            f"{code} \N{MULTIPLICATION SIGN}{times}"
            for code, times in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        )
        text = f"... and {count_of(len(left), 'more problem')} ({kinds}); `--verbose` lists them"
        parts.append([page.paint("dim", row) for row in wrap(text, page.width)])
    return parts


def _completeness(report: Report, page: Page, *, verbose: bool) -> list[list[str]]:
    """What was read, in one line, and every reason for what was not."""
    parts = []
    for state in (Completeness.PARTLY, Completeness.SKIPPED):
        found = reasons(report.files, state)
        if not found:
            continue
        number = count_of(sum(len(reason.paths) for reason in found), "file")
        lines = [page.paint("bold", f"{number} {state.value}")]
        shown = found if verbose else found[:_MOST_REASONS]
        digits = len(f"{len(found[0].paths):,}")
        for reason in shown:
            lines += _reason(reason, digits, page, verbose=verbose)
        if len(shown) < len(found):
            left = found[len(shown) :]
            files = count_of(sum(len(reason.paths) for reason in left), "file")
            text = f"  ... {files} for {count_of(len(left), 'more reason')}; `--verbose` lists them"
            lines.append(page.paint("dim", text))
        parts.append(lines)
    return parts


def _reason(reason: Reason, digits: int, page: Page, *, verbose: bool) -> list[str]:
    indent = " " * (digits + 4)
    rows = wrap(page.mask.text(reason.words), page.width - len(indent))
    lines = [f"  {len(reason.paths):>{digits},}  {rows[0]}", *(indent + row for row in rows[1:])]
    paths = [safe(shown_path(path, page.base)) for path in reason.paths]
    if verbose or len(paths) <= 1:
        return lines + [indent + page.paint("dim", path) for path in paths]
    some = ", ".join(paths[:_MOST_PATHS])
    if len(paths) > _MOST_PATHS:
        some += f" and {len(paths) - _MOST_PATHS:,} more"
    return lines + [indent + page.paint("dim", row) for row in wrap(some, page.width - len(indent))]


def _exempted(report: Report, page: Page) -> list[str]:
    """Violations that somebody took back, and why."""
    lines: list[str] = []
    for one in report.exempted:
        place = shown_place(one.finding.span, page.base)
        terms = (
            f"{f' by {one.owner}' if one.owner else ''}{f' until {one.until}' if one.until else ''}"
        )
        text = f"{place} is allowed{terms}: {one.because or 'no reason was given'}"
        lines += _heading("note", "exempted", one.finding.rule, text, page)
    return lines


def _table(report: Report, page: Page) -> list[str]:
    """How often each rule decided."""
    if not report.counts:
        return []
    width = max(len(one.rule) for one in report.counts)
    heads = ("found", "passed", "undecided", "exempt")
    lines = [page.paint("bold", f"{'rule':{width}}  " + "  ".join(f"{head:>9}" for head in heads))]
    for one in report.counts:
        numbers = (one.violations, one.passes, one.reviews, one.exempt)
        cells = "  ".join(f"{number:>9,}" for number in numbers)
        lines.append(f"{one.rule:{width}}  {cells}")
    return lines


def _notices(report: Report, page: Page, *, verbose: bool) -> list[str]:
    shown = report.notices if verbose else report.notices[:_MOST_NOTICES]
    lines: list[str] = []
    for notice in shown:
        lines += _heading("note", "note", "", notice, page)
    if len(shown) < len(report.notices):
        left = count_of(len(report.notices) - len(shown), "more note")
        lines.append(page.paint("dim", f"... and {left}; `--verbose` lists them"))
    return lines


def _summary(report: Report, page: Page) -> list[str]:
    paint, counts, sums = page.paint, by_severity(report), totals(report)
    states = Counter(state.completeness for state in report.files)
    files = [f"{states[Completeness.EVALUATED]:,} evaluated"]
    files += [
        f"{states[state]:,} {state.value}"
        for state in (Completeness.PARTLY, Completeness.SKIPPED)
        if states[state]
    ]
    found = [paint(severity, f"{number:,} {severity}") for severity, number in counts.items()
             if number]  # fmt: skip
    head = count_of(len(report.findings), "finding")
    decided = sums.violations + sums.passes
    checks = [f"{decided:,} decided", f"{sums.reviews:,} undecided"]
    checks += [f"{sums.exempt:,} exempted"] if sums.exempt else []
    rules = f"{sums.rules:,} evaluated"
    if sums.idle:
        rules += f", {sums.idle:,} of them met nothing to check"
    lines = [
        paint("bold", head) + (": " + ", ".join(found) if found else ""),
        paint("dim", "checks  ") + ", ".join(checks),
        paint("dim", "rules   ") + rules,
        paint("dim", "files   ") + ", ".join(files),
    ]
    if report.problems:
        errors = sum(problem.severity.value == "error" for problem in report.problems)
        words = [paint("error", count_of(errors, "error"))] if errors else []
        others = len(report.problems) - errors
        words += [paint("warning", count_of(others, "warning"))] if others else []
        note = "; the analysis is incomplete" if report.incomplete else ""
        lines.append(paint("dim", "reading ") + ", ".join(words) + note)
    return lines
