"""Allow: the edit that takes a finding back by a comment, and the proof that it does."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from plumbrule.lsp.notes import Note
from plumbrule.lsp.workspace import Frame
from plumbrule.scan.scan import judge
from plumbrule_parsers.source import Source

DAYS = 90
_INDENT = re.compile(r"[ \t]*")


@dataclass(frozen=True, slots=True)
class Insertion:
    """Text to insert at an offset of a source."""

    source: Source
    offset: int
    text: str

    @property
    def result(self) -> str:
        """The whole text after it."""
        text = self.source.text
        return text[: self.offset] + self.text + text[self.offset :]


def until(today: dt.date) -> str:
    """The last day of an allowance that is written today."""
    return (today + dt.timedelta(days=DAYS)).isoformat()


def insertion_of(note: Note, today: dt.date) -> Insertion | None:
    """The comment above the finding's line; None where the format has no comments."""
    source = note.span.source
    if note.kind != "finding" or source.path.lower().endswith(".json"):
        return None
    start = source.line_starts[note.span.line - 1]
    indent = _INDENT.match(source.text, start)
    end = next((mark for mark in ("\r\n", "\n", "\r") if mark in source.text), "\n")
    comment = f'# plumb:allow {note.code} until {until(today)} because "..."'
    return Insertion(source, start, (indent[0] if indent else "") + comment + end)


def takes_back(insertion: Insertion, note: Note, frame: Frame, today: dt.date) -> bool:
    """Whether the comment does its work there: the finding goes and no problem comes.

    A line inside a multi-line string, for one, cannot take a comment.
    """
    if frame.model is None or frame.read is None or note.subject not in frame.model.graph.nodes:
        return False
    path = insertion.source.path
    model = frame.read.edited(path, insertion.result).model(frame.config, frame.rules)
    report = judge(model, frame.config, frame.rules.pack, root=frame.root, today=today.isoformat(),
                   paths=frozenset((frame.model.graph.nodes[note.subject].path,)))  # fmt: skip
    gone = any(one.finding.fingerprint == note.fingerprint for one in report.exempted)
    return gone and len(model.problems) <= len(frame.model.problems)
