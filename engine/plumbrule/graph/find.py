"""Find a node by what a person types: its address, its label, or the end of either."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator

from plumbrule.graph.graph import Graph
from plumbrule_parsers.document import Node

MAX_LISTED = 8


class NodeNotFoundError(LookupError):
    """No node or more than one was meant; the message says which could be.

    `candidates` are addresses: all that fit if several do, else those that are spelled alike.
    """

    def __init__(self, message: str, candidates: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.candidates = candidates


def find_node(graph: Graph, text: str, kinds: tuple[str, ...] = ()) -> Node:
    """The node that `text` names; NodeNotFoundError if that is none or not one.

    Of several that fit, those of `kinds` are meant.

    An exact address wins, then an exact label, then an address or label that ends with the text at
    a border (`/`, `#`, `.` or a space), then one that has the text anywhere in any case. The first
    of these ways that fits anything decides; if it fits several nodes, none is taken.
    """
    wanted = text.strip().strip("`")
    exact = graph.nodes.get(wanted)
    if exact is not None:
        return exact
    if wanted:
        folded = wanted.casefold()
        ways: tuple[Callable[[Node], bool], ...] = (
            lambda node: node.label == wanted,
            lambda node: _ends(node.address, wanted) or _ends(node.label, wanted),
            lambda node: folded in node.address.casefold() or folded in node.label.casefold(),
        )
        for fits in ways:
            found = [node for node in graph.nodes.values() if fits(node)]
            wished = [n for n in found if any(graph.is_a(n.kind, kind) for kind in kinds)]
            found = wished or found
            if len(found) == 1:
                return found[0]
            if found:
                raise _several(wanted, found)
    raise _none(graph, wanted)


def _ends(name: str, wanted: str) -> bool:
    return name.endswith(wanted) and (
        len(name) == len(wanted) or name[-len(wanted) - 1] in "/#. " or wanted[0] in "/#."
    )


def _several(wanted: str, found: list[Node]) -> NodeNotFoundError:
    addresses = tuple(node.address for node in found)
    listed = ", ".join(f"`{address}`" for address in addresses[:MAX_LISTED])
    more = len(addresses) - MAX_LISTED
    rest = f" and {more} more" if more > 0 else ""
    message = (
        f"`{wanted}` fits {len(addresses)} nodes: {listed}{rest}; write the address of one of them"
    )
    return NodeNotFoundError(message, addresses)


def _none(graph: Graph, wanted: str) -> NodeNotFoundError:
    close = tuple(dict.fromkeys(_alike(graph, wanted)))[:MAX_LISTED]
    if not graph.nodes:
        return NodeNotFoundError(f"there is no node `{wanted}`: nothing that was read declares one")
    if not close:
        message = f"there is no node `{wanted}`; `plumb graph` lists all nodes"
        return NodeNotFoundError(message)
    listed = ", ".join(f"`{address}`" for address in close)
    return NodeNotFoundError(f"there is no node `{wanted}`; did you mean {listed}?", close)


def _alike(graph: Graph, wanted: str) -> Iterator[str]:
    """Addresses whose label, name or whole text is spelled like it, the nearest first."""
    names: dict[str, list[str]] = {}
    for node in graph.nodes.values():
        inner = node.address.partition("#")[2]
        for name in (node.address, inner, inner.rpartition("/")[2], node.label):
            names.setdefault(name, []).append(node.address)
    for name in difflib.get_close_matches(wanted, sorted(names), n=MAX_LISTED, cutoff=0.6):
        yield from names[name]
