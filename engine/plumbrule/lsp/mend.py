"""Mend: the fixes of findings as an editor offers them, each proved on the text it would make."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from plumbrule.finding import Finding, Report
from plumbrule.fixes.apply import apply_fixes
from plumbrule.lsp.allow import insertion_of, takes_back, until
from plumbrule.lsp.notes import Note
from plumbrule.lsp.workspace import Frame
from plumbrule.scan.scan import judge
from plumbrule_parsers.text_edits.edit import TextEdit


@dataclass(frozen=True, slots=True)
class Offer:
    """What an editor may do: edits under a title. A preferred one needs no second look."""

    title: str
    edits: tuple[TextEdit, ...]
    preferred: bool = False


def offers_for(note: Note, frame: Frame, today: dt.date) -> tuple[Offer, ...]:
    """The fix of the note's finding, and the comment that allows it; each only if it works."""
    offers = [
        Offer(f"fix: {one.fix.title}", edits_of([one]), one.fix.safe)
        for one in mended(note, frame, today) if one.fix is not None
    ]  # fmt: skip
    insertion = insertion_of(note, today)
    if insertion is not None and takes_back(insertion, note, frame, today):
        at = insertion.source.span(insertion.offset, insertion.offset)
        title = f"Allow {note.code} here until {until(today)}, with a reason"
        offers.append(Offer(title, (TextEdit(at, insertion.text),)))
    return tuple(offers)


def offers_for_file(path: str, frame: Frame, today: dt.date) -> tuple[Offer, ...]:
    """All safe fixes that change the file at the absolute path, and no other, as one offer."""
    name = os.path.relpath(path, frame.root).replace(os.sep, "/")
    held = _held(
        frame, {name}, today, unsafe=False,
        chosen=lambda one: {edit.span.path for edit in edits_of([one])} == {name},
    )  # fmt: skip
    return (Offer("fix all that plumbrule can fix safely", edits_of(held)),) if held else ()


def mended(note: Note, frame: Frame, today: dt.date) -> tuple[Finding, ...]:
    """The note's finding with a fix that holds, safe or not; nothing if there is none."""
    if note.kind != "finding" or frame.model is None:
        return ()
    node = frame.model.graph.nodes.get(note.subject)
    if node is None:
        return ()
    return _held(
        frame, {node.path, note.span.path}, today, unsafe=True,
        chosen=lambda one: one.fingerprint == note.fingerprint and one.rule == note.code,
    )  # fmt: skip


def edits_of(findings: Iterable[Finding]) -> tuple[TextEdit, ...]:
    """The edits of the findings' fixes, each once, by place."""
    found = {edit for one in findings if one.fix is not None for edit in one.fix.edits}
    return tuple(sorted(found, key=lambda edit: (*edit.span.sort_key(), edit.text)))


def _held(
    frame: Frame, paths: set[str], today: dt.date, *, unsafe: bool,
    chosen: Callable[[Finding], bool],
) -> tuple[Finding, ...]:  # fmt: skip
    """The chosen findings whose fixes hold, judged on the subjects that the paths declare."""
    if frame.model is None or frame.read is None:
        return ()
    report = _judged(frame, {}, paths, today)
    kept = tuple(one if chosen(one) else replace(one, fix=None) for one in report.findings)
    if not any(one.fix is not None for one in kept):
        return ()

    def evaluate(texts: Mapping[str, str]) -> Report:
        return _judged(frame, texts, paths, today)

    return apply_fixes(replace(report, findings=kept), evaluate, unsafe=unsafe).applied


def _judged(frame: Frame, texts: Mapping[str, str], paths: set[str], today: dt.date) -> Report:
    assert frame.read is not None
    assert frame.model is not None
    read, model = frame.read, frame.model
    for name, text in texts.items():
        read = read.edited(name, text)
    if texts:
        model = read.model(frame.config, frame.rules)
    return judge(model, frame.config, frame.rules.pack, root=frame.root, today=today.isoformat(),
                 paths=frozenset(paths))  # fmt: skip
