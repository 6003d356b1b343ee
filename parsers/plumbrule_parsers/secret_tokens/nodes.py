"""Tokens of one file as nodes, whatever its format is."""

from __future__ import annotations

from plumbrule_parsers.document import Addresses, Node
from plumbrule_parsers.secret_tokens.find import find_tokens
from plumbrule_parsers.source import Source, Span
from plumbrule_parsers.value import MapValue, Place


def token_nodes(source: Source) -> tuple[Node, ...]:
    """A `secret.Token` for every token of the text; no field holds any part of the token itself.

    The address counts the tokens of one kind, so it stays when lines move.
    """
    made: list[Node] = []
    addresses = Addresses()
    for token in find_tokens(source.text):
        detector = token.detector
        span = Span(source, token.start, token.end).first_line
        fields = MapValue(source, span.start, span.end)
        for key, value in (
            ("name", detector.title), ("detector", detector.name), ("tier", detector.tier),
            ("severity", detector.severity), ("check", str(token.check)),
            ("harmless", token.harmless),
        ):  # fmt: skip
            fields.put(key, value, Place(span))
        address = addresses.unique(f"{source.path}#token/{detector.name}")
        made.append(Node(address, "secret.Token", detector.title, fields, span))
    return tuple(made)
