"""Text with unknown parts: counted in bytes, as Go counts, and cut where lengths are known."""

from __future__ import annotations

from plumbrule_parsers.helm.functions.go_text import go_bytes
from plumbrule_parsers.traced_text import Piece, Pieces, cut
from plumbrule_parsers.value import Unknown


def blurred(unknown: Unknown, length: int | None = None) -> Unknown:
    """An unknown text after a change: it is another text, of that length if it can be told."""
    return Unknown(
        unknown.reason, unknown.detail, unknown.span, "string", not_null=True, length=length
    )


def blur(pieces: Pieces) -> list[Piece]:
    """The pieces with each unknown blurred."""
    return [
        replace_text(piece, blurred(piece.text)) if isinstance(piece.text, Unknown) else piece
        for piece in pieces
    ]


def replace_text(piece: Piece, text: str | Unknown) -> Piece:
    """The piece with another text; it is not written anywhere as such."""
    return Piece(text, piece.hops)


def byte_offset(text: str, count: int) -> int:
    """The character at which `count` bytes of UTF-8 end; a character cut in two is left out."""
    if text.isascii():
        return min(count, len(text))
    return len(go_bytes(text)[:count].decode("utf-8", "ignore"))


def head(pieces: Pieces, count: int) -> list[Piece]:
    """The first `count` bytes; after an unknown of unknown length the rest is one unknown."""
    out: list[Piece] = []
    for piece in pieces:
        if count <= 0:
            break
        if isinstance(piece.text, str):
            size = byte_offset(piece.text, count)
            out.extend(cut([piece], 0, size))
            count -= len(go_bytes(piece.text))
        elif piece.text.length is None:
            out.append(replace_text(piece, blurred(piece.text)))
            break
        else:
            size = min(count, piece.text.length)
            whole = size == piece.text.length
            out.append(piece if whole else replace_text(piece, blurred(piece.text, size)))
            count -= piece.text.length
    return out


def byte_length(pieces: Pieces) -> int | None:
    """The length in bytes, None if it cannot be told."""
    total = 0
    for piece in pieces:
        if isinstance(piece.text, str):
            total += len(go_bytes(piece.text))
        elif piece.text.length is None:
            return None
        else:
            total += piece.text.length
    return total


def tail(pieces: Pieces, skipped: int) -> list[Piece]:
    """What stands behind the first `skipped` bytes, all lengths being known."""
    out: list[Piece] = []
    for piece in pieces:
        if isinstance(piece.text, str):
            size = byte_offset(piece.text, max(0, skipped))
            out.extend(cut([piece], size, len(piece.text)))
            skipped -= len(go_bytes(piece.text))
        else:
            length = piece.text.length or 0
            if skipped <= 0:
                out.append(piece)
            elif skipped < length:
                out.append(replace_text(piece, blurred(piece.text, length - skipped)))
            skipped -= length
    return out
