"""Indexes: fewer subjects and fewer pairs to look at, and never one fewer in doubt.

Every lookup gives what fits and whatever could fit: nodes whose field is unknown, absent or of
another type are always among the candidates, so that no review is lost.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from plumbrule.evaluate import patterns, quantify
from plumbrule.evaluate.patterns import Env, Row
from plumbrule.evaluate.quantify import Bound
from plumbrule.evaluate.truth import MISSING, Truth, both
from plumbrule.graph.graph import Graph
from plumbrule.language import ir
from plumbrule_parsers.document import Node


@dataclass(frozen=True, slots=True)
class ByText:
    """Positions of an extent's nodes by the text of one field; `other` are all the rest."""

    nodes: list[Node]
    texts: dict[str, list[int]]
    other: list[int]


def by_text(graph: Graph, kinds: tuple[str, ...], name: str, nodes: list[Node]) -> ByText:
    """The index of the kinds' nodes (`nodes`, all of them) by a field; built once a graph."""
    key = (f"text {' '.join(kinds)}", name)
    found = graph.indexes.get(key)
    if isinstance(found, ByText):
        return found
    made = ByText(nodes, {}, [])
    for at, node in enumerate(nodes):
        value = node.fields.get(name)
        if type(value) is str:
            made.texts.setdefault(value, []).append(at)
        else:
            made.other.append(at)
    graph.indexes[key] = made
    return made


def candidates(index: ByText, wanted: Iterable[str]) -> list[Node]:
    """The nodes whose field may be one of the texts, in order of address."""
    places = list(index.other)
    for text in set(wanted):
        places += index.texts.get(text, ())
    return [index.nodes[at] for at in sorted(places)]


def plain_texts(value: object) -> frozenset[str] | None:
    """The members of a collection that holds nothing but known texts, else None."""
    if isinstance(value, (frozenset, tuple)) and all(type(item) is str for item in value):
        return frozenset(value)
    return None


@dataclass(slots=True)
class Join:
    """The rows of a pattern that shares no variable with what is bound, by values to be equal.

    `keep` is the conjunction of conditions on the pattern's own variables, `keys` are its sides of
    equalities with earlier ones. Rows are found once, without a subject. Whether a conditional
    witness exists depends on the subject, so what is not sure without one is found anew with it.
    """

    graph: Graph
    pattern: ir.Pattern
    names: tuple[str, ...]
    keep: Callable[..., Truth] | None
    keys: tuple[Callable[..., object], ...]
    starts: list[tuple[Row, list[Row] | None]] | None = None
    tables: list[dict[object, list[int]]] = field(default_factory=list)
    loose: list[list[int]] = field(default_factory=list)

    def rows(self, env: Env, wanted: tuple[object, ...]) -> list[Row]:
        """The rows that may fit, in the order in which the pattern gives them."""
        starts = self.starts if self.starts is not None else self._build()
        best: list[int] | range = range(len(starts))
        for at, value in enumerate(wanted):
            if type(value) is str or value is MISSING:
                fitting = self.tables[at].get(value, ())
                if len(fitting) + len(self.loose[at]) < len(best):
                    best = sorted({*fitting, *self.loose[at]})
        out: list[Row] = []
        for at in best:
            start, kept = starts[at]
            if kept is None:
                begun = {**env, **start.env}
                node = begun[self.pattern.nodes[0].name]
                assert isinstance(node, Node)
                guard = patterns.presence(node, env, self.graph)
                out += patterns.extend(self.pattern, Row(begun, guard), 0, self.graph)
            else:
                out += [Row({**env, **row.env}, row.guard, row.unseen) for row in kept]
        for hidden in patterns.unseen_start(self.pattern.nodes[0], env, self.graph):
            out += patterns.extend(self.pattern, hidden, 0, self.graph)
        return out

    def _build(self) -> list[tuple[Row, list[Row] | None]]:
        self.starts = []
        self.tables = [{} for _ in self.keys]
        self.loose = [[] for _ in self.keys]
        for start in patterns.start(self.pattern.nodes[0], {}, self.graph):
            if start.unseen:
                continue  # depends on the subject
            rows = patterns.extend(self.pattern, start, 0, self.graph)
            bound = [tuple([row.env[name] for name in self.names]) for row in rows]
            pairs = [pair for pair in zip(rows, bound, strict=True)
                     if self.keep is None or self.keep(*pair[1]) is not False]  # fmt: skip
            if not pairs:
                continue
            at = len(self.starts)
            sure = all(row.guard is True for row in rows)
            self.starts.append((start, [row for row, _ in pairs] if sure else None))
            for which, key in enumerate(self.keys):
                for _, values in pairs:
                    value = key(*values)
                    if type(value) is str or value is MISSING:
                        places = self.tables[which].setdefault(value, [])
                    else:
                        places = self.loose[which]
                    if not places or places[-1] != at:
                        places.append(at)
        return self.starts


