"""Mask: what a report may show of the lines and words it was given; no secret is shown whole."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable

from plumbrule.finding import Finding, Fix, Report, Review
from plumbrule.redact import cut_out, literal_ranges, merged, redact, secret_ranges
from plumbrule_parsers.source import Source, Span

SECRETS = "secrets"  # rules with this tag report the place of a literal secret
_SHORTEST = 6  # a shorter literal would hide half of the ordinary words, too
_PRIVATE_KEY = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----(?P<body>.{0,20000}?)(?:-----END|\Z)", re.DOTALL
)
# What a terminal or a reader could be tricked with: controls, and marks that reorder text.
_UNSAFE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]"
)
_QUOTED = re.compile(r"[\"'](?!\$\{)[^\"'\r\n]{6,}[\"']\Z")
_BREAKS = re.compile(r"[\t\r\n ]+")


class Mask:
    """The secrets of one report, found once, and what is left of texts without them."""

    __slots__ = ("_keys", "_known", "_lines", "_literals", "_secrets", "_words")

    def __init__(
        self, literals: dict[Source, tuple[tuple[int, int], ...]], words: frozenset[str]
    ) -> None:
        """`literals` are hidden where they stand, `words` wherever they recur."""
        self._literals = literals
        self._lines: dict[tuple[Source, int], tuple[tuple[int, int], ...]] = {}
        self._words: dict[str, str] = {}
        self._keys: dict[Source, list[tuple[int, int]]] = {}  # private keys, of a whole text
        self._secrets = words
        # The longest first: a secret may begin with another one.
        known = sorted((w for w in words if len(w) >= _SHORTEST), key=lambda w: (-len(w), w))
        self._known = re.compile("|".join(map(re.escape, known))) if known else None

    def with_words(self, words: Iterable[str]) -> Mask:
        """A mask that also hides these."""
        return Mask(self._literals, self._secrets.union(words))

    def line(self, source: Source, line: int) -> tuple[tuple[int, int], ...]:
        """The columns (0-based, half-open) of the line that must not be shown."""
        key = (source, line)
        found = self._lines.get(key)
        if found is None:
            found = self._lines[key] = self._hidden(source, line)
        return found

    def _hidden(self, source: Source, line: int) -> tuple[tuple[int, int], ...]:
        text = source.line_text(line)
        before = source.line_text(line - 1) if line > 1 else ""
        ranges = list(secret_ranges(text, before))
        if self._known is not None:
            ranges += [match.span() for match in self._known.finditer(text)]
        literals = self._literals.get(source, ())
        start = source.line_starts[line - 1]
        keys = self._keys.get(source)
        if keys is None:
            keys = self._keys[source] = _private_keys(source)
        for low, high in (*literals, *keys):
            if low < start + len(text) and high > start:
                ranges.append((max(low - start, 0), min(high - start, len(text))))
        return merged(ranges)

    def hides(self, text: str) -> bool:
        """Whether the text holds something that must not be shown; such an edit is not told."""
        if self._known is not None and self._known.search(text):
            return True
        lines = re.split(r"\r\n?|\n", text)
        pairs = zip(("", *lines), lines, strict=False)
        return any(secret_ranges(line, before) for before, line in pairs)

    def fix(self, fix: Fix | None) -> Fix | None:
        """The fix, None where one of its texts must not be shown: half of it mends nothing."""
        told = fix is not None and not any(self.hides(edit.text) for edit in fix.edits)
        return fix if told else None

    def text(self, words: str) -> str:
        """A message or note as one line, with secrets redacted and nothing a terminal obeys."""
        shown = self._words.get(words)
        if shown is None:
            shown = words
            if self._known is not None:
                shown = self._known.sub(lambda match: redact(match[0]), shown)
            shown = _BREAKS.sub(" ", shown).strip()
            shown = _UNSAFE.sub("\ufffd", cut_out(shown, secret_ranges(shown)))
            self._words[words] = shown
        return shown


def _private_keys(source: Source) -> list[tuple[int, int]]:
    if "PRIVATE KEY-----" not in source.text:
        return []
    return [match.span("body") for match in _PRIVATE_KEY.finditer(source.text)]


Literals = dict[Source, tuple[tuple[int, int], ...]]


def mask_of(report: Report) -> Mask:
    """The mask of a report: literals that rules tagged `secrets` point at, wherever they recur."""
    return Mask(*secrets_of(report))


def secrets_of(report: Report, places: Iterable[Span] = ()) -> tuple[Literals, frozenset[str]]:
    """What a Mask is made of: the secrets that a report points at, and those at other places."""
    tagged = {rule.id for rule in report.rules if SECRETS in rule.tags}
    told: list[Finding | Review] = [
        *report.findings,
        *(one.finding for one in report.exempted),
        *report.reviews,
    ]
    literals: dict[Source, list[tuple[int, int]]] = {}
    words: set[str] = set()
    marked = [(one.span, one.subject_label) for one in told if one.rule in tagged]
    marked += [  # the literal that the value comes from
        (hop.span, "") for one in told if one.rule in tagged and isinstance(one, Finding)
        for hop in one.related if _QUOTED.match(hop.span.text)
    ]  # fmt: skip
    for at, label in (*marked, *((place, "") for place in places)):
        for start, end in literal_ranges(at.text):
            literals.setdefault(at.source, []).append((at.start + start, at.start + end))
            word = at.text[start:end]
            # The rule may point at a name, which is no secret.
            if word not in label and not _is_everyday(word):
                words.add(word)
    return {at: merged(ranges) for at, ranges in literals.items()}, frozenset(words)


def _is_everyday(word: str) -> bool:
    """True for a password that is an ordinary word: it is hidden where it stands, and only there.

    Elsewhere it means what it says: the chart `argocd` keeps its name beside the password `argocd`.
    """
    return word.isalpha() and word.islower() and len(word) < 12


def safe(text: str) -> str:
    """The text without what a terminal would obey; as long as before."""
    return _UNSAFE.sub("\ufffd", text) if not text.isascii() or not text.isprintable() else text


def shown_path(path: str, base: str) -> str:
    """A report's path as the reader writes it; `base` leads from the reader to the root."""
    if not base or path.startswith("/"):
        return path
    return posixpath.normpath(posixpath.join(base, path))


def shown_place(span: Span, base: str) -> str:
    """Path, line and column, as editors and terminals link them."""
    line, column = span.source.position(span.start)
    return f"{safe(shown_path(span.path, base))}:{line}:{column}"
