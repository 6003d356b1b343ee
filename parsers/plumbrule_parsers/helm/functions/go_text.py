"""Text as Go's libraries change it: case, quoting, words."""

from __future__ import annotations

import re

_LONE = re.compile("[\ud800-\udc7f\udd00-\udfff]")
_NAMED = {
    "\a": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v",
    '"': '\\"', "\\": "\\\\",
}  # fmt: skip


def go_bytes(text: str) -> bytes:
    """The text's UTF-8; surrogates of Python's `surrogateescape` are the bytes they stand for."""
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return _LONE.sub("\ufffd", text).encode("utf-8", "surrogateescape")


def go_quote(text: str, *, ascii_only: bool = False) -> str:
    """The text in double quotes with escapes, as strconv.Quote writes it."""
    if text.isalnum() and text.isascii():
        return f'"{text}"'
    return '"' + "".join([quoted_letter(letter, ascii_only=ascii_only) for letter in text]) + '"'


def quoted_letter(letter: str, *, ascii_only: bool = False) -> str:
    """One character within Go's double quotes."""
    named = _NAMED.get(letter)
    if named is not None:
        return named
    code = ord(letter)
    if 0xDC80 <= code <= 0xDCFF:  # a byte that is not UTF-8
        return f"\\x{code - 0xDC00:02x}"
    if code < 0x20 or code == 0x7F:
        return f"\\x{code:02x}"
    if code < 0x7F or (letter.isprintable() and not ascii_only):
        return letter
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def lower(text: str) -> str:
    """Lower case, each character by itself."""
    if text.isascii():
        return text.lower()
    return "".join([low if len(low := letter.lower()) == 1 else low[0] for letter in text])


def upper(text: str) -> str:
    """Upper case, each character by itself; those that would become two stay."""
    if text.isascii():
        return text.upper()
    return "".join([up if len(up := letter.upper()) == 1 else letter for letter in text])


def title(text: str) -> str:
    """Words begin with a capital; letters, digits and `_` continue a word (strings.Title)."""
    out: list[str] = []
    before = " "
    for letter in text:
        starts = not (before.isalnum() or before == "_") if before.isascii() else before.isspace()
        out.append(upper(letter) if starts else letter)
        before = letter
    return "".join(out)


def untitle(text: str) -> str:
    """Words between white space begin with a small letter."""
    out: list[str] = []
    starts = True
    for letter in text:
        out.append(lower(letter) if starts else letter)
        starts = letter.isspace()
    return "".join(out)


def swap_case(text: str) -> str:
    """Capitals become small and the other way round."""
    return "".join([lower(letter) if letter.isupper() else upper(letter) for letter in text])


def initials(text: str) -> str:
    """The first character of each word between white space."""
    return "".join([word[0] for word in text.split()])


def abbreviate(text: str, offset: int, width: int) -> str:
    """At most `width` bytes, with `...` for what is left out before `offset` and behind."""
    if len(text) <= width:
        return text
    offset = min(offset, len(text))
    if len(text) - offset < width - 3:
        offset = len(text) - (width - 3)
    if offset <= 4:
        return text[: width - 3] + "..."
    if width < 7:
        return ""
    if offset + width - 3 < len(text):
        return "..." + abbreviate(text[offset:], 0, width - 3)
    return "..." + text[len(text) - (width - 3) :]


def wrap_points(text: str, width: int, *, break_words: bool) -> list[tuple[int, int]]:
    """Where line breaks go: stretches of the text that a break stands for (empty: inserted).

    A stretch is marked by a negative start where it is dropped without a break.
    """
    width = max(1, width)
    points: list[tuple[int, int]] = []
    at, size = 0, len(text)
    while size - at > width:
        if text[at] == " ":
            points.append((-at - 1, at + 1))
            at += 1
            continue
        space = text.rfind(" ", at, at + width + 1)
        if space < 0 and not break_words:
            space = text.find(" ", at + width)
            if space < 0:
                break
        if space < 0:
            points.append((at + width, at + width))
            at += width
        else:
            points.append((space, space + 1))
            at = space + 1
    return points


def words(text: str, joint: str) -> str:
    """Lower-case words with the joint between them (snake and kebab case of xstrings)."""
    out: list[str] = []
    numeric = False  # the word began with a digit, so digits continue it
    for at, letter in enumerate(text):
        if letter in " _-" or letter.isspace():
            out.append(joint)
            numeric = False
            continue
        before = text[at - 1] if at else ""
        after = text[at + 1] if at + 1 < len(text) else ""
        starts = letter.isupper() and (
            before.islower() or before.isdigit() or (before.isupper() and after.islower())
        )
        if letter.isdigit() and before.isalpha() and not numeric:
            starts = not _ends_word(text, at)
        if starts or not before or out[-1] == joint:
            numeric = letter.isdigit()
        if starts and out and out[-1] != joint:
            out.append(joint)
        out.append(lower(letter))
    return "".join(out)


def _ends_word(text: str, at: int) -> bool:
    """True if the digits are followed by a capital or the end, so that they end their word."""
    while at < len(text) and text[at].isdigit():
        at += 1
    return at >= len(text) or text[at].isupper() or not text[at].isalnum()


def camel(text: str) -> str:
    """Words joined, each with one capital at its start (xstrings' Pascal case).

    Marks at the ends stay, and of several between two words all but one.
    """
    size = len(text)
    first = next((at for at in range(size) if not _is_mark(text[at])), size)
    last = next((at for at in range(size, 0, -1) if not _is_mark(text[at - 1])), first)
    out: list[str] = [text[:first]]
    starts, shouting = True, False  # within the capitals that follow a word's first letter
    for at in range(first, last):
        letter = text[at]
        if _is_mark(letter):
            if _is_mark(text[at + 1]):
                out.append(letter)
            starts = True
            continue
        if starts:
            out.append(upper(letter))
            shouting = letter.isupper()
        else:
            shouting = shouting and letter.isupper()
            out.append(lower(letter) if shouting else letter)
        starts = False
    return "".join([*out, text[last:]])


def _is_mark(letter: str) -> bool:
    return letter in " _-" or letter.isspace()
