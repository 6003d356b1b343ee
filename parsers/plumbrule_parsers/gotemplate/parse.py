"""Template text to its syntax tree. Never raises; depth is bounded."""

from __future__ import annotations

import re
from typing import Final, Literal, cast

from plumbrule_parsers.document import Problem
from plumbrule_parsers.gotemplate import syntax as s
from plumbrule_parsers.gotemplate.lexer import LexicalError, Piece, Token, pieces
from plumbrule_parsers.source import Source

MAX_DEPTH: Final = 100  # blocks and parentheses inside each other
_KEYWORDS = frozenset(
    ("if", "else", "end", "range", "with", "define", "template", "block", "break", "continue")
)
_END: Final = Token("end", "", 0, 0)


def parse_template(source: Source) -> s.Template:
    """The tree of the whole text; a text with a mistake has a problem and no body."""
    parser = _Parser(source.text)
    try:
        parser.pieces = list(pieces(source.text))
        body, closing = parser.elements(0)
        if closing is not None:
            raise _refuse(f"`{closing[0]}` without a block to close", closing[1])
    except LexicalError as error:
        span = source.span(error.start, min(error.end, len(source.text)))
        problem = Problem("template-syntax", error.message, span)
        return s.Template((), {}, (problem,))
    return s.Template(body, parser.definitions)


def _refuse(message: str, at: Piece | Token) -> LexicalError:
    return LexicalError(message, at.start, at.end)


_Closing = tuple[str, Piece, "_Words"]


