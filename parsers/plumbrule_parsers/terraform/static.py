"""Expressions as values without evaluating them: literals are known, the rest says what it is.

This is what one file alone can tell. Known parts of strings, lists and objects are kept; a
conditional between literals keeps both as candidates; a reference to a resource's attribute is
unknown but certainly there.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from plumbrule_parsers.hcl_tree import syntax as h
from plumbrule_parsers.hcl_tree.template import is_wrapper, spoken
from plumbrule_parsers.source import Source, Span
from plumbrule_parsers.terraform.mentions import mentions
from plumbrule_parsers.value import (
    ListValue,
    MapValue,
    Place,
    Reason,
    Scalar,
    Segments,
    Unknown,
    Value,
    join_segments,
)

# First names of references that are no managed resource.
ROOTS = {"var", "local", "module", "data", "each", "count", "path", "terraform", "self",
         "ephemeral"}  # fmt: skip
# Attributes that every resource or data source that has them always fills.
FILLED = {"id", "arn", "self_link", "json"}
# Calls that keep the entries of a literal collection. `toset` may drop repeats and reorder, which
# no rule can tell from a list that was written so.
_RETYPES = {"tolist", "toset", "tomap"}
_RESULTS = {
    "tostring": "string", "jsonencode": "string", "format": "string", "join": "string",
    "lower": "string", "upper": "string", "replace": "string", "file": "string",
    "templatefile": "string", "base64encode": "string", "length": "int", "tonumber": "float",
    "tobool": "bool", "tolist": "list", "toset": "list", "concat": "list", "tomap": "map",
    "merge": "map", "keys": "list", "values": "list", "contains": "bool",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Inside:
    """The nodes of a module: those of a folder, in one variant if there are several."""

    folder: str
    variant: str

    @property
    def equals(self) -> tuple[tuple[str, str], ...]:
        """The fields that tell them."""
        here = ("module", self.folder)
        return (here, ("call", self.variant)) if self.variant else (here,)


@dataclass(frozen=True, slots=True)
class Link:
    """A resource that a block rests on; `condition` is set if that cannot be told."""

    address: str
    span: Span
    condition: Unknown | None


@dataclass(frozen=True, slots=True)
class Copy:
    """An instance of a block with a node of its own.

    `key` is what addresses say of it (`["web"]`), `name` the key itself. Both are "" for the node
    that stands for all instances, or for those beyond the known ones: `beyond` says why there may
    be any.
    """

    key: str = ""
    name: str = ""
    beyond: Unknown | None = None


SINGLE = Copy()
Meant: TypeAlias = tuple[tuple[Copy, "Unknown | None"], ...]


class Static:
    """Turns expressions of one file into values; `module` is the folder, for identities."""

    def __init__(self, source: Source, unit: str = "", variant: str = "") -> None:
        self.source = source
        self.unit = unit
        self.variant = variant
        self.module = source.path.rpartition("/")[0]
        self.here = Inside(self.module, variant).equals

    def span(self, node: h.Expr) -> Span:
        """Where the expression stands."""
        return Span(self.source, node.start, node.end)

    def value(self, node: h.Expr) -> Value:
        """What the expression says by itself."""
        if isinstance(node, h.Literal):
            return node.value
        if isinstance(node, h.Paren):
            return self.value(node.inner)
        if isinstance(node, h.Template):
            return self.template(node)
        if isinstance(node, h.Tuple):
            listed = ListValue(self.source, node.start, node.end, map(self.value, node.items))
            for item in node.items:
                listed.offsets.extend((item.start, item.end))
            return listed
        if isinstance(node, h.Object):
            return self.object(node)
        if isinstance(node, h.Unary) and isinstance(node.operand, h.Literal):
            operand = node.operand.value
            if (
                node.op == "-"
                and isinstance(operand, (int, float))
                and not isinstance(operand, bool)
            ):
                return -operand
            if node.op == "!" and isinstance(operand, bool):
                return not operand
        if isinstance(node, h.Conditional):
            test = self.value(node.condition)
            if isinstance(test, bool):
                return self.value(node.yes if test else node.no)
        if isinstance(node, h.Call) and node.name in _RETYPES and len(node.args) == 1:
            inner = self.value(node.args[0])
            if isinstance(inner, (ListValue, MapValue)):
                return inner
        return self.unknown(node)

    def entry(self, setting: h.Setting) -> tuple[Value, Place]:
        """The value of a setting and where it stands."""
        key = Span(self.source, setting.start, setting.name_end)
        return self.value(setting.value), Place(self.span(setting.value), key)

    def copies(self, address: str) -> tuple[Copy, ...]:  # noqa: ARG002
        """The instances of a block: one file alone sees none."""
        return (SINGLE,)

    def instance(self, address: str, copy: Copy = SINGLE) -> Static:  # noqa: ARG002
        """The view of what stands in a block, in one of its instances."""
        return self

    def is_marked(self, node: h.Expr) -> bool | Unknown:
        """Whether the value holds something that is marked as sensitive: one file cannot tell."""
        return False if isinstance(node, h.Literal) else self.unknown(node)

    def varies(self, node: h.Setting | h.Block) -> bool:  # noqa: ARG002
        """Whether a setting or nested block may differ between instances."""
        return True

    def meant(
        self, address: str, mention: h.Traversal, node: h.Expr | h.Block, fields: MapValue
    ) -> Meant | Unknown:
        """The instances of a block that a mention means; an Unknown if they are too many to say."""
        del address, mention, node, fields
        return ((SINGLE, None),)

    def follows(self, name: str, source: str) -> tuple[Inside, ...] | Unknown:
        """What a module call leads to; why not, if it is not followed."""
        del name
        if not source.startswith(("./", "../")):
            return Unknown(Reason.REMOTE, f"module `{source[:80]}` is not in the repository")
        folder = posixpath.normpath(posixpath.join(self.module, source))
        return (Inside("" if folder == "." else folder, ""),)

    def effective(self, block: h.Block, fields: MapValue) -> tuple[str, MapValue] | None:
        """The field with the tags in force: one file cannot tell."""
        del block, fields
        return None

    def is_merged(self, node: h.Block | h.Setting) -> bool:  # noqa: ARG002
        """Whether the block only changes another one: one file cannot tell."""
        return False

    def overrides(self, block: h.Block) -> list[tuple[Static, h.Block]]:  # noqa: ARG002
        """The blocks of override files that change this one: one file cannot tell."""
        return []

    def mentions(self, node: h.Expr | h.Block) -> Iterable[h.Traversal]:
        """Every reference inside, in order."""
        return mentions(node)

    def links(self, block: h.Block, fields: MapValue) -> Iterable[Link]:
        """The resources behind names that the block uses: nothing, one file cannot tell."""
        del block, fields
        return ()

    def written_out(self, block: h.Block) -> tuple[list[tuple[Static, h.Block]], Unknown | None]:
        """A dynamic block as the blocks that it makes, and what may be there besides."""
        loop = block.body.settings().get("for_each")
        over = self.value(loop.value) if loop is not None else None
        if isinstance(over, (ListValue, MapValue)) and not over and over.rest is None:
            return [], None  # over nothing
        return [], self.dynamic_doubt(block, over)

    def dynamic_doubt(self, block: h.Block, over: Value) -> Unknown:
        """That nobody knows which blocks a dynamic block makes."""
        detail = f"dynamic block `{block.labels[0].text}`"
        if isinstance(over, Unknown):
            detail = f"{detail} over {over.detail}"
        return Unknown(Reason.CARDINALITY, detail, Span(self.source, block.start,
                                                        block.labels[-1].end))  # fmt: skip

    def origin(self, node: h.Expr) -> tuple[h.Expr, Static]:
        """The expression that gives the value, behind names that only pass it on."""
        return node, self

    def object(self, node: h.Object) -> MapValue:
        """An object; a key that cannot be told leaves the object open."""
        made = MapValue(self.source, node.start, node.end)
        for key, value in node.items:
            name = self.value(key)
            if isinstance(name, bool) or name is None:
                name = {True: "true", False: "false", None: "null"}[name]
            if isinstance(name, (int, float)):
                name = str(name)
            if not isinstance(name, str):
                inner = key.inner if isinstance(key, h.Paren) else key
                made.rest = self.unknown(inner)
                continue
            place = Place(self.span(value), Span(self.source, key.start, key.end))
            made.put(name, self.value(value), place)
        return made

    def template(self, node: h.Template) -> Value:
        """A string with its known parts; what stands between directives is one unknown part."""
        if is_wrapper(node):
            only = node.parts[0]
            assert isinstance(only, h.Interpolation)
            return self.value(only.value)
        parts: list[str | Unknown | Segments] = []
        for part in spoken(node):
            if isinstance(part, h.Text):
                parts.append(part.text)
            elif isinstance(part, h.Interpolation):
                parts.append(self.inserted(part.value))
            else:
                span = Span(self.source, part.start, part.end)
                detail = f"template directive `{part.head.word}`"
                parts.append(Unknown(Reason.EXPRESSION, detail, span, "string", not_null=True))
        return join_segments(parts)

    def inserted(self, node: h.Expr) -> str | Unknown | Segments:
        """What an expression adds to a string."""
        inner = self.value(node)
        if isinstance(inner, (str, Segments, Unknown)):
            return inner
        if isinstance(inner, bool):
            return "true" if inner else "false"
        if isinstance(inner, (int, float)):
            return number_text(inner)
        return self.unknown(node)

    def unknown(self, node: h.Expr) -> Unknown:
        """The unknown that an expression is, with what can be told of it."""
        text = " ".join(self.source.text[node.start : node.end].split())
        detail = text if len(text) <= 60 else text[:57] + "..."
        span = self.span(node)
        names = _names(node)
        if names is not None and names[0] not in ("each", "count", "self"):
            return self.reference(node, names, detail, span)
        candidates: tuple[Scalar, ...] = ()
        kind, not_null = "any", False
        if isinstance(node, h.Conditional):
            candidates = self.candidates(node)
            not_null = bool(candidates) and None not in candidates
        elif isinstance(node, h.Call):
            kind = _RESULTS.get(node.name, "any")
            not_null = kind != "any"
        elif isinstance(node, (h.Binary, h.Unary)):
            logical = ("==", "!=", "<", ">", "<=", ">=", "&&", "||", "!")
            kind = "bool" if node.op in logical else "float"
            not_null = True
        elif isinstance(node, h.For):
            kind, not_null = ("map" if node.key_result is not None else "list"), True
        elif isinstance(node, h.Splat):
            kind, not_null = "list", True
        elif names is not None:
            not_null = names[0] == "count"
        return Unknown(
            Reason.EXPRESSION, detail, span, kind, candidates, not_null,
        )  # fmt: skip

    def candidates(self, node: h.Conditional) -> tuple[Scalar, ...]:
        """Every value that a conditional can have, () if that cannot be told."""
        out: list[Scalar] = []
        for branch in (node.yes, node.no):
            value = self.value(branch)
            if isinstance(value, Unknown) and value.candidates:
                out.extend(value.candidates)
            elif value is None or isinstance(value, (str, int, float, bool)):
                out.append(value)
            else:
                return ()
        seen: dict[tuple[type, Scalar], Scalar] = {(type(one), one): one for one in out}
        return tuple(seen.values())

    def reference(self, node: h.Expr, names: tuple[str, ...], detail: str, span: Span) -> Unknown:
        """A reference with its address; what a provider computes is certainly there."""
        prefixed = names[0] in ("data", "ephemeral")
        address = ".".join(names[: 3 if prefixed else 2])
        managed = names[0] not in ROOTS
        filled = (managed or names[0] == "data") and names[-1] in FILLED and (
            len(names) == (4 if prefixed else 3)
        )  # fmt: skip
        if names[0] == "data":
            reason = Reason.DATA_SOURCE
        elif managed and filled:
            reason = Reason.COMPUTED
        else:
            reason = Reason.EXPRESSION
        return Unknown(
            reason, detail, span, "string" if filled else "any", (), filled,
            reference=address, identity=f"{self.module}:{_written(node)}" if _pure(node) else "",
        )  # fmt: skip


def _names(node: h.Expr) -> tuple[str, ...] | None:
    """The names on the way from a variable, whatever indices stand between; None if none leads."""
    tail: list[str] = []
    while not isinstance(node, h.Traversal):
        if isinstance(node, h.Attribute):
            tail.append(node.name)
        elif isinstance(node, h.Index):
            key = node.key.value if isinstance(node.key, h.Literal) else None
            if isinstance(key, str) and not _is_block(node.object):
                tail.append(key)
        else:
            return None
        node = node.object
    return (*node.names, *reversed(tail))


def _is_block(node: h.Expr) -> bool:
    """True for the address of a block; a key behind it chooses an instance."""
    if not isinstance(node, h.Traversal):
        return False
    return len(node.names) == (3 if node.names[0] in ("data", "ephemeral") else 2)


def _pure(node: h.Expr) -> bool:
    """True if the expression gives the same value wherever it stands in the module."""
    while isinstance(node, (h.Index, h.Attribute)):
        if isinstance(node, h.Index) and not isinstance(node.key, h.Literal):
            return False
        node = node.object
    return isinstance(node, h.Traversal) and node.names[0] not in ("each", "count", "self")


def _written(node: h.Expr) -> str:
    """The reference in one spelling; the text will not do, as JSON places are whole strings."""
    tail: list[str] = []
    while isinstance(node, (h.Index, h.Attribute)):
        if isinstance(node, h.Attribute):
            tail.append(f".{node.name}")
        else:
            assert isinstance(node.key, h.Literal)
            tail.append(f"[{node.key.value!r}]")
        node = node.object
    assert isinstance(node, h.Traversal)
    return ".".join(node.names) + "".join(reversed(tail))


def number_text(number: float) -> str:
    """A number as Terraform puts it into a string: no exponent, no trailing zeros."""
    if isinstance(number, int):
        return str(number)
    if number == int(number):
        return str(int(number))
    from decimal import Decimal

    return format(Decimal(repr(number)), "f")
