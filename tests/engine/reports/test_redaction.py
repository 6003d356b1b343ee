"""No report shows a secret whole, wherever it stands."""

from __future__ import annotations

import string
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plumbrule.finding import Cause, Exempted, Finding, RelatedSpan, Report, Review, RuleInfo
from plumbrule.redact import cut_out, literal_ranges, secret_ranges
from plumbrule.reports import REPORTS, Options, render
from plumbrule.reports.mask import mask_of
from plumbrule_parsers.document import Problem
from plumbrule_parsers.source import Source

RULE = RuleInfo("tf.secret", "Secret", "critical", "high", "Bad.", "Move it.", ("secrets",), ())
EMPTY = Report(".", (), (), (), (), (), (), (RULE,))
PROFILES = ("github", "full")


def everywhere(secret: str, line: str, *, tagged: bool) -> Report:
    """A report that could give the secret away in its message, its lines, its notes, its causes."""
    source = Source("f.tf", f"first = 1\n{line}\nlast = 2 # {secret}\n")
    start = source.text.index(line)
    span = source.span(start, start + len(line))
    again = source.span(source.text.index("last"), source.text.index("last") + 4)
    rule = "tf.secret" if tagged else "tf.other"
    finding = Finding(rule, "high", "high", "f.tf#x", "x", f"has {secret}", span,
                      (RelatedSpan(again, f"again {secret}"),), (RelatedSpan(span, secret),),
                      "a" * 32, f"x == {secret}")  # fmt: skip
    review = Review(rule, "high", "f.tf#x", "x", span, (Cause(secret, f"not {secret}", again),))
    problem = Problem("odd", f"cannot read {secret}", again, hint=f"remove {secret}")
    return replace(
        EMPTY, findings=(finding,), reviews=(review,), exempted=(Exempted(finding, secret),),
        problems=(problem,), notices=(f"of {secret}",),
    )  # fmt: skip


def texts(report: Report) -> list[str]:
    return [
        render(name, report, Options(width=width, verbose=True, sarif_profile=profile))
        for name in REPORTS for profile in PROFILES for width in (40, 200)
    ]  # fmt: skip


@given(st.text(string.ascii_letters + string.digits + "!%#", min_size=8, max_size=40))
def test_law_the_literal_that_a_secrets_rule_points_at_is_shown_nowhere(tail: str) -> None:
    secret = "q7!" + tail  # else it might be a word that every report holds
    report = everywhere(secret, f'  default = "{secret}"', tagged=True)
    assert not any(secret in text for text in texts(report))


@pytest.mark.parametrize(
    "secret",
    [
        "AKIA" + "EXAMPLE" * 2 + "AB",
        "ghp_" + "Example1" * 4 + "wxyz",
        "glpat-" + "example-" * 2 + "1234",
        "".join(f"{letter}{place % 10}" for place, letter in enumerate(string.ascii_letters[:20])),
    ],
)
def test_known_credentials_are_hidden_without_any_rule(secret: str) -> None:
    report = everywhere(secret, f"thing = {secret}", tagged=False)
    assert not any(secret in text for text in texts(report))


@pytest.mark.parametrize(
    ("line", "before", "shown"),
    [
        ('password = "letmein-pretty-please"', "", 'password = "letm…"'),
        ("dbPassword: letmein-pretty-please", "", "dbPassword: letm…"),
        ('  "api_key": "letmein-pretty-please",', "", '  "api_key": "letm…",'),
        ("ENV API_TOKEN letmein-pretty-please", "", "ENV API_TOKEN letm…"),
        ("mysql --password letmein-pretty-please -h db", "", "mysql --password letm… -h db"),
        ("url: postgres://me:letmein-pretty-please@db/x", "", "url: postgres://me:letm…@db/x"),
        ("Authorization: Bearer letmein-pretty-please", "", "Authorization: Bearer letm…"),
        ("  value: letmein-pretty-please", "- name: DB_PASSWORD", "  value: letm…"),
        ("{name: PASSWORD, value: letmein-pretty-please}", "", "{name: PASSWORD, value: letm…}"),
        ("  value: plain-words", "- name: REGION", "  value: plain-words"),
        ("password = var.db_password", "", "password = var.db_password"),
        ("token: ${{ secrets.DEPLOY_TOKEN }}", "", "token: ${{ secrets.DEPLOY_TOKEN }}"),
        ("automountServiceAccountToken: false", "", "automountServiceAccountToken: false"),
        ("secretName: web-tls", "", "secretName: web-tls"),
        ("uses: actions/checkout@" + "0123456789abcdef" * 2 + "01234567", "",
         "uses: actions/checkout@" + "0123456789abcdef" * 2 + "01234567"),
    ],
)  # fmt: skip
def test_a_line_hides_values_of_names_that_speak_of_secrets(
    line: str, before: str, shown: str
) -> None:
    assert cut_out(line, secret_ranges(line, before)) == shown


@pytest.mark.parametrize(
    ("entry", "shown"),
    [
        ('default = "letmein-pretty-please"', 'default = "letm…"'),
        ('"default": "letmein-pretty-please"', '"default": "letm…"'),
        ("letmein-pretty-please", "letm…"),
        ("data: |\n  letmein-pretty-please\n  letmein-again", "data: …\n  letm…\n  let…"),
    ],
)
def test_an_entry_keeps_its_key_and_hides_its_value(entry: str, shown: str) -> None:
    assert cut_out(entry, literal_ranges(entry)) == shown


def test_the_lines_of_a_private_key_are_hidden() -> None:
    lines = [
        "-----BEGIN " + "PRIVATE KEY-----",
        "bm90IGEga2V5",
        "c2hvcnQ=",
        "-----END PRIVATE KEY-----",
    ]
    source = Source("id.pem", "\n".join(lines))
    for line in lines[1:3]:
        start = source.text.index(line)
        finding = Finding(
            "a.b", "low", "high", "s", "s", "m", source.span(start, start + len(line))
        )
        assert line not in render("full", replace(EMPTY, findings=(finding,)), Options())


@given(st.text(max_size=200), st.text(max_size=80))
def test_law_ranges_are_sorted_apart_and_inside(line: str, before: str) -> None:
    last = -1
    for start, end in secret_ranges(line, before):
        assert last < start < end <= len(line)
        last = end


def test_an_ordinary_word_is_hidden_only_where_it_is_the_password() -> None:
    """The password `argocd` once hid the name of every object of that chart."""
    source = Source("values.yaml", "redis:\n  password: argocd\n")
    at = source.span(source.text.index("password"), len(source.text) - 1)
    rule = RuleInfo("a.b", "t", "high", "high", "", "", ("secrets",), ())
    finding = Finding("a.b", "high", "high", "x", "release-argocd", "m", at)
    report = Report(".", (finding,), (), (), (), (), (), (rule,))
    mask = mask_of(report)
    assert mask.text("Deployment release-argocd") == "Deployment release-argocd"
    assert mask.line(source, 2) == ((12, 18),)


@pytest.mark.parametrize(
    "line",
    [
        "Secret quobyte-admin-secret holds password in the clear",
        "copy my-token file", "the api-key header", "see a--password note",
    ],
)  # fmt: skip
def test_the_end_of_a_word_is_no_flag(line: str) -> None:
    assert secret_ranges(line) == ()


def test_a_flag_is_one_wherever_it_stands() -> None:
    for before in ("app ", "", "'", "(", "\t"):
        line = f"{before}--admin-secret s3same-0pen-1"
        assert [line[start:end] for start, end in secret_ranges(line)] == ["s3same-0pen-1"]
