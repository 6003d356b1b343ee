"""Kustomizations of a repository: which are built, and whose documents hold what they make.

A root is a kustomization that no other one names; each is built and is a unit. Objects stay in the
document of the file that declares them, under the address that they have there, so that one
declaration is one thing in all overlays. What is generated belongs to the kustomization.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from plumbrule_parsers.document import (
    Addresses,
    Completeness,
    Document,
    Hole,
    Node,
    Problem,
    Reference,
    Severity,
    ToAddress,
    Unit,
    variant_address,
)
from plumbrule_parsers.format import FileTree
from plumbrule_parsers.kubernetes_objects.lift import Lift
from plumbrule_parsers.kustomize.accumulate import Accumulated, Builder, Charts
from plumbrule_parsers.kustomize.build import build
from plumbrule_parsers.kustomize.files import NAMES, Files, joined
from plumbrule_parsers.kustomize.flux import Substitution, additions, substitute, substitutions
from plumbrule_parsers.kustomize.objects import Resource
from plumbrule_parsers.kustomize.strays import unlisted_patches
from plumbrule_parsers.source import Source, Span
from plumbrule_parsers.value import ListValue, Reason, Unknown

# What a file that is no object of its own is called in its document.
_USES = {
    "patch": "a patch", "configuration": "a configuration", "replacement": "a replacement",
    "schema": "a schema", "content": "content of a generated object",
}  # fmt: skip


_CHARTS = ("helmCharts", "helmChartInflationGenerator")


def resolve(documents: Mapping[str, Document], files: FileTree) -> Iterable[Document]:
    """The documents of kustomizations and manifests with what the builds make of them."""
    nodes = (node for one in documents.values() if one.format == "kustomize" for node in one.nodes)
    if not any(name in node.fields for node in nodes for name in _CHARTS):
        return resolve_with(documents, files, None)
    from plumbrule_parsers.kustomize.charts import charts_of  # where one inflates a chart

    return resolve_with(documents, files, charts_of(files))


def resolve_with(
    documents: Mapping[str, Document], files: FileTree, charts: Charts | None
) -> Iterable[Document]:
    """The same, with charts rendered by `charts`."""
    own = {path: one for path, one in documents.items() if one.format == "kustomize"}
    if not own:
        return []
    read = Files(files, documents)
    graph = _Graph(own)
    roots = graph.roots()
    given = substitutions(documents, graph.paths)
    added = additions(documents, graph.paths)
    builder = Builder(
        read, charts, added={folder: ways[0] for folder, ways in added.items() if len(ways) == 1}
    )  # fmt: skip
    builds = [
        _Build(folder, own[graph.paths[folder]], _built(builder, graph, own, folder))
        for folder in roots
    ]
    for one in builds:
        one.apply(given.get(one.folder))
        if len(added.get(one.folder, ())) > 1:
            one.made.holes.append(_several(one, len(added[one.folder])))
    found = _documents(documents, builds)
    for stray in unlisted_patches(documents, own):
        found.setdefault(stray.source.path, stray)
    for folder, path in graph.paths.items():
        references = graph.references(folder)
        if references:
            document = found.get(path, documents[path])
            found[path] = replace(document, references=(*document.references, *references))
    return [found[path] for path in sorted(found)]


def _several(one: _Build, ways: int) -> Hole:
    """Flux objects that build one folder in different ways: what they change cannot be told."""
    head = one.unit().span
    detail = f"{ways} Flux objects build this folder in different ways"
    why = Unknown(Reason.CARDINALITY, detail, head)
    return Hole(why, head, ("k8s.Object", "k8s.Container"), within=one.folder)


def _built(
    builder: Builder, graph: _Graph, own: Mapping[str, Document], folder: str
) -> Accumulated:  # fmt: skip
    document = own[graph.paths[folder]]
    head = document.source.span(0, 0)
    try:
        return build(builder, folder, head)
    except Exception as error:  # noqa: BLE001 - one kustomization must not cost all others
        text = f"internal error while building: {type(error).__name__}: {error}"[:300]
        problem = Problem("internal-error", " ".join(text.split()).rstrip("."), head)
        return Accumulated(problems=[problem])


class _Graph:
    """Which kustomizations name which."""

    def __init__(self, own: Mapping[str, Document]) -> None:
        self.paths: dict[str, str] = {}
        self.components: set[str] = set()
        self.names: dict[str, list[str]] = {}
        self.named: dict[str, list[tuple[str, Span]]] = {}
        for path in sorted(own):
            folder, _, name = path.rpartition("/")
            if name not in NAMES or folder in self.paths:
                continue
            self.paths[folder] = path
            fields = own[path].nodes[0].fields if own[path].nodes else {}
            if fields.get("kind") == "Component":
                self.components.add(folder)
            self.named[folder] = list(_named(folder, fields))
            self.names[folder] = [name for name, _ in self.named[folder]]

    def roots(self) -> list[str]:
        """Kustomizations that nobody names, and one of each circle that nobody reaches."""
        named = {one for folder, found in self.names.items() for one in found if one != folder}
        found = [
            one for one in sorted(self.paths) if one not in named and one not in self.components
        ]
        reached: set[str] = set()
        for folder in found:
            self.reach(folder, reached)
        for folder in sorted(self.paths):
            if folder not in reached and folder not in self.components:
                found.append(folder)
                self.reach(folder, reached)
        return sorted(found)

    def references(self, folder: str) -> list[Reference]:
        """From a kustomization to those that it names."""
        origin = f"{self.paths[folder]}#kustomization"
        return [
            Reference("references", origin, ToAddress(f"{self.paths[name]}#kustomization"), span)
            for name, span in self.named[folder]
            if name in self.paths and name != folder
        ]

    def reach(self, folder: str, reached: set[str]) -> None:
        """Add everything that the kustomization names, and what these name."""
        stack = [folder]
        while stack:
            current = stack.pop()
            if current not in reached:
                reached.add(current)
                stack.extend(one for one in self.names.get(current, ()) if one in self.paths)


def _named(folder: str, fields: Mapping[str, object]) -> Iterable[tuple[str, Span]]:
    for name in ("resources", "bases", "components"):
        listed = fields.get(name)
        if not isinstance(listed, ListValue):
            continue
        for index, item in enumerate(listed):
            full = joined(folder, item) if isinstance(item, str) else None
            place = listed.place(index)
            if full is not None and place is not None:
                yield full, place.value


@dataclass(slots=True)
class _Build:
    """One root with what it makes."""

    folder: str
    document: Document
    made: Accumulated
    by_home: dict[str, list[Resource]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The name of the unit."""
        return self.folder or "."

    def apply(self, given: Substitution | None) -> None:
        """Fill in what Flux substitutes after the build, and sort the objects by their files."""
        for resource in self.made.resources:
            if given is not None:
                substitute(resource.body, given)
            self.by_home.setdefault(resource.home.path, []).append(resource)

    def unit(self) -> Unit:
        """The root as a unit."""
        document = self.document
        head = document.nodes[0].span if document.nodes else document.source.span(0, 0)
        return Unit(self.name, "kustomize overlay", self.folder, head)


