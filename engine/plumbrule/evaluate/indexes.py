"""Indexes: fewer subjects and fewer pairs to look at, and never one fewer in doubt.

Every lookup gives what fits and whatever could fit: nodes whose field is unknown, absent or of
another type are always among the candidates, so that no review is lost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from plumbrule.evaluate import patterns
from plumbrule.evaluate.patterns import Env, Row
from plumbrule.evaluate.truth import MISSING, Truth
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
