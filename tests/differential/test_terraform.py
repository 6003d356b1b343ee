"""Our Terraform evaluator against Trivy's engine: same resources, same values, nothing less known.

Trivy's engine is an independent reading of the same language, so agreement is evidence. Where the
two differ for a reason that is known, `agreement` names it; a difference without one fails.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.differential.agreement import Outcome, compare, outcome
from tests.differential.terraform_snippets import (
    EXPRESSIONS,
    HEREDOC,
    HEREDOCS,
    ROOTS,
    in_one,
    lists,
    maps,
    split_up,
    texts,
    written,
)
from tests.differential.trivy_engine import Trivy, ours, theirs, tree_of

from plumbrule_parsers.traced import first_unknown, plain

pytest.importorskip("tfparse", reason="Trivy's engine is not installed (pip install tfparse)")

CORPORA = os.environ.get("PLUMBRULE_CORPORA", "")


@pytest.fixture(scope="module")
def trivy() -> Iterator[Trivy]:
    with Trivy() as running:
        yield running


# ------------------------------------------------------------------ own roots
@pytest.mark.parametrize(("root", "least"), [
    ("modules", 41), ("values", 8), ("instances", 25), ("blocks", 6),
])  # fmt: skip
def test_roots_read_alike(root: str, least: int, tmp_path: Path, trivy: Trivy) -> None:
    found = outcome(written(tmp_path, {root: ROOTS[root]}), trivy)
    assert found.attributes["different"] == 0
    assert found.attributes["theirs"] == 0
    assert found.instances.keys() == {"both"}
    assert found.attributes["equal"] >= least


# ------------------------------------------------------------------ expressions
def test_expressions_are_worth_the_same(tmp_path: Path, trivy: Trivy) -> None:
    expressions = [*split_up(EXPRESSIONS), *HEREDOCS]
    assert len(expressions) > 180
    base = written(tmp_path, {"": in_one(expressions)})
    _seconds, blocks = trivy.load(base, [])
    assert isinstance(blocks, dict)
    (mine,), (other,) = ours(tree_of(base), "").values(), theirs(blocks).values()
    wrong = [
        f"{text}: {mine.settings[name]!r} and {other.settings.get(name)!r}"
        for name, text in zip(sorted(mine.settings), expressions, strict=True)
        if first_unknown(mine.settings[name]) is not None
        or not alike(plain(mine.settings[name]), other.settings.get(name))
    ]
    assert wrong == []


def alike(mine: object, other: object) -> bool:
    if isinstance(mine, dict) and isinstance(other, dict):
        return mine.keys() == other.keys() and all(alike(mine[key], other[key]) for key in mine)
    if isinstance(mine, list) and isinstance(other, list):
        return len(mine) == len(other) and all(map(alike, mine, other))
    if isinstance(mine, bool) or isinstance(other, bool) or isinstance(mine, str):
        return mine is other or (isinstance(mine, str) and str(mine) == other)
    return mine == other


# Where Trivy's engine goes on although Terraform refuses, or cannot say what Terraform can.
@pytest.mark.parametrize(
    ("text", "mine"),
    [
        ('"a${null}"', None), ('{for s in ["a","a"] : s => 1}', None),
        ('"a${[1]}"', None), ('sensitive("x")', "x"), ('urldecode("a+b%21")', "a b!"),
        ("123456789012345678901234567890", 123456789012345678901234567890),
        ("setproduct(toset([2]), toset([1]))", [[2, 1]]),
    ],
)  # fmt: skip
def test_where_the_engines_differ_for_a_reason(
    text: str, mine: object, tmp_path: Path, trivy: Trivy
) -> None:
    base = written(tmp_path, {"": in_one([text])})
    _seconds, blocks = trivy.load(base, [])
    assert isinstance(blocks, dict)
    (here,), (there,) = ours(tree_of(base), "").values(), theirs(blocks).values()
    value = here.settings["v000"]
    assert (None if first_unknown(value) is not None else plain(value)) == mine
    assert there.settings.get("v000") != mine or mine is None


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(expressions=st.lists(
    st.one_of(texts(2), lists(2), maps(2), HEREDOC), min_size=6, max_size=12
))  # fmt: skip
def test_generated_expressions_are_worth_the_same(
    expressions: list[str], tmp_path: Path, trivy: Trivy
) -> None:
    base = written(tmp_path, {"": in_one(expressions)})
    _seconds, blocks = trivy.load(base, [])
    assert isinstance(blocks, dict)
    (mine,), (other,) = ours(tree_of(base), "").values(), theirs(blocks).values()
    for name, text in zip(sorted(mine.settings), expressions, strict=True):
        value = mine.settings[name]
        if first_unknown(value) is None:
            assert alike(plain(value), other.settings.get(name)), text
        else:  # refused by both
            assert other.settings.get(name) is None, text


# ------------------------------------------------------------------ the comparison itself
def test_the_comparison_sees_what_is_wrong(tmp_path: Path, trivy: Trivy) -> None:
    text = """
resource "x_y" "z" {
  same = "a"
  text = "a"
  list = ["a", "b"]
  map  = { a = 1, b = 2 }
  rule {
    port = 1
  }
}
"""
    base = written(tmp_path, {"": {"main.tf": text}})
    _seconds, blocks = trivy.load(base, [])
    assert isinstance(blocks, dict)
    right = theirs(blocks)
    changed = text.replace('text = "a"', 'text = "b"').replace('"b"]', '"c"]')
    changed = changed.replace("b = 2", "c = 2").replace("port = 1", "port = 2")
    written(base, {"": {"main.tf": changed}})
    found = Outcome()
    compare(ours(tree_of(base), ""), right, "", found)
    assert found.attributes == {"equal": 1, "different": 4}
    assert len(found.open) == 4
    written(base, {"": {"main.tf": text.replace('text = "a"', "text = x_q.r.s")}})
    found = Outcome()
    compare(ours(tree_of(base), ""), right, "", found)
    assert found.attributes == {"equal": 4, "theirs": 1}
    assert len(found.open) == 1


# ------------------------------------------------------------------ corpora
@pytest.mark.corpora
@pytest.mark.slow
@pytest.mark.skipif(not CORPORA, reason="PLUMBRULE_CORPORA names no folder")
def test_the_corpora_read_alike(trivy: Trivy) -> None:
    found = outcome(Path(CORPORA), trivy)
    print(*found.summary(), sep="\n")  # noqa: T201 - the list is what the run is for
    counts = found.attributes
    both = counts["equal"] + counts["different"]
    assert both
    assert counts["equal"] >= 0.98 * both
    assert counts["ours"] >= counts["theirs"] - found.made_up()
    assert found.open == []
