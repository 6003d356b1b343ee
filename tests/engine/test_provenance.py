"""Provenance: test data and other people's code weigh less, and never fail a run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from plumbrule.__main__ import main
from plumbrule.finding import Finding
from plumbrule.provenance import provenance_of, weighed
from plumbrule_parsers.source import Source


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("infra/main.tf", "authored"),
        ("charts/web/templates/test.yaml", "authored"),
        ("attestation/latest/main.tf", "authored"),
        ("tests/fixtures/main.tf", "fixture"),
        ("modules/net/Examples/a/main.tf", "fixture"),
        ("pkg/deploy_test.yaml", "fixture"),
        ("vendor/acme/tests/main.tf", "vendored"),
        ("charts/web/charts/redis-1.2.tgz!/redis/values.yaml", "vendored"),
        ("third_party/x.yaml", "vendored"),
    ],
)
def test_folders_say_it(path: str, name: str) -> None:
    found, why = provenance_of(path, {})
    assert found == name
    assert bool(why) is (name != "authored")


def test_the_configuration_is_asked_first() -> None:
    configured = {"authored": ("tests/e2e/**",), "vendored": ("upstream/**",)}
    assert provenance_of("tests/e2e/a.tf", configured)[0] == "authored"
    assert provenance_of("tests/unit/a.tf", configured)[0] == "fixture"
    assert provenance_of("upstream/a.tf", configured)[0] == "vendored"


@pytest.mark.parametrize(
    ("severity", "lower"), [("critical", "high"), ("low", "info"), ("info", "info")]
)
def test_findings_in_fixtures_are_one_lower(severity: str, lower: str) -> None:
    span = Source("tests/a.tf", "x").span(0, 1)
    finding = Finding("a.b", severity, "high", "tests/a.tf#x", "x", "m", span)
    (made,) = weighed([finding], {}, frozenset())
    assert (made.severity, made.provenance) == (lower, "fixture")
    (kept,) = weighed([finding], {}, frozenset(["a.b"]))
    assert (kept.severity, kept.provenance) == (severity, "fixture")


def test_only_what_is_authored_fails_a_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = 'variable "db_password" { default = "hunter2-Prod-1" }\n'
    (tmp_path / "examples").mkdir()
    (tmp_path / "examples/main.tf").write_text(text)
    command = [
        "check",
        str(tmp_path),
        "--output",
        "json",
        "--rule",
        "tf.secret_in_variable_default",
    ]
    assert main(command) == 0
    (found,) = json.loads(capsys.readouterr().out)["findings"]
    assert (found["severity"], found["provenance"]) == ("high", "fixture")
    (tmp_path / "main.tf").write_text(text)
    assert main(command) == 1


STRICT = """
plumbrule 1

rule demo.strict {
  title    "Variable without a description"
  severity low
  level    strict
  why      "People guess."
  remedy   "Describe it."

  match v: tf.Variable
  where v.description is missing

  report at v "{v.name} has no description"
}
"""


def test_rules_of_a_higher_level_wait_to_be_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules/strict.plumb").write_text(STRICT)
    (tmp_path / "plumbrule.toml").write_text('packs = ["rules"]\n')
    (tmp_path / "main.tf").write_text('variable "a" {}\n')

    def rules(*more: str) -> set[str]:
        main(["check", str(tmp_path), "--output", "json", *more])
        return {one["rule"] for one in json.loads(capsys.readouterr().out)["findings"]}

    assert "demo.strict" not in rules()
    assert "demo.strict" in rules("--level", "strict")
    assert "demo.strict" in rules("--level", "audit")
    assert rules("--rule", "demo.strict") == {"demo.strict"}
    (tmp_path / "plumbrule.toml").write_text('packs = ["rules"]\nlevel = "strict"\n')
    assert "demo.strict" in rules()
    assert "demo.strict" not in rules("--level", "default")
