"""Patterns: rows of a path pattern over the graph, each with the certainty that it exists."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from plumbrule.evaluate.read import Unseen
from plumbrule.evaluate.truth import Doubt, Truth, both, doubt
from plumbrule.graph.graph import Edge, Graph
from plumbrule.language import ir
from plumbrule_parsers.document import Hole, Node
from plumbrule_parsers.source import record

Env = dict[str, object]


@dataclass(frozen=True, slots=True)
class Path:
    """A bound path: its edges in order, each with the node that it leads to."""

    start: Node
    steps: tuple[tuple[Edge, Node], ...]


@record(frozen=True, slots=True)
class Row:
    """Bindings and the certainty that the row exists; `unseen`: it stands for rows nobody read."""

    env: Env
    guard: Truth
    unseen: bool = False


@dataclass(slots=True)
class Anyone:
    """Stands for the subject where rows are looked for on behalf of all subjects at once.

    It gathers the witnesses under conditions: whether they exist may depend on a certain subject.
    """

    addresses: set[str] = field(default_factory=set)
    identities: set[str] = field(default_factory=set)  # of the conditions

    def stands_for(self, subject: Node, graph: Graph) -> bool:
        """Whether no witness exists because the subject does; see `presence`."""
        if not self.addresses:
            return True
        above = owners(graph, subject.address)
        if not self.addresses.isdisjoint(above):
            return False
        holders = [graph.nodes[address] for address in above if address in graph.nodes]
        conditions = [one.condition for one in holders if one.condition is not None]
        return not any(one.identity in self.identities for one in conditions)


def edge_certainty(edge: Edge, graph: Graph) -> Truth:
    """Whether the edge exists: a possible edge is a doubt, which is worked out once."""
    if edge.doubt is None:
        return True
    found = graph.doubts.get(id(edge.doubt))
    if not isinstance(found, Doubt):
        found = graph.doubts[id(edge.doubt)] = doubt(edge.doubt)
    return found


def presence(node: Node, env: Env, graph: Graph) -> Truth:
    """Whether a witness exists, given that the rule's subject does.

    A node that contains the subject, or that stands under the same condition, exists with it.
    """
    condition = node.condition
    subject = env.get("")
    if condition is None:
        return True
    if not isinstance(subject, Node):
        if isinstance(subject, Anyone):
            subject.addresses.add(node.address)
            if condition.identity:
                subject.identities.add(condition.identity)
        return doubt(condition)
    holder: Node | None = subject
    seen: set[str] = set()
    while holder is not None and holder.address not in seen:
        if holder.address == node.address:
            return True
        other = holder.condition
        if other is not None and other.identity and other.identity == condition.identity:
            return True
        seen.add(holder.address)
        holder = graph.nodes.get(holder.parent)
    return doubt(condition)


def extent_holes(graph: Graph, kinds: tuple[str, ...]) -> list[Hole]:
    """Holes that may hide nodes of one of the kinds (none given: of any kind)."""
    if not kinds:
        return [hole for hole in graph.holes if hole.kinds or not hole.edges]
    found = {id(hole): hole for kind in kinds for hole in graph.extent_holes(kind)}
    return list(found.values())


def edge_holes(graph: Graph, edge: ir.PatternEdge, *, forward: bool) -> list[Hole]:
    """Holes that may hide edges of the step, at whatever node; owners are all known."""
    names = {name for name, along in edge.names if name != "contains" or along is forward}
    return graph.edge_holes(frozenset(names))


# Edges whose ends one declaration holds together: a part always knows its owner, so what a hole
# hides is linked by them with a node that was read only if both stand in the hole's own file.
LOCAL = frozenset(("contains", "before", "has_source", "reads_secret"))
# Edges by which one object takes hold of another: a chart does so with its own, not with those of
# the charts that depend on it. These know its names, and may well take hold of what it makes.
SEIZING = frozenset(("protects", "routes_to", "scales", "selects"))


def beyond(
    holes: list[Hole], origin: Node, edge: ir.PatternEdge, graph: Graph, *, forward: bool
) -> list[Hole]:  # fmt: skip
    """Those of the holes whose hidden nodes the step could reach from the origin."""
    around = graph.around(origin)
    near = [hole for hole in holes if id(hole) in around]
    if all(name in SEIZING and along is not forward for name, along in edge.names):
        return [hole for hole in near if not hole.apart]
    if not all(name in LOCAL for name, _along in edge.names):
        return near
    if all(name == "contains" and along is not forward for name, along in edge.names):
        return []  # towards the owners, which are all known
    return [hole for hole in near if hole.span.path == origin.path]


@dataclass(frozen=True, slots=True)
class Frontier:
    """What may be hidden around the steps of one edge. None stands for nothing.

    `anywhere` is the doubt of hidden edges that any node may have, `at` of those that only the node
    at an address has; `beside` of unseen ends, and of hidden edges at nodes of the kinds wanted.
    """

    anywhere: Doubt | None
    at: dict[str, Doubt]
    beside: Doubt | None

    def hides(self, *addresses: str) -> Doubt | None:
        """The doubt whether an edge hides that starts or ends at one of the nodes."""
        own = [self.at[address] for address in dict.fromkeys(addresses) if address in self.at]
        return _joint(self.anywhere, *own)


def frontier(
    graph: Graph, origin: Node, edge: ir.PatternEdge, kinds: tuple[str, ...], *, forward: bool
) -> Frontier:
    """What may be hidden around the edge's steps from the origin to a node of one of the kinds.

    It is the same for all origins of one file in one unit, and kept for them.
    """
    direct = edge.high == 1
    key = (edge.names, forward, direct, kinds, origin.path, origin.unit)
    found = graph.indexes.get(key)
    if isinstance(found, Frontier):
        return found
    owning = all(name == "contains" for name, _along in edge.names)
    anywhere: list[Hole] = []
    beside = beyond(extent_holes(graph, kinds), origin, edge, graph, forward=forward)
    at: dict[str, list[Hole]] = {}
    if direct and len(edge.names) == 1 and edge.names[0][0] == "references":
        for hole in (hole for hole in beside if hole.addresses and hole.kinds):
            for end in _by_call(hole, graph, forward=edge.names[0][1] is forward):
                at.setdefault(end, []).append(hole)
        beside = [hole for hole in beside if not (hole.addresses and hole.kinds)]
    for hole in beyond(
        edge_holes(graph, edge, forward=forward), origin, edge, graph, forward=forward
    ):
        if not hole.addresses or not (direct or owning or _along(hole, edge, forward=forward)):
            anywhere.append(hole)  # who walks against its edges may come upon them at any node
            continue
        for address in hole.addresses:
            for end in owners(graph, address) if owning and not direct else (address,):
                at.setdefault(end, []).append(hole)
        if not direct and not owning:
            continue  # what a chain meets first of it starts at one of these nodes
        if owning:
            continue  # hidden parts of these nodes alone, for each node read knows its owner
        ends = (graph.nodes.get(address) for address in hole.addresses)
        if any(end is not None and fits(graph, end, kinds) for end in ends):
            beside.append(hole)
    if not direct:
        anywhere += beyond(extent_holes(graph, ()), origin, edge, graph, forward=forward)
    made = Frontier(
        _blame(anywhere), {address: doubt(*(hole.why for hole in holes)) for address, holes in
                           at.items()}, _blame(beside),
    )  # fmt: skip
    graph.indexes[key] = made
    return made


def _by_call(hole: Hole, graph: Graph, *, forward: bool) -> set[str]:
    """The nodes that may mention what is behind the calls of the hole, or be mentioned there.

    A call is all that is known of it from outside (`forward`), and all that it knows of the outside
    is handed to the call, perhaps by way of locals, variables and other calls.
    """
    if forward:
        mentions = [edge for call in hole.addresses for edge in graph.incoming(call, "references")]
        return {*hole.addresses, *(edge.origin for edge in mentions)}
    found: set[str] = set()
    left = list(hole.addresses)
    while left:
        address = left.pop()
        if address in found:
            continue
        found.add(address)
        node = graph.nodes.get(address)
        if node is None or (address not in hole.addresses and graph.is_a(node.kind, "tf.Resource")):
            continue  # what a resource mentions is not handed on with it
        left += [edge.target for edge in graph.outgoing(address, "references")]
        left += [edge.origin for edge in graph.incoming(address, "flows_to")]
    return found


def _along(hole: Hole, edge: ir.PatternEdge, *, forward: bool) -> bool:
    """True if the step goes along all edges of its that the hole hides, not against one of them."""
    return all(along is forward for name, along in edge.names if name in hole.edges)


def owners(graph: Graph, address: str) -> list[str]:
    """The address and those of all nodes that contain it, from the inside out."""
    found = [address]
    node = graph.nodes.get(address)
    while node is not None and node.parent and node.parent not in found:
        found.append(node.parent)
        node = graph.nodes.get(node.parent)
    return found


def _blame(holes: list[Hole]) -> Doubt | None:
    return doubt(*(hole.why for hole in holes)) if holes else None


def _joint(*doubts: Doubt | None) -> Doubt | None:
    given = [item for item in doubts if item is not None]
    return given[0] if len(given) == 1 else doubt(*given) if given else None


def fits(graph: Graph, node: Node, kinds: tuple[str, ...]) -> bool:
    """Whether the node is of one of the kinds (none given: any)."""
    return not kinds or any(graph.is_a(node.kind, kind) for kind in kinds)


def match(pattern: ir.Pattern, env: Env, graph: Graph) -> list[Row]:
    """All rows of the pattern that extend `env`, sure, possible and unseen ones."""
    nodes = pattern.nodes
    anchor = next((at for at, node in enumerate(nodes) if node.name in env), None)
    if anchor is None:
        return [
            new for row in start(nodes[0], env, graph) for new in extend(pattern, row, 0, graph)
        ]
    bound = env[nodes[anchor].name]
    if isinstance(bound, Node) and not fits(graph, bound, nodes[anchor].kinds):
        return []
    return extend(pattern, Row(env, True), anchor, graph)


def extend(pattern: ir.Pattern, row: Row, anchor: int, graph: Graph) -> list[Row]:
    """All rows of the pattern that extend the row, which binds the node at position `anchor`."""
    nodes, edges = pattern.nodes, pattern.edges
    rows = [row]
    for at in range(anchor, len(edges)):
        rows = [new for row in rows for new in _step(
            row, nodes[at], edges[at], nodes[at + 1], graph, pattern.path, forward=True,
        )]  # fmt: skip
    for at in range(anchor - 1, -1, -1):
        rows = [new for row in rows for new in _step(
            row, nodes[at + 1], edges[at], nodes[at], graph, pattern.path, forward=False,
        )]  # fmt: skip
    return rows


def start(node: ir.PatternNode, env: Env, graph: Graph) -> list[Row]:
    """All nodes that can begin a pattern, by address, then the unseen ones."""
    rows = [Row({**env, node.name: item}, presence(item, env, graph))
            for item in beginnings(node, graph)]  # fmt: skip
    return rows + unseen_start(node, env, graph)


def beginnings(node: ir.PatternNode, graph: Graph) -> list[Node]:
    """The nodes of the kinds that can begin a pattern, by address."""
    if len(node.kinds) == 1:
        return graph.extent(node.kinds[0])
    if not node.kinds:
        return list(graph.nodes.values())
    found = {item.address: item for kind in node.kinds for item in graph.extent(kind)}
    return [found[address] for address in sorted(found)]


def unseen_start(node: ir.PatternNode, env: Env, graph: Graph) -> list[Row]:
    """The row of the generic unseen node that can begin a pattern, if there is one.

    It depends on the subject, for holes concern only what stands near them.
    """
    subject = env.get("")
    near = subject if isinstance(subject, Node) else None
    return unseen_rows(env, node.name, unseen(graph, node.kinds, near))


def unseen(graph: Graph, kinds: tuple[str, ...], near: Node | None = None) -> Doubt | None:
    """The doubt whether nodes of the kinds hide where they could concern the node `near`.

    None if all were read.
    """
    place = f"{near.path.rpartition('/')[0]}/ {near.unit}" if near is not None else ""
    key = ("unseen", f"{' '.join(kinds)} {place}")
    if key not in graph.indexes:
        holes = extent_holes(graph, kinds)
        around = graph.around(near) if near is not None else ()
        graph.indexes[key] = _blame([hole for hole in holes if near is None or id(hole) in around])
    found = graph.indexes[key]
    return found if isinstance(found, Doubt) else None


def unseen_rows(env: Env, name: str, why: Doubt | None) -> list[Row]:
    """The row of a generic unseen node, which stands for all that holes may hide, if any."""
    return [] if why is None else [Row({**env, name: Unseen(why)}, why, unseen=True)]


def _step(
    row: Row, here: ir.PatternNode, edge: ir.PatternEdge, there: ir.PatternNode, graph: Graph,
    path: str | None, *, forward: bool,
) -> list[Row]:  # fmt: skip
    origin = row.env[here.name]
    target = row.env.get(there.name)
    if isinstance(origin, Unseen) or isinstance(target, Unseen):
        # whatever the unseen node is linked with is unseen too
        end = origin if isinstance(origin, Unseen) else target
        assert isinstance(end, Unseen)
        why = end.why
        env = row.env if target is not None else {**row.env, there.name: Unseen(why)}
        return [Row(env, both([row.guard, doubt(why)]), row.unseen or target is None)]
    if not isinstance(origin, Node):
        return [Row({**row.env, there.name: origin}, doubt(origin), unseen=True)]
    out: list[Row] = []
    reached = reach(origin, edge, graph, row.env, forward=forward)
    if isinstance(target, Node):
        ends = [target.address] if target.address in reached else []
    else:
        ends = sorted(reached)
    for address in ends:
        guard, steps = reached[address]
        node = graph.nodes[address]
        if not fits(graph, node, there.kinds):
            continue
        exists = True if target is not None else presence(node, row.env, graph)
        env = {**row.env, there.name: node}
        if path is not None:
            env[path] = _joined(row.env.get(path), Path(origin, steps), forward=forward)
        out.append(Row(env, both([row.guard, guard, exists]), row.unseen))
    hiding = frontier(graph, origin, edge, there.kinds, forward=forward)
    met = _met(origin, edge, hiding, reached)
    if isinstance(target, Node):
        # a surely or possibly reached target needs no second, doubtful row
        hidden = None if out else hiding.hides(*met, target.address)
        if hidden is not None and fits(graph, target, there.kinds):
            out.append(Row({**row.env}, both([row.guard, hidden]), row.unseen))
        return out
    hidden = _joint(hiding.hides(*met), hiding.beside)
    return out + unseen_rows(row.env, there.name, hidden)


def _met(
    origin: Node, edge: ir.PatternEdge, hiding: Frontier, reached: Iterable[str]
) -> Iterable[str]:
    """The nodes at which the step could leave what is known: a hidden edge starts at one of them.

    A way over hidden edges runs over known ones until it comes to the first that is hidden.
    """
    if not hiding.at or edge.high == 1:
        return (origin.address,)
    if edge.low > 1:
        return hiding.at  # nodes on the way that are too near to count were not kept
    return (origin.address, *reached)


def _joined(before: object, after: Path, *, forward: bool) -> Path:
    if not isinstance(before, Path):
        return after
    return Path(before.start, (*before.steps, *after.steps)) if forward else before


def neighbours(
    node: Node, edge: ir.PatternEdge, graph: Graph, *, forward: bool
) -> list[tuple[Edge, Node]]:
    """The node's edges of the step with their other ends, by place of evidence, then address."""
    found: list[tuple[Edge, Node]] = []
    for name, along in edge.names:
        out = along is forward
        for link in (graph.outgoing if out else graph.incoming)(node.address, name):
            other = graph.nodes.get(link.target if out else link.origin)
            if other is not None:
                found.append((link, other))
    if len(found) > 1:
        found.sort(key=lambda pair: (*pair[0].evidence.sort_key(), pair[1].address, pair[0].name))
    return found


