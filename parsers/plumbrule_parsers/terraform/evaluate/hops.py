"""Values on their way through names: each name adds a hop, and none grows without end."""

from __future__ import annotations

from plumbrule_parsers.traced import Traced, walk
from plumbrule_parsers.value import Hop

MAX_SIZE = 50_000  # values inside one remembered value


def led(found: Traced, hop: Hop) -> Traced:
    """The value with a hop in front; a literal that stands elsewhere in it keeps its own."""
    via = found.via
    if found.span is not None and found.span != hop.span and (
        not via or via[-1].span != found.span
    ):  # fmt: skip
        via = (*via, Hop(found.span, "value"))
    made = Traced(found.data, (hop, *via), found.span, found.rest, sensitive=found.sensitive)
    if isinstance(found.data, (dict, list)):
        return made
    made.span = None
    return made


def is_large(found: Traced) -> bool:
    """Whether a value has more parts than are remembered."""
    if not isinstance(found.data, (dict, list)):
        return False
    return any(count > MAX_SIZE for count, _part in enumerate(walk(found)))
