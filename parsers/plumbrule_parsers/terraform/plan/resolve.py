"""Plans beside their configuration: one node for what both declare, at the line in the `.tf`.

See `docs/design/020-plans-beside-configuration.md` for who wins and when.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from plumbrule_parsers.document import (
    Addresses,
    Document,
    Hole,
    Node,
    Problem,
    Reference,
    Severity,
    ToAddress,
    ToMatch,
)
from plumbrule_parsers.source import Span
from plumbrule_parsers.terraform.lift_kubernetes import kubernetes_objects_of, makes_objects
from plumbrule_parsers.terraform.lifted import DECLARED
from plumbrule_parsers.terraform.plan.addresses import base, local
from plumbrule_parsers.terraform.plan.authored import PLANNED, authored, fits
from plumbrule_parsers.terraform.plan.lifting import lift_planned
from plumbrule_parsers.value import Hop, MapValue, Place, Reason, Value

_Key = tuple[str, str]  # folder of a module, address in it


def resolve_plans(documents: Mapping[str, Document]) -> Iterator[Document]:
    """The documents that a plan changes: its own, and those of the configuration beside it."""
    plans = [path for path in sorted(documents) if "plan" in documents[path].facts]
    if not plans:
        return
    state = _State.of(documents)
    for path in plans:
        folder = state.root_of(documents[path])
        if folder is not None:
            state.lead_back(documents[path], folder)
    yield from state.changed()


@dataclass(slots=True)
class _State:
    documents: dict[str, Document]
    declared: dict[_Key, list[Node]] = field(default_factory=dict)
    callers: dict[str, list[_Key]] = field(default_factory=dict)  # folder -> who calls it
    held: dict[str, list[Node]] = field(default_factory=dict)  # nodes below a node
    replaced: dict[str, list[str]] = field(default_factory=dict)  # configuration -> planned
    dropped: dict[str, list[str]] = field(default_factory=dict)  # planned -> configuration
    groups: dict[str, _Key] = field(default_factory=dict)  # planned -> what it is an instance of
    made: dict[str, list[Node]] = field(default_factory=dict)  # nodes of each plan
    holes: set[tuple[str, int]] = field(default_factory=set)  # of calls that a plan shows
    problems: dict[str, list[Problem]] = field(default_factory=dict)

    @classmethod
    def of(cls, documents: Mapping[str, Document]) -> _State:
        """The configuration, ready to be looked up."""
        state = cls(dict(documents))
        for path in sorted(documents):
            document = documents[path]
            if "plan" in document.facts:
                continue
            for node in document.nodes:
                module, address = node.fields.get("module"), node.fields.get("address")
                if node.parent:
                    state.held.setdefault(node.parent, []).append(node)
                elif isinstance(module, str) and isinstance(address, str):
                    if _is_resource(node):
                        key = (module, base(address))
                        state.declared.setdefault(key, []).append(node)
                    elif node.kind == "tf.Module":
                        called = node.fields.get("source_path")
                        state.declared.setdefault((module, address), []).append(node)
                        if isinstance(called, str):
                            state.callers.setdefault(called, []).append((module, address))
        return state

    # -------------------------------------------------------------- which configuration
    def root_of(self, plan: Document) -> str | None:
        """The nearest folder, at or above the plan, that declares most of the plan's root."""
        wanted = {f"module.{name}" for name in _entries(plan, "calls") if "/" not in name}
        for origin in _entries(plan, "origins").values():
            if isinstance(origin, MapValue) and origin.get("path") == "":
                wanted.add(str(origin.get("base")))
        folder = plan.source.path.rpartition("/")[0]
        while wanted:
            found = sum((folder, address) in self.declared for address in wanted)
            if 2 * found >= len(wanted):
                return folder
            if not folder:
                break
            folder = folder.rpartition("/")[0]
        return None

    def folders(self, plan: Document, root: str) -> dict[str, str]:
        """The folder of each module that lies in the repository, by the names of its calls."""
        found = {"": root}
        for names, source in sorted(_entries(plan, "calls").items(), key=lambda one: one[0]):
            above = found.get(names.rpartition("/")[0])
            if above is None or not isinstance(source, str):
                continue
            if source.startswith(("./", "../")):
                joined = posixpath.normpath(posixpath.join(above, source))
                found[names] = "" if joined == "." else joined
        return found

    def is_alone(self, names: str, folders: Mapping[str, str]) -> bool:
        """Whether nobody but this plan calls the module, nor one that calls it."""
        known = {(above, f"module.{inner.rpartition('/')[2]}")
                 for inner in folders if inner
                 for above in [folders.get(inner.rpartition("/")[0])]}  # fmt: skip
        while names:
            if any(caller not in known for caller in self.callers.get(folders[names], ())):
                return False
            names = names.rpartition("/")[0]
        return True

    # -------------------------------------------------------------- one plan
    def lead_back(self, plan: Document, root: str) -> None:
        """Put the plan's nodes at their lines, and note what each stands for."""
        folders = self.folders(plan, root)
        origins = _entries(plan, "origins")
        is_state = plan.facts.get("plan") == "state"
        below: dict[str, list[Node]] = {}
        for node in plan.nodes:
            if node.parent:
                below.setdefault(node.parent, []).append(node)
        nodes: list[Node] = []
        for node in plan.nodes:
            if node.parent:
                continue
            origin = origins.get(node.address)
            if not isinstance(origin, MapValue):
                written = self.block(node, root, folders)
                if written is None:
                    nodes.append(node)
                else:
                    self.dropped[node.address] = [written.address]
                continue
            names = str(origin.get("path"))
            key = (folders.get(names, "\0"), str(origin.get("base")))
            candidates = self.declared.get(key, [])
            # Of a module that others call too, those of its own root are meant.
            ours = [one for one in candidates
                    if one.variant and one.unit.partition("@")[0] == (root or ".")]  # fmt: skip
            candidates = ours or candidates
            own = local(node.label)
            exact = [one for one in candidates if one.fields.get("address") == own]
            # Of instances that are told apart, those with other keys are not meant.
            candidates = exact or [one for one in candidates if not one.instance] or candidates
            written = next(iter(exact or candidates), None)
            if written is None:
                nodes += [node, *below.get(node.address, ())]
                continue
            stale = "" if is_state else _stale(origin, written)
            if stale:
                self.report_stale(plan, written, stale)
            alone = bool(ours) or self.is_alone(names, folders)
            if stale or is_state:
                gone = [one.address for one in exact or candidates]
                self.dropped[node.address] = gone
                continue
            nodes += self.moved(node, written, origin)
            self.groups[node.address] = key
            if alone:
                for one in exact or candidates:
                    self.replaced.setdefault(one.address, []).append(node.address)
        self.made[plan.source.path] = nodes
        self.hide_holes(plan, folders)

    def block(self, node: Node, root: str, folders: Mapping[str, str]) -> Node | None:
        """The block of the configuration that says what a call, variable or provider is."""
        if node.kind == "tf.Module":
            names = node.label.removeprefix("module.").split(".module.")
            above = folders.get("/".join(names[:-1]))
            found = self.declared.get((above or "", f"module.{names[-1]}"), [])
            return found[0] if found and above is not None else None
        for path in sorted(self.documents):
            if path.rpartition("/")[0] == root and "plan" not in self.documents[path].facts:
                for one in self.documents[path].nodes:
                    if one.kind == node.kind and one.label == node.label:
                        return one
        return None

    def moved(self, node: Node, written: Node, origin: MapValue) -> Iterator[Node]:
        """The planned node and what it holds, at the lines of the configuration."""
        index = local(node.label).removeprefix(base(node.label))
        fields = authored(node, written)
        made = replace(node, fields=fields, span=written.span, instance=index)
        yield made
        documents = origin.get("documents")
        texts = {key: text for key, text in documents.items() if isinstance(text, str)} if (
            isinstance(documents, MapValue)
        ) else {}  # fmt: skip
        addresses = Addresses()
        if made.kind != "tf.Data" and makes_objects(str(made.fields["type"])):
            objects = kubernetes_objects_of(made, str(made.fields["type"]), addresses.unique, None)
            yield from objects.nodes
        twins = list(self.held.get(written.address, ()))
        found = list(lift_planned(made, str(made.fields["type"]), texts))
        if twins and found and all(one.condition is not None for one in found):
            # The plan knows nothing of them: the configuration tells more.
            for twin in twins:
                tail = twin.address.removeprefix(written.address)
                yield replace(twin, address=node.address + tail, parent=node.address)
            return
        for one in found:
            address = addresses.unique(f"{node.address}/{one.address}")
            lifted = Node(address, one.kind, one.label, one.fields, one.span, node.address,
                          one.condition, instance=index)  # fmt: skip
            yield self.beside_twin(lifted, twins, node)

    @staticmethod
    def beside_twin(lifted: Node, twins: list[Node], planned: Node) -> Node:
        """The node at the line of the one that the configuration alone gives, if that is sure."""
        if lifted.kind != "iam.Statement":
            return lifted  # the places inside blocks are those of the blocks already
        fitting = [
            twin
            for twin in twins
            if twin.kind == lifted.kind
            and twin.condition is None
            and all(fits(lifted.fields.get(key), twin.fields.get(key))
                    for key in ("effect", "actions", "resources"))
        ]  # fmt: skip
        if len(fitting) != 1:
            return lifted
        twin = fitting[0]
        policy = next((planned.fields.place(key) for key in ("policy", "assume_role_policy")
                       if key in planned.fields), None)  # fmt: skip
        hop = Hop(policy.value if policy is not None else planned.span, PLANNED)
        fields = MapValue(twin.fields.source, twin.fields.start, twin.fields.end)
        for key, value in lifted.fields.items():
            place, own = twin.fields.place(key), lifted.fields.place(key)
            via = own.via if own is not None and own.via else (hop,)
            at = Place(place.value, place.key, via) if place is not None else own
            fields.put(key, value, at)
        return replace(lifted, fields=fields, span=twin.span)

    def report_stale(self, plan: Document, written: Node, attribute: str) -> None:
        place = written.fields.place(attribute)
        message = (
            f"`{attribute}` of `{written.label}` was changed after `{plan.source.path}` was made; "
            "the configuration is judged, not the plan"
        )
        at = place.entry if place is not None else written.span
        problem = Problem("stale-plan", message, at, Severity.WARNING, "make the plan again")
        told = self.problems.setdefault(plan.source.path, [])
        if problem not in told:  # once for all instances
            told.append(problem)

    def hide_holes(self, plan: Document, folders: Mapping[str, str]) -> None:
        """A call whose module the plan shows hides nothing any more."""
        if plan.holes or plan.facts.get("plan") == "state":
            return
        for names in _entries(plan, "calls"):
            above = folders.get(names.rpartition("/")[0])
            if above is None or not self.is_alone(names.rpartition("/")[0], folders):
                continue
            for call in self.declared.get((above, f"module.{names.rpartition('/')[2]}"), ()):
                place = call.fields.place("source")
                if place is not None:
                    self.holes.add((place.value.path, place.value.start))

    # -------------------------------------------------------------- the outcome
    def changed(self) -> Iterator[Document]:
        """Every document with nodes, edges and holes as they are now."""
        gone = set(self.replaced)
        pending = list(gone)
        while pending:
            below = [held.address for held in self.held.get(pending.pop(), ())]
            gone.update(below)
            pending += below
        inherited: dict[str, list[Reference]] = {}
        for path in sorted(self.documents):
            for reference in self.documents[path].references:
                for planned in self.replaced.get(reference.origin, ()):
                    home = planned.partition("#")[0]
                    inherited.setdefault(home, []).append(replace(reference, origin=planned))
        for path in sorted(self.documents):
            document = self.documents[path]
            nodes = tuple(self.made.get(path, document.nodes))
            nodes = tuple(node for node in nodes if node.address not in gone)
            own = {node.address for node in nodes}
            references: dict[Reference, None] = {}
            for reference in self.edges(document.references, inherited.get(path, [])):
                if reference.origin in own:
                    for target in self.targets(reference):
                        references.setdefault(replace(reference, target=target))
            holes = [kept for hole in document.holes for kept in self.kept(hole)]
            problems = (*document.problems, *self.problems.get(path, ()))
            yield replace(document, nodes=nodes, references=tuple(references), holes=tuple(holes),
                          problems=problems)  # fmt: skip

    def edges(
        self, own: tuple[Reference, ...], inherited: list[Reference]
    ) -> Iterator[Reference]:  # fmt: skip
        """A plan's edges at the places where the configuration has them, and what only it has."""
        spans: dict[tuple[str, _Key], Span] = {}
        for reference in inherited:
            key = self.meant(reference)
            if key is not None:
                spans.setdefault((reference.origin, key), reference.span)
        covered: set[tuple[str, _Key]] = set()
        for reference in own:
            group = self.groups.get(getattr(reference.target, "address", ""))
            if group is None:
                yield reference
                continue
            covered.add((reference.origin, group))
            yield replace(reference, span=spans.get((reference.origin, group), reference.span))
        for reference in inherited:
            key = self.meant(reference)
            if key is None or (reference.origin, key) not in covered:
                yield reference

    @staticmethod
    def meant(reference: Reference) -> _Key | None:
        """The resource that a reference of the configuration names, None for anything else."""
        if isinstance(reference.target, ToAddress) or reference.reverse:
            return None
        equals = dict(reference.target.equals)
        module, address = equals.get("module"), equals.get("address")
        if isinstance(module, str) and isinstance(address, str):
            return module, base(address)
        return None

    def targets(self, reference: Reference) -> list[ToAddress | ToMatch]:
        """Where a reference leads now."""
        target = reference.target
        if isinstance(target, ToAddress):
            found = self.replaced.get(target.address) or self.dropped.get(target.address)
            return [ToAddress(one) for one in found] if found else [target]
        key = self.meant(replace(reference, reverse=False))
        if key is not None:
            assert isinstance(target, ToMatch)
            equals = dict(target.equals)
            call = equals.get("call", "")
            nodes = [
                one for one in self.declared.get(key, ())
                if call in ("", one.variant)
                and (not one.instance or equals["address"] in (one.fields["address"], key[1]))
            ]  # fmt: skip
            found = [one for node in nodes for one in self.replaced.get(node.address, ())]
            if found:
                return [ToAddress(one) for one in found]
        return [target]

    def kept(self, hole: Hole) -> Iterator[Hole]:
        if (hole.span.path, hole.span.start) in self.holes and hole.why.reason in (
            Reason.REMOTE, Reason.EXPRESSION,
        ):  # fmt: skip
            return
        if any(one in self.replaced for one in hole.addresses):
            moved = [new for one in hole.addresses for new in self.replaced.get(one, [one])]
            yield replace(hole, addresses=tuple(moved))
        else:
            yield hole


def _is_resource(node: Node) -> bool:
    return node.kind in ("tf.Resource", "tf.Data") or node.kind.removeprefix("tf.") in DECLARED


def _entries(plan: Document, name: str) -> Mapping[str, Value]:
    found = plan.facts.get(name)
    return found if isinstance(found, MapValue) else {}


def _stale(origin: MapValue, written: Node) -> str:
    """The first attribute whose literal is not the one of the plan, "" if there is none."""
    constants = origin.get("constants")
    for key, value in constants.items() if isinstance(constants, MapValue) else ():
        name = f"attr_{key}" if key in ("name", "type", "address", "module") else key
        found = written.fields.get(name)
        if isinstance(found, (str, int, float, bool)) and not fits(value, found):
            return name
    return ""