def reach(
    origin: Node, edge: ir.PatternEdge, graph: Graph, env: Env, *, forward: bool
) -> dict[str, tuple[Truth, tuple[tuple[Edge, Node], ...]]]:
    """Nodes reached within the step's bounds: certainty and shortest path.

    Runs over sure edges first, so that what is surely reached is not called possible.
    """
    if edge.low == edge.high == 1:
        return _beside(origin, edge, graph, forward=forward)
    reached: dict[str, tuple[Truth, tuple[tuple[Edge, Node], ...]]] = {}
    for sure_only in (True, False):
        queue: deque[tuple[Node, int, Truth, tuple[tuple[Edge, Node], ...]]] = deque(
            [(origin, 0, True, ())]
        )
        seen = {(origin.address, 0)}
        while queue:
            node, depth, guard, steps = queue.popleft()
            if depth >= edge.low:
                reached.setdefault(node.address, (guard, steps))
            if edge.high is not None and depth >= edge.high:
                continue
            if steps and edge.avoiding and fits(graph, node, edge.avoiding):
                continue
            inner = presence(node, env, graph) if steps else True
            if sure_only and inner is not True:
                continue
            for link, other in neighbours(node, edge, graph, forward=forward):
                if sure_only and link.doubt is not None:
                    continue
                certain = edge_certainty(link, graph)
                deeper = min(depth + 1, edge.low) if edge.high is None else depth + 1
                if (other.address, deeper) in seen:
                    continue
                seen.add((other.address, deeper))
                now = both([guard, inner, certain])
                queue.append((other, deeper, now, (*steps, (link, other))))
    return reached


def _beside(
    origin: Node, edge: ir.PatternEdge, graph: Graph, *, forward: bool
) -> dict[str, tuple[Truth, tuple[tuple[Edge, Node], ...]]]:
    """What a step of one edge reaches."""
    reached: dict[str, tuple[Truth, tuple[tuple[Edge, Node], ...]]] = {}
    found = neighbours(origin, edge, graph, forward=forward)
    for pair in found:
        if pair[0].doubt is None:
            reached.setdefault(pair[1].address, (True, (pair,)))
    if len(reached) < len(found):
        for pair in found:
            if pair[1].address not in reached:
                reached[pair[1].address] = (edge_certainty(pair[0], graph), (pair,))
    return reached
