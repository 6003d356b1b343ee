"""The type checker: what is refused, with which words, and what is let through."""

from __future__ import annotations

import re

import pytest

from plumbrule.language import ir
from plumbrule.language.check import CheckResult, check
from plumbrule.language.parse import parse
from plumbrule.language.schema import build_schema
from plumbrule_parsers.source import Source

SCHEMA = """plumbrule 1
kind core.Node {
  field name: string
  field env: string = "default"
}
kind k8s.Object extends core.Node {
  field namespace: string = "default"
  field labels: map<string, string> = {}
}
kind k8s.Workload extends k8s.Object { field replicas: int = 1 }
kind k8s.Deployment extends k8s.Workload {}
kind k8s.Service extends k8s.Object { field selector: map<string, string> = {} }
kind k8s.HorizontalPodAutoscaler extends k8s.Object {}
kind k8s.Probe {
  field handler: any
  field periodSeconds: int = 10
}
kind k8s.Container extends core.Node {
  field role: enum("main", "init", "sidecar") = "main"
  field image: image
  field limit?: quantity
  field readinessProbe?: k8s.Probe
  field livenessProbe?: k8s.Probe
}
kind tf.Resource extends core.Node {
  field type: string
  open: any
}
edge contains: core.Node -> core.Node inverse part_of
edge selects: k8s.Service -> k8s.Workload inverse selected_by
edge scales: k8s.HorizontalPodAutoscaler -> k8s.Workload
"""

GOOD = """plumbrule 1
let prod = {"prod", "live"}
pred in_prod(n: core.Node) = n.env in prod
fn period(p: k8s.Probe): int = p.periodSeconds
rule demo.sample {
  title "a sample"
  severity high
  param ratio: float = 2.0 "a factor"
  match c: k8s.Container <-contains- w: k8s.Workload <-selects- svc: k8s.Service
  let other = c.livenessProbe?.periodSeconds ?? 10
  where in_prod(w) and c.role == "main"
  where c.readinessProbe is set and period(c.readinessProbe) > other
    and c.limit is set and c.limit > qty"1Gi" * ratio
    and any(x in {"a"} where x == c.image.repository)
    and none(hpa: k8s.HorizontalPodAutoscaler -scales-> w)
  report at c.readinessProbe "{w} and {c.name}: {c.image.tag ?? 'none'} {{x}}"
    note "here" at svc.selector
}
"""


def run(text: str, schema_text: str = SCHEMA) -> CheckResult:
    parsed_schema = parse(Source("schema.plumb", schema_text))
    assert parsed_schema.file is not None
    assert not parsed_schema.problems
    schema, schema_problems = build_schema([parsed_schema.file])
    assert not schema_problems
    parsed = parse(Source("demo.plumb", text))
    assert parsed.file is not None, parsed.problems
    assert not parsed.problems
    return check([parsed.file], schema)


def rule(body: str, match: str = "c: k8s.Container") -> str:
    return (
        'plumbrule 1\nrule demo.r {\n  title "t"\n  severity low\n'
        f'  match {match}\n{body}\n  report at c "found"\n}}\n'
    )


def messages(text: str) -> list[str]:
    return [f"{problem.code} {problem.message}" for problem in run(text).problems]


def test_a_rule_with_everything_passes() -> None:
    result = run(GOOD)
    assert [str(problem.message) for problem in result.problems] == []
    checked = result.rules[0]
    assert checked.id == "demo.sample"
    assert checked.subject == "c"
    assert ("k8s.Container", "readinessProbe") in checked.reads
    assert checked.follows == {"contains", "selects", "scales"}
    assert len(checked.where) == 8  # conjuncts are told apart
    assert isinstance(checked.report.message.parts[1], str)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("where any(c -contians-> x: k8s.Container)", "E103 unknown edge `contians`; did you mean `contains`?"),
        ("where c.readynessProbe is missing", "did you mean `readinessProbe`?"),
        ("where c.readinessProbe.periodSeconds > 1", "E201 `c.readinessProbe` may be missing here: write `?.periodSeconds`"),
        ('where c.role == "sidekar"', "E303 `sidekar` is not a value of this field (main, init, sidecar); did you mean `sidecar`?"),
        ("where c.readinessProbe?.handler == c.livenessProbe?.handler", "E203 both sides of `==` may be missing"),
        ("where any(h: k8s.HorizontalPodAutoscaler -selects-> w: k8s.Workload)", "E104 edge `selects` cannot start at k8s.HorizontalPodAutoscaler; it starts at k8s.Service"),
        ("where c.name == 3", "E302 cannot compare string with int"),
        ("where c.name", "E301 a condition must be a bool, not string"),
        ('where c.limit > qty"1Gi"', "E201 `c.limit` may be missing"),
        ('where c.name matches re"(a+)+$"', "E005 a repeat inside a repeat"),
        ('where c.name matches re"("', "E005 not a regular expression"),
        ('where c.image == qty"1x"', "E005 `1x` is not a quantity"),
        ("where lenght(c.name) > 3", "E106 unknown function `lenght`; did you mean `length`?"),
        ("where nme == 1", "E105 unknown name `nme`"),
        ("where c.name is known", "E404"),
        ("where c is k8s.Servise", "did you mean `k8s.Service`?"),
        ("let c = 1\nwhere true", "E108"),
        ("let where_ = 1\nwhere true", "W602 `where_` is never used"),
        ('param p: strng = "x"\nwhere c.name == p', "E110 unknown type `strng`; did you mean `string`?"),
        ('param p: int = "x"\nwhere p == 1', "E304"),
        ("where c.limit == c.name", "E302 cannot compare"),
        ('fix "f" { set c.role = 3 }\nwhere true', "E304"),
        ("severity high\nwhere true", "E401 `severity` stands twice; first on line 4"),
        ("severity grave when true\nwhere true", "E402 `grave` is no severity (critical, high, medium, low, info)"),
        ("severity high when c.name\nwhere true", "E301 a condition must be a bool, not string"),
        ("severity high when nme == 1\nwhere true", "E105 unknown name `nme`"),
        ('severity high when c.limit > qty"1"\nwhere true', "E201 `c.limit` may be missing"),
        ("severity high when c.name is known\nwhere true", "E404"),
    ],
)  # fmt: skip
def test_what_is_refused(body: str, expected: str) -> None:
    found = messages(rule(body))
    assert any(expected in message for message in found), found


