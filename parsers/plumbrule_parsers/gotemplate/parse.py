"""Template text to its syntax tree. Never raises; depth is bounded.

The same actions stand in many templates (`{{- end }}`, the same includes), so what one action says
is parsed once for its text, with offsets from its own start (`Statements`).
"""

from __future__ import annotations

import re
from typing import Final, Literal, cast

from plumbrule_parsers.document import Problem
from plumbrule_parsers.gotemplate import syntax as s
from plumbrule_parsers.gotemplate.lexer import LexicalError, Piece, Token, pieces, tokens
from plumbrule_parsers.source import Source

MAX_DEPTH: Final = 100  # blocks and parentheses inside each other
_KEYWORDS = frozenset(
    ("if", "else", "end", "range", "with", "define", "template", "block", "break", "continue")
)
_END: Final = Token("end", "", 0, 0)

Statements = dict[tuple[str, int], s.Statement]


def parse_template(source: Source, statements: Statements | None = None) -> s.Template:
    """The tree of the whole text; a text with a mistake has a problem and no body.

    `statements` are actions that were parsed before; new ones are added.
    """
    parser = _Parser(source.text, statements if statements is not None else {})
    try:
        parser.pieces = pieces(source.text)
        body, closing = parser.elements(0)
        if closing is not None:
            raise _refuse(f"`{closing.keyword}` without a block to close", parser.closing)
    except LexicalError as error:
        span = source.span(error.start, min(error.end, len(source.text)))
        problem = Problem("template-syntax", error.message, span)
        return s.Template((), {}, (problem,))
    return s.Template(body, parser.definitions)


def _refuse(message: str, at: Piece | Token) -> LexicalError:
    return LexicalError(message, at.start, at.end)


