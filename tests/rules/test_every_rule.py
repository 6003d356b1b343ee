"""Every built-in rule passes its own tests, is wholly tested, and reads like its neighbours."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from pathlib import Path

import plumbrule_rules
import pytest

from plumbrule.language import ir
from plumbrule.language.format import format as lay_out
from plumbrule.pack import Pack, load_pack
from plumbrule.rule_test import RuleResult, run_tests
from plumbrule_parsers.formats import schema_sources
from plumbrule_parsers.source import Source

ROOT = Path(next(iter(plumbrule_rules.__path__)))
FILES = [path.relative_to(ROOT).as_posix() for path in sorted(ROOT.rglob("*.plumb"))]
# These speak of literals only: nothing about them can be unknown.
SURE = (
    "argo.secret_parameter", "docker.repeated_health_check", "docker.secret_build_argument",
    "docker.secret_in_image",
    "gha.secret_build_argument", "helm.unread_secret_in_values", "tf.secret_in_values_file",
    "tf.secret_module_argument", "gha.every_secret_handed_on", "gha.every_secret_in_one_value",
    "jenkins.interpolated_secret", "jenkins.printed_secret", "gha.shared_write_permission",
    "tf.ignored_changes", "tf.secret_output",
    "ci.secret_in_artifact", "docker.secret_file_in_image", "k8s.secret_in_custom_object",
)  # fmt: skip
RULES = [name for name in FILES if "/" in name]


@lru_cache(maxsize=1)
def pack() -> Pack:
    return load_pack([ROOT], schema_sources(), None)


def rule_of(name: str) -> ir.CheckedRule:
    return next(rule for rule in pack().rules if rule.span.path.endswith(f"/{name}"))


@cache
def result_of(name: str) -> RuleResult:
    return run_tests(pack(), [rule_of(name)])[0]


def test_the_pack_has_no_problems() -> None:
    assert [f"{problem.span}: {problem.message}" for problem in pack().problems] == []
    assert len(pack().rules) == len(RULES)


@pytest.mark.parametrize("name", RULES)
def test_its_tests_hold(name: str) -> None:
    faults = [f"{fault.span}: {fault.message}" for fault in result_of(name).all_problems]
    assert faults == []


@pytest.mark.parametrize("name", RULES)
def test_it_shows_bad_and_good_and_undecided_things(name: str) -> None:
    tests = result_of(name).tests
    assert sum(test.violations for test in tests) >= 3
    assert sum(test.passes for test in tests) >= 3
    # A token is there or not: nothing about it can be unknown.
    rule = rule_of(name)
    if rule.id not in SURE and rule.subject_kinds not in (
        ("secret.Token",), ("secret.File",), ("secret.Setting",), ("secret.SopsFile",),
    ):  # fmt: skip
        assert sum(test.reviews for test in tests) >= 1


@pytest.mark.parametrize("name", FILES)
def test_it_is_laid_out(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    assert lay_out(Source(name, text))[0] == text


@pytest.mark.parametrize("name", RULES)
def test_its_words(name: str) -> None:
    rule = rule_of(name)
    folder, _, file = name.removesuffix(".plumb").partition("/")
    assert rule.id == f"{folder}.{file}"
    assert re.fullmatch(r"[a-z0-9]+\.[a-z0-9]+(_[a-z0-9]+)*", rule.id)
    assert not rule.title.endswith(".")
    assert len(rule.title) <= 72
    assert rule.why.endswith((".", "!"))
    assert rule.remedy.endswith(".")
    assert rule.tags
    assert all(param.doc for param in rule.params)
