"""Schema: the kinds and edges that rules are checked against, from declarations in the language."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from plumbrule.language import syntax
from plumbrule.language.types import BASE_TYPES, Type
from plumbrule_parsers.document import Problem
from plumbrule_parsers.source import Source, Span


@dataclass(frozen=True, slots=True)
class FieldInfo:
    """A declared field. `default` is the syntax of its default, checked with the schema."""

    name: str
    type: Type  # optional if declared with `?`
    default: syntax.Expr | None
    doc: str
    span: Span


@dataclass(frozen=True, slots=True)
class KindInfo:
    """A kind with its own fields and all inherited ones. `open` is the type of other attributes."""

    name: str
    parents: tuple[str, ...]
    fields: dict[str, FieldInfo]
    open: Type | None
    doc: str
    span: Span


@dataclass(frozen=True, slots=True)
class EdgeInfo:
    """An edge type with its ends and the name of its inverse ("" if it has none)."""

    name: str
    origins: tuple[str, ...]
    targets: tuple[str, ...]
    inverse: str
    doc: str
    span: Span


@dataclass(frozen=True, slots=True)
class Schema:
    """All kinds and edges. `ancestors` gives a kind and all its supertypes, nearest first."""

    kinds: dict[str, KindInfo] = field(default_factory=dict)
    edges: dict[str, EdgeInfo] = field(default_factory=dict)
    ancestors: dict[str, tuple[str, ...]] = field(default_factory=dict)
    inverses: dict[str, str] = field(default_factory=dict)  # inverse name -> edge name

    def is_a(self, kind: str, ancestor: str) -> bool:
        """True if `kind` is `ancestor` or one of its subtypes."""
        return kind == ancestor or ancestor in self.ancestors.get(kind, ())

    def related(self, one: str, other: str) -> bool:
        """True if a node could be of both kinds: one is a supertype of the other."""
        if self.is_a(one, other) or self.is_a(other, one):
            return True
        return any(one in up and other in up for up in self.ancestors.values())

    def edge(self, name: str) -> tuple[EdgeInfo, bool] | None:
        """The edge type of that name or inverse, and whether the name runs along it."""
        info = self.edges.get(name)
        if info is not None:
            return info, True
        forward = self.inverses.get(name)
        return (self.edges[forward], False) if forward is not None else None


def suggest(word: str, among: Iterable[str]) -> str:
    """The words "; did you mean `x`?" for the nearest name, nothing if none is near."""
    close = difflib.get_close_matches(word, sorted(among), n=1, cutoff=0.6)
    return f"; did you mean `{close[0]}`?" if close else ""


def load_schema(sources: Sequence[Source]) -> tuple[Schema, tuple[Problem, ...]]:
    """The schema of these files, in any order."""
    from plumbrule.language.parse import parse  # a cached schema needs no parser

    problems: list[Problem] = []
    files: list[syntax.File] = []
    for source in sorted(sources, key=lambda source: source.path):
        result = parse(source)
        problems.extend(result.problems)
        if result.file is not None:
            files.append(result.file)
    schema, more = build_schema(files)
    return schema, (*problems, *more)


def build_schema(
    files: Sequence[syntax.File], base: Schema | None = None
) -> tuple[Schema, tuple[Problem, ...]]:
    """The schema of all kind and edge declarations in the files, on top of `base`."""
    problems: list[Problem] = []
    declared: dict[str, syntax.KindDecl] = {}
    edges: dict[str, EdgeInfo] = dict(base.edges) if base else {}
    known = dict(base.kinds) if base else {}
    for file in files:
        for item in file.items:
            if isinstance(item, syntax.KindDecl):
                earlier = declared.get(item.name) or known.get(item.name)
                if earlier is not None:
                    problems.append(_problem("E501", f"kind `{item.name}` is declared twice; "
                                             f"first at {earlier.span}", item.span))  # fmt: skip
                    continue
                declared[item.name] = item
    names = {*declared, *known}
    kinds: dict[str, KindInfo] = dict(known)
    visiting: list[str] = []

    def build(name: str) -> KindInfo | None:
        if name in kinds:
            return kinds[name]
        decl = declared.get(name)
        if decl is None:
            return None
        if name in visiting:
            cycle = " -> ".join((*visiting[visiting.index(name) :], name))
            problems.append(_problem("E501", f"kinds extend each other: {cycle}", decl.span))
            return None
        visiting.append(name)
        fields: dict[str, FieldInfo] = {}
        opened: Type | None = None
        parents: list[str] = []
        for parent in decl.parents:
            info = build(parent)
            if info is None:
                if parent not in names:
                    message = f"unknown kind `{parent}`{suggest(parent, names)}"
                    problems.append(_problem("E101", message, decl.span))
                continue
            parents.append(parent)
            fields.update(info.fields)
            opened = opened or info.open
        for item in decl.fields:
            type_ = resolve_type(item.type, names, problems)
            if item.optional:
                type_ = type_.maybe()
            fields[item.name] = FieldInfo(item.name, type_, item.default, item.doc or "", item.span)
        if decl.open is not None:
            opened = resolve_type(decl.open, names, problems)
        doc = decl.doc.value if decl.doc is not None else ""
        kinds[name] = KindInfo(name, tuple(parents), fields, opened, doc, decl.span)
        visiting.pop()
        return kinds[name]

    for name in declared:
        build(name)
    for file in files:
        for item in file.items:
            if isinstance(item, syntax.EdgeDecl):
                _add_edge(item, edges, names, problems)
    inverses = {info.inverse: name for name, info in edges.items() if info.inverse}
    ancestors = {name: _ancestors(name, kinds) for name in sorted(kinds)}
    ordered = {name: kinds[name] for name in sorted(kinds)}
    return Schema(ordered, dict(sorted(edges.items())), ancestors, inverses), tuple(problems)


def _add_edge(
    item: syntax.EdgeDecl, edges: dict[str, EdgeInfo], names: set[str], problems: list[Problem]
) -> None:
    for kind in (*item.origins, *item.targets):
        if kind not in names:
            message = f"unknown kind `{kind}`{suggest(kind, names)}"
            problems.append(_problem("E101", message, item.span))
    earlier = edges.get(item.name)
    if earlier is not None:
        # Formats add ends to an edge that they share.
        origins = tuple(dict.fromkeys((*earlier.origins, *item.origins)))
        targets = tuple(dict.fromkeys((*earlier.targets, *item.targets)))
        inverse = item.inverse or earlier.inverse
        if item.inverse and earlier.inverse and item.inverse != earlier.inverse:
            message = f"edge `{item.name}` has two inverses"
            problems.append(_problem("E501", message, item.span))
        edges[item.name] = EdgeInfo(
            item.name, origins, targets, inverse, earlier.doc or item.doc or "", earlier.span
        )
        return
    edges[item.name] = EdgeInfo(
        item.name, item.origins, item.targets, item.inverse or "", item.doc or "", item.span
    )


def _ancestors(name: str, kinds: dict[str, KindInfo]) -> tuple[str, ...]:
    out: dict[str, None] = {name: None}
    level = [name]
    while level:
        above: list[str] = []
        for kind in level:
            above.extend(kinds[kind].parents if kind in kinds else ())
        for kind in above:
            out.setdefault(kind)
        level = above
    return tuple(out)


def resolve_type(expr: syntax.TypeExpr, kinds: set[str], problems: list[Problem]) -> Type:
    """The type that is written there; an unknown one is a problem and counts as `any`."""
    if expr.name == "enum":
        return Type("enum", words=expr.words, optional=expr.optional)
    args = tuple(resolve_type(arg, kinds, problems) for arg in expr.args)
    wanted = {"list": 1, "set": 1, "map": 2}
    if expr.name in wanted:
        if len(args) != wanted[expr.name]:
            message = f"`{expr.name}` needs {wanted[expr.name]} type(s) in `<>`"
            problems.append(_problem("E110", message, expr.span))
            return Type("any", optional=expr.optional)
        return Type(expr.name, args, optional=expr.optional)
    if expr.name in BASE_TYPES and not args:
        return Type(expr.name, optional=expr.optional)
    if expr.name in kinds and not args:
        return Type("kind", kinds=(expr.name,), optional=expr.optional)
    close = suggest(expr.name, {*kinds, *BASE_TYPES, "list", "set", "map", "enum"})
    problems.append(_problem("E110", f"unknown type `{expr.name}`{close}", expr.span))
    return Type("any", optional=expr.optional)


def _problem(code: str, message: str, span: Span) -> Problem:
    return Problem(code, message, span)
