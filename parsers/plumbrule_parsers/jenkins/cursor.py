"""Cursor: a place in the tokens of a file."""

from __future__ import annotations

from plumbrule_parsers.jenkins.tokens import Kind, Token


class Cursor:
    """A place in the tokens, which moves forward."""

    def __init__(self, text: str, tokens: tuple[Token, ...], closing: dict[int, int]) -> None:
        self.text = text
        self.tokens = tokens
        self.closing = closing
        self.at = 0
        self.depth = 0
        self.inside = False  # parentheses or brackets, where lines do not end statements
        self.errors: list[tuple[int, str]] = []

    @property
    def token(self) -> Token:
        """What is next; inside of brackets, lines are passed over."""
        if self.inside:
            while self.tokens[self.at].kind is Kind.LINE:
                self.at += 1
        return self.tokens[self.at]

    def take(self) -> Token:
        """What is next, and step behind it."""
        token = self.token
        if token.kind is not Kind.END:
            self.at += 1
        return token

    def is_mark(self, *words: str) -> bool:
        """True if one of these marks is next."""
        token = self.token
        return token.kind is Kind.MARK and token.word in words

    def skip_lines(self) -> None:
        """Pass over line ends."""
        while self.tokens[self.at].kind is Kind.LINE:
            self.at += 1

    @property
    def before(self) -> int:
        """Where the last token that was taken ends."""
        return self.tokens[self.at - 1].end if self.at else 0

    def continues(self, *marks: str) -> bool:
        """True if one of these marks is next, perhaps at the start of a following line."""
        here = self.at
        token = self.tokens[here]
        while token.kind is Kind.LINE and ";" not in token.word:
            here += 1
            token = self.tokens[here]
        return token.kind is Kind.MARK and token.word in marks
