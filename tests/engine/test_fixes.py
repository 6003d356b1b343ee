"""The proof of fixes: what holds is kept together, what does not is dropped and spoils no other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

from plumbrule.finding import Report
from plumbrule.fixes.apply import Outcome, apply_fixes
from plumbrule.pack import Pack, load_pack
from plumbrule.scan.scan import scan_texts
from plumbrule_parsers.formats import schema_sources
from plumbrule_parsers.source import Source

RULE = """
rule demo.{name} {{
  title    "t"
  severity low
  why      "w"
  remedy   "r"

  match c: {kind}
  where {where}

  report at c "found"

  {fix}
}}
"""


@lru_cache(maxsize=32)
def pack_of(*rules: tuple[str, str, str], kind: str = "k8s.Container") -> Pack:
    text = "plumbrule 1\n" + "".join(
        RULE.format(name=name, where=where, fix=fix, kind=kind) for name, where, fix in rules
    )
    pack = load_pack([Source("demo.plumb", text)], schema_sources(), None)
    assert [problem.message for problem in pack.problems] == []
    return pack


def pod(*containers: str, name: str = "web") -> str:
    head = f"apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}}}\nspec:\n  containers:\n"
    return head + "".join(f"    - {one}\n" for one in containers)


def applied(texts: Mapping[str, str], pack: Pack, *, unsafe: bool = False) -> Outcome:
    def evaluate(changed: Mapping[str, str]) -> Report:
        return scan_texts({**texts, **changed}, pack)

    return apply_fixes(evaluate({}), evaluate, unsafe=unsafe)


TTY = ("tty", 'not (c["tty"] ?? false)', 'fix safe "give it a tty" { set c["tty"] = true }')


def test_fixes_of_several_files_hold_together() -> None:
    texts = {
        "a.yaml": pod("{name: a}", "{name: b, tty: true}"),
        "b.yaml": pod("{name: c}", name="b"),
    }
    outcome = applied(texts, pack_of(TTY))
    assert [one.subject_label for one in outcome.applied]
    assert outcome.texts == {
        "a.yaml": pod("{name: a, tty: true}", "{name: b, tty: true}"),
        "b.yaml": pod("{name: c, tty: true}", name="b"),
    }
    assert outcome.dropped == ()


def test_unsafe_fixes_wait_until_they_are_asked_for() -> None:
    texts = {"a.yaml": pod("{name: a}")}
    pack = pack_of(("tty", TTY[1], TTY[2].replace("safe", "unsafe")))
    assert applied(texts, pack).applied == ()
    assert len(applied(texts, pack, unsafe=True).applied) == 1


def test_one_bad_fix_spoils_no_other() -> None:
    """The fix of `bad` makes a finding at another container, where a good fix stands."""
    pack = pack_of(
        TTY,
        ("stdin", 'c.name == "bad" and not (c["stdin"] ?? false)',
         'fix safe "f" { set c["stdin"] = true }'),
        ("chain", 'c.name == "last" and any(other: k8s.Container where other["stdin"] ?? false)',
         'fix safe "none" { remove c["stdin"] }'),
    )  # fmt: skip
    names = ("a", "b", "bad", "c", "last")
    texts = {f"{name}.yaml": pod(f"{{name: {name}, image: x}}", name=name) for name in names}
    texts["bad.yaml"] = pod("{name: bad, tty: true}", name="bad")
    outcome = applied(texts, pack)
    assert {one.rule for one in outcome.applied} == {"demo.tty"}
    assert len(outcome.applied) == len(names) - 1
    (dropped,) = outcome.dropped
    assert dropped.finding.rule == "demo.stdin"
    assert "new finding" in dropped.why


def test_a_fix_after_which_the_rule_cannot_decide_is_dropped() -> None:
    """Without its default nobody knows the variable: the finding is gone, and so is the answer."""
    pack = pack_of(
        ("t", 'c["bucket"] == "bad"', 'fix safe "f" { remove v.default }'),
        kind="tf.aws_s3_bucket -references-> v: tf.Variable",
    )
    texts = {
        "a.tf": 'resource "aws_s3_bucket" "a" {\n  bucket = var.name\n}\n',
        "v.tf": 'variable "name" {\n  default = "bad"\n}\n',
    }
    outcome = applied(texts, pack)
    assert outcome.texts == {}
    assert [one.why for one in outcome.dropped] == ["the rule could not decide any more"]


def test_a_fix_that_does_not_clear_its_finding_is_dropped() -> None:
    pack = pack_of(("t", 'c.name == "a"', 'fix safe "f" { set c["tty"] = true }'))
    outcome = applied({"a.yaml": pod("{name: a}")}, pack)
    assert outcome.texts == {}
    assert [one.why for one in outcome.dropped] == ["it does not clear the finding"]


def test_the_same_words_are_changed_once_a_run() -> None:
    pack = pack_of(
        TTY, ("stdin", 'not (c["stdin"] ?? false)', 'fix safe "f" { set c["stdin"] = true }')
    )
    texts = {"a.yaml": pod("{name: a}")}
    first = applied(texts, pack)
    assert [one.why for one in first.dropped] == [
        "another fix changes the same words; run it again"
    ]
    second = applied({**texts, **first.texts}, pack)
    assert second.texts == {"a.yaml": pod("{name: a, stdin: true, tty: true}")}
    assert applied(second.texts, pack).texts == {}


def test_subjects_that_are_told_apart_by_number_alone_are_mended_one_by_one() -> None:
    pack = pack_of(
        ("add", 'c.keyword == "ADD"', 'fix safe "f" { replace c.keyword with "COPY" }'),
        kind="docker.Instruction",
    )
    text = "FROM a\nADD x /\nADD y /\n"
    report = scan_texts({"Dockerfile": text}, pack)

    def evaluate(changed: Mapping[str, str]) -> Report:
        return scan_texts({"Dockerfile": text, **changed}, pack)

    for finding in report.findings:
        alone = tuple(one if one is finding else replace(one, fix=None) for one in report.findings)
        outcome = apply_fixes(replace(report, findings=alone), evaluate)
        assert outcome.applied == (finding,)


def test_files_that_must_stay_are_named() -> None:
    texts = {"a.yaml": pod("{name: a}")}

    def evaluate(changed: Mapping[str, str]) -> Report:
        return scan_texts({**texts, **changed}, pack_of(TTY))

    outcome = apply_fixes(evaluate({}), evaluate, frozen=lambda path: f"`{path}` is not ours")
    assert [one.why for one in outcome.dropped] == ["`a.yaml` is not ours"]
