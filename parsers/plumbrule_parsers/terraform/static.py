"""Expressions as values without evaluating them: literals are known, the rest says what it is.

This is what one file alone can tell. Known parts of strings, lists and objects are kept; a
conditional between literals keeps both as candidates; a reference to a resource's attribute is
unknown but certainly there.
"""

from __future__ import annotations

from plumbrule_parsers.hcl_tree import syntax as h
from plumbrule_parsers.source import Source, Span
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
_RESULTS = {
    "tostring": "string", "jsonencode": "string", "format": "string", "join": "string",
    "lower": "string", "upper": "string", "replace": "string", "file": "string",
    "templatefile": "string", "base64encode": "string", "length": "int", "tonumber": "float",
    "tobool": "bool", "tolist": "list", "toset": "list", "concat": "list", "tomap": "map",
    "merge": "map", "keys": "list", "values": "list", "contains": "bool",
}  # fmt: skip


class Static:
    """Turns expressions of one file into values; `module` is the folder, for identities."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.module = source.path.rpartition("/")[0]

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
            if node.op == "-" and isinstance(operand, (int, float)):
                return -operand
            if node.op == "!" and isinstance(operand, bool):
                return not operand
        return self.unknown(node)

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
                made.rest = self.unknown(key)
                continue
            place = Place(self.span(value), Span(self.source, key.start, key.end))
            made.put(name, self.value(value), place)
        return made

    def template(self, node: h.Template) -> Value:
        """A string with its known parts; directives leave it unknown from there on."""
        parts: list[str | Unknown | Segments] = []
        for part in node.parts:
            if isinstance(part, h.Text):
                parts.append(part.text)
            elif isinstance(part, h.Interpolation):
                inner = self.value(part.value)
                if isinstance(inner, (str, Segments, Unknown)):
                    parts.append(inner)
                elif isinstance(inner, (int, float, bool)):
                    parts.append(str(inner).lower() if isinstance(inner, bool) else str(inner))
                else:
                    parts.append(self.unknown(part.value))
            else:
                parts.append(Unknown(Reason.EXPRESSION, "template directive", not_null=True))
        if node.heredoc == "<<-" and all(isinstance(part, str) for part in parts):
            return dedent("".join(map(str, parts)))
        return join_segments(parts)

    def unknown(self, node: h.Expr) -> Unknown:
        """The unknown that an expression is, with what can be told of it."""
        text = " ".join(self.source.text[node.start : node.end].split())
        detail = text if len(text) <= 60 else text[:57] + "..."
        span = self.span(node)
        if isinstance(node, h.Traversal):
            return self.reference(node, detail, span)
        candidates: tuple[Scalar, ...] = ()
        kind, not_null = "any", False
        if isinstance(node, h.Conditional):
            branches = [self.value(branch) for branch in (node.yes, node.no)]
            if all(
                branch is None or isinstance(branch, (str, int, float, bool)) for branch in branches
            ):
                candidates = tuple(branches)  # type: ignore[arg-type]
                not_null = None not in branches
        elif isinstance(node, h.Call):
            kind = _RESULTS.get(node.name, "any")
            not_null = kind != "any"
        elif isinstance(node, (h.Binary, h.Unary)):
            logical = ("==", "!=", "<", ">", "<=", ">=", "&&", "||", "!")
            kind = "bool" if node.op in logical else "float"
            not_null = True
        elif isinstance(node, h.For):
            kind, not_null = ("map" if node.key_result is not None else "list"), True
        return Unknown(
            Reason.EXPRESSION, detail, span, kind, candidates, not_null,
            identity=f"{self.module}:{text}" if _pure(node) else "",
        )  # fmt: skip

    def reference(self, node: h.Traversal, detail: str, span: Span) -> Unknown:
        """A reference; an attribute that a provider computes is certainly there."""
        names = node.names
        address = ".".join(names[: 3 if names[0] == "data" else 2])
        computed = names[0] not in ROOTS and len(names) > 2 and names[2] in ("id", "arn")
        reason = Reason.COMPUTED if computed else Reason.EXPRESSION
        return Unknown(
            reason, detail, span, "string" if computed else "any", (), computed,
            reference=address, identity=f"{self.module}:{'.'.join(names)}",
        )  # fmt: skip


def _pure(node: h.Expr) -> bool:
    """True if the expression gives the same value wherever it stands in the module."""
    if isinstance(node, (h.Index, h.Attribute)):
        inner = node.object
        return _pure(inner) and (not isinstance(node, h.Index) or isinstance(node.key, h.Literal))
    return isinstance(node, h.Traversal) and node.names[0] not in ("each", "count", "self")


def dedent(text: str) -> str:
    """A `<<-` heredoc without its common indentation."""
    lines = text.split("\n")
    margins = [len(line) - len(line.lstrip(" ")) for line in lines if line.strip(" ")]
    margin = min(margins, default=0)
    return "\n".join(line[margin:] if line.strip(" ") else line[margin:] for line in lines)
