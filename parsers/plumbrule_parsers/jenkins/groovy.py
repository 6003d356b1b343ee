"""Groovy as far as pipelines use it: calls with closures, assignments, branches; the rest is kept.

What is not understood becomes `Opaque`: a stretch of the text with the readable parts inside it. So
reading never fails and loses no call. Nesting is bounded.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from plumbrule_parsers.jenkins.cursor import Cursor
from plumbrule_parsers.jenkins.tokens import Kind, Token, tokens_of
from plumbrule_parsers.jenkins.tree import (
    Argument,
    Assign,
    Block,
    Branch,
    Call,
    Entries,
    Item,
    Items,
    Joined,
    Method,
    Name,
    Opaque,
)

MAX_NESTING = 60
MAX_CHAIN = 100  # members and indexes behind one operand


_LETTER = re.compile(r"[^\W\d]")
_DECLARING = {"def", "final", "var", "static", "private", "public", "protected", "String", "int",
              "boolean", "Boolean", "Integer", "long", "List", "Map", "Object", "void", "ArrayList",
              "LinkedHashMap"}  # fmt: skip
_BRANCHES = {"if", "for", "while", "switch", "catch"}
_BODIES = {"try", "else", "finally", "do"}
_ENDS_OF_OPERAND = {")", "]", "}", ",", ":", "{"}
_LEAVING = {")", "]", "}", ",", ":", "=", "+", "-", "==", "&&", "||", "?"}  # behind an operand
_STRAY = {")", "]", "}", ",", ":"}  # begin no statement
_ASSIGNING = {"=", "+=", "-=", "*=", "/=", "?=", "<<="}
_WORD_OPERATORS = {"in", "instanceof", "as"}
_BEFORE_OPERAND = {"!", "-", "+", "++", "--", "~", "*"}


@dataclass(frozen=True, slots=True)
class Groovy:
    """The statements of a file; `errors` are pairs of an offset and a message."""

    block: Block
    errors: tuple[tuple[int, str], ...]


def parse_groovy(text: str) -> Groovy:
    """The statements of the text. Never raises."""
    if _LETTER.search(text) is None:  # without a name there is no call
        start = len(text) - len(text.lstrip())
        errors = ((start, "there is no statement in this file"),) if text.strip() else ()
        return Groovy(Block(0, len(text), ()), errors)
    tokens = tokens_of(text)
    reader = _Reader(text, tokens.items, tokens.closing)
    statements = reader.statements(len(tokens.items) - 1)
    return Groovy(Block(0, len(text), statements), (*tokens.errors, *reader.errors))


class _Reader(Cursor):
    """Reads statements and expressions; each method begins at its own first token."""

    def too_deep(self) -> Opaque | None:
        """A group in brackets that is nested too deeply is stepped over."""
        if self.depth < MAX_NESTING:
            return None
        token = self.token
        if not self.errors:
            self.errors.append((token.start, f"nested deeper than {MAX_NESTING} levels"))
        end = self.closing.get(self.at, self.at)
        self.at = min(max(end, self.at) + 1, len(self.tokens) - 1)
        return Opaque(token.start, max(self.before, token.start))

    # -------------------------------------------------------------- statements
    def statements(self, end: int) -> tuple[Item, ...]:
        """The statements up to the token with that number."""
        found: list[Item] = []
        inside, self.inside = self.inside, False
        tokens = self.tokens
        while self.at < end:
            token = tokens[self.at]
            if token.kind is Kind.LINE or (token.kind is Kind.MARK and token.word in _STRAY):
                self.at += 1  # also a bracket that closes nothing
                continue
            start = self.at
            found.append(self.statement())
            if self.at == start:
                self.at += 1
        self.at = end
        self.inside = inside
        return tuple(found)

    def block(self) -> Block:
        """The braces at the current token, which may begin with parameters."""
        number = self.at
        token = self.take()
        end = self.closing.get(number, len(self.tokens) - 1)
        self.step_over_parameters(end)
        self.depth += 1
        statements = self.statements(end)
        self.depth -= 1
        if self.at < len(self.tokens) - 1:
            self.at += 1
        return Block(token.start, self.tokens[end].end, statements)

    def step_over_parameters(self, end: int) -> None:
        """`a, b ->` at the start of a closure."""
        for number in range(self.at, min(end, self.at + 16)):
            token = self.tokens[number]
            if token.kind is Kind.MARK and token.word == "->":
                self.at = number + 1
                return
            if token.kind is not Kind.WORD and token.word not in (",", "=", "<", ">"):
                return

    def body(self) -> Block:
        """A body in braces, or the one statement that stands for it."""
        self.skip_lines()
        if self.is_mark("{"):
            return self.block()
        start = self.token.start
        self.depth += 1
        only = self.statement()
        self.depth -= 1
        return Block(start, max(self.before, start), (only,))

    def statement(self) -> Item:
        lost = self.too_deep()
        if lost is not None:
            return lost
        token = self.token
        if token.kind is Kind.WORD:
            if token.word in _BRANCHES:
                return self.branch()
            if token.word in _BODIES:
                self.take()
                return Branch(token.start, max(self.before, token.start), token.word, None,
                              self.body())  # fmt: skip
            if token.word in ("import", "package") or token.word.startswith("@"):
                return self.line()
            if token.word in ("return", "throw", "assert"):
                self.take()
                if self.token.kind in (Kind.LINE, Kind.END) or self.is_mark("}"):
                    return Opaque(token.start, token.end)
                value = self.expression(command=True)
                return Opaque(token.start, max(self.before, token.start), (value,))
            if self.is_label():
                return self.statement()
            declared = self.declaration()
            if declared is not None:
                return declared
        elif token.kind is Kind.MARK and token.word == "{":
            return self.block()
        return self.assignment()

    def is_label(self) -> bool:
        """Step over `case x:` and `default:`; true if there was one."""
        start = self.at
        word = self.token.word
        following = self.tokens[min(start + 1, len(self.tokens) - 1)]
        if word == "default" and following.word == ":":
            self.at += 2
        elif word == "case" and following.word not in ("=", "(", "."):
            self.take()
            self.expression()
            if not self.is_mark(":"):
                self.at = start
                return False
            self.take()
        else:
            return False
        self.skip_lines()
        return self.token.kind is not Kind.END and not self.is_mark("}", ")", "]")

    def line(self) -> Opaque:
        """The rest of the line: imports, annotations."""
        start = self.token.start
        if self.token.word.startswith("@"):
            self.take()
            if self.is_mark("(") and not self.token.spaced:
                self.at = min(self.closing[self.at] + 1, len(self.tokens) - 1)
            return Opaque(start, max(self.before, start))
        while self.tokens[self.at].kind not in (Kind.LINE, Kind.END):
            self.at += 1
        return Opaque(start, max(self.before, start))

    def branch(self) -> Item:
        token = self.take()
        condition: Item | None = None
        if self.is_mark("("):
            number = self.at
            end = self.closing[number]
            self.take()
            inside, self.inside = self.inside, True
            self.depth += 1
            parts = self.until(end)
            self.depth -= 1
            self.inside = inside
            first = self.tokens[number].start
            condition = parts[0] if len(parts) == 1 else Opaque(first, self.tokens[end].end, parts)
            self.at = min(end + 1, len(self.tokens) - 1)
        body = self.body()
        return Branch(token.start, max(token.end, body.end), token.word, condition, body)

    def until(self, end: int) -> tuple[Item, ...]:
        """Expressions up to the token with that number, whatever stands between them."""
        parts: list[Item] = []
        while self.token.start >= 0 and self.at < end:
            start = self.at
            parts.append(self.expression())
            if self.at == start:
                self.at += 1
        self.at = end
        return tuple(parts)

    def declaration(self) -> Item | None:
        """`def name = value`, `String name = value`, `def name(...) { ... }`."""
        start = self.at
        here = start
        words: list[Token] = []
        while self.tokens[here].kind is Kind.WORD and len(words) < 5:
            words.append(self.tokens[here])
            here += 1
        following = self.tokens[here]
        if following.word == "<" and words:  # a generic type
            close = next((number for number in range(here, min(here + 12, len(self.tokens)))
                          if self.tokens[number].word == ">"), 0)  # fmt: skip
            if close and self.tokens[close + 1].kind is Kind.WORD:
                words.append(self.tokens[close + 1])
                here = close + 2
                following = self.tokens[here]
        if not words:
            return None
        declaring = words[0].word in _DECLARING and len(words) > 1
        if following.word == "(" and (declaring or words[0].word == "def") and len(words) > 1:
            end = self.closing[here]
            after = end + 1
            while after < len(self.tokens) - 1 and self.tokens[after].kind is Kind.LINE:
                after += 1
            if self.tokens[min(after, len(self.tokens) - 1)].word == "{":
                self.at = after
                body = self.block()
                return Method(words[0].start, body.end, words[-1].word, body)
            return None
        if following.word == "(" and words[0].word == "def":  # def (a, b) = ...
            self.at = min(self.closing[here] + 1, len(self.tokens) - 1)
            if self.is_mark("="):
                self.take()
                value = self.expression(command=True)
                return Opaque(words[0].start, max(self.before, words[0].start), (value,))
            return Opaque(words[0].start, max(self.before, words[0].start))
        if len(words) > 1 and following.word == "=":
            self.at = here + 1
            self.skip_lines()
            value = self.expression(command=True)
            return Assign(words[0].start, max(self.before, words[0].start), words[-1].word, value)
        if declaring and following.kind in (Kind.LINE, Kind.END):
            self.at = here
            return Opaque(words[0].start, words[-1].end)
        return None

    def assignment(self) -> Item:
        left = self.expression(command=True)
        if self.is_mark(*_ASSIGNING):
            self.take()
            self.skip_lines()
            value = self.expression(command=True)
            target = self.text[left.start : left.end]
            return Assign(left.start, max(self.before, left.start), target, value)
        return left

    # -------------------------------------------------------------- expressions
    def expression(self, *, command: bool = False) -> Item:
        """Operands and operators; only `+` is told from the others."""
        start = self.token.start
        operands = [self.operand(command=command)]
        joined = True
        while True:
            token = self.token
            if token.kind is Kind.WORD and token.word in _WORD_OPERATORS:
                joined = False
            elif token.kind is not Kind.MARK or token.word in _ENDS_OF_OPERAND:
                # `:` ends what a map or a `case` names; behind `?` it is the operator's.
                break
            elif token.word in _ASSIGNING and not self.inside:
                break
            elif token.word != "+":
                joined = False
            self.take()
            if token.word in ("++", "--"):
                continue
            self.skip_lines()
            if token.word == "?":
                self.ternary(operands)
                continue
            if self.token.kind is Kind.END or self.is_mark(")", "]", "}", ","):
                break
            operands.append(self.operand(command=False))
        if len(operands) == 1 and joined:
            return operands[0]
        end = max(self.before, start)
        made = tuple(operands)
        return Joined(start, end, made) if joined else Opaque(start, end, made)

    def ternary(self, operands: list[Item]) -> None:
        """`a ? b : c` behind its question mark."""
        self.depth += 1
        operands.append(self.too_deep() or self.expression())
        self.skip_lines()
        if self.is_mark(":"):
            self.take()
            self.skip_lines()
            operands.append(self.too_deep() or self.expression())
        self.depth -= 1

    def operand(self, *, command: bool) -> Item:
        start = self.token.start
        negated = False
        while self.is_mark(*_BEFORE_OPERAND):
            self.take()
            negated = True
        lost = self.too_deep()
        if lost is not None:
            return lost
        self.depth += 1
        item = self.postfix(self.primary(), command=command and not negated)
        self.depth -= 1
        return Opaque(start, max(item.end, start), (item,)) if negated else item

    def primary(self) -> Item:
        token = self.token
        if token.kind is Kind.TEXT and token.text is not None:
            self.take()
            return token.text
        if token.kind is Kind.NUMBER:
            self.take()
            return Name(token.start, token.end, token.word)
        if token.kind is Kind.WORD:
            if token.word == "new":
                self.take()
                made = self.operand(command=False)
                return Opaque(token.start, max(made.end, token.end), (made,))
            return self.path()
        if token.kind is Kind.MARK:
            if token.word == "(":
                return self.parenthesis()
            if token.word == "[":
                return self.collection()
            if token.word == "{":
                return self.block()
            if token.word in (")", "]", "}", ",", ":"):
                return Opaque(token.start, token.start)
        self.take()
        return Opaque(token.start, token.end)

    def path(self) -> Name:
        """A dotted path of names."""
        first = self.take()
        words = [first.word]
        end = first.end
        while self.continues(".", "?."):
            save = self.at
            self.skip_lines()
            self.take()
            if self.tokens[self.at].kind is not Kind.WORD:
                self.at = save
                break
            token = self.take()
            words.append(token.word)
            end = token.end
        return Name(first.start, end, ".".join(words))

    def parenthesis(self) -> Item:
        number = self.at
        token = self.take()
        end = self.closing.get(number, len(self.tokens) - 1)
        inside, self.inside = self.inside, True
        parts = self.until(end)
        self.inside = inside
        self.at = min(end + 1, len(self.tokens) - 1)
        if len(parts) == 1:
            return parts[0]
        return Opaque(token.start, self.tokens[end].end, parts)

    def collection(self) -> Item:
        number = self.at
        token = self.take()
        end = self.closing.get(number, len(self.tokens) - 1)
        entries = self.arguments(end)
        self.at = min(end + 1, len(self.tokens) - 1)
        last = self.tokens[end].end
        if entries and all(entry.name is not None for entry in entries):
            return Entries(token.start, last, entries)
        return Items(token.start, last, tuple(entry.value for entry in entries))

    def arguments(self, end: int) -> tuple[Argument, ...]:
        """Arguments, separated by commas, up to the token with that number."""
        inside, self.inside = self.inside, True
        found: list[Argument] = []
        while self.token.start >= 0 and self.at < end:
            start = self.at
            if not self.is_mark(",", ":"):
                found.append(self.argument())
            if self.at == start:
                self.at += 1
        self.at = end
        self.inside = inside
        return tuple(found)

    def argument(self) -> Argument:
        token = self.token
        following = self.tokens[min(self.at + 1, len(self.tokens) - 1)]
        if token.kind in (Kind.WORD, Kind.TEXT) and following.word == ":":
            self.take()
            self.take()
            name = token.text.value if token.text is not None else token.word
            self.skip_lines()
            value = self.expression()
            return Argument(token.start, max(value.end, token.end), name, value)
        value = self.expression()
        return Argument(token.start, max(value.end, token.start), None, value)

    # -------------------------------------------------------------- calls
    def postfix(self, item: Item, *, command: bool) -> Item:
        """Calls, members and indexes behind an operand."""
        length = 0
        while True:
            length += 1
            if length > MAX_CHAIN:
                item, length = Opaque(item.start, item.end), 0
            token = self.token
            if token.kind is Kind.END or (token.kind is Kind.MARK and token.word in _LEAVING):
                return item
            if token.kind is Kind.MARK and token.word == "(" and isinstance(item, Name):
                item = self.call(item, None)
            elif token.kind is Kind.MARK and token.word == "[" and not token.spaced:
                index = self.collection()
                item = Opaque(item.start, max(index.end, item.end), (item, index))
            elif token.kind is Kind.MARK and token.word == "{" and isinstance(item, Name):
                block = self.block()
                item = Call(item.start, block.end, item.text, (), block, None, item.end)
            elif token.kind is Kind.MARK and token.word == "{" and isinstance(item, Call):
                if item.block is not None:
                    return item
                block = self.block()
                item = Call(item.start, block.end, item.name, item.arguments, block,
                            item.receiver, item.name_end)  # fmt: skip
            elif not isinstance(item, Name) and self.continues(".", "?.", "*."):
                self.skip_lines()
                self.take()
                if self.tokens[self.at].kind is not Kind.WORD:
                    return item
                name = self.path()
                item = self.member(item, name)
            elif command and isinstance(item, Name) and self.starts_argument():
                return self.command(item)
            else:
                return item

    def member(self, receiver: Item, name: Name) -> Item:
        """`receiver.name`, with arguments or a closure if there are any."""
        if self.is_mark("("):
            return self.call(name, receiver)
        if self.is_mark("{"):
            block = self.block()
            return Call(receiver.start, block.end, name.text, (), block, receiver, name.end)
        return Opaque(receiver.start, max(name.end, receiver.end), (receiver,))

    def call(self, name: Name, receiver: Item | None) -> Call:
        number = self.at
        self.take()
        end = self.closing.get(number, len(self.tokens) - 1)
        arguments = self.arguments(end)
        self.at = min(end + 1, len(self.tokens) - 1)
        start = receiver.start if receiver is not None else name.start
        last = self.tokens[end].end
        return Call(start, last, name.text, arguments, None, receiver, name.end)

    def starts_argument(self) -> bool:
        """True if what follows is the first argument of a call without parentheses."""
        token = self.token
        if token.kind in (Kind.TEXT, Kind.NUMBER):
            return True
        if token.kind is Kind.WORD:
            return token.word not in _WORD_OPERATORS
        return token.kind is Kind.MARK and token.word == "[" and token.spaced

    def command(self, name: Name) -> Call:
        """`name argument, key: argument { ... }` up to the end of the line."""
        found: list[Argument] = []
        while True:
            found.append(self.argument())
            if not self.is_mark(","):
                break
            self.take()
            self.skip_lines()
        block = None
        last = found[-1].value
        if self.is_mark("{"):
            block = self.block()
        elif isinstance(last, Block) and found[-1].name is None:
            block = last
            found.pop()
        return Call(name.start, max(self.before, name.end), name.text, tuple(found), block, None,
                    name.end)  # fmt: skip
