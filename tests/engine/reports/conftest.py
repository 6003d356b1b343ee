"""One small report in memory that holds one of everything."""

from __future__ import annotations

import pytest

from plumbrule.finding import (
    Cause,
    Exempted,
    FileState,
    Finding,
    Fix,
    RelatedSpan,
    Report,
    Review,
    RuleCount,
    RuleInfo,
)  # fmt: skip
from plumbrule_parsers.document import Completeness, Problem, Severity
from plumbrule_parsers.source import Source, Span
from plumbrule_parsers.text_edits.edit import TextEdit

SECRET = "not-a-real-" + "passphrase"
WEB = Source(
    "deploy files/web.yaml",
    "kind: Service\n"
    "name: 店舗  # wide\n"
    "\tkey:\tvalue\t# tabs\n"
    "long: " + "x" * 200 + " needle " + "y" * 200 + "\n"
    "selector:\n  app: web\n",
)
VARIABLES = Source(
    "variables.tf",
    f'variable "db_password" {{\n  default = "{SECRET}"\n}}\noutput "x" {{ value = "{SECRET}" }}\n',
)


def at(source: Source, words: str) -> Span:
    start = source.text.index(words)
    return source.span(start, start + len(words))


def make_report() -> Report:
    rules = (
        RuleInfo("k8s.odd_key", "Odd key", "low", "medium", "Nobody reads it.", "Remove it.",
                 ("style",), ()),
        RuleInfo("k8s.open_door", "Open door", "high", "high", "Anyone comes in.",
                 "Close the door.", ("security", "external/cwe/cwe-284"), ("https://example.org/d",)),
        RuleInfo("tf.secret", "Secret in code", "critical", "high", "It is read by all.",
                 "Move it to a store.", ("secrets",), ()),
    )  # fmt: skip
    door = Finding(
        "k8s.open_door", "high", "high", "web.yaml#Service/web", "Service web",
        "the door of 店舗 is open [here](there)", at(WEB, "店舗"),
        related=(
            RelatedSpan(at(WEB, "selector:\n  app: web"), "selected here"),
            RelatedSpan(at(VARIABLES, "output"), "a [place] in another file, described at such "
                        "length that it cannot stand beside its mark"),
        ),
        path=(RelatedSpan(at(WEB, "kind"), "the Service"),
              RelatedSpan(at(VARIABLES, "variable"), "the default")),
        fingerprint="1" * 32, only_if="var.enabled", environments=("prod", "staging"),
    )  # fmt: skip
    tab = Finding("k8s.odd_key", "low", "medium", "web.yaml#Service/web", "Service web",
                  "odd value", at(WEB, "value"), fingerprint="2" * 32,
                  fix=Fix("rename it", safe=True, edits=(
                      TextEdit(at(WEB, "value"), "other"),
                      TextEdit(WEB.span(0, 0), "# odd\n"),
                  )))  # fmt: skip
    far = Finding("k8s.odd_key", "info", "medium", "web.yaml#Service/web", "Service web",
                  "odd needle", at(WEB, "needle"), fingerprint="3" * 32)  # fmt: skip
    secret = Finding(
        "tf.secret", "critical", "high", "variables.tf#var.db_password", "var.db_password",
        f"a secret stands here: {SECRET}", at(VARIABLES, f'default = "{SECRET}"'),
        related=(RelatedSpan(at(VARIABLES, f'value = "{SECRET}"'), "and again"),),
        fingerprint="4" * 32,
    )  # fmt: skip
    cause = Cause(
        "expression: var.x@variables.tf:1:1", "expression: var.x", at(VARIABLES, "variable")
    )
    other = Cause("schema: nothing@", "schema: nothing")
    return Report(
        root="infra",
        findings=(door, tab, far, secret),
        reviews=(
            Review("k8s.open_door", "high", "web.yaml#Service/web", "Service web",
                   at(WEB, "kind"), (cause, other)),
            Review("k8s.odd_key", "low", "web.yaml#Service/two", "Service two",
                   at(WEB, "selector"), (cause,)),
        ),
        exempted=(Exempted(tab, "known for long", "team-web", "2027-01-31"),
                  Exempted(far, "as a comment says")),
        problems=(
            Problem("yaml-syntax", "expected `:` after `app`", at(WEB, "app"), Severity.ERROR,
                    "write `app: web`"),
            Problem("duplicate-key", "`x` stands here twice", at(VARIABLES, "x"), Severity.WARNING),
        ),
        files=(
            FileState("README.md", "", Completeness.SKIPPED, "no infrastructure code"),
            FileState("a.yaml", "kubernetes", Completeness.PARTLY, "line 3: `x` is odd"),
            FileState("b.yaml", "kubernetes", Completeness.PARTLY, "line 4: `y` is odd"),
            FileState("variables.tf", "terraform", Completeness.EVALUATED),
        ),
        counts=(RuleCount("k8s.odd_key", 2, 5, 1, 2), RuleCount("k8s.open_door", 1, 3, 1, 0),
                RuleCount("k8s.unmet", 0, 0, 0, 0), RuleCount("tf.secret", 1, 0, 0, 0)),
        rules=rules,
        statistics={"files": 4, "nodes": 9},
        notices=("x.tf:3:1: nothing to allow here for k8s.open_door",),
        sources={WEB.path: WEB, VARIABLES.path: VARIABLES},
    )  # fmt: skip


@pytest.fixture
def report() -> Report:
    return make_report()


@pytest.fixture
def secret() -> str:
    return SECRET
