"""Secret places: what must not be shown of a model, whichever face shows it.

Reports hide what rules tagged `secrets` point at. Commands and editors show more than findings:
values that came through a variable which is marked as sensitive are hidden as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from plumbrule.config import Config
from plumbrule.pack import Pack
from plumbrule.reports.mask import SECRETS, Mask, secrets_of
from plumbrule.scan.scan import Model, judge
from plumbrule_parsers.document import Document
from plumbrule_parsers.source import Span
from plumbrule_parsers.value import ListValue, MapValue, Place, Value

_LITERAL = re.compile(r"\"(?!\$\{[^}]*\}\"\Z)|<<")  # and no expression, which is no secret


class Secrets:
    """The secrets of one model: where they stand, and the mask that hides them."""

    __slots__ = ("_keys", "mask")

    def __init__(self, spans: Iterable[Span], mask: Mask) -> None:
        self._keys = {(span.path, span.start, span.end) for span in spans}
        self.mask = mask

    def hides(self, place: Place | None) -> bool:
        """Whether the entry is a secret, or came from one."""
        if place is None or not self._keys:
            return False
        spans = (place.value, *(hop.span for hop in place.via))
        return any((span.path, span.start, span.end) in self._keys for span in spans)


def secrets_in(
    model: Model, config: Config, pack: Pack, *, paths: frozenset[str] = frozenset(),
    spans: tuple[Span, ...] | None = None,
) -> Secrets:  # fmt: skip
    """The secrets of a model: what the rules say and what is marked.

    Rules are asked for the whole model, or for what these files declare. `spans` are those of
    `sensitive_spans`, where they are known.
    """
    only = frozenset(rule.id for rule in pack.rules if SECRETS in rule.tags)
    report = judge(model, config, pack, root="", only=only, comments=False, paths=paths)
    spans = tuple(sensitive_spans(model.documents)) if spans is None else spans
    written = [span for span in spans if _LITERAL.match(span.text)]
    return Secrets(spans, Mask(*secrets_of(report, written)))


def sensitive_spans(documents: Iterable[Document]) -> Iterator[Span]:
    """Where values of variables that are marked as sensitive are written."""
    nodes = [node for document in documents for node in document.nodes]
    marked = {
        (node.fields.get("module"), node.fields.get("name"))
        for node in nodes
        if node.kind == "tf.Variable" and node.fields.get("sensitive", False) is not False
    }
    if not marked:
        return
    for node in nodes:
        fields, module = node.fields, node.fields.get("module")
        if node.kind == "tf.Variable" and (module, fields.get("name")) in marked:
            yield from _literals(fields, "default")
        elif node.kind in ("tf.Values", "tf.Module"):
            called = fields.get("source_path") if node.kind == "tf.Module" else module
            for key in fields:
                if (called, key.removeprefix("attr_")) in marked:
                    yield from _literals(fields, key)


def _literals(owner: MapValue | ListValue, key: str | int) -> Iterator[Span]:
    """The place of an entry; of what it holds, too, for those are found by themselves."""
    place = owner.place(key)  # type: ignore[arg-type]
    if place is None:
        return
    value: Value = owner[key]  # type: ignore[index]
    if isinstance(value, MapValue):
        for inner in value:
            yield from _literals(value, inner)
    elif isinstance(value, ListValue):
        for index in range(len(value)):
            yield from _literals(value, index)
    yield place.value
