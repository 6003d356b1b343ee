"""Convert: notes to the protocol's diagnostics, and the Markdown that explains them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from lsprotocol import types

from plumbrule.language.ir import CheckedRule
from plumbrule.lsp.notes import Note, without_secrets
from plumbrule.lsp.positions import Encoding, point_of
from plumbrule_parsers.source import Span

SOURCE: Final = "plumbrule"
MOST_RELATED = 50

_SEVERITY = {
    "error": types.DiagnosticSeverity.Error,
    "warning": types.DiagnosticSeverity.Warning,
    "information": types.DiagnosticSeverity.Information,
    "hint": types.DiagnosticSeverity.Hint,
}


def range_of(span: Span, encoding: Encoding) -> types.Range:
    """The span in the editor's terms."""
    return types.Range(
        types.Position(*point_of(span.source, span.start, encoding)),
        types.Position(*point_of(span.source, span.end, encoding)),
    )


def diagnostic_of(
    note: Note, encoding: Encoding, locate: Callable[[Span], str], *, related: bool
) -> types.Diagnostic:
    """The note as a diagnostic. `related` says whether the editor can show related places."""
    places = [
        types.DiagnosticRelatedInformation(
            types.Location(locate(item.span), range_of(item.span, encoding)), item.note
        )
        for item in note.related[:MOST_RELATED]
    ]
    data = {"kind": note.kind, "rule": note.code, "fingerprint": note.fingerprint}
    return types.Diagnostic(
        range=range_of(note.span, encoding),
        message=note.message,
        severity=_SEVERITY[note.level],
        code=note.code,
        source=SOURCE,
        related_information=places if related and places else None,
        data={name: value for name, value in data.items() if value},
    )


def explained(notes: Iterable[Note], rules: Iterable[CheckedRule], until: str) -> str:
    """Markdown on the notes: what they say, and of each rule once why, what to do, how to allow."""
    by_id = {rule.id: rule for rule in rules}
    parts: list[str] = []
    told: set[str] = set()
    for note in notes:
        rule = by_id.get(note.code)
        if rule is None or note.kind == "problem":
            parts.append(f"**{note.code}**\n\n{plain(note.message)}")
            continue
        head = f"**{plain(rule.title)}**  \n`{rule.id}`, {note.kind}, severity {note.detail}"
        parts.append(f"{head}\n\n{plain(note.message)}")
        if rule.id in told:
            continue
        told.add(rule.id)
        for name, words in (("Why", rule.why), ("What to do", rule.remedy)):
            if words:
                parts.append(f"**{name}:** {plain(' '.join(words.split()))}")
        if rule.refs:
            parts.append("\n".join(f"- <{ref}>" for ref in rule.refs))
        if note.kind == "finding":
            line = f'# plumb:allow {rule.id} until {until} because "the reason"'
            parts.append(f"**To allow it**, write above the line:\n\n```\n{line}\n```")
    return "\n\n".join(parts)


def plain(text: str) -> str:
    """The text with what Markdown would read as markup made harmless; backticks stay code."""
    pieces = without_secrets(text).split("`")
    if len(pieces) % 2 == 0:  # an unpaired backtick quotes nothing
        pieces = ["'".join(pieces)]
    for index in range(0, len(pieces), 2):
        pieces[index] = "".join(f"\\{c}" if c in r"\*_[]<>#|~&" else c for c in pieces[index])
    return "`".join(pieces).replace("\n", "  \n")
