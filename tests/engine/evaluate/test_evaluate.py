"""What a user may rely on: verdicts, redaction, exemptions and order."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from plumbrule.evaluate import compare, truth
from plumbrule.evaluate.evaluate import Evaluation, RuleSettings, Settings, evaluate
from plumbrule.evaluate.truth import Doubt
from plumbrule.evaluate.why import why
from plumbrule.graph.graph import Graph
from plumbrule.pack import Pack, load_pack
from plumbrule_parsers.document import Node
from plumbrule_parsers.source import Source
from plumbrule_parsers.value import MapValue, Reason, Segments, Unknown, Value

SCHEMA = Source("s.plumb", """plumbrule 1
module schema
kind core.Node { field name: string }
kind t.Box extends core.Node { field size?: int  field secret?: string }
""")  # fmt: skip
RULE = """plumbrule 1
rule t.big {
  title "big" severity high
  match b: t.Box
  where b.size is set and b.size > 3
  report at b.size "{b.name} is {b.size}"
}
"""
EXEMPT = """
exempt t.big { match b: t.Box where b.name == "x" owner "o" until "2027-01-01" because "why" }
"""
FILE = Source("a.tf", "box" * 9)
OPEN = Unknown(Reason.NO_VALUE, "var.size")


def pack(text: str = RULE) -> Pack:
    made = load_pack([Source("r.plumb", text)], [SCHEMA], None)
    assert made.problems == ()
    return made


def run(made: Pack, size: object, today: str = "2026-11-24", **chosen: str) -> Evaluation:
    fields = MapValue(FILE, 0, 9, {"name": "x", "size": size})  # type: ignore[dict-item]
    node = Node("a.tf#x", "t.Box", "box x", fields, FILE.span(0, 3))
    graph = Graph([node], [], [], made.schema.ancestors)
    settings = Settings(today, {"t.big": RuleSettings(**chosen)})  # type: ignore[arg-type]
    return evaluate(made.rules, made.exemptions, graph, settings)


@pytest.mark.parametrize(("size", "counts"), [(5, (1, 0, 0)), (2, (0, 1, 0)), (OPEN, (0, 0, 1))])
def test_a_subject_is_violation_pass_or_review(size: object, counts: tuple[int, ...]) -> None:
    found = run(pack(), size).counts[0]
    assert (found.violations, found.passes, found.reviews) == counts


def test_unknown_can_be_configured_to_fail() -> None:
    assert len(run(pack(), OPEN, unknown="fail").findings) == 1


def test_an_exemption_applies_until_it_expires() -> None:
    made = pack(RULE + EXEMPT)
    assert len(run(made, 5).exempted) == 1
    late = run(made, 5, today="2027-06-01")
    assert len(late.findings) == 1
    assert "expired" in late.notices[0]


def test_why_names_the_undecided_conjunct() -> None:
    made = pack()
    fields = MapValue(FILE, 0, 9, {"name": "x", "size": OPEN})
    node = Node("a.tf#x", "t.Box", "box x", fields, FILE.span(0, 3))
    steps = why(made.rules[0], Graph([node], [], [], made.schema.ancestors), "a.tf#x")
    assert any(step.verdict is None and "var.size" in step.causes[0].why for step in steps)


GRADED = RULE.replace(
    "severity high",
    "severity high severity critical when b.size > limit "
    'severity low when b.secret == "no" param limit: int = 7',
)


def graded(*boxes: Mapping[str, Value], **chosen: str) -> list[str]:
    """The severities of the boxes' findings, and of their reviews."""
    made = pack(GRADED)
    nodes = [
        Node(f"a.tf#{at}", "t.Box", f"box {at}",
             MapValue(FILE, 0, 9, {"name": "x", **fields}), FILE.span(0, 3))
        for at, fields in enumerate(boxes)
    ]  # fmt: skip
    settings = Settings("2026-11-24", {"t.big": RuleSettings(**chosen)})  # type: ignore[arg-type]
    found = evaluate(made.rules, (), Graph(nodes, [], [], made.schema.ancestors), settings)
    assert not found.problems
    return [one.severity for one in (*found.findings, *found.reviews)]


def test_the_first_condition_that_is_surely_true_decides_the_severity() -> None:
    assert graded({"size": 5}) == ["high"]
    assert graded({"size": 9}) == ["critical"]
    assert graded({"size": 9, "secret": "no"}) == ["critical"]
    assert graded({"size": 5, "secret": "no"}) == ["low"]


def test_an_unknown_condition_leaves_the_plain_severity_or_a_later_one() -> None:
    assert graded({"size": 5, "secret": OPEN}) == ["high"]
    assert graded({"size": OPEN, "secret": "no"}) == ["low"]  # a review
    assert graded({"size": OPEN, "secret": OPEN}, unknown="fail") == ["high"]


def test_a_severity_in_the_configuration_wins() -> None:
    assert graded({"size": 9}, {"size": OPEN, "secret": "no"}, severity="info") == ["info"] * 2


def test_a_finding_is_as_bad_as_the_gravest_of_its_rows() -> None:
    made = pack(GRADED.replace("match b: t.Box", "match a: t.Box, b: t.Box").replace(
        "report at b.size", "where a.name == b.name report at a"))  # fmt: skip
    nodes = [
        Node(f"a.tf#{size}", "t.Box", f"box {size}",
             MapValue(FILE, 0, 9, {"name": "x", "size": size}), FILE.span(0, 3))
        for size in (1, 4, 9)
    ]  # fmt: skip
    graph = Graph(nodes, [], [], made.schema.ancestors)
    found = evaluate(made.rules, (), graph, Settings("2026-11-24"))
    assert [one.severity for one in found.findings] == ["critical"] * 3


def test_why_shows_the_conditions_of_severities_apart() -> None:
    made = pack(GRADED)
    fields = MapValue(FILE, 0, 9, {"name": "x", "size": 5, "secret": OPEN})
    node = Node("a.tf#x", "t.Box", "box x", fields, FILE.span(0, 3))
    steps = why(made.rules[0], Graph([node], [], [], made.schema.ancestors), "a.tf#x")
    assert [(step.text, step.verdict) for step in steps if not step.decides] == [
        ("severity critical when b.size > limit", False),
        ('severity low when b.secret == "no"', None),
    ]


def test_known_parts_of_a_text_decide_comparisons() -> None:
    text = Segments(("acme/web:", OPEN))
    assert compare.compare("==", text, "other") is False
    assert compare.compare("starts_with", text, "acme/") is True
    assert isinstance(compare.compare("==", text, "acme/web:1"), Doubt)


def test_kleene_connectives() -> None:
    unsure = truth.doubt(OPEN)
    assert truth.both([unsure, False]) is False
    assert truth.either([unsure, True]) is True
    assert truth.negate(unsure) == unsure