def _documents(documents: Mapping[str, Document], builds: list[_Build]) -> dict[str, Document]:
    """The documents that change, by path."""
    homes: dict[str, list[_Build]] = {}
    uses: dict[str, tuple[str, str]] = {}
    found: dict[str, Document] = {}
    for one in builds:
        for path in one.by_home:
            homes.setdefault(path, []).append(one)
        for path, use in one.made.used.items():
            if use != "resource" or uses.get(path, ("resource", ""))[0] == "resource":
                uses[path] = (use, one.name)
    stray: dict[str, list[Resource]] = {}
    for path in sorted(homes):
        document = documents.get(path)
        if document is None:  # of another format, or of none: the kustomization shows its objects
            continue
        found[path] = _with_objects(document, homes[path])
    for one in builds:
        lost = [path for path in one.by_home if path not in documents]
        stray[one.folder] = [resource for path in lost for resource in one.by_home[path]]
    for path in sorted(uses):
        use, name = uses[path]
        document = documents.get(path)
        if document is None or document.format != "kubernetes" or path in homes:
            continue
        what = f"{_USES[use]} of {name}" if use in _USES else f"left out by {name}"
        found[path] = replace(document, nodes=(), references=(), because=what)
    for one in builds:
        path = one.document.source.path
        document = found.get(path, documents[path])
        found[path] = _as_unit(document, one, stray[one.folder])
    return found


