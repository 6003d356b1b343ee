"""Convert: notes to the protocol's diagnostics, and the Markdown that explains them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from lsprotocol import types

from plumbrule.language.ir import CheckedRule
from plumbrule.lsp.mend import Offer
from plumbrule.lsp.notes import Note, without_secrets
from plumbrule.lsp.positions import Encoding, point_of
from plumbrule_parsers.source import Span
from plumbrule_parsers.text_edits.edit import TextEdit

SOURCE: Final = "plumbrule"
QUICK_FIX: Final = types.CodeActionKind.QuickFix.value
FIX_ALL: Final = "source.fixAll.plumbrule"
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


def workspace_edit(
    edits: Iterable[TextEdit], locate: Callable[[Span], str], versions: Mapping[str, int],
    encoding: Encoding, *, versioned: bool,
) -> types.WorkspaceEdit:  # fmt: skip
    """The edits in the editor's terms. `versions` are those of open files, by URI."""
    by_uri: dict[str, list[types.TextEdit]] = {}
    for edit in edits:
        made = types.TextEdit(range_of(edit.span, encoding), edit.text)
        by_uri.setdefault(locate(edit.span), []).append(made)
    if not versioned:
        return types.WorkspaceEdit(changes=by_uri)
    return types.WorkspaceEdit(document_changes=[
        types.TextDocumentEdit(
            types.OptionalVersionedTextDocumentIdentifier(uri, versions.get(uri)), list(made)
        )
        for uri, made in by_uri.items()
    ])  # fmt: skip


def action_of(
    offer: Offer, kind: str, diagnostic: types.Diagnostic | None, edit: types.WorkspaceEdit
) -> types.CodeAction:
    """The offer as a code action of that kind."""
    return types.CodeAction(
        offer.title, kind=kind, diagnostics=[diagnostic] if diagnostic is not None else None,
        is_preferred=True if offer.preferred else None, edit=edit,
    )  # fmt: skip


def wants(only: Sequence[types.CodeActionKind | str] | None, kind: str) -> bool:
    """Whether an editor that asks for these kinds of actions, or for any, asks for that one."""
    if not only:
        return True
    asked = [str(getattr(one, "value", one)) for one in only]
    return any(one in ("", kind) or kind.startswith(f"{one}.") for one in asked)


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
