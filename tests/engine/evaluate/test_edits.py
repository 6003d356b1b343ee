"""What a rule's fix becomes as edits of text, and where it becomes nothing."""

from __future__ import annotations

import pytest

from plumbrule.finding import Fix, Report
from plumbrule.fixes.apply import texts_of
from plumbrule.pack import Pack, load_pack
from plumbrule.scan.scan import scan_texts
from plumbrule_parsers.formats import schema_sources
from plumbrule_parsers.source import Source

POD = """\
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
    - name: web
      image: acme/web:1
      ports: [{containerPort: 80}]
"""


def pack_of(*fixes: str, match: str = "match c: k8s.Container", where: str = "") -> Pack:
    rules = "".join(
        f"""
rule demo.rule{number} {{
  title    "t"
  severity low
  why      "w"
  remedy   "r"

  {match}
  {where}

  report at c "found"

  {fix}
}}
"""
        for number, fix in enumerate(fixes)
    )
    pack = load_pack([Source("demo.plumb", "plumbrule 1\n" + rules)], schema_sources(), None)
    assert [problem.message for problem in pack.problems] == []
    return pack


def fix_of(fix: str, texts: dict[str, str], **parts: str) -> tuple[Fix | None, dict[str, str]]:
    """The fix of the one finding, and the texts after it."""
    report = scan_texts(texts, pack_of(fix, **parts))
    (finding,) = report.findings
    return finding.fix, texts_of([finding]) if finding.fix is not None else {}


def after(fix: str, text: str = POD, **parts: str) -> str | None:
    return fix_of(fix, {"a.yaml": text}, **parts)[1].get("a.yaml")


def test_mappings_that_are_missing_are_added_around_what_is_set() -> None:
    made = after(
        'fix safe "f" { set c.securityContext.privileged = false '
        "set c.securityContext.runAsNonRoot = true }"
    )
    assert made == POD + (
        "      securityContext:\n        privileged: false\n        runAsNonRoot: true\n"
    )


@pytest.mark.parametrize(
    "fix",
    [
        'fix safe "f" { set c["tty"] = null }',
        'fix safe "f" { set c.readinessProbe = {tcpSocket: {port: c.ports[3]?.containerPort}} }',
        'fix safe "f" { remove c["tty"] }',
        'fix safe "f" { set c["tty"] = true remove c["stdin"] }',  # half a fix is none
    ],
)
def test_what_is_missing_or_unknown_gives_no_fix(fix: str) -> None:
    assert fix_of(fix, {"a.yaml": POD})[0] is None


def test_what_is_so_already_is_not_edited() -> None:
    text = POD + "      tty: true\n"
    assert fix_of('fix safe "f" { set c["tty"] = true }', {"a.yaml": text})[0] is None
    assert after('fix safe "f" { set c["tty"] = true set c["stdin"] = true }', text) == (
        text + "      stdin: true\n"
    )


def test_a_secret_is_not_written_to_a_second_place() -> None:
    secret = "AKIA" + "EXAMPLE" * 2 + "AA"
    text = POD + f"      workingDir: {secret}\n"
    assert (
        fix_of('fix safe "f" { set c["imagePullPolicy"] = c["workingDir"] }', {"a.yaml": text})[0]
        is None
    )


def test_fields_that_were_put_together_take_no_entry() -> None:
    """A workload's fields are those of its spec and its metadata in one: where would it stand?"""
    text = (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n"
        "  template: {spec: {containers: []}}\n"
    )
    match = "match c: k8s.Deployment"
    assert after('fix safe "f" { set c.replicas = 2 }', text, match=match) is None
    made = after('fix safe "f" { set c.spec["minReadySeconds"] = 2 }', text, match=match)
    assert made == text + "  minReadySeconds: 2\n"


def test_every_row_that_violates_is_mended() -> None:
    budget = (
        "---\napiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: %s}\n"
        "spec: {selector: {matchLabels: {app: x}}}\n"
    )
    text = POD.replace("{name: web}\nspec", "{name: web, labels: {app: x}}\nspec")
    text += budget % "a" + budget % "b"
    made = after(
        'fix safe "f" { set b.spec["maxUnavailable"] = 1 }', text,
        match="match c: k8s.Pod <-protects- b: k8s.PodDisruptionBudget",
    )  # fmt: skip
    assert made == text.replace("{app: x}}}", "{app: x}}, maxUnavailable: 1}")


CHART = {
    "c/Chart.yaml": "apiVersion: v2\nname: c\nversion: 1.0.0\n",
    "c/values.yaml": "count: 3  # pods\ntag: v1\n",
    "c/templates/a.yaml": """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: {{ .Values.count }}
  minReadySeconds: 5
  template:
    spec:
      containers:
        - name: web
          image: "acme/web:{{ .Values.tag }}"
          {{- if .Values.tag }}
          tty: true
          {{- end }}
""",
}


def test_a_value_of_a_chart_is_changed_where_it_was_written_and_never_safely() -> None:
    fix, texts = fix_of(
        'fix safe "f" { set c.replicas = 2 }', CHART, match="match c: k8s.Deployment"
    )
    assert texts == {"c/values.yaml": "count: 2  # pods\ntag: v1\n"}
    assert fix is not None
    assert not fix.safe