class _Parser:
    """Walks over the pieces; `variables` are those that are declared at this point."""

    def __init__(self, text: str, statements: Statements) -> None:
        self.text = text
        self.statements = statements
        self.pieces: list[Piece] = []
        self.at = 0
        self.closing: Piece = Piece(0, 0)  # the `else` or `end` that was read last
        self.definitions: dict[str, s.Definition] = {}
        self.variables = ["$"]
        self.loops = 0

    def statement(self, piece: Piece) -> s.Statement:
        """What an action says."""
        written = self.text[piece.start : piece.end]
        key = written, piece.inside - piece.start
        found = self.statements.get(key)
        if found is None:
            try:
                found = self.statements[key] = _Words(written, key[1]).statement()
            except LexicalError as error:
                start, end = error.start + piece.start, error.end + piece.start
                raise LexicalError(error.message, start, end) from None
        return found

    def read(self, statement: s.Statement, piece: Piece) -> None:
        """Note what an action declares; refuse a variable that was not declared."""
        for name, start, end in statement.uses:
            if name not in self.variables:
                at = piece.start
                raise LexicalError(f"there is no variable `{name}` here", at + start, at + end)
        if statement.declares:
            self.variables.extend(statement.declares)

    def elements(self, depth: int) -> tuple[tuple[s.Element, ...], s.Statement | None]:
        """Elements up to an `else`, an `end` or the end of the text."""
        found: list[s.Element] = []
        parts, size = self.pieces, len(self.pieces)
        if depth > MAX_DEPTH and self.at < size:
            raise _refuse(f"blocks nest deeper than {MAX_DEPTH} levels", parts[self.at])
        while self.at < size:
            piece = parts[self.at]
            self.at += 1
            start, end, inside = piece
            if inside < 0:
                found.append(s.Text(start, end, self.text[start:end]))
                continue
            statement = self.statement(piece)
            keyword = statement.keyword
            if keyword in ("else", "end"):
                self.closing = piece
                return tuple(found), statement
            if keyword != "block" and (statement.uses or statement.declares):
                if keyword in ("if", "with", "range"):
                    pass  # what these declare ends with them
                else:
                    self.read(statement, piece)
            if not keyword:
                assert statement.pipe is not None
                found.append(s.Action(start, end, statement.pipe))
            else:
                element = self.block(statement, piece, depth)
                if element is not None:
                    found.append(element)
        return tuple(found), None

    def block(self, statement: s.Statement, piece: Piece, depth: int) -> s.Element | None:
        """What a keyword opens."""
        keyword, name, pipe = statement.keyword, statement.name, statement.pipe
        if keyword in ("if", "with", "range"):
            return self.branch(statement, piece, depth)
        if keyword in ("break", "continue"):
            if not self.loops:
                raise _refuse(f"`{keyword}` outside of `range`", piece)
            jump = cast(Literal["break", "continue"], keyword)
            return s.Jump(piece.start, piece.end, jump)
        if keyword == "template":
            return s.Call(piece.start, piece.end, name, pipe)
        if keyword == "block":
            self.read(statement, piece)
        elif depth:
            raise _refuse("`define` must not stand inside a block", piece)
        outer, self.variables = self.variables, ["$"]
        loops, self.loops = self.loops, 0
        body, closing = self.elements(depth + 1)
        self.variables, self.loops = outer, loops
        end = self.end_of(closing, keyword, piece)
        if name not in self.definitions or not _blank(body):
            self.definitions[name] = s.Definition(piece.start, end, name, body)
        return s.Call(piece.start, piece.end, name, pipe) if keyword == "block" else None

    def end_of(self, closing: s.Statement | None, keyword: str, piece: Piece) -> int:
        """The end of the `end` that closes a block."""
        if closing is None:
            raise _refuse(f"`{keyword}` is never closed with `end`", piece)
        if closing.keyword != "end":
            raise _refuse(f"`else` does not belong to `{keyword}`", self.closing)
        return self.closing.end

    def branch(self, statement: s.Statement, piece: Piece, depth: int) -> s.Branch:
        """`if`, `with` or `range` with all that belongs to it."""
        keyword = cast(Literal["if", "with", "range"], statement.chained or statement.keyword)
        if depth >= MAX_DEPTH:
            raise _refuse(f"blocks nest deeper than {MAX_DEPTH} levels", piece)
        declared = len(self.variables)
        self.read(statement, piece)
        self.loops += keyword == "range"
        body, closing = self.elements(depth + 1)
        self.loops -= keyword == "range"
        orelse: tuple[s.Element, ...] = ()
        if closing is not None and closing.keyword == "else":
            following = self.closing
            if keyword != "range" and closing.chained == keyword:
                again = self.branch(closing, following, depth + 1)
                orelse, end = (again,), again.end
            elif closing.chained:
                at = following.start + closing.chained_at
                message = f"`{closing.chained}` is not expected here"
                raise LexicalError(message, at, at + len(closing.chained))
            else:
                orelse, closing = self.elements(depth + 1)
                end = self.end_of(closing, keyword, piece)
        else:
            end = self.end_of(closing, keyword, piece)
        del self.variables[declared:]
        pipe = statement.pipe
        assert pipe is not None
        return s.Branch(piece.start, piece.end, end, keyword, pipe, body, orelse)


def _blank(body: tuple[s.Element, ...]) -> bool:
    """Whether a definition has only blanks: Go does not let it replace another."""
    return all(isinstance(one, s.Text) and not one.text.strip() for one in body)


