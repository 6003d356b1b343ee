"""Trail: the way of a value from its use to the line that a person wrote, in words."""

from __future__ import annotations

import functools
import posixpath
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from plumbrule.reports.mask import Mask, safe
from plumbrule_parsers.helm.state import INCLUDED, TEMPLATE
from plumbrule_parsers.source import Span
from plumbrule_parsers.value import Hop, Place

# What these notes say is plain from the file that the stop is in.
_PLAIN = (TEMPLATE, INCLUDED, "value", "values key", "chart key", "tfvars key", "variable `",
          "set here")  # fmt: skip
_DONE: Final = " here"  # what kustomizations do to an entry: `set here`, `replaced here`
_AGAIN: Final = "said again here"
MOST_INCLUDES: Final = 3  # that are told of a chain


@dataclass(frozen=True, slots=True)
class Stop:
    """One line on the way; `note` says what it is, "" for the use itself.

    `beside` is true if it does not lead on from the stop before but is joined with it.
    """

    span: Span
    note: str
    beside: bool = False


def stops_of(place: Place) -> tuple[Stop, ...]:
    """The lines from the use of an entry to where it was written, each once.

    A rendered entry stands where a person would change it, so its use comes first in `via`: the
    template, behind the places that include it.
    """
    data = [hop for hop in place.via if hop.kind != "decision"]
    if any(hop.note.endswith(_DONE) for hop in data):  # a history, the oldest first
        return tuple(_merged(hop for hop in reversed(data) if hop.note != _AGAIN))
    outer = [hop for hop in data if hop.note == INCLUDED]
    inner = [hop for hop in data if hop.note != INCLUDED]
    outer.reverse()
    outer.sort(key=lambda hop: _is_helper(hop.span.path))
    if not any(hop.note == TEMPLATE for hop in inner):
        inner.insert(0, Hop(place.entry.first_line, ""))
        return tuple(_merged((*outer, *inner)))
    way = list(_merged((*outer, inner[0])))
    values = list(_merged(inner[1:]))
    # The values that a template joins stand beside each other.
    return (*way, *(Stop(one.span, one.note, beside=n > 0) for n, one in enumerate(values)))


def _is_helper(path: str) -> bool:
    """What only others include; texts that several helpers made have their callers mixed."""
    return path.rpartition("/")[2].startswith("_")


def decisions_of(place: Place) -> tuple[Stop, ...]:
    """The conditions that let the entry through, and the values that decided them."""
    decided = [hop for hop in place.via if hop.kind == "decision"]
    return tuple(Stop(hop.span, hop.note) for hop in dict.fromkeys(decided))


def _merged(hops: Iterable[Hop]) -> Iterator[Stop]:
    """The hops as stops; neighbours on one line are one, with the note that says most."""
    last: Stop | None = None
    for hop in hops:
        if not hop.span.path:
            continue
        if last is not None and _line(last.span) == _line(hop.span):
            if hop.note not in ("", "value"):
                last = Stop(last.span if last.note == "" else hop.span, hop.note)
            continue
        if last is not None:
            yield last
        last = Stop(hop.span, hop.note)
    if last is not None:
        yield last


def _line(span: Span) -> tuple[str, int]:
    return span.path, span.line


def trail(stops: Iterable[Stop], show: Callable[[str], str], mask: Mask) -> str:
    """The stops in one line: `main.tf:3 <- envs/prod/main.tf:7 (argument of module.web)`.

    `show` writes a path of the repository for the reader.
    """
    listed = list(stops)
    inner = [stop for stop in listed if stop.note in (INCLUDED, TEMPLATE)]
    left_out = inner[1 : len(inner) - MOST_INCLUDES + 2] if len(inner) > MOST_INCLUDES else []
    out = ""
    for stop in listed:
        if stop in left_out:
            out += " <- …" if stop is left_out[0] else ""
            continue
        out += (", " if stop.beside else " <- ") if out else ""
        out += where(stop.span, show)
        if stop.note and not stop.note.startswith(_PLAIN):
            out += f" ({mask.text(stop.note)})"
    return out


def where(span: Span, show: Callable[[str], str]) -> str:
    """Path and line; what no file holds, a word of the command line, has no line."""
    path = span.path
    return path.strip("<>") if path.startswith("<") else f"{safe(show(path))}:{span.line}"


def from_folder(folder: str) -> Callable[[str], str]:
    """How paths read for somebody who stands in that folder of the repository ("" for its top)."""

    @functools.cache
    def shown(path: str) -> str:
        return path if path.startswith("/") else posixpath.relpath(path, folder or ".")

    return shown
