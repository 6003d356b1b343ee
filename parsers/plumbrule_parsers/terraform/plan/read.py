"""One plan or state in JSON to its document: a node for each resource, with its edges.

Source: https://developer.hashicorp.com/terraform/internals/json-format.
"""

from __future__ import annotations

import posixpath
import re
from typing import Final

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
    how_much,
)
from plumbrule_parsers.json_tree import parse_json
from plumbrule_parsers.source import Source, Span
from plumbrule_parsers.terraform.lift_kubernetes import kubernetes_objects_of, makes_objects
from plumbrule_parsers.terraform.lifted import DECLARED
from plumbrule_parsers.terraform.plan.configuration import Configuration, Mention, Path
from plumbrule_parsers.terraform.plan.lifting import lift_planned
from plumbrule_parsers.terraform.plan.resources import Listed, Listing, listed
from plumbrule_parsers.terraform.plan.secrets import without_secrets
from plumbrule_parsers.terraform.plan.values import Subject, planned, referred
from plumbrule_parsers.value import ListValue, MapValue, Reason, Unknown, Value

LARGEST: Final = 60_000_000  # characters; beyond it the tree would not fit into memory
_RAW_STATE = re.compile(r'\s*\{(?=[\s\S]*?"(?:lineage|serial)"\s*:)(?=[\s\S]*?"version"\s*:\s*\d)')
_EMPTY = re.compile(r'"resources"\s*:\s*\[\s*\]')
_HELD = ("tf.Block", "iam.Statement", "net.IngressRule")
_META = ("name", "type", "address", "module")


def parse_plan(source: Source) -> Document:
    """The document of `terraform show -json`; raw state files are named and not read."""
    head = source.text[:4096]
    if _RAW_STATE.match(head) and '"format_version"' not in head:
        return _raw_state(source)
    if len(source.text) > LARGEST:
        message = f"the plan has more than {LARGEST} characters, so it is not read"
        return _refused(source, Problem("plan-too-large", message, source.span(0, 0),
                                        hint="plan a part of the configuration"))  # fmt: skip
    root, problems = parse_json(source)
    if not isinstance(root, MapValue):
        if not problems:
            message = "a plan must be an object, so it is not read"
            problems = (Problem("plan-shape", message, source.span(0, 0)),)
        return _refused(source, *problems)
    clean, hidden = without_secrets(source, root)
    if hidden:
        again, problems = parse_json(clean)
        assert isinstance(again, MapValue)  # what was overwritten is still a string or a number
        root = again
    return _Reader(clean, root, hidden).document(problems)


def _refused(source: Source, *problems: Problem) -> Document:
    at = problems[0].span
    hole = Hole(Unknown(Reason.SYNTAX, f"{source.path} was not read", at), at, kinds=_HELD,
                within=source.path.rpartition("/")[0])  # fmt: skip
    return Document(source, "terraform", problems=problems, holes=(hole,),
                    completeness=Completeness.SKIPPED, because=problems[0].message)  # fmt: skip


def _raw_state(source: Source) -> Document:
    because = "Terraform state file: not read, because it holds secrets in clear text"
    problems: tuple[Problem, ...] = ()
    if not _EMPTY.search(source.text[:4096]):
        name = source.path.rpartition("/")[2]
        message = (
            f"`{name}` is a Terraform state file; it holds secrets in clear text and should not be "
            "in the repository"
        )
        hint = (
            "keep the state in a remote backend, take the file out of the history and change what "
            "it held; `terraform show -json` prints what can be checked"
        )
        problems = (Problem("state-file", message, source.span(0, 0), Severity.WARNING, hint),)
    return Document(source, "terraform", problems=problems, completeness=Completeness.SKIPPED,
                    because=because)  # fmt: skip


