"""SARIF fixes: the edits of a fix as changes of artifacts."""

from __future__ import annotations

from collections.abc import Callable

from plumbrule.finding import Fix
from plumbrule_parsers.packed_path import file_on_disk
from plumbrule_parsers.source import Span
from plumbrule_parsers.text_edits.edit import TextEdit

_LONGEST = 2_000  # characters that a fix may insert; a longer one is left to `plumb fix`

Data = dict[str, object]


def fix_data(fix: Fix | None, uri: Callable[[str], str]) -> Data | None:
    """The fix in SARIF's words, None where there is none to tell.

    `uri` gives the address of a path. What is inside a packed file cannot be changed in place.
    """
    if fix is None or sum(len(edit.text) for edit in fix.edits) > _LONGEST:
        return None
    if any(file_on_disk(edit.span.path)[1] for edit in fix.edits):
        return None
    by_path: dict[str, list[TextEdit]] = {}
    for edit in sorted(fix.edits, key=lambda one: (*one.span.sort_key(), one.text)):
        by_path.setdefault(edit.span.path, []).append(edit)
    return {
        "description": {"text": fix.title},
        "artifactChanges": [
            {
                "artifactLocation": {"uri": uri(path)},
                "replacements": [_replacement(edit) for edit in edits],
            }
            for path, edits in by_path.items()
        ],
        "properties": {"safe": fix.safe},
    }


def _replacement(edit: TextEdit) -> Data:
    data: Data = {"deletedRegion": _region(edit.span)}
    if edit.text:
        data["insertedContent"] = {"text": edit.text}
    return data


def _region(span: Span) -> Data:
    line, column = span.source.position(span.start)
    end_line, end_column = span.source.position(span.end)
    return {
        "startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column,
    }  # fmt: skip
