"""One Terraform file to its document: a node for each block, edges for what it mentions."""

from __future__ import annotations

from dataclasses import replace

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
    ToMatch,
    how_much,
)
from plumbrule_parsers.hcl_tree import syntax as h
from plumbrule_parsers.source import Source, Span
from plumbrule_parsers.terraform.detect import WRITTEN
from plumbrule_parsers.terraform.existence import exists
from plumbrule_parsers.terraform.lift import lift
from plumbrule_parsers.terraform.lift_kubernetes import (
    kubernetes_objects_of,
    makes_objects,
    possible_objects,
)
from plumbrule_parsers.terraform.lift_policies import POLICIES
from plumbrule_parsers.terraform.lifted import DECLARED, LIFTED, kinds_given
from plumbrule_parsers.terraform.named import Shared, named_in
from plumbrule_parsers.terraform.provisioners import provisioners
from plumbrule_parsers.terraform.statements import statements
from plumbrule_parsers.terraform.static import SINGLE, Copy, Static
from plumbrule_parsers.terraform.volatile import ignored_changes, volatile
from plumbrule_parsers.value import (
    ListValue,
    MapValue,
    Place,
    Reason,
    Unknown,
    Value,
)

_KINDS = {"variable": "tf.Variable", "output": "tf.Output", "module": "tf.Module",
          "provider": "tf.Provider", "terraform": "tf.Settings", "moved": "tf.Moved",
          "import": "tf.Import", "removed": "tf.Removed", "check": "tf.Check"}  # fmt: skip
_BLOCKS = {*_KINDS, "resource", "data", "ephemeral", "locals"}
_EVALUATED = {"module", "output", "provider"}
# What tells two blocks without labels apart.
_NAMING = {"moved": "from", "import": "to", "removed": "from"}


def parse(source: Source) -> Document:
    """The document of a file in native or JSON syntax, or of a plan."""
    path = source.path
    if not path.endswith(WRITTEN):
        from plumbrule_parsers.terraform.plan.read import parse_plan

        return parse_plan(source)
    body, problems = statements(source)
    if path.endswith(".hcl.json"):
        return Document(
            source, "terraform", problems=problems, completeness=Completeness.PARTLY,
            because="the JSON syntax of Terragrunt is not evaluated",
        )  # fmt: skip
    if path.endswith(".hcl"):
        return Document(
            source, "terraform", problems=problems, completeness=Completeness.PARTLY,
            because="Terragrunt and other HCL is read, not evaluated",
            facts={"terragrunt": body},
        )  # fmt: skip
    return read_body(source, body, problems, Static(source))


def read_body(
    source: Source, body: h.Body, problems: tuple[Problem, ...], static: Static
) -> Document:
    """The document of a parsed file; `static` tells what its expressions are."""
    path = source.path
    reader = _Reader(source, static)
    if path.endswith((".tfvars", ".tfvars.json")):
        reader.values(body)
    else:
        for item in body.items:
            reader.item(item)
    lost = [problem for problem in problems if problem.severity is Severity.ERROR]
    for problem in lost[:1]:
        reader.holes.append(Hole(
            Unknown(Reason.SYNTAX, f"{path} did not parse", problem.span), problem.span,
            kinds=("tf.Block", *LIFTED, *possible_objects(source.text)), within=reader.module,
        ))  # fmt: skip
    state, because = how_much(problems, something=bool(reader.nodes))
    return Document(
        source, "terraform", tuple(reader.nodes), tuple(reader.references),
        (*problems, *reader.problems), tuple(reader.holes), state, because, facts={"body": body},
    )  # fmt: skip


