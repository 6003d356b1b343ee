"""The calls that a finding in a module came by, where no line of a caller is named otherwise."""

from __future__ import annotations

from collections.abc import Sequence

from plumbrule.finding import RelatedSpan
from plumbrule.graph.graph import Graph
from plumbrule_parsers.document import Node

_CALL = "tf.Module"
_MOST = 5  # calls, from the nearest outwards


def callers_of(node: Node, graph: Graph, related: Sequence[RelatedSpan]) -> list[RelatedSpan]:
    """The calls around the node, the nearest first; none if a related span leads out already."""
    whole = node
    while whole.parent in graph.nodes:
        whole = graph.nodes[whole.parent]
    folder = _folder(node.path)
    if not graph.is_a(whole.kind, "tf.Block") or any(
        _folder(one.span.path) != folder for one in related
    ):
        return []
    found: list[RelatedSpan] = []
    seen = {whole.address}
    while len(found) < _MOST:
        calls = [
            graph.nodes[edge.origin]
            for edge in graph.incoming(whole.address, "references")
            if edge.doubt is None and edge.origin not in seen
        ]
        outer = (one for one in calls if _folder(one.path) != _folder(whole.path))
        call = next((one for one in outer if graph.is_a(one.kind, _CALL)), None)
        if call is None:
            return found
        found.append(RelatedSpan(call.span, f"called here as {call.label}"))
        seen.add(call.address)
        whole = call
    return found


def _folder(path: str) -> str:
    return path.rpartition("/")[0]
