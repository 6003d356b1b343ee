"""Concise: one line a finding, for grep, editors and scripts."""

from __future__ import annotations

from collections import Counter

from plumbrule.finding import Report
from plumbrule.reports import Options
from plumbrule.reports.mask import mask_of, shown_place
from plumbrule.reports.paint import Paint, count_of
from plumbrule_parsers.document import Completeness


def render(report: Report, options: Options) -> str:
    """`path:line:column: severity[rule] message` lines: findings, reviews, problems, one sum.

    Reviews say `review[rule]`, problems `error[code]` or `warning[code]`. The last line begins
    with `plumbrule:` and counts everything, so that an empty listing is not mistaken for a pass.
    """
    mask, paint = mask_of(report), Paint(options.color)
    lines = [
        f"{shown_place(one.span, options.base)}: {paint(one.severity, one.severity)}"
        f"[{one.rule}] {mask.text(one.message)}"
        + (f" ({mask.text(one.only_in)})" if one.only_in else "")
        for one in report.findings
    ]
    for review in report.reviews:
        whys = "; ".join(dict.fromkeys(mask.text(cause.why) for cause in review.causes))
        lines.append(
            f"{shown_place(review.span, options.base)}: {paint('undecided', 'review')}"
            f"[{review.rule}] {mask.text(review.subject_label)} is undecided"
            + (f" because of {whys}" if whys else "")
        )
    for problem in report.problems:
        word = problem.severity.value
        lines.append(
            f"{shown_place(problem.span, options.base)}: {paint(word, word)}"
            f"[{problem.code}] {mask.text(problem.message)}"
        )
    lines.append(summary(report))
    return "\n".join(lines) + "\n"


def summary(report: Report) -> str:
    """One line with the numbers of everything."""
    states = Counter(state.completeness for state in report.files)
    files = ", ".join(f"{states[state]:,} {state.value}" for state in Completeness)
    return (
        f"plumbrule: {count_of(len(report.findings), 'finding')}, "
        f"{len(report.reviews):,} undecided, {len(report.exempted):,} exempted, "
        f"{count_of(len(report.problems), 'problem')}; "
        f"files: {files}"
    )
