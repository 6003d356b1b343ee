"""One manifest file to its document."""

from __future__ import annotations

from plumbrule_parsers.document import Document, Hole, Problem, Severity, how_much
from plumbrule_parsers.json_tree import parse_json
from plumbrule_parsers.kubernetes_objects.lift import Lift, objects_in
from plumbrule_parsers.source import Source, Span
from plumbrule_parsers.value import MapValue, Reason, Unknown, Value
from plumbrule_parsers.yaml_tree import parse_yaml


def parse(source: Source) -> Document:
    """All objects of the file, of `List`s too; what is no object is a problem."""
    values, problems = _values(source)
    lift = Lift(source)
    for value, span in values:
        for one in objects_in(value, lift.problems):
            if isinstance(one, MapValue):
                lift.manifest(one)
            elif one is not None:
                lift.problems.append(Problem(
                    "not-an-object", "a manifest must be a mapping with apiVersion and kind",
                    span.first_line, Severity.WARNING,
                ))  # fmt: skip
    problems += lift.problems
    lost = [problem for problem in problems if problem.severity is Severity.ERROR]
    holes = tuple(
        Hole(Unknown(Reason.SYNTAX, f"{source.path} did not parse", problem.span), problem.span,
             kinds=("k8s.Object",), within=source.path.rpartition("/")[0])
        for problem in lost[:1]
    )  # fmt: skip
    state, because = how_much(problems, something=bool(lift.nodes))
    return Document(
        source, "kubernetes", tuple(lift.nodes), tuple(lift.references), tuple(problems), holes,
        state, because,
    )  # fmt: skip


def _values(source: Source) -> tuple[list[tuple[Value, Span]], list[Problem]]:
    if source.path.endswith(".json"):
        value, problems = parse_json(source)
        return [(value, source.whole())], list(problems)
    stream = parse_yaml(source, "1.1")
    found = [(document.value, document.span) for document in stream.documents]
    return found, list(stream.problems)
