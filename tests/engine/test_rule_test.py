"""The runner of the tests that stand in rules: what it refuses, and in which words."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import pytest

from plumbrule.pack import Pack, load_pack
from plumbrule.rule_test import RuleResult, run_tests
from plumbrule_parsers.formats import schema_sources
from plumbrule_parsers.source import Source

HEAD = """\
plumbrule 1

rule demo.tagless {
  title "t"
  severity low

  param names: set<string> = {"web"} "names to judge"

  match c: k8s.Container
  where c.name in names
  where c.image.tag is missing

  report at c.image "{c.name} has no tag"

"""
POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers:\n"
BAD = POD + "    - name: web\n      image: acme/web    #! finding\n"
GOOD = POD + '    - {name: web, image: "acme/web:1"}\n    - {name: other, image: acme/other}\n'


def case(title: str, verdict: str, *lines: str) -> str:
    return f'  test "{title}" {verdict} {{\n' + "".join(f"    {line}\n" for line in lines) + "  }\n"


def file(name: str, text: str) -> str:
    inner = "".join(f"      {line}\n" if line else "\n" for line in text.split("\n"))
    return f'file "{name}" """\n{inner}    """'


FAILS = case("bad", "fails 1", file("a.yaml", BAD))
PASSES = case("good", "passes", file("a.yaml", GOOD))


@lru_cache(maxsize=64)
def built(text: str, path: str) -> Pack:
    return load_pack([Source(path, text)], schema_sources(), None)


def result(*tests: str, head: str = HEAD, path: str = "demo.plumb") -> RuleResult:
    pack = built(head + "".join(tests) + "}\n", path)
    assert [problem.message for problem in pack.problems] == []
    return run_tests(pack)[0]


def faults(*tests: str, head: str = HEAD, path: str = "demo.plumb") -> list[str]:
    return [fault.message for fault in result(*tests, head=head, path=path).all_problems]


def lines(found: RuleResult) -> list[str]:
    return [fault.span.text.strip() for fault in found.all_problems]


def test_a_tested_rule_holds() -> None:
    found = result(FAILS, PASSES)
    assert found.holds
    assert [(one.title, one.violations, one.passes, one.reviews) for one in found.tests] == [
        ("bad", 1, 0, 0), ("good", 0, 2, 0),
    ]  # fmt: skip


@pytest.mark.parametrize(("tests", "word"), [((FAILS,), "passes"), ((PASSES,), "fails")])
def test_both_verdicts_are_wanted(tests: tuple[str, ...], word: str) -> None:
    assert f"rule `demo.tagless` has no test that {word}" in faults(*tests)


def test_a_test_without_a_subject_is_vacuous() -> None:
    empty = case("empty", "passes", file("a.tf", 'resource "a" "b" {}'))
    assert "its files hold no `k8s.Container`" in faults(FAILS, PASSES, empty)[0]


def test_an_expected_line_without_a_finding() -> None:
    wrong = case("bad", "fails", file("a.yaml", BAD.replace("acme/web ", "acme/web:1 ")))
    found = result(wrong, PASSES)
    assert "no finding at a.yaml:7 `image: acme/web:1`, where one is marked" in (
        found.all_problems[0].message
    )
    assert lines(found) == ["image: acme/web:1    #! finding"]


def test_a_finding_on_an_unmarked_line() -> None:
    two = BAD + "    - name: web\n      image: acme/second\n"
    found = result(case("bad", "fails", file("a.yaml", two)), PASSES)
    assert "unexpected finding at a.yaml:9 `image: acme/second`: web has no tag" in (
        found.all_problems[0].message
    )
    assert lines(found) == ["image: acme/second"]


def test_a_finding_where_none_may_be() -> None:
    found = faults(FAILS, case("good", "passes", file("a.yaml", BAD.replace("#! finding", ""))))
    assert "unexpected finding at a.yaml:7 `image: acme/web`: web has no tag" in found[0]


def test_the_count_is_held_to() -> None:
    assert "1 finding instead of 2" in faults(FAILS.replace("fails 1", "fails 2"), PASSES)[0]


def test_nothing_found_at_all() -> None:
    found = faults(case("bad", "fails", file("a.yaml", GOOD)), PASSES)
    assert 'test "bad": no finding; 2 subjects passed' in found[0]


def test_undecided_subjects_are_reviews_and_nothing_else() -> None:
    unknown = POD + "    - name: web\n      image: [acme]\n"
    assert faults(FAILS, PASSES, case("odd", "reviews 1", file("a.yaml", unknown))) == []
    assert "1 review instead of 2" in faults(
        FAILS, PASSES, case("odd", "reviews 2", file("a.yaml", unknown)))[0]  # fmt: skip
    message = faults(FAILS, case("good", "passes", file("a.yaml", unknown)))[0]
    assert "1 subject could not be decided, because of type: not a image" in message
    assert "no review; 2 subjects passed" in faults(
        FAILS, PASSES, case("odd", "reviews", file("a.yaml", GOOD)))[0]  # fmt: skip


def test_each_condition_must_be_needed() -> None:
    only_web = case("good", "passes", file("a.yaml", GOOD.rpartition("    - {name: other")[0]))
    found = result(FAILS, only_web)
    assert [fault.code for fault in found.all_problems] == ["test-undecisive"]
    assert "no test needs the condition `c.name in names`" in found.all_problems[0].message
    assert lines(found) == ["c.name in names"]


def test_conjuncts_of_one_where_are_dropped_one_by_one() -> None:
    head = HEAD.replace("in names\n  where c.image", "in names and c.image")
    only_web = case("good", "passes", file("a.yaml", GOOD.rpartition("    - {name: other")[0]))
    assert faults(FAILS, PASSES, head=head) == []
    assert "`c.name in names`" in faults(FAILS, only_web, head=head)[0]


def test_a_guard_that_the_checker_asks_for_needs_no_test() -> None:
    slow = "where c.livenessProbe is set and c.livenessProbe.periodSeconds > 60"
    head = HEAD.replace("where c.image.tag is missing", slow)
    bad = POD + "    - {name: web, image: a, livenessProbe: {periodSeconds: 99}} #! finding\n"
    good = POD + (
        "    - {name: web, image: a, livenessProbe: {periodSeconds: 5}}\n"
        "    - {name: other, image: a, livenessProbe: {periodSeconds: 99}}\n"
    )
    tests = (case("b", "fails", file("a.yaml", bad)), case("g", "passes", file("a.yaml", good)))
    assert faults(*tests, head=head) == []


GRADED = HEAD.replace("severity low", 'severity low\n  severity high when c.name == "live"')
WEB_LIVE = GRADED.replace('{"web"}', '{"web", "live"}')
LIVE = BAD + "    - name: live\n      image: acme/live    #! finding high\n"


def test_a_mark_says_the_severity() -> None:
    assert faults(case("bad", "fails 2", file("a.yaml", LIVE)), PASSES, head=WEB_LIVE) == []
    for text, is_now, should in (
        (LIVE.replace(" high", ""), "high", "low"),
        (BAD.replace("finding", "finding info"), "low", "info"),
    ):
        found = result(case("bad", "fails", file("a.yaml", text)), PASSES, head=WEB_LIVE)
        message = found.all_problems[0].message
        assert message.endswith(f"is {is_now}, not {should}")
        assert found.all_problems[0].hint == f"`#! finding {is_now}`"


def test_a_severity_must_be_needed_and_so_must_its_conditions() -> None:
    found = result(FAILS, PASSES, head=WEB_LIVE)
    assert [fault.code for fault in found.all_problems if "severity" in fault.message] == [
        "test-undecisive"
    ]
    both = WEB_LIVE.replace('== "live"', '== "live" and c.role == "main"')
    found = result(case("bad", "fails 2", file("a.yaml", LIVE)), PASSES, head=both)
    assert lines(found) == ['c.role == "main"']


def test_parameters_are_set_by_with() -> None:
    given = case("other", "fails 1", 'with names = {"other"}', file("a.yaml", GOOD))
    assert faults(FAILS, PASSES, given) == []


def test_marks_are_cut_out_of_scripts_and_json() -> None:
    head = """\
plumbrule 1
rule demo.shell {
  title "t"
  severity low
  match cmd: sh.Command
  where cmd.program == "mkdir" and cmd.positionals is not empty
  report at cmd "{cmd.text}"
"""
    script = (
        "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - run: |\n"
        "          cat <<END\n          text\n          END\n          mkdir out   #! finding\n"
    )
    good = script.replace("mkdir out   #! finding", "rmdir out") + "          mkdir\n"
    name = ".github/workflows/a.yml"
    assert faults(case("b", "fails 1", file(name, script)), case("g", "passes", file(name, good)),
                  head=head) == []  # fmt: skip
    pod = (
        '{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"},\n'
        ' "spec": {"containers": [\n'
        '  {"name": "web",\n   "image": "acme/web"}   #! finding\n ]}}\n'
    )
    assert faults(case("json", "fails 1", file("a.json", pod)), PASSES) == []


def test_a_misspelt_mark_is_not_ignored() -> None:
    found = faults(case("bad", "fails", file("a.yaml", BAD.replace("finding", "findings"))), PASSES)
    assert "`#! findings` is no mark" in found[0]


def test_a_fixture_that_does_not_parse() -> None:
    found = faults(FAILS, PASSES, case("torn", "passes", file("a.yaml", GOOD + "  }: [\n")))
    assert any("a.yaml:" in message and 'test "torn"' in message for message in found)


@pytest.fixture
def beside(tmp_path: Path) -> Callable[[str, str], None]:
    def write(name: str, text: str) -> None:
        path = tmp_path / "pack" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")

    return write


def test_a_folder_beside_the_rule(tmp_path: Path, beside: Callable[[str, str], None]) -> None:
    beside("fixtures/tagless/deploy/a.yaml", BAD)
    rule = (tmp_path / "pack" / "demo.plumb").as_posix()
    assert faults(case("dir", "fails 1", 'dir "fixtures/tagless"'), PASSES, path=rule) == []
    missing = faults(FAILS, PASSES, case("dir", "fails", 'dir "fixtures/none"'), path=rule)
    assert any("there is no folder `fixtures/none` beside the rule file" in m for m in missing)


def test_a_folder_outside_is_not_read(tmp_path: Path, beside: Callable[[str, str], None]) -> None:
    beside("../other/a.yaml", BAD)
    beside("fixtures/real/a.yaml", GOOD)
    (tmp_path / "pack" / "fixtures" / "link").symlink_to(tmp_path / "other")
    (tmp_path / "pack" / "fixtures" / "real" / "b.yaml").symlink_to(tmp_path / "other" / "a.yaml")
    rule = (tmp_path / "pack" / "demo.plumb").as_posix()
    for name in ("../other", "fixtures/link", "/"):
        found = faults(FAILS, PASSES, case("dir", "fails", f'dir "{name}"'), path=rule)
        assert any(f"`{name}` leads out of the rule's folder" in message for message in found)
    assert faults(FAILS, PASSES, case("dir", "passes", 'dir "fixtures/real"'), path=rule) == []


FIX = HEAD + '  fix safe "name a tag" { set c.image = "acme/web:1" }\n'
MENDED = BAD.replace("acme/web    #! finding", '"acme/web:1"')


def fixed(name: str, text: str) -> str:
    return "fixed" + file(name, text).removeprefix("file")


def test_a_fix_must_be_shown_and_its_outcome_is_compared() -> None:
    assert faults(FAILS, PASSES, head=FIX) == [
        "rule `demo.tagless` has a fix, and no test shows what it does"
    ]
    good = case("bad", "fails 1", file("a.yaml", BAD), fixed("a.yaml", MENDED))
    assert result(good, PASSES, head=FIX).holds
    other = fixed("a.yaml", MENDED.replace("web:1", "web:2"))
    found = result(case("bad", "fails 1", file("a.yaml", BAD), other), PASSES, head=FIX)
    (fault,) = found.all_problems
    assert 'line 7 of `a.yaml` is `image: "acme/web:1"` after the fixes' in fault.message
    assert lines(found) == ['image: "acme/web:2"']
    absent = case("bad", "fails 1", file("a.yaml", BAD), fixed("b.yaml", MENDED))
    assert "there is no `b.yaml` to be fixed" in faults(absent, PASSES, head=FIX)[0]


def test_a_fix_must_clear_what_it_mends() -> None:
    head = HEAD + '  fix safe "no tag either" { set c.image = "acme/other" }\n'
    text = BAD.replace("acme/web    #! finding", "acme/other")
    found = faults(
        case("bad", "fails 1", file("a.yaml", BAD), fixed("a.yaml", text)), PASSES, head=head
    )
    assert "the fix leaves the finding at a.yaml:7" in found[0]


def test_the_order_of_tests_and_rules_changes_nothing() -> None:
    one, two = result(FAILS, PASSES), result(PASSES, FAILS)
    assert {test.title: test.violations for test in one.tests} == {
        test.title: test.violations for test in two.tests
    }
    pack = built(HEAD + FAILS + PASSES + "}\n", "demo.plumb")
    assert run_tests(pack) == run_tests(pack, list(pack.rules))
