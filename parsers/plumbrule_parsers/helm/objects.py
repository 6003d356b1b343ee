"""Rendered templates to documents: the objects that they make, at the lines that made them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from plumbrule_parsers.document import (
    Completeness,
    Document,
    Hole,
    Node,
    Problem,
    Reference,
    Severity,
    ToAddress,
    variant_address,
)
from plumbrule_parsers.helm.manifests import manifest_values
from plumbrule_parsers.helm.render import Rendered
from plumbrule_parsers.helm.state import RenderError
from plumbrule_parsers.kubernetes_objects.lift import Lift, objects_in
from plumbrule_parsers.source import Source, Span
from plumbrule_parsers.value import MapValue, Place, Segments, Unknown

_MEANINGS = {"chart-refuses": "the chart refuses these values"}
# Other values may let a chart render; a template that does not parse is lost with any.
_SEVERITIES = {"template-syntax": Severity.ERROR}
# What other values cannot mend.
_FINAL = ("template-syntax", "render-limit")


@dataclass(slots=True)
class Part:
    """What one template renders to in one unit; `label` is what tells the unit from the plain one.

    `refused` is the first error that other values may avoid.
    """

    label: str
    unit: str
    nodes: list[Node] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    whole: int = 0  # renderings that gave a text
    refused: RenderError | None = None


def rendered_part(
    source: Source, found: Iterable[Rendered], label: str, unit: str, variant: str,
    known: dict[Place, Place],
) -> Part:  # fmt: skip
    """What the renderings of a template in one unit come to; `known` places are used again."""
    lift = Lift(source)
    part = Part(label, unit)
    for rendered in found:
        if rendered.error is not None:
            _failed(part, rendered.error)
            continue
        part.whole += 1
        for why, span in rendered.doubts[:1]:
            part.reasons.append(f"the condition on line {span.line} of {span.path} cannot be told")
            message = f"this condition cannot be told: {why}"
            part.problems.append(Problem("unknown-condition", message, span, Severity.WARNING))
        values, faults = manifest_values(rendered.pieces, source, known)
        lost = [one for one in faults if one.severity is Severity.ERROR]
        if lost:
            part.reasons.append(lost[0].message)
        part.problems += faults
        for value in values:
            for one in objects_in(value, lift.problems):
                if isinstance(one, (MapValue)) and one:
                    lift.manifest(one)
                elif isinstance(one, (Unknown, Segments)):
                    part.reasons.append(f"an object cannot be told: {one}"[:200])
    part.problems += lift.problems
    if label:  # what other values lose is no loss of the chart
        part.problems = [
            one if one.code in _FINAL else replace(one, severity=Severity.WARNING)
            for one in part.problems
        ]
    part.nodes = [_of_unit(_at_home(node, source), unit, variant) for node in lift.nodes]
    part.references = [_of_variant(one, variant) for one in lift.references]
    return part


def _failed(part: Part, error: RenderError) -> None:
    meaning = _MEANINGS.get(error.code, "not rendered")
    message = " ".join(error.message.split()).rstrip(".") or "no reason is given"
    part.reasons.append(f"{meaning}: {message[:200]}")
    severity = _SEVERITIES.get(error.code, Severity.WARNING)
    part.problems.append(Problem(error.code, f"{meaning}: {message[:300]}", error.span, severity))
    if error.code not in _FINAL:
        part.refused = part.refused or error


def needs_values(parts: Sequence[Part]) -> bool:
    """Whether only other values than the defaults let the template render."""
    plain, others = parts[0], parts[1:]
    return (
        not plain.label
        and plain.refused is not None
        and len(plain.reasons) == 1
        and any(part.whole and part.refused is None for part in others)
    )


def rendered_document(document: Document, parts: Sequence[Part], hole: Hole) -> Document:
    """The document of a template file with what it renders to in each unit, the plain one first.

    `hole` is for what is lost.
    """
    counted = parts[1:] if needs_values(parts) else parts
    reasons = [
        f"with {part.label}: {reason}" if part.label else reason
        for part in counted
        for reason in part.reasons
    ]
    state = Completeness.EVALUATED
    if reasons:
        whole = any(part.whole for part in counted)
        state = Completeness.PARTLY if whole else Completeness.SKIPPED
    return replace(
        document,
        nodes=tuple(node for part in parts for node in part.nodes),
        references=tuple(one for part in parts for one in part.references),
        problems=labelled_problems([(part.label, part.problems) for part in counted]),
        holes=(hole,) if reasons else (), completeness=state,
        because=reasons[0] if reasons else "",
    )  # fmt: skip


def labelled_problems(
    given: Sequence[tuple[str, Iterable[Problem]]],
) -> tuple[Problem, ...]:
    """Each problem once; one that not all of the labelled have says which do."""
    labels: dict[Problem, dict[str, None]] = {}
    for label, problems in given:
        for problem in problems:
            labels.setdefault(problem, {})[label] = None
    found: list[Problem] = []
    for problem, having in labels.items():
        if "" in having or len(having) == len({label for label, _ in given}):
            found.append(problem)
            continue
        named = [f"`{label}`" for label in having]
        shown = ", ".join(named[:3]) + (f" and {len(named) - 3} more" if len(named) > 3 else "")
        found.append(replace(problem, message=f"{problem.message} (with {shown})"))
    return tuple(found)


def _of_unit(node: Node, unit: str, variant: str) -> Node:
    if not variant:
        return replace(node, unit=unit)
    return replace(
        node, unit=unit, variant=variant, address=variant_address(node.address, variant),
        parent=variant_address(node.parent, variant) if node.parent else "",
    )  # fmt: skip


def _of_variant(reference: Reference, variant: str) -> Reference:
    if not variant:
        return reference
    target = reference.target
    if isinstance(target, ToAddress):
        target = ToAddress(variant_address(target.address, variant))
    origin = variant_address(reference.origin, variant)
    return replace(reference, origin=origin, target=target)


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