class _Reader:
    def __init__(self, source: Source, static: Static) -> None:
        self.source = source
        self.static = static
        self.plain = Static(source)  # for what is written down and never evaluated
        self.module = static.module
        self.nodes: list[Node] = []
        self.references: list[Reference] = []
        self.problems: list[Problem] = []
        self.holes: list[Hole] = []
        self.addresses = Addresses()
        self.shared = Shared()

    def address(self, name: str) -> str:
        start = f"{self.static.variant}:" if self.static.variant else ""
        return self.addresses.unique(f"{self.source.path}#{start}{name}")

    def node(
        self, name: str, kind: str, label: str, fields: MapValue, span: Span,
        condition: Unknown | None = None, instance: str = "",
    ) -> Node:  # fmt: skip
        static = self.static
        return Node(self.address(name), kind, label, fields, span, condition=condition,
                    unit=static.unit, variant=static.variant, instance=instance)  # fmt: skip

    # -------------------------------------------------------------- blocks
    def item(self, item: h.Setting | h.Block) -> None:
        """One statement at the top of a module file."""
        if isinstance(item, h.Setting):
            span = Span(self.source, item.start, item.name_end)
            message = f"`{item.name}` cannot be set here; it belongs into a block"
            self.problems.append(Problem("stray-setting", message, span, Severity.WARNING))
            return
        if self.static.is_merged(item):
            return  # of an override file: it stands where the block that it changes does
        labels = [label.text for label in item.labels]
        wanted = {"resource": 2, "data": 2, "ephemeral": 2, "variable": 1, "output": 1,
                  "module": 1, "provider": 1, "check": 1}.get(item.type, 0)  # fmt: skip
        if item.type not in _BLOCKS:
            span = self.head(item)
            message = f"blocks of type `{item.type[:60]}` are not known, so this one is not read"
            self.problems.append(Problem("unknown-block", message, span, Severity.WARNING))
            self.holes.append(Hole(
                Unknown(Reason.SYNTAX, f"`{item.type[:60]}` is not read", span), span,
                kinds=("tf.Block",), within=self.module,
            ))  # fmt: skip
            return
        if len(labels) < wanted:
            span = Span(self.source, item.start, item.head_end)
            message = f"`{item.type}` needs {wanted} label(s), not {len(labels)}"
            self.problems.append(Problem("missing-label", message, span))
            self.holes.append(Hole(
                Unknown(Reason.SYNTAX, f"`{item.type}` without its labels", span), span,
                kinds=("tf.Block",), within=self.module,
            ))  # fmt: skip
            return
        if item.type == "locals":
            for setting in item.body.settings().values():
                if not self.static.is_merged(setting):
                    self.local(setting)
        elif item.type in ("resource", "data", "ephemeral"):
            self.resource(item, labels[0], labels[1])
        elif item.type in _KINDS:
            self.block(item, labels)

    def local(self, setting: h.Setting) -> None:
        fields = self.named(setting.start, setting.end, setting.name)
        value, place = self.static.entry(setting)
        fields.put("value", value, replace(place, key=None))
        head = Span(self.source, setting.start, setting.name_end)
        self.declare("tf.Local", f"local.{setting.name}", fields, head, setting.value)

    def named(self, start: int, end: int, name: str, label: h.Label | None = None) -> MapValue:
        fields = MapValue(self.source, start, end)
        place = Place(Span(self.source, label.start, label.end)) if label is not None else None
        fields.put("name", name, place)
        fields.put("module", self.module)
        if self.static.variant:
            fields.put("call", self.static.variant)
        return fields

    def block(self, block: h.Block, labels: list[str]) -> None:
        """A block that is no resource."""
        settings = block.body.settings()
        name = labels[0] if labels else block.type
        if block.type in _NAMING and _NAMING[block.type] in settings:
            value = settings[_NAMING[block.type]].value
            labels = ["".join(self.source.text[value.start : value.end].split())[:200]]
        condition: Unknown | bool = True
        static = self.static if block.type in _EVALUATED else self.plain
        layers = self.layers(block, static)
        if block.type == "module":
            layers = self.layers(block, static, f"module.{name}")
            condition = exists(layers)
            if condition is False:
                return  # `count = 0`: nothing is called
        alias = self.plain.value(settings["alias"].value) if "alias" in settings else None
        if block.type == "provider" and isinstance(alias, str):
            labels = [f"{name}.{alias}"]
        address = {
            "variable": f"var.{name}", "output": f"output.{name}", "module": f"module.{name}",
            "provider": f"provider.{labels[0] if labels else name}",
        }.get(block.type, f"{block.type}{'.' + labels[0] if labels else ''}")  # fmt: skip
        label = block.labels[0] if block.labels else None
        fields = self.named(block.start, block.end, name, label)
        fields.put("address", address)
        self.filled(fields, layers)
        marked = self.static.is_marked(settings["value"].value) if (
            block.type == "output" and "value" in settings
        ) else False  # fmt: skip
        if marked is not False:
            fields.put("value_sensitive", marked)
        for view, layer in layers:
            if block.type == "variable" and "type" in layer.body.settings():
                type_ = layer.body.settings()["type"].value
                span = Span(view.source, type_.start, type_.end)
                fields.put("type", " ".join(span.text.split()), Place(span))
        node = self.declare(
            _KINDS[block.type], address, fields, self.head(block), block,
            condition if isinstance(condition, Unknown) else None,
        )  # fmt: skip
        self.providers(node, settings)
        if block.type == "module":
            self.call(node, fields)
        if block.type == "check":
            for inner in block.body.blocks("data"):
                if len(inner.labels) == 2:
                    self.resource(inner, inner.labels[0].text, inner.labels[1].text)

    def providers(self, node: Node, settings: dict[str, h.Setting]) -> None:
        """Edges to the provider configurations that `provider` and `providers` name."""
        named: list[h.Expr] = []
        if "provider" in settings:
            named.append(settings["provider"].value)
        if "providers" in settings and isinstance(settings["providers"].value, h.Object):
            named.extend(value for _key, value in settings["providers"].value.items)
        for expr in named:
            if isinstance(expr, h.Traversal) and len(expr.names) <= 2:
                address = ".".join(("provider", *expr.names))
                target = ToMatch(("tf.Provider",), (("address", address), *self.static.here))
                span = Span(self.source, expr.start, expr.end)
                self.references.append(Reference("references", node.address, target, span))

    def call(self, node: Node, fields: MapValue) -> None:
        """A module call: local ones are linked to their folder, others are a hole."""
        source = fields.get("source")
        place = fields.place("source")
        span = place.value if place is not None else node.span
        if not isinstance(source, str):
            what = "a module call without a source" if source is None else (
                "a module whose source is no literal"
            )  # fmt: skip
            self.holes.append(Hole(
                Unknown(Reason.EXPRESSION, what, span), span,
                kinds=("tf.Resource", "tf.Data"), addresses=(node.address,), within=self.module,
            ))  # fmt: skip
            return
        followed = self.static.follows(str(fields["name"]), source)
        if isinstance(followed, Unknown):
            self.holes.append(Hole(followed, span, kinds=kinds_given(source),
                                   addresses=(node.address,), within=self.module))  # fmt: skip
            return
        for inside in followed:
            fields.put("source_path", inside.folder)
            equals = inside.equals
            variables = ToMatch(("tf.Variable",), equals)
            self.references.append(Reference("flows_to", node.address, variables, span))
            for kind in ("tf.Resource", "tf.Data", "tf.Module", "tf.Output"):
                target = ToMatch((kind,), equals)
                self.references.append(Reference("references", node.address, target, span))

    def resource(self, block: h.Block, type_: str, name: str) -> None:
        """A resource or data source, in each of its instances that is told apart."""
        prefix = "" if block.type == "resource" else f"{block.type}."
        address = f"{prefix}{type_}.{name}"
        first: MapValue | None = None
        for copy in self.static.copies(address):
            first = self.instance(block, type_, name, address, copy, first) or first

    def instance(
        self, block: h.Block, type_: str, name: str, address: str, copy: Copy,
        first: MapValue | None,
    ) -> MapValue | None:  # fmt: skip
        """Add a node for a resource, with all that it holds, and give its fields.

        `first` are the fields of another instance: what is alike in all is taken from there.
        """
        data = block.type != "resource"
        fields = self.named(block.start, block.end, name, block.labels[1])
        label = block.labels[0]
        fields.put("type", type_, Place(Span(self.source, label.start, label.end)))
        for key in ("name", "type") if first is not None else ():
            fields.put(key, fields[key], first.place(key) if first is not None else None)
        fields.put("address", address + copy.key)
        settings = block.body.settings()
        layers = self.layers(block, self.static, address, copy)
        condition = copy.beyond or (True if copy.key else exists(layers))
        if condition is False:
            return None  # `count = 0`: it does not exist
        self.filled(fields, layers, first)
        tags = self.tags(block, fields, first) if not data else None
        if tags is not None:
            fields.put(*tags)
        changing = volatile(block, fields) if not data else None
        if changing is not None:
            fields.put("volatile", changing)
        ignored = ignored_changes(block, fields) if not data else None
        if ignored is not None:
            fields.put("ignored_changes", ignored, fields.place("lifecycle"))
        kind = "tf.Data" if data else f"tf.{type_}" if type_ in DECLARED else "tf.Resource"
        node = self.declare(
            kind, address, fields, self.head(block), block,
            condition if isinstance(condition, Unknown) else None, copy, layers[0][0],
        )  # fmt: skip
        self.providers(node, settings)
        for link in self.static.links(block, fields):
            target = ToAddress(link.address)
            self.references.append(
                Reference("references", node.address, target, link.span, link.condition)
            )
        # A policy stands in the block that sets it last.
        static, block = next(
            (
                one
                for one in reversed(layers)
                if set(POLICIES.get(type_, ())) & {*one[1].body.settings()}
            ),
            layers[0],
        )
        for lifted in lift(node, type_, block, static):
            made = self.addresses.unique(f"{node.address}/{lifted.address}")
            self.nodes.append(Node(
                made, lifted.kind, lifted.label, lifted.fields, lifted.span, node.address,
                node.condition or lifted.condition, node.unit, node.variant, node.instance,
            ))  # fmt: skip
        if not data:
            for view, layer in layers:
                run, lost = provisioners(node, layer, view, self.addresses.unique)
                self.nodes += run
                self.holes += lost
        if not data and makes_objects(type_):
            objects = kubernetes_objects_of(node, type_, self.addresses.unique, layers[0])
            self.nodes += objects.nodes
            self.references += objects.references
            self.problems += objects.problems
            self.holes += objects.holes
        return fields

    def tags(
        self, block: h.Block, fields: MapValue, first: MapValue | None
    ) -> tuple[str, Value, Place | None] | None:  # fmt: skip
        """The field with the tags in force."""
        for own, name in (("tags", "tags_all"), ("labels", "effective_labels")):
            if first is not None and name in first and first.get(own) is fields.get(own):
                return name, first[name], first.place(name)
        found = self.static.effective(block, fields)
        return (*found, None) if found is not None else None

    def layers(
        self, block: h.Block, static: Static, address: str = "", copy: Copy = SINGLE
    ) -> list[tuple[Static, h.Block]]:
        """The block, and those of override files that change it, each with its view."""
        made = [(static, block)]
        for view, one in self.static.overrides(block):
            made.append((view if static is self.static else Static(view.source), one))
        return [(view.instance(address, copy), one) for view, one in made] if address else made

    def filled(
        self, fields: MapValue, layers: list[tuple[Static, h.Block]], first: MapValue | None = None
    ) -> None:
        """Set the fields; what an override file sets replaces what was there."""
        alike = first if len(layers) == 1 else None
        for view, layer in layers:
            reader = self if layer is layers[0][1] else _Reader(view.source, view)
            before = fields.get("lifecycle")
            reader.attributes(layer.body, fields, view, alike)
            after = fields.get("lifecycle")
            if after is not before and isinstance(before, MapValue) and isinstance(after, MapValue):
                for name in before:  # the only block that is merged by its settings
                    if name not in after:
                        after.put(name, before[name], before.place(name))
            if reader is not self:
                self.problems.extend(reader.problems)

    def head(self, block: h.Block) -> Span:
        end = block.labels[-1].end if block.labels else block.type_end
        return Span(self.source, block.start, end)

    def declare(
        self, kind: str, name: str, fields: MapValue, span: Span, node: h.Block | h.Expr,
        condition: Unknown | None = None, copy: Copy = SINGLE, view: Static | None = None,
    ) -> Node:  # fmt: skip
        """Add a node, and an edge for everything that it mentions."""
        label = name + copy.key
        made = self.node(label, kind, label, fields, span, condition, copy.key)
        self.nodes.append(made)
        found, lost = named_in(view or self.static, node, name, fields, self.shared)
        for mention in found:
            self.references.append(Reference(
                "references", made.address, mention.target, mention.span, mention.condition
            ))  # fmt: skip
            if mention.flows:
                self.references.append(
                    Reference("flows_to", made.address, mention.target, mention.span, reverse=True)
                )
        if lost is not None:
            self.holes.append(Hole(lost, span, edges=("references",), addresses=(made.address,),
                                   within=self.module))  # fmt: skip
        return made

    # -------------------------------------------------------------- attributes
    def attributes(
        self, body: h.Body, fields: MapValue, static: Static, alike: MapValue | None = None
    ) -> None:
        """Settings and nested blocks of a body; repeated blocks become a list.

        What does not vary between instances is taken from another one: `alike`.
        """
        settings = body.settings()
        self.repeated(body, settings)
        for setting in settings.values():
            clash = setting.name in ("name", "type", "address", "module") and setting.name in fields
            name = f"attr_{setting.name}" if clash else setting.name
            if alike is not None and name in alike and not static.varies(setting):
                fields.put(name, alike[name], alike.place(name))
            else:
                fields.put(name, *static.entry(setting))
        groups: dict[str, list[h.Block]] = {}
        for block in body.blocks():
            name = block.labels[0].text if block.type == "dynamic" and block.labels else block.type
            groups.setdefault(name, []).append(block)
        for name, blocks in groups.items():
            if alike is not None and name in alike and not any(map(static.varies, blocks)):
                fields.put(name, alike[name], alike.place(name))
            else:
                self.nested(name, blocks, fields, static)

    def repeated(self, body: h.Body, settings: dict[str, h.Setting]) -> None:
        """A problem for each setting that is set twice; the first counts."""
        for item in body.items:
            if isinstance(item, h.Setting) and settings[item.name] is not item:
                span = Span(self.source, item.start, item.name_end)
                message = f"`{item.name}` is set twice in this block; the first value is used"
                self.problems.append(Problem("duplicate-setting", message, span, Severity.WARNING))

    def nested(self, name: str, blocks: list[h.Block], fields: MapValue, static: Static) -> None:
        """Blocks of one type: a map if there is one, a list if there are more or may be."""
        maps: list[tuple[MapValue, h.Block]] = []
        rest: Unknown | None = None
        for block in blocks:
            made: list[tuple[Static, h.Block]] = [(static, block)]
            if block.type == "dynamic" and block.labels:
                made, doubt = static.written_out(block)
                rest = rest or doubt
            for view, content in made:
                inner = MapValue(self.source, content.start, content.end)
                self.attributes(content.body, inner, view)
                if content.labels and "label" not in inner:
                    label = content.labels[0]
                    inner.put("label", label.text,
                              Place(Span(self.source, label.start, label.end)))  # fmt: skip
                maps.append((inner, content))
        if not maps and rest is None:
            return
        if len(maps) == 1 and rest is None:
            inner, block = maps[0]
            place = Place(Span(self.source, block.start, block.end), self.head(block))
            fields.put(name, inner, place)
            return
        start = blocks[0].start
        listed = ListValue(self.source, start, blocks[-1].end, (inner for inner, _ in maps))
        listed.rest = rest
        for _inner, block in maps:
            listed.offsets.extend((block.start, block.end))
        head = self.head(blocks[0])
        fields.put(name, listed, Place(Span(self.source, start, blocks[-1].end), head))

    def values(self, body: h.Body) -> None:
        """A file of variable values: one node, and a flow to each variable of its folder."""
        fields = self.named(0, len(self.source.text), self.source.path.rpartition("/")[2])
        for setting in body.settings().values():
            if setting.name not in ("name", "module"):
                fields.put(setting.name, *self.static.entry(setting))
        node = self.node("values", "tf.Values", self.source.path, fields,
                         Span(self.source, 0, 0))  # fmt: skip
        self.nodes.append(node)
        for setting in body.settings().values():
            target = ToMatch(("tf.Variable",), (("name", setting.name), ("module", self.module)))
            span = Span(self.source, setting.start, setting.name_end)
            self.references.append(Reference("flows_to", node.address, target, span))
