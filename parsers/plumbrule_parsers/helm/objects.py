"""Rendered templates to documents: the objects that they make, at the lines that made them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from plumbrule_parsers.document import Completeness, Document, Hole, Node, Problem, Severity
from plumbrule_parsers.helm.manifests import manifest_values
from plumbrule_parsers.helm.render import Rendered
from plumbrule_parsers.kubernetes_objects.lift import Lift, objects_in
from plumbrule_parsers.source import Source, Span
from plumbrule_parsers.value import MapValue, Segments, Unknown

_MEANINGS = {"chart-refuses": "the chart refuses these values"}
# Other values may let a chart render; a template that does not parse is lost with any.
_SEVERITIES = {"template-syntax": Severity.ERROR}


def rendered_document(
    document: Document, found: Iterable[Rendered], hole: Hole
) -> Document:  # fmt: skip
    """The document of a template file with what it renders to; `hole` is for what is lost."""
    source = document.source
    lift = Lift(source)
    problems: list[Problem] = []
    reasons: list[str] = []
    failed = whole = 0
    for rendered in found:
        if rendered.error is not None:
            failed += 1
            error = rendered.error
            meaning = _MEANINGS.get(error.code, "not rendered")
            message = " ".join(error.message.split()).rstrip(".") or "no reason is given"
            reasons.append(f"{meaning}: {message[:200]}")
            severity = _SEVERITIES.get(error.code, Severity.WARNING)
            text = f"{meaning}: {message[:300]}"
            problems.append(Problem(error.code, text, error.span, severity))
            continue
        whole += 1
        for why, span in rendered.doubts[:1]:
            reasons.append(f"the condition on line {span.line} of {span.path} cannot be told")
            problems.append(Problem("unknown-condition", f"this condition cannot be told: {why}",
                                    span, Severity.WARNING))  # fmt: skip
        values, faults = manifest_values(rendered.pieces, source)
        lost = [one for one in faults if one.severity is Severity.ERROR]
        if lost:
            reasons.append(lost[0].message)
        problems += faults
        for value in values:
            for one in objects_in(value, lift.problems):
                if isinstance(one, (MapValue)) and one:
                    lift.manifest(one)
                elif isinstance(one, (Unknown, Segments)):
                    reasons.append(f"an object cannot be told: {one}"[:200])
    nodes = tuple(_at_home(node, source) for node in lift.nodes)
    state = Completeness.EVALUATED
    if reasons:
        state = Completeness.PARTLY if whole else Completeness.SKIPPED
    unique = dict.fromkeys((*problems, *lift.problems))
    return replace(
        document, nodes=nodes, references=tuple(lift.references), problems=tuple(unique),
        holes=(hole,) if reasons else (), completeness=state,
        because=reasons[0] if reasons else "",
    )  # fmt: skip


def _at_home(node: Node, home: Source) -> Node:
    """The node with its head in the template file that declares it."""
    if node.span.source is home:
        return node
    place = node.fields.place("name")
    spans: list[Span] = [hop.span for hop in place.via] if place is not None else []
    for span in reversed(spans):
        if span.source is home:
            return replace(node, span=span.first_line)
    start = node.fields.start if node.fields.source is home else 0
    return replace(node, span=Span(home, start, len(home.text)).first_line)