class _Reader:
    def __init__(self, source: Source, root: MapValue, hidden: frozenset[int]) -> None:
        self.source, self.root, self.hidden = source, root, hidden
        self.configuration = Configuration(root.get("configuration"))
        self.nodes: list[Node] = []
        self.references: list[Reference] = []
        self.holes: list[Hole] = []
        self.folder = source.path.rpartition("/")[0]
        self.addresses = Addresses()
        self.origins = MapValue(source, 0, 0)
        self.documents: set[tuple[Path, str]] = set()  # what the plan lists, by module and address

    def document(self, problems: tuple[Problem, ...]) -> Document:
        listing = listed(self.root, self.source)
        told: list[Problem] = [*problems, *listing.problems]
        self.documents = {(one.path, one.base) for one in listing.resources}
        made = [(one, self.resource(one)) for one in listing.resources]
        self.edges(made)
        self.blocks(made, listing)
        told += self.version()
        because = how_much(listing.problems)[1]
        if self.root.get("errored") is True:
            because = "the plan ended with an error"
        elif self.root.get("complete") is False:
            because = "the plan covers a part of the configuration"
        if because:
            at = self.source.span(0, 0)
            self.holes.append(Hole(Unknown(Reason.SYNTAX, f"{self.source.path}: {because}", at),
                                   at, kinds=_HELD, within=self.folder))  # fmt: skip
        facts: dict[str, Value] = {
            "plan": "state" if "planned_values" not in self.root and "values" in self.root
            else "plan",
            "origins": self.origins,
            "calls": self.calls(),
        }  # fmt: skip
        return Document(
            self.source, "terraform", tuple(self.nodes), tuple(self.references), tuple(told),
            tuple(self.holes), Completeness.PARTLY if because else Completeness.EVALUATED, because,
            facts=facts,
        )  # fmt: skip

    def version(self) -> list[Problem]:
        version = self.root.get("format_version")
        if isinstance(version, str) and version.partition(".")[0] in ("0", "1"):
            return []
        place = self.root.place("format_version")
        at = place.entry if place is not None else self.source.span(0, 0)
        message = "the version of this plan's format is not known; what is known of it is read"
        return [Problem("plan-version", message, at, Severity.WARNING)]

    def address(self, name: str) -> str:
        return self.addresses.unique(f"{self.source.path}#{name}")

    def module(self, path: Path) -> str:
        """The folder of a module as far as its calls say; a remote module is named by its calls."""
        folder = self.folder
        for size in range(1, len(path) + 1):
            call = self.configuration.calls.get(path[:size])
            source = call.get("source") if call is not None else None
            if not isinstance(source, str) or not source.startswith(("./", "../")):
                return "module." + ".module.".join(path)
            joined = posixpath.normpath(posixpath.join(folder, source))
            folder = "" if joined == "." else joined
        return folder

    # -------------------------------------------------------------- resources
    def resource(self, one: Listed) -> Node:
        """The node of a resource, those that it holds behind it."""
        expressions = self.configuration.expressions(one.path, one.base)
        subject = Subject(self.source, one.address, one.base, one.head, self.hidden)
        values = planned(one.values, one.unknown, expressions, subject)
        fields = MapValue(self.source, values.start, values.end, rest=values.rest)
        fields.put("name", one.name)
        fields.put("module", self.module(one.path))
        fields.put("type", one.type)
        fields.put("address", one.address)
        for key, value in values.items():
            fields.put(f"attr_{key}" if key in _META else key, value, values.place(key))
        kind = "tf.Data" if one.mode == "data" else (
            f"tf.{one.type}" if one.type in DECLARED else "tf.Resource"
        )  # fmt: skip
        node = Node(self.address(one.address), kind, one.address, fields, one.head)
        self.nodes.append(node)
        documents = {
            name: document
            for name, document in _documents(expressions).items()
            if (one.path, document) in self.documents
        }
        for lifted in lift_planned(node, one.type, documents):
            address = self.address(f"{node.address.partition('#')[2]}/{lifted.address}")
            self.nodes.append(Node(address, lifted.kind, lifted.label, lifted.fields, lifted.span,
                                   node.address, lifted.condition))  # fmt: skip
        if one.mode != "data" and makes_objects(one.type):
            objects = kubernetes_objects_of(node, one.type, self.addresses.unique, None)
            self.nodes += objects.nodes
            self.references += objects.references
            self.holes += objects.holes
        origin = MapValue(self.source, 0, 0)
        origin.put("path", "/".join(one.path))
        origin.put("base", one.base)
        origin.put("constants", self.constants(expressions))
        origin.put("documents", MapValue(self.source, 0, 0, documents))
        self.origins.put(node.address, origin)
        return node

    def constants(self, expressions: MapValue | None) -> MapValue:
        """The attributes that the configuration set to a plain value when the plan was made."""
        made = MapValue(self.source, 0, 0)
        for name, expression in (expressions or {}).items():
            if not isinstance(expression, MapValue) or "constant_value" not in expression:
                continue
            value, place = expression["constant_value"], expression.place("constant_value")
            secret = place is None or place.value.start in self.hidden
            if not secret and isinstance(value, (str, int, float, bool)):
                made.put(name, value)
        return made

    # -------------------------------------------------------------- edges
    def edges(self, made: list[tuple[Listed, Node]]) -> None:
        """An edge for each reference to a resource, possible where the instance is not sure."""
        instances: dict[tuple[Path, str], list[tuple[Listed, Node]]] = {}
        exact: dict[tuple[tuple[tuple[str, str], ...], str], list[tuple[Listed, Node]]] = {}
        for one, node in made:
            instances.setdefault((one.path, one.base), []).append((one, node))
            exact.setdefault((one.modules, one.base), []).append((one, node))
        providers = self.providers()
        for one, node in made:
            seen: set[str] = {node.address}
            for mention in self.configuration.mentions(one.modules, one.base):
                if mention.opaque:
                    detail = f"{mention.opaque}, of which a plan does not say what it is"
                    self.holes.append(Hole(
                        Unknown(Reason.EXPRESSION, detail, mention.span), mention.span,
                        edges=("references",), addresses=(node.address,), within=self.folder,
                    ))  # fmt: skip
                    continue
                path = tuple(name for name, _index in mention.modules)
                group = exact.get((mention.modules, mention.base), [])
                group = group or instances.get((path, mention.base), [])
                fitting = _fitting(mention, one, group)
                doubt = None
                if len(fitting) > 1:
                    doubt = Unknown(Reason.CARDINALITY, f"which instance of {mention.base}",
                                    mention.span)  # fmt: skip
                for target in fitting:
                    if target.address not in seen:
                        seen.add(target.address)
                        self.references.append(Reference(
                            "references", node.address, ToAddress(target.address), mention.span,
                            doubt,
                        ))  # fmt: skip
            resource = self.configuration.resources.get((one.path, one.base))
            key = resource.get("provider_config_key") if resource is not None else None
            if resource is not None and isinstance(key, str) and key in providers:
                place = resource.place("provider_config_key")
                assert place is not None
                self.references.append(Reference(
                    "references", node.address, ToAddress(providers[key].address), place.value
                ))  # fmt: skip

    def providers(self) -> dict[str, Node]:
        """The nodes of the provider configurations, by the key that resources name."""
        found: dict[str, Node] = {}
        section = self.configuration.section
        listed_ = section.get("provider_config") if section is not None else None
        for key, provider in listed_.items() if isinstance(listed_, MapValue) else ():
            if not isinstance(provider, MapValue):
                continue
            name, alias = provider.get("name"), provider.get("alias")
            name = name if isinstance(name, str) else key
            shown = f"provider.{name}.{alias}" if isinstance(alias, str) else f"provider.{name}"
            place = provider.place("name")
            fields = MapValue(self.source, provider.start, provider.end)
            fields.put("name", name, place)
            fields.put("module", self.folder)
            fields.put("address", shown)
            if isinstance(alias, str):
                fields.put("alias", alias, provider.place("alias"))
            constraint = provider.get("version_constraint")
            if isinstance(constraint, str):
                fields.put("version", constraint, provider.place("version_constraint"))
            head = place.entry if place is not None else Span(self.source, provider.start,
                                                              provider.start + 1)  # fmt: skip
            node = Node(self.address(shown), "tf.Provider", shown, fields, head)
            self.nodes.append(node)
            found[key] = node
        return found

    # -------------------------------------------------------------- other blocks
    def blocks(self, made: list[tuple[Listed, Node]], listing: Listing) -> None:
        """Module calls, variables and outputs, as the configuration section shows them."""
        inside: dict[Path, list[str]] = {}
        for one, made_ in made:
            inside.setdefault(one.path, []).append(made_.address)
        for path, call in sorted(self.configuration.calls.items()):
            fields, head = self.named(call, path[-1], self.module(path[:-1]), "source")
            address = "module." + ".module.".join(path)
            fields.put("address", address)
            for name, key in (("source", "source"), ("version", "version_constraint")):
                if isinstance(call.get(key), str):
                    fields.put(name, call[key], call.place(key))
            source = call.get("source")
            if isinstance(source, str) and source.startswith(("./", "../")):
                fields.put("source_path", self.module(path))
            node = Node(self.address(address), "tf.Module", address, fields, head)
            self.nodes.append(node)
            self.references.extend(
                Reference("references", node.address, ToAddress(address), head)
                for address in inside.get(path, ())
            )
        root = self.configuration.modules.get(())
        variables = listing.mapping(root, "variables") if root is not None else None
        for name in variables or ():
            variable = listing.mapping(variables, name) if variables is not None else None
            if variable is None:
                continue
            fields, head = self.named(variable, name, self.folder, "default")
            for key in ("default", "sensitive", "description"):
                if variable.get(key) is not None:
                    fields.put(key, self.shown(variable, key), variable.place(key))
            self.nodes.append(Node(self.address(f"var.{name}"), "tf.Variable", f"var.{name}",
                                   fields, head))  # fmt: skip
        state = self.root.get("planned_values", self.root.get("values"))
        outputs = listing.mapping(state, "outputs") if isinstance(state, MapValue) else None
        for name in outputs or ():
            output = listing.mapping(outputs, name) if outputs is not None else None
            if output is None:
                continue
            fields, head = self.named(output, name, self.folder, "sensitive")
            for key in ("value", "sensitive"):
                if key in output:
                    fields.put(key, self.shown(output, key), output.place(key))
            if "value" not in output:
                fields.put("value", Unknown(Reason.COMPUTED, f"output {name}", head))
            self.nodes.append(Node(self.address(f"output.{name}"), "tf.Output", f"output.{name}",
                                   fields, head))  # fmt: skip

    def named(self, owner: MapValue, name: str, module: str, key: str) -> tuple[MapValue, Span]:
        fields = MapValue(self.source, owner.start, owner.end)
        fields.put("name", name)
        fields.put("module", module)
        place = owner.place(key)
        if place is None:
            return fields, Span(self.source, owner.start, owner.start + 1)
        return fields, place.key if place.key is not None else place.value

    def shown(self, owner: MapValue, key: str) -> Value:
        """A value of a variable or output; what is secret, or holds a secret, is unknown."""
        value, place = owner[key], owner.place(key)
        marked = owner.get("sensitive") is True and key in ("default", "value")
        if marked or (place is not None and place.value.start in self.hidden):
            at = place.value if place is not None else owner.span
            return Unknown(Reason.SECRET, f"{key} is sensitive", at, not_null=True)
        return value

    def calls(self) -> MapValue:
        """The sources of the module calls, by the names that lead to them."""
        made = MapValue(self.source, 0, 0)
        for path, call in sorted(self.configuration.calls.items()):
            source = call.get("source")
            made.put("/".join(path), source if isinstance(source, str) else None)
        return made