def _with_objects(document: Document, builds: list[_Build]) -> Document:
    """The document of a file with the objects that the builds make of it."""
    source = document.source
    nodes: list[Node] = []
    references: list[Reference] = []
    problems = list(document.problems)
    own = document.nodes if document.format == "kustomize" else ()
    nodes += own
    for one in builds:
        variant = one.name if len(builds) > 1 else ""
        lifted = _lift(source, one.by_home[source.path], one.name, variant)
        nodes += lifted.nodes
        references += lifted.references
        problems += lifted.problems
    kept = document.references if own else ()
    return replace(document, nodes=tuple(nodes), references=(*kept, *references),
                   problems=tuple(dict.fromkeys(problems)))  # fmt: skip


def _lift(source: Source, resources: Iterable[Resource], unit: str, variant: str) -> Lift:
    """Nodes and references of the objects, under the addresses that their file gives them."""
    lift = Lift(source)
    taken = Addresses()
    nodes: list[Node] = []
    references: list[Reference] = []
    for resource in resources:
        first, start = len(lift.nodes), len(lift.references)
        lift.manifest(resource.body)
        if len(lift.nodes) == first:
            continue
        built = lift.nodes[first].address
        kind, namespace, name = resource.declared
        plain = taken.unique(f"{source.path}#{kind}/{namespace}/{name or 'unnamed'}")
        move = _Move(built, plain, variant)
        nodes += [
            replace(
                node, address=move.address(node.address), parent=move.address(node.parent),
                span=_at_home(node, source, resource.at), unit=unit, variant=variant,
            )
            for node in lift.nodes[first:]
        ]  # fmt: skip
        for reference in lift.references[start:]:
            target = reference.target
            if isinstance(target, ToAddress):
                target = ToAddress(move.address(target.address))
            references.append(replace(
                reference, origin=move.address(reference.origin), target=target
            ))  # fmt: skip
    lift.nodes, lift.references = nodes, references
    return lift


@dataclass(frozen=True, slots=True)
class _Move:
    """From the address of a built object to that of its declaration."""

    built: str
    plain: str
    variant: str

    def address(self, address: str) -> str:
        """The address of the object or of a part of it."""
        if not address.startswith(self.built):
            return address
        return variant_address(f"{self.plain}{address[len(self.built) :]}", self.variant)


def _at_home(node: Node, home: Source, head: Span) -> Span:
    """The head of a node in the file that declares its object."""
    if node.span.source is home:
        return node.span
    place = node.fields.place("name")
    for hop in place.via if place is not None else ():
        if hop.span.source is home:
            return hop.span.first_line
    if node.fields.source is home:
        return node.fields.span.first_line
    return head


def _as_unit(document: Document, one: _Build, stray: list[Resource]) -> Document:
    """The kustomization's document as that of a unit."""
    made = one.made
    lifted = _lift(document.source, stray, one.name, "")
    nodes = list(document.nodes)
    if nodes:
        nodes[0] = replace(nodes[0], unit=one.name)
    taken = {node.address for node in nodes}
    moved = [
        replace(node, span=_inside(node.span, document.source, nodes)) for node in lifted.nodes
        if node.address not in taken
    ]  # fmt: skip
    problems = dict.fromkeys((*document.problems, *made.problems, *lifted.problems))
    holes: tuple[Hole, ...] = tuple(dict.fromkeys(made.holes))
    errors = [problem for problem in made.problems if problem.severity is Severity.ERROR]
    because = errors[0].message if errors else str(holes[0].why) if holes else ""
    state = Completeness.PARTLY if because else Completeness.EVALUATED
    return replace(
        document, nodes=(*nodes, *moved), references=(*document.references, *lifted.references),
        problems=tuple(problems), holes=holes, completeness=state, because=because,
        units=(one.unit(),),
    )  # fmt: skip


def _inside(span: Span, source: Source, nodes: list[Node]) -> Span:
    """The span, or the kustomization's head if it lies in another file."""
    if span.source is source:
        return span
    return nodes[0].span if nodes else source.span(0, 0)