@dataclass(slots=True)
class Extent:
    """The nodes that a quantifier begins with, by what must be true of them.

    `keep` is the conjunction of the conditions on the node alone; it is asked once, and goes into
    the certainty of the rows. `keys` are the node's sides of conditions that link it with what is
    bound: `==`, `starts_with` (it starts with what is bound) and `starts` (the other way round).
    """

    graph: Graph
    pattern: ir.Pattern
    names: tuple[str, ...]
    keep: Callable[..., Truth] | None
    keys: tuple[tuple[str, Callable[..., object]], ...]
    starts: list[tuple[Node, Truth]] | None = None
    tables: list[Texts] = field(default_factory=list)

    def rows(self, env: Env, wanted: tuple[object, ...]) -> list[Bound]:
        """The rows that may fit, by address of their first node, then the unseen ones."""
        starts = self.starts if self.starts is not None else self._build()
        best: list[int] | range = range(len(starts))
        for table, (how, _key), text in zip(self.tables, self.keys, wanted, strict=True):
            if len(best) > 1:
                fitting = table.fitting(how, text)
                best = fitting if fitting is not None and len(fitting) < len(best) else best
        out: list[Bound] = []
        single = len(self.names) == 1
        for at in best:
            node, kept = starts[at]
            exists = patterns.presence(node, env, self.graph)
            if single:
                out.append(((node,), both((exists, kept)), False))
            else:
                begun = Row({**env, self.pattern.nodes[0].name: node}, exists)
                out += self._extended(begun, kept)
        for hidden in patterns.unseen_start(self.pattern.nodes[0], env, self.graph):
            nobody = hidden.env[self.pattern.nodes[0].name]
            kept = True if self.keep is None else self.keep(nobody)
            if kept is not False:
                out += self._extended(hidden, kept)
        return out

    def _extended(self, begun: Row, kept: Truth) -> list[Bound]:
        return [
            (tuple([row.env[name] for name in self.names]), both((row.guard, kept)), row.unseen)
            for row in patterns.extend(self.pattern, begun, 0, self.graph)
        ]

    def _build(self) -> list[tuple[Node, Truth]]:
        self.starts = []
        self.tables = [Texts() for _ in self.keys]
        for node in patterns.beginnings(self.pattern.nodes[0], self.graph):
            guard = True if self.keep is None else self.keep(node)
            if guard is False:
                continue
            for table, (_how, key) in zip(self.tables, self.keys, strict=True):
                table.add(key(node), len(self.starts))
            self.starts.append((node, guard))
        return self.starts


@dataclass(slots=True)
class Texts:
    """Numbers by known texts; `other` are those of values that are no known texts."""

    by_text: dict[str, list[int]] = field(default_factory=dict)
    missing: list[int] = field(default_factory=list)
    other: list[int] = field(default_factory=list)
    ordered: list[str] | None = None

    def add(self, value: object, number: int) -> None:
        """Put a number under the value."""
        if type(value) is str:
            self.by_text.setdefault(value, []).append(number)
        else:
            (self.missing if value is MISSING else self.other).append(number)

    def fitting(self, how: str, wanted: object) -> list[int] | None:
        """The numbers of what may fit, in order; None if the wanted value cannot choose."""
        if how == "==" and wanted is MISSING:
            return sorted(self.missing + self.other)
        if type(wanted) is not str:
            return None
        if how == "==":
            return sorted(self.by_text.get(wanted, []) + self.other)
        found = self.missing + self.other  # undecided, whatever is wanted
        if how == "starts":
            for end in range(len(wanted) + 1):
                found += self.by_text.get(wanted[:end], ())
            return sorted(found)
        if self.ordered is None:
            self.ordered = sorted(self.by_text)
        for at in range(bisect_left(self.ordered, wanted), len(self.ordered)):
            if not self.ordered[at].startswith(wanted):
                break
            found += self.by_text[self.ordered[at]]
        return sorted(found)


@dataclass(slots=True)
class Answers:
    """What a quantifier says of the surroundings of given nodes, worked out once for them.

    It says the same for every subject unless a witness under a condition exists because the
    subject does: then the answer is worked out anew.
    """

    graph: Graph
    form: str
    pattern: ir.Pattern
    names: tuple[str, ...]
    where: Callable[..., Truth] | None
    body: Callable[..., object] | None
    known: dict[tuple[int, ...], tuple[patterns.Anyone, object]] = field(default_factory=dict)

    def of(self, env: Env, nodes: tuple[object, ...]) -> object:
        """The answer for these nodes, which `env` binds."""
        if not all(type(node) is Node for node in nodes):
            return self._made(env, nodes)
        key = tuple(map(id, nodes))
        found = self.known.get(key)
        if found is None:
            anyone = patterns.Anyone()
            found = self.known[key] = anyone, self._made({**env, "": anyone}, nodes)
        subject = env.get("")
        if isinstance(subject, Node) and not found[0].stands_for(subject, self.graph):
            return self._made(env, nodes)
        return found[1]

    def _made(self, env: Env, nodes: tuple[object, ...]) -> object:
        rows = quantify.linked(self.pattern, env, self.graph, self.names)
        given = [((*nodes, *bound), guard, unseen) for bound, guard, unseen in rows]
        return quantify.quantify(self.form, given, self.where, self.body)