def _documents(expressions: MapValue | None) -> dict[str, str]:
    """The attributes that one policy document fills, and its address."""
    found: dict[str, str] = {}
    for name, expression in (expressions or {}).items():
        inner = expression
        if name == "inline_policy" and isinstance(inner, ListValue) and len(inner) == 1:
            inner = inner[0]
            inner = inner.get("policy") if isinstance(inner, MapValue) else None
        texts = referred(inner)
        parts = {".".join(text.split("[")[0].split(".")[:3]) for text in texts}
        if len(parts) == 1 and next(iter(parts)).startswith("data.aws_iam_policy_document."):
            found[name] = next(iter(parts))
    return found


def _fitting(mention: Mention, origin: Listed, instances: list[tuple[Listed, Node]]) -> list[Node]:
    """The nodes that a reference may mean; one if it is sure."""
    found = [
        (one, node)
        for one, node in instances
        if (not mention.index or one.index == mention.index)
        and all(not here[1] or here[1] == there[1]
                for here, there in zip(mention.modules, one.modules, strict=True))
    ]  # fmt: skip
    if len(found) > 1 and mention.by_key and origin.index:
        same = [
            (one, node)
            for one, node in found
            if origin.index in (one.index, *(index for _name, index in one.modules))
        ]
        found = same if len(same) == 1 else found
    return [node for _one, node in found]
