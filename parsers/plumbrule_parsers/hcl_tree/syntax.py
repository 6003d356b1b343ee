"""The nodes of an HCL tree. Every node starts with its offsets: `start`, `end` (half-open).

NamedTuples, because they are the cheapest immutable objects that Python makes and reads; a tree
must cost less than the text is worth. Source: the HCL native syntax specification,
https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias


class Literal(NamedTuple):
    """A number, a bool, null, or a quoted string without interpolation."""

    start: int
    end: int
    value: str | int | float | bool | None


class Template(NamedTuple):
    """A quoted string or heredoc with parts: text, or what stands in `${}` and `%{}`.

    `heredoc` is "" for a quoted string, else `<<` or `<<-`. Parts are as written, flat;
    `template.spoken` trims, dedents and folds them.
    """

    start: int
    end: int
    parts: tuple[Part, ...]
    heredoc: str = ""


class Text(NamedTuple):
    """Known text of a template, escapes resolved."""

    start: int
    end: int
    text: str


class Interpolation(NamedTuple):
    """`${value}`; `strip_left` and `strip_right` are its `~` marks."""

    start: int
    end: int
    value: Expr
    strip_left: bool
    strip_right: bool


class Directive(NamedTuple):
    """`%{if}`, `%{else}`, `%{endif}`, `%{for}`, `%{endfor}`, flat; see `template.spoken`."""

    start: int
    end: int
    word: str
    value: Expr | None  # condition or collection
    names: tuple[str, ...]  # of a for: value, or key and value
    strip_left: bool
    strip_right: bool


class Traversal(NamedTuple):
    """A variable with attribute steps: `var.region`, `aws_vpc.main.id`."""

    start: int
    end: int
    names: tuple[str, ...]


class Attribute(NamedTuple):
    """`object.name` where the object is not a plain variable."""

    start: int
    end: int
    object: Expr
    name: str


class Index(NamedTuple):
    """`object[key]`, and the legacy `object.0`."""

    start: int
    end: int
    object: Expr
    key: Expr


class Splat(NamedTuple):
    """`object[*]...` or `object.*...`; `each` is applied to every item, which is `SplatItem`."""

    start: int
    end: int
    object: Expr
    each: Expr


class SplatItem(NamedTuple):
    """The item that a splat's steps are applied to."""

    start: int
    end: int


class Call(NamedTuple):
    """`name(args...)`; `expand` if the last argument is followed by `...`."""

    start: int
    end: int
    name: str
    args: tuple[Expr, ...]
    expand: bool


class Tuple(NamedTuple):
    """`[items]`."""

    start: int
    end: int
    items: tuple[Expr, ...]


class Object(NamedTuple):
    """`{key = value}`; a bare word as key is a Literal, a parenthesised one is not."""

    start: int
    end: int
    items: tuple[tuple[Expr, Expr], ...]


class For(NamedTuple):
    """A for expression: `key_result` is None for a tuple; `group` is `...` after the value."""

    start: int
    end: int
    key: str | None
    value: str
    collection: Expr
    key_result: Expr | None
    result: Expr
    condition: Expr | None
    group: bool


class Conditional(NamedTuple):
    """`condition ? yes : no`."""

    start: int
    end: int
    condition: Expr
    yes: Expr
    no: Expr


class Binary(NamedTuple):
    """`left op right`."""

    start: int
    end: int
    op: str
    left: Expr
    right: Expr


class Unary(NamedTuple):
    """`-operand` or `!operand`."""

    start: int
    end: int
    op: str
    operand: Expr


class Paren(NamedTuple):
    """`(inner)`; kept, because `{(key) = value}` differs from `{key = value}`."""

    start: int
    end: int
    inner: Expr


Part: TypeAlias = Text | Interpolation | Directive
Expr: TypeAlias = (
    Literal | Template | Traversal | Attribute | Index | Splat | SplatItem | Call | Tuple | Object
    | For | Conditional | Binary | Unary | Paren
)  # fmt: skip


class Label(NamedTuple):
    """A block's label, quoted or bare; the span includes quotes."""

    start: int
    end: int
    text: str


class Setting(NamedTuple):
    """`name = value` in a body; the span is that of the whole statement."""

    start: int
    end: int
    name: str
    value: Expr

    @property
    def name_end(self) -> int:
        """Where the name ends."""
        return self.start + len(self.name)


class Block(NamedTuple):
    """`type labels { body }`; `head_end` is where the head ends, at the opening brace."""

    start: int
    end: int
    type: str
    labels: tuple[Label, ...]
    body: Body
    head_end: int

    @property
    def type_end(self) -> int:
        """Where the type ends."""
        return self.start + len(self.type)


class Body(NamedTuple):
    """Settings and blocks in the order in which they stand."""

    start: int
    end: int
    items: tuple[Setting | Block, ...]

    def settings(self) -> dict[str, Setting]:
        """The settings by name; the first of a repeated name."""
        found: dict[str, Setting] = {}
        for item in self.items:
            if isinstance(item, Setting):
                found.setdefault(item.name, item)
        return found

    def blocks(self, *types: str) -> list[Block]:
        """The blocks of these types, of all types if none is given."""
        return [
            item
            for item in self.items
            if isinstance(item, Block) and (not types or item.type in types)
        ]