def test_severities_know_what_the_rule_says_below_them() -> None:
    text = rule("let big = c.limit\nwhere c.limit is set").replace(
        "  severity low\n",
        '  severity high when c.limit > qty"1" and c.role == "main"\n'
        "  severity low\n  severity info when big is set\n",
    )  # fmt: skip
    result = run(text)
    assert result.problems == ()
    assert result.rules[0].severity == "low"
    assert [one.severity for one in result.rules[0].severities] == ["high", "info"]
    assert ("k8s.Container", "role") in result.rules[0].reads
    without = text.replace("  severity low\n", "")
    assert messages(without) == ["E401 rule `demo.r` has no `severity` without `when`"]


def test_guards_count_through_the_flow() -> None:
    for condition in (
        "c.readinessProbe is set and c.readinessProbe.periodSeconds > 1",
        "c.readinessProbe is missing or c.readinessProbe.periodSeconds > 1",
        "not (c.readinessProbe is missing) and c.readinessProbe.periodSeconds > 1",
        "(if c.readinessProbe is set then c.readinessProbe.periodSeconds else 3) > 1",
        "c.readinessProbe?.periodSeconds == 3 and c.readinessProbe.handler == 1",
    ):
        assert messages(rule(f"where {condition}")) == [], condition
    assert messages(rule('where c.limit is set\n where c.limit > qty"1"')) == []
    assert messages(rule('where c.limit is set or c.limit > qty"1"')) != []


def test_an_open_kind_needs_brackets() -> None:
    found = messages(rule("where c.foo == 1", "c: tf.Resource"))
    assert any('written `["foo"]`' in message for message in found)
    assert messages(rule('where (c["foo"] ?? false) == false', "c: tf.Resource")) == []
    assert any(
        "E201" in message for message in messages(rule('where c["foo"] > 1', "c: tf.Resource"))
    )


def test_undeclared_terraform_types_say_what_to_do() -> None:
    found = messages(rule("where true", "c: tf.aws_sqs_queue"))
    assert any('compare `type` with "aws_sqs_queue"' in message for message in found)


def test_recursion_is_refused() -> None:
    text = "plumbrule 1\npred a(x: int) = b(x)\npred b(x: int) = a(x)\n"
    assert any("must not call themselves" in message for message in messages(text))


def test_a_cross_product_is_a_warning() -> None:
    found = run(rule("where true", "c: k8s.Container, w: k8s.Workload"))
    assert [problem.code for problem in found.problems] == ["W601"]
    assert len(found.rules) == 1
    assert run(rule("where c.name == w.name", "c: k8s.Container, w: k8s.Workload")).problems == ()


def test_an_exemption_is_complete() -> None:
    head = GOOD + "exempt demo.sample {\n  match c: k8s.Container\n"
    good = (
        head + '  where c.name == "x"\n  owner "me"\n  until "2027-01-31"\n  because "reasons"\n}\n'
    )
    assert len(run(good).exemptions) == 1
    for broken in (good.replace('owner "me"', ""), good.replace("2027-01-31", "soon"),
                   good.replace("exempt demo.sample", "exempt demo.sampel")):  # fmt: skip
        assert run(broken).problems, broken


NAME = re.compile(r"[A-Za-z_][A-Za-z_0-9]*")
WORDS = ("k8s.Container", "k8s.Workload", "k8s.Service", "k8s.HorizontalPodAutoscaler", "contains",
         "selects", "scales", "readinessProbe", "periodSeconds", "livenessProbe", "role", "limit",
         "repository", "in_prod", "selector")  # fmt: skip


@pytest.mark.parametrize("word", WORDS)
def test_each_misspelt_name_is_refused_with_a_suggestion(word: str) -> None:
    stem = word
    last = stem.rpartition(".")[2]
    wrong = last[:2] + "q" + last[2:]
    body = GOOD.split("rule demo.sample")
    broken = (
        body[0] + "rule demo.sample" + body[1].replace(stem, stem.removesuffix(last) + wrong, 1)
    )
    assert broken != GOOD
    result = run(broken)
    suggestions = [p.message for p in result.problems if "did you mean" in p.message]
    assert any(f"`{stem}`" in message or f"`{last}`" in message for message in suggestions), (
        word, [p.message for p in result.problems],
    )  # fmt: skip


def test_checked_rules_hold_only_data() -> None:
    import pickle

    checked = run(GOOD).rules[0]
    assert pickle.loads(pickle.dumps(checked)) == checked
    assert isinstance(checked.where[0], ir.Expr)