class _Words:
    """The tokens of one action; offsets count from its start."""

    def __init__(self, written: str, inside: int) -> None:
        self.piece = Piece(0, len(written), inside)
        self.tokens = tokens(written, inside)
        self.tokens += (_END, _END)  # one may be taken
        self.at = 0
        self.declared: list[str] = []
        self.uses: list[tuple[str, int, int]] = []

    def statement(self) -> s.Statement:
        """What the action says. LexicalError: it is none."""
        first = self.peek()
        keyword = first.text if first.kind == "word" and first.text in _KEYWORDS else ""
        name, chained, chained_at = "", "", 0
        pipe: s.Pipe | None = None
        if not keyword:
            pipe = self.pipeline("end", 0)
        else:
            self.at += 1
        if keyword in ("if", "with", "range"):
            pipe = self.pipeline("end", 0, ranges=keyword == "range")
        elif keyword == "else":
            following = self.peek()
            if following.kind == "word" and following.text in ("if", "with"):
                self.at += 1
                chained, chained_at = following.text, following.start
                pipe = self.pipeline("end", 0)
        elif keyword in ("define", "template", "block"):
            name = self.string(keyword)
            if keyword == "block" or (keyword == "template" and self.peek() is not _END):
                pipe = self.pipeline("end", 0)
        if pipe is None:
            self.done()
        return s.Statement(
            keyword, pipe, name, chained, chained_at, tuple(self.uses), tuple(self.declared)
        )  # fmt: skip

    def peek(self) -> Token:
        """The next token."""
        return self.tokens[self.at]

    def take(self) -> Token:
        """The next token, taken."""
        token = self.tokens[self.at]
        self.at += 1
        return token

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
        if sign == ":=":
            self.declared += names
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
        """Note a variable that must have been declared before."""
        if name not in self.declared:
            self.uses.append((name, at.start, at.end))

    def command(self, end: str, depth: int, *, first: bool) -> s.Command:
        """One command and the `|` behind it."""
        listed = self.tokens
        words: list[s.Operand] = []
        while True:
            token = listed[self.at]
            kind = token[0]
            if token is _END or kind == end:
                break
            if kind == "pipe":
                if not words:
                    raise _refuse("a value is missing before `|`", token)
                self.at += 1
                break
            word = self.operand(token, depth)
            words.append(word)
            after = listed[self.at]
            if after[2] == word.end and after is not _END and after[0] not in ("pipe", end):
                raise _refuse(f"`{after.text[:40]}` is not expected here", after)
        head = words[0]
        if not first and isinstance(head, (s.Constant, s.Nil, s.Dot)):
            message = "a stage of a pipeline behind `|` must be a function or a method"
            raise LexicalError(message, head.start, head.end)
        return s.Command(head.start, words[-1].end, tuple(words))

    def operand(self, token: Token, depth: int) -> s.Operand:
        """The term that begins with the next token, with the fields that touch it."""
        self.at += 1
        kind, text, start, end = token
        if kind == "field":
            return s.Field(start, end, tuple(text[1:].split(".")))
        if kind == "variable":
            if text != "$":
                self.known(text, token)
            following = self.tokens[self.at]
            if following[0] != "field" or following[2] != end:
                return s.Variable(start, end, text)
            self.at += 1
            return s.Variable(start, following[3], text, tuple(following[1][1:].split(".")))
        term = self.parenthesised(token, depth) if kind == "open" else self.term(token)
        following = self.tokens[self.at]
        if following[0] != "field" or following[2] != term.end:
            return term
        self.at += 1
        if isinstance(term, (s.Constant, s.Nil)):
            raise LexicalError("a constant has no fields", start, following[3])
        return s.Chain(start, following[3], term, tuple(following[1][1:].split(".")))

    def parenthesised(self, token: Token, depth: int) -> s.Pipe:
        """A pipeline in parentheses, whose first is taken."""
        if depth >= MAX_DEPTH:
            raise _refuse(f"parentheses nest deeper than {MAX_DEPTH} levels", token)
        pipe = self.pipeline("close", depth + 1)
        closing = self.take()
        return s.Pipe(token.start, closing.end, pipe.commands, pipe.names, pipe.sign)

    def term(self, token: Token) -> s.Operand:
        """What one token says by itself."""
        kind, text, start, end = token
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
        raise _refuse(f"`{text[:40]}` is not expected here", token)

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
