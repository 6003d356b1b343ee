"""Generated code gives the walk's verdicts, reasons and places: on random rules and on ours."""

from __future__ import annotations

import os
import random
from dataclasses import replace
from pathlib import Path

import plumbrule_rules
import pytest
from tests.laws.random_graphs import AT, complete, formula, make_graph, make_rule, rows_of

from plumbrule.config import Config
from plumbrule.evaluate.evaluate import Evaluation, RuleSettings, Settings, evaluate
from plumbrule.graph.graph import Graph
from plumbrule.language import ir
from plumbrule.pack import Pack, load_pack
from plumbrule.scan.scan import build_model, model_of_texts
from plumbrule_parsers.formats import schema_sources

RULES = Path(next(iter(plumbrule_rules.__path__)))
STOREFRONT = Path(__file__).parents[2] / "fixtures" / "storefront"
CORPORA = os.environ.get("PLUMBRULE_CORPORA", "")
RANDOM_RULES = int(os.environ.get("PLUMBRULE_RANDOM_RULES", "40"))


def verdicts(rule: ir.CheckedRule, graph: Graph, *, compiled: bool) -> list[object]:
    names = [node.name for pattern in rule.patterns for node in pattern.nodes]
    return [
        (row.subject, [row.env[name] for name in names], row.verdict, row.unseen)
        for row in rows_of(rule, graph, compiled=compiled)
    ]


def test_random_rules_have_the_same_rows_in_both() -> None:
    rng = random.Random(11)
    rows = 0
    for _ in range(RANDOM_RULES):
        rule, graph = make_rule(rng), make_graph(rng, most=4)
        for given in (graph, complete(graph, rng)):
            walked = verdicts(rule, given, compiled=False)
            assert verdicts(rule, given, compiled=True) == walked
            rows += len(walked)
    assert rows > RANDOM_RULES  # rules that never match anything would agree too


def test_random_severities_are_the_same_in_both_and_change_no_verdict() -> None:
    rng = random.Random(12)
    settings, seen = Settings("2026-01-01"), set[str]()
    for _ in range(RANDOM_RULES):
        rule, graph = make_rule(rng), make_graph(rng, most=4)
        severities = tuple(
            ir.SeverityWhen(name, formula(rng, ("s",), 1), AT) for name in ("critical", "info")
        )
        graded = replace(rule, severities=severities)
        walked = evaluate([graded], (), graph, settings, compiled=False)
        assert repr(evaluate([graded], (), graph, settings)) == repr(walked)
        assert not walked.problems
        seen |= {one.severity for one in (*walked.findings, *walked.reviews)}
        plain = evaluate([rule], (), graph, settings)
        found = tuple(replace(one, severity="low") for one in walked.findings)
        reviews = tuple(replace(one, severity="low") for one in walked.reviews)
        assert (found, reviews) == (plain.findings, plain.reviews)
    assert seen == {"critical", "low", "info"}


@pytest.fixture(scope="module")
def pack() -> Pack:
    made = load_pack([RULES], schema_sources(), None)
    assert made.rules
    return made


def both(pack: Pack, graph: Graph, on_unknown: str | None) -> tuple[Evaluation, Evaluation]:
    chosen = {rule.id: RuleSettings(unknown=on_unknown) for rule in pack.rules}
    settings = Settings("2026-01-01", chosen)
    walked = evaluate(pack.rules, pack.exemptions, graph, settings, compiled=False)
    fast = evaluate(pack.rules, pack.exemptions, graph, settings, programs=pack.programs)
    return walked, fast


@pytest.mark.parametrize("on_unknown", [None, "review", "fail", "skip"])
def test_our_rules_say_the_same_of_the_storefront(pack: Pack, on_unknown: str | None) -> None:
    graph = build_model([STOREFRONT], Config(), pack, jobs=1).graph
    walked, fast = both(pack, graph, on_unknown)
    assert repr(fast) == repr(walked)
    assert fast.findings
    assert not fast.problems


def test_our_rules_say_the_same_of_the_snippets_of_their_tests(pack: Pack) -> None:
    judged = 0
    for rule in pack.rules:
        for test in rule.tests:
            texts = {item.name: item.text for item in test.fixtures if item.form == "file"}
            if not texts:
                continue
            graph = model_of_texts(texts, Config(), pack).graph
            own = replace(pack, rules=(rule,))
            walked, fast = both(own, graph, "review")
            assert repr(fast) == repr(walked), (rule.id, test.title)
            judged += len(walked.findings) + len(walked.reviews)
    assert judged


@pytest.mark.corpora
@pytest.mark.slow
@pytest.mark.skipif(not CORPORA, reason="PLUMBRULE_CORPORA names no folder")
def test_our_rules_say_the_same_of_real_repositories(pack: Pack) -> None:
    folders = [path for path in sorted(Path(CORPORA).iterdir()) if path.is_dir()]
    assert folders
    for folder in folders:
        graph = build_model([folder], Config(), pack).graph
        walked, fast = both(pack, graph, "review")
        assert repr(fast) == repr(walked), folder.name