def test_a_part_of_a_value_is_not_taken_for_the_whole() -> None:
    assert fix_of('fix safe "f" { set c.image = "acme/web:v2" }', CHART)[0] is None


def test_a_template_takes_what_stands_under_no_condition() -> None:
    match = "match c: k8s.Deployment"
    _fix, texts = fix_of('fix safe "f" { set c.spec["minReadySeconds"] = 9 }', CHART, match=match)
    template = CHART["c/templates/a.yaml"]
    assert texts == {"c/templates/a.yaml": template.replace("Seconds: 5", "Seconds: 9")}
    _fix, texts = fix_of('fix safe "f" { set c["stdin"] = true }', CHART)
    assert texts == {
        "c/templates/a.yaml": template.replace(
            "- name: web\n", "- name: web\n          stdin: true\n"
        )
    }


def test_a_mapping_of_a_template_without_scalars_takes_an_entry_at_its_top() -> None:
    template = CHART["c/templates/a.yaml"].replace("          tty: true\n", "") + (
        "          livenessProbe:\n            {X}httpGet:\n              path: /\n"
    )
    for condition, given in (("", True), ("{{- if .Values.tag }}\n            ", False)):
        text = template.replace("{X}", condition)
        text += "            {{- end }}\n" if condition else ""
        fix = 'fix safe "f" { set c.livenessProbe.periodSeconds = 5 }'
        _fix, texts = fix_of(fix, {**CHART, "c/templates/a.yaml": text})
        added = text.replace(
            "            httpGet", "            periodSeconds: 5\n            httpGet"
        )
        assert texts == ({"c/templates/a.yaml": added} if given else {})


def test_what_a_template_takes_from_its_values_is_not_copied_as_a_literal() -> None:
    match = "match c: k8s.Deployment"
    text = 'fix safe "f" { set c.spec["minReadySeconds"] = c.spec["replicas"] }'
    assert fix_of(text, CHART, match=match)[0] is None
    chart = {**CHART, "c/values.yaml": "tag: v1\n"}
    chart["c/templates/a.yaml"] = CHART["c/templates/a.yaml"].replace(
        "count }}", "count | default 3 }}"
    )
    assert fix_of(text, chart, match=match)[0] is None
    text = 'fix safe "f" { set c.spec["minReadySeconds"] = if c.replicas == 3 then 9 else 1 }'
    assert fix_of(text, CHART, match=match)[1]


def test_what_a_template_says_under_a_condition_is_not_said_twice() -> None:
    chart = {**CHART, "c/values.yaml": "count: 3\ntag: ''\n"}
    fix, _texts = fix_of('fix safe "f" { set c["tty"] = true }', chart)
    assert fix is None


DATABASE = 'resource "aws_db_instance" "x" {\n  engine = "a"\n%s}\n'
ASKS = DATABASE % "  deletion_protection = var.p\n"


@pytest.mark.parametrize(
    ("texts", "after", "safe"),
    [
        ({"a.tf": DATABASE % ""},
         {"a.tf": (DATABASE % "").replace("{\n", "{\n  deletion_protection = true\n")}, True),
        ({"a.tf": DATABASE % "  deletion_protection = false # no\n"},
         {"a.tf": DATABASE % "  deletion_protection = true # no\n"}, True),
        ({"a.tf": ASKS, "v.tf": 'variable "p" {\n  default = false\n}\n'},
         {"v.tf": 'variable "p" {\n  default = true\n}\n'}, False),
        ({"a.tf": ASKS, "v.tf": 'variable "p" {}\n', "terraform.tfvars": "p = false # no\n"},
         {"terraform.tfvars": "p = true # no\n"}, False),
        ({"a.tf": ASKS.replace("var.p", "!var.p"), "v.tf": 'variable "p" { default = true }\n'},
         {}, None),
        ({"a.tf": ASKS.replace("var.p", "var.p == 1"), "v.tf": 'variable "p" { default = 2 }\n'},
         {}, None),
        ({"a.tf.json": '{"resource":{"aws_db_instance":{"x":{"engine":"a"}}}}\n'},
         {"a.tf.json": '{"resource":{"aws_db_instance":{"x":{"engine":"a", '
                       '"deletion_protection": true}}}}\n'}, True),
    ],
)  # fmt: skip
def test_a_setting_of_terraform_is_changed_where_its_literal_stands(
    texts: dict[str, str], after: dict[str, str], safe: bool | None
) -> None:
    fix, made = fix_of(
        'fix safe "f" { set c["deletion_protection"] = true }', texts, match="match c: tf.Resource"
    )
    assert made == after
    assert (fix.safe if fix is not None else None) is safe


def report_with(text: str, *fixes: str, where: str = "") -> Report:
    return scan_texts({"a.yaml": text}, pack_of(*fixes, where=where))


def test_an_undecided_subject_has_no_fix() -> None:
    report = report_with(
        POD, 'fix safe "f" { set c["tty"] = true }', where='where c["tty"] is missing'
    )
    assert [one.fix is not None for one in report.findings] == [True]
