"""What a person at a terminal may rely on."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plumbrule.finding import FileState, Finding, Report, Review
from plumbrule.reports import Options, render
from plumbrule.reports.mask import mask_of
from plumbrule.reports.paint import Paint, width_of, wrap
from plumbrule.reports.snippet import Mark, Page, snippet
from plumbrule_parsers.document import Completeness, Problem, Severity
from plumbrule_parsers.source import Source

EMPTY = Report(".", (), (), (), (), (), (), ())
SHOW = Page(mask_of(EMPTY), Paint(on=False), 80, "")


def test_colour_only_paints(report: Report) -> None:
    plain = render("full", report, Options(width=80))
    painted = render("full", report, Options(width=80, color=True))
    assert painted != plain
    assert re.sub(r"\x1b\[[\d;]*m", "", painted) == plain


def test_severity_is_always_a_word(report: Report) -> None:
    text = render("full", report, Options())
    for finding in report.findings:
        assert f"{finding.severity}[{finding.rule}]: " in text


def test_words_of_a_rule_are_said_once_unless_asked_for(report: Report) -> None:
    assert render("full", report, Options()).count("Nobody reads it.") == 1
    assert render("full", report, Options(verbose=True)).count("Nobody reads it.") == 2


def test_a_cause_is_one_block_for_all_its_reviews(report: Report) -> None:
    text = render("full", report, Options())
    assert text.count("because of expression: var.x") == 1
    assert "2 checks because of expression: var.x" in text


def test_thousands_of_skipped_files_take_few_lines_but_none_is_hidden_from_verbose() -> None:
    files = tuple(
        FileState(f"docs/{number}.md", "", Completeness.SKIPPED, f"line {number}: `x{number}`")
        for number in range(3000)
    )
    made = replace(EMPTY, files=files)
    short = render("full", made, Options())
    assert len(short.splitlines()) < 12
    assert "3,000 files skipped" in short
    whole = render("full", made, Options(verbose=True))
    assert all(state.path in whole for state in files)


def test_hundreds_of_problems_and_causes_are_counted_and_verbose_lists_them(report: Report) -> None:
    span = report.findings[0].span
    problems = tuple(
        Problem("odd", f"problem number {n};", span, Severity.ERROR) for n in range(300)
    )
    made = replace(report, problems=problems)
    text = render("full", made, Options())
    assert "280 more problems (odd \N{MULTIPLICATION SIGN}280)" in text
    assert text.count("problem number") < 30
    assert render("full", made, Options(verbose=True)).count("problem number") == 300


def test_nothing_found_still_says_what_was_done() -> None:
    text = render("full", EMPTY, Options())
    assert "0 findings" in text
    assert "0 decided, 0 undecided" in text


def test_controls_of_a_file_do_not_reach_the_terminal(report: Report) -> None:
    source = Source("a\x1b[31m.yaml", "key: \x1b]0;owned\x07\u202evalue\n")
    finding = replace(report.findings[1], span=source.span(0, 3), message="odd \x1b[2J\u202e\nrow")
    for name in ("full", "concise"):
        text = render(name, replace(EMPTY, findings=(finding,)), Options())
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f\u202e]", text)


@pytest.mark.parametrize(
    ("text", "marked", "rows"),
    [
        ("a: b", "b", ["1 | a: b", "  |    ^"]),
        ("日本: b", "b", ["1 | 日本: b", "  |       ^"]),
        ("日本: 東京", "東京", ["1 | 日本: 東京", "  |       ^^^^"]),
        ("\ta\tb", "b", ["1 |     a   b", "  |         ^"]),
        ("e\u0301: b", "b", ["1 | e\u0301: b", "  |    ^"]),
        ("token: 0123456789abcdef", "0123456789abcdef", ["1 | token: 0123…", "  |        ^^^^^"]),
        ("a: b  ", "b  ", ["1 | a: b", "  |    ^"]),
        ("a: b\n c: d", "b\n c: d", ["1 | a: b", "  |    ^"]),
    ],
)
def test_marks_stand_under_what_they_mark(text: str, marked: str, rows: list[str]) -> None:
    source = Source("f", text)
    start = text.index(marked)
    lines, _gutter = snippet(
        [Mark(source.span(start, start + len(marked)), "", "info", main=True)], SHOW
    )
    assert lines[2:] == rows


@given(
    st.text("ab 日\t\u0301é-", max_size=300), st.integers(0, 300), st.integers(0, 300),
    st.integers(40, 120),
)  # fmt: skip
def test_law_a_snippet_keeps_to_the_width_and_its_marks_to_the_text(
    text: str, start: int, size: int, width: int
) -> None:
    source = Source("f", text)
    start = min(start, len(text))
    span = source.span(start, min(start + size, len(text)))
    lines, _gutter = snippet([Mark(span, "", "info", main=True)], replace(SHOW, width=width))
    assert all(width_of(line.expandtabs(1)) <= width for line in lines[1:])
    if text:
        carets = lines[-1].rpartition("| ")[2]
        assert set(carets.strip()) == {"^"}


@given(st.text("ab 日", max_size=60), st.integers(1, 30))
def test_law_wrapping_keeps_every_word(text: str, width: int) -> None:
    assert " ".join(wrap(text, width)).split() == text.split()


def test_places_lead_from_where_the_reader_stands(report: Report) -> None:
    concise = render("concise", report, Options(base="../infra"))
    assert concise.startswith("../infra/deploy files/web.yaml:2:7: high[k8s.open_door] ")


def test_concise_keeps_one_line_an_entry(report: Report) -> None:
    lines = render("concise", report, Options()).splitlines()
    entries = (*report.findings, *report.reviews, *report.problems)
    assert len(lines) == len(entries) + 1
    shape = re.compile(
        r".+:\d+:\d+: (critical|high|medium|low|info|review|error|warning)\[[\w.-]+\] ."
    )
    assert all(shape.match(line) for line in lines[:-1])
    assert lines[-1].startswith("plumbrule: 4 findings, 2 undecided, 2 exempted, 2 problems; ")


def test_findings_and_reviews_of_unknown_rules_are_shown_all_the_same(report: Report) -> None:
    finding: Finding = replace(report.findings[0], rule="my.own")
    review: Review = replace(report.reviews[0], rule="my.own", causes=())
    made = replace(EMPTY, findings=(finding,), reviews=(review,))
    for name in ("full", "concise", "json", "sarif"):
        assert "my.own" in render(name, made, Options(sarif_profile="full"))