class _Parser:
    """Walks over the pieces; `variables` are those that are declared at this point."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.pieces: list[Piece] = []
        self.at = 0
        self.definitions: dict[str, s.Definition] = {}
        self.variables = ["$"]
        self.loops = 0

    def elements(self, depth: int) -> tuple[tuple[s.Element, ...], _Closing | None]:
        """Elements up to an `else`, an `end` or the end of the text."""
        found: list[s.Element] = []
        while self.at < len(self.pieces):
            piece = self.pieces[self.at]
            self.at += 1
            if depth > MAX_DEPTH:
                raise _refuse(f"blocks nest deeper than {MAX_DEPTH} levels", piece)
            if piece.tokens is None:
                text = self.text[piece.start : piece.end]
                found.append(s.Text(piece.start, piece.end, text))
                continue
            words = _Words(piece, piece.tokens, self.variables)
            first = words.peek()
            keyword = first.text if first.kind == "word" and first.text in _KEYWORDS else ""
            if keyword in ("else", "end"):
                words.take()
                return tuple(found), (keyword, piece, words)
            if keyword:
                words.take()
                element = self.block(keyword, piece, words, depth)
                if element is not None:
                    found.append(element)
            else:
                pipe = words.pipeline("end", depth)
                found.append(s.Action(piece.start, piece.end, pipe))
        return tuple(found), None

    def block(self, keyword: str, piece: Piece, words: _Words, depth: int) -> s.Element | None:
        """What a keyword opens."""
        if keyword in ("if", "with", "range"):
            kind = cast(Literal["if", "with", "range"], keyword)
            return self.branch(kind, piece, words, depth)
        if keyword in ("break", "continue"):
            if not self.loops:
                raise _refuse(f"`{keyword}` outside of `range`", piece)
            words.done()
            return s.Jump(piece.start, piece.end, cast(Literal["break", "continue"], keyword))
        name = words.string(keyword)
        if keyword == "template":
            pipe = None if words.at_end() else words.pipeline("end", depth)
            return s.Call(piece.start, piece.end, name, pipe)
        pipe = words.pipeline("end", depth) if keyword == "block" else None
        words.done()
        if keyword == "define" and depth:
            raise _refuse("`define` must not stand inside a block", piece)
        outer, self.variables = self.variables, ["$"]
        loops, self.loops = self.loops, 0
        body, closing = self.elements(depth + 1)
        self.variables, self.loops = outer, loops
        end = self.end_of(closing, keyword, piece)
        if name not in self.definitions or not _blank(body):
            self.definitions[name] = s.Definition(piece.start, end.end, name, body)
        return s.Call(piece.start, piece.end, name, pipe) if keyword == "block" else None

    @staticmethod
    def end_of(closing: _Closing | None, keyword: str, piece: Piece) -> Piece:
        """The `end` that closes a block."""
        if closing is None:
            raise _refuse(f"`{keyword}` is never closed with `end`", piece)
        if closing[0] != "end":
            raise _refuse(f"`else` does not belong to `{keyword}`", closing[1])
        closing[2].done()
        return closing[1]

    def branch(
        self, keyword: Literal["if", "with", "range"], piece: Piece, words: _Words, depth: int
    ) -> s.Branch:
        """`if`, `with` or `range` with all that belongs to it."""
        if depth >= MAX_DEPTH:
            raise _refuse(f"blocks nest deeper than {MAX_DEPTH} levels", piece)
        declared = len(self.variables)
        pipe = words.pipeline("end", depth, ranges=keyword == "range")
        self.loops += keyword == "range"
        body, closing = self.elements(depth + 1)
        self.loops -= keyword == "range"
        orelse: tuple[s.Element, ...] = ()
        end = piece.end
        if closing is not None and closing[0] == "else":
            following = closing[2].peek()
            if keyword != "range" and following.kind == "word" and following.text == keyword:
                closing[2].take()
                again = self.branch(keyword, closing[1], closing[2], depth + 1)
                orelse, end = (again,), again.end
                closing = None
            else:
                closing[2].done()
                orelse, closing = self.elements(depth + 1)
                end = self.end_of(closing, keyword, piece).end
        else:
            end = self.end_of(closing, keyword, piece).end
        del self.variables[declared:]
        return s.Branch(piece.start, piece.end, end, keyword, pipe, body, orelse)


def _blank(body: tuple[s.Element, ...]) -> bool:
    """Whether a definition has only blanks: Go does not let it replace another."""
    return all(isinstance(one, s.Text) and not one.text.strip() for one in body)


class _Words:
    """The tokens of one action."""

    def __init__(self, piece: Piece, tokens: list[Token], variables: list[str]) -> None:
        self.piece = piece
        self.tokens = tokens
        self.variables = variables
        self.at = 0

    def peek(self) -> Token:
        """The next token that is no blank."""
        while self.at < len(self.tokens) and self.tokens[self.at].kind == "blank":
            self.at += 1
        return self.tokens[self.at] if self.at < len(self.tokens) else _END

    def take(self) -> Token:
        """The next token that is no blank, taken."""
        token = self.peek()
        self.at += 1
        return token

    def touching(self) -> Token:
        """The very next token, blanks included."""
        return self.tokens[self.at] if self.at < len(self.tokens) else _END

    def at_end(self) -> bool:
        """Whether nothing but blanks is left."""
        return self.peek() is _END

    def done(self) -> None:
        """Refuse what is left over."""
        token = self.peek()
        if token is not _END:
            raise _refuse(f"`{token.text[:40]}` is not expected here", token)

    def string(self, keyword: str) -> str:
        """The name of a template."""
        token = self.take()
        if token.kind not in ("string", "raw"):
            raise _refuse(f"`{keyword}` needs the name of a template in quotes", self.piece)
        return unquoted(token)

    # ------------------------------------------------------------------ pipelines
    def pipeline(self, end: str, depth: int, *, ranges: bool = False) -> s.Pipe:
        """Commands up to the end of the action (`end`) or to `close`, which stays."""
        start = self.peek()
        names, sign = self.names(ranges=ranges)
        commands: list[s.Command] = []
        while True:
            token = self.peek()
            if token.kind == end:
                break
            if token is _END:
                raise _refuse("`(` is never closed", self.piece)
            commands.append(self.command(end, depth, first=not commands))
        if not commands:
            raise _refuse("a value is missing", start if start is not _END else self.piece)
        for name in names if sign == ":=" else ():
            self.variables.append(name)
        first = start.start if names else commands[0].start
        return s.Pipe(first, commands[-1].end, tuple(commands), names, sign)

    def names(self, *, ranges: bool) -> tuple[tuple[str, ...], Literal["", ":=", "="]]:
        """The variables that the pipeline sets, if it does."""
        before = self.at
        token = self.peek()
        names: list[str] = []
        while token.kind == "variable" and "." not in token.text:
            names.append(token.text)
            self.take()
            sign = self.peek()
            if sign.kind in ("declare", "assign"):
                self.take()
                if sign.kind == "assign":
                    for name in names:
                        self.known(name, token)
                return tuple(names), ":=" if sign.kind == "declare" else "="
            if sign.kind != "comma" or not ranges or len(names) == 2:
                break
            self.take()
            token = self.peek()
        self.at = before
        return (), ""

    def known(self, name: str, at: Token) -> None:
        """Refuse a variable that was not declared."""
        if name not in self.variables:
            raise _refuse(f"there is no variable `{name}` here", at)

    def command(self, end: str, depth: int, *, first: bool) -> s.Command:
        """One command and the `|` behind it."""
        words: list[s.Operand] = []
        while True:
            token = self.peek()
            if token is _END or token.kind == end:
                break
            if token.kind == "pipe":
                if not words:
                    raise _refuse("a value is missing before `|`", token)
                self.take()
                break
            words.append(self.operand(depth))
            after = self.touching()
            if after is not _END and after.kind not in ("blank", "pipe", end):
                raise _refuse(f"`{after.text[:40]}` is not expected here", after)
        head = words[0]
        if not first and isinstance(head, (s.Constant, s.Nil, s.Dot)):
            message = "a stage of a pipeline behind `|` must be a function or a method"
            raise LexicalError(message, head.start, head.end)
        return s.Command(head.start, words[-1].end, tuple(words))

    def operand(self, depth: int) -> s.Operand:
        """A term with the fields that touch it."""
        term = self.term(depth)
        names: list[str] = []
        end = term.end
        while (token := self.touching()).kind == "field":
            names.append(token.text[1:])
            end = token.end
            self.at += 1
        if not names:
            return term
        if isinstance(term, s.Field):
            return s.Field(term.start, end, (*term.names, *names))
        if isinstance(term, s.Variable):
            return s.Variable(term.start, end, term.name, tuple(names))
        if isinstance(term, (s.Constant, s.Nil)):
            raise LexicalError("a constant has no fields", term.start, end)
        return s.Chain(term.start, end, term, tuple(names))

    def term(self, depth: int) -> s.Operand:
        """What an operand begins with."""
        token = self.take()
        kind, start, end = token.kind, token.start, token.end
        if kind == "field":
            return s.Field(start, end, (token.text[1:],))
        if kind == "variable":
            self.known(token.text, token)
            return s.Variable(start, end, token.text)
        if kind == "word":
            return self.word(token)
        if kind in ("string", "raw"):
            return s.Constant(start, end, unquoted(token))
        if kind == "char":
            return s.Constant(start, end, _character(token))
        if kind == "number":
            return s.Constant(start, end, _number(token))
        if kind == "dot":
            return s.Dot(start, end)
        if kind == "open":
            if depth >= MAX_DEPTH:
                raise _refuse(f"parentheses nest deeper than {MAX_DEPTH} levels", token)
            pipe = self.pipeline("close", depth + 1)
            closing = self.take()
            return s.Pipe(start, closing.end, pipe.commands, pipe.names, pipe.sign)
        raise _refuse(f"`{token.text[:40]}` is not expected here", token)

    @staticmethod
    def word(token: Token) -> s.Operand:
        """A bool, `nil` or a function."""
        name = token.text
        if name in ("true", "false"):
            return s.Constant(token.start, token.end, name == "true")
        if name == "nil":
            return s.Nil(token.start, token.end)
        if name in _KEYWORDS:
            raise _refuse(f"`{name}` must stand first in its action", token)
        return s.Function(token.start, token.end, name)


_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{3}|.)", re.DOTALL)
_SIMPLE = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\",
           '"': '"', "'": "'"}  # fmt: skip


def unquoted(token: Token) -> str:
    """What a quoted or raw string says."""
    body = token.text[1:-1]
    if token.kind == "raw":
        return body.replace("\r", "")
    if "\\" not in body:
        return body
    return _unescaped(body, token)


def _unescaped(body: str, token: Token) -> str:
    def one(found: re.Match[str]) -> str:
        code = found[1]
        if code in _SIMPLE:
            return _SIMPLE[code]
        number = -1
        if code[0] in "xuU" and len(code) > 1:
            number = int(code[1:], 16)
        elif len(code) == 3:
            number = int(code, 8)
        if not 0 <= number < 0x110000 or 0xD800 <= number < 0xE000:
            raise _refuse(f"`\\{code[:10]}` is no escape that Go knows", token)
        return chr(number)

    made = _ESCAPE.sub(one, body)
    if re.search(r"\\(?:x[89a-fA-F]|[23])", body) is None:
        return made
    # Bytes written one by one may be the UTF-8 form of a character.
    raw = bytearray()
    position = 0
    for found in _ESCAPE.finditer(body):
        raw += body[position : found.start()].encode("utf-8", "surrogatepass")
        code = found[1]
        if code[0] == "x":
            raw.append(int(code[1:], 16))
        elif len(code) == 3:
            raw.append(min(int(code, 8), 255))
        else:
            raw += one(found).encode("utf-8", "surrogatepass")
        position = found.end()
    raw += body[position:].encode("utf-8", "surrogatepass")
    return raw.decode("utf-8", "replace")


def _character(token: Token) -> int:
    body = token.text[1:-1]
    letter = _unescaped(body, token) if "\\" in body else body
    if len(letter) != 1:
        raise _refuse(f"`{token.text[:40]}` is no single character", token)
    return ord(letter)


_OLD_OCTAL = re.compile(r"[+-]?0[0-7]+\Z")
_HEX_FLOAT = re.compile(r"[+-]?0[xX].*(?:\.|[pP])")


def _number(token: Token) -> int | float:
    text = token.text.replace("_", "")
    try:
        if len(text) > 400:
            raise ValueError  # noqa: TRY301 - the same message as for every other
        if _HEX_FLOAT.match(text):
            if "p" not in text.lower():
                raise ValueError  # noqa: TRY301
            return float.fromhex(text)
        if _OLD_OCTAL.match(text):
            return int(text, 8)
        if text.lstrip("+-")[:1] == "0" and text.lstrip("+-")[1:2].lower() in ("x", "b", "o"):
            return int(text, 0)
        if any(letter in text for letter in ".eE"):
            made = float(text)
            if made in (float("inf"), float("-inf")):
                raise ValueError  # noqa: TRY301
            # Go takes a whole number with an exponent for an int where an int is wanted.
            return made
        return int(text)
    except (ValueError, OverflowError):
        raise _refuse(f"`{token.text[:40]}` is no number that Go reads", token) from None
