"""Entries of a script that belong together: GitLab gives all of them to one shell as lines.

An `if` may begin in one entry and end in a later one. Such entries are read as one script, whose
commands are those of its first step.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence

from plumbrule_parsers.gitlab_ci.expressions import inputs_in
from plumbrule_parsers.scalar_offsets import offsets_of
from plumbrule_parsers.shell_tree.commands import parse_shell
from plumbrule_parsers.shell_tree.state import GITLAB
from plumbrule_parsers.value import Place

MAX_JOINED = 40  # entries that one statement may span

Entry = tuple[str, Place]


def joined(entries: Sequence[Entry], first: int) -> int:
    """How many entries from `first` on make one script: 1 unless it does not parse alone."""
    if not _broken(entries[first][0]):
        return 1
    for count in range(2, min(MAX_JOINED, len(entries) - first) + 1):
        if not _broken(script_of(entries[first : first + count])):
            return count
    return 1


def _broken(text: str) -> bool:
    return bool(parse_shell(text, GITLAB, inputs_in(text)).errors)


def script_of(entries: Sequence[Entry]) -> str:
    """The entries as the shell gets them."""
    return "\n".join(text for text, _place in entries)


def places_of(entries: Sequence[Entry]) -> Callable[[int], int]:
    """From offsets in the script to the source, which is that of the first entry."""
    starts: list[int] = []
    places: list[Callable[[int], int]] = []
    size = 0
    source = entries[0][1].value.source
    for text, place in entries:
        if place.value.source is not source:
            break  # what comes from another file is shown at the last entry of this one
        starts.append(size)
        places.append(offsets_of(source, place.value.start, place.value.end, text))
        size += len(text) + 1

    def found(offset: int) -> int:
        index = max(bisect_right(starts, offset) - 1, 0)
        return places[index](offset - starts[index])

    return found
