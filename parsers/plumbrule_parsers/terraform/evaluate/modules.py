"""One module with its arguments: variables, locals, outputs, instances, references.

Everything is evaluated when it is asked for and remembered. A name that leads back to itself is
unknown, and so is every name on the way round, whichever was asked for first.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType

from plumbrule_parsers.document import Problem
from plumbrule_parsers.function_table import FunctionError
from plumbrule_parsers.hcl_tree import syntax as h
from plumbrule_parsers.source import Source, Span
from plumbrule_parsers.terraform.evaluate.called import called_value, splat_value
from plumbrule_parsers.terraform.evaluate.dynamic import nested_blocks
from plumbrule_parsers.terraform.evaluate.expressions import value
from plumbrule_parsers.terraform.evaluate.folder import PREFIXED, Declared, Folder
from plumbrule_parsers.terraform.evaluate.hops import is_large, led
from plumbrule_parsers.terraform.evaluate.instances import Instances, instances_of
from plumbrule_parsers.terraform.evaluate.passed import passed
from plumbrule_parsers.terraform.evaluate.policy_documents import RESULTS, policy_document
from plumbrule_parsers.terraform.evaluate.resources import (
    MANAGED,
    Instance,
    computed_by,
    instance_of,
    object_of,
    whole_resource,
)
from plumbrule_parsers.terraform.evaluate.scope import (
    Exhausted,
    OwnFunction,
    Refused,
    Run,
    Scope,
    Step,
    is_limit,
)
from plumbrule_parsers.terraform.evaluate.types import convert, type_base
from plumbrule_parsers.terraform.functions.call import Files
from plumbrule_parsers.terraform.static import FILLED, Copy
from plumbrule_parsers.traced import Traced
from plumbrule_parsers.value import Hop, Reason, Unknown

META = {"count", "for_each", "provider", "providers", "depends_on", "source", "version"}
_NO_FUNCTIONS: Mapping[str, OwnFunction] = MappingProxyType({})


@dataclass(slots=True)
class Memory:
    """What is known so far, and what is being asked for. Keys are (call chain, name)."""

    found: dict[tuple[str, str], Traced] = field(default_factory=dict)
    stack: list[tuple[str, str]] = field(default_factory=list)
    busy: dict[tuple[str, str], int] = field(default_factory=dict)
    # Names on a cycle -> the name at which the round was closed that lies deepest in the stack.
    rounds: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)
    # The resources that a name may come from, as modules and addresses; see `links`.
    reached: dict[tuple[str, str], tuple[tuple[Module, str], ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Called:
    """What a call makes: modules by the keys of its instances, "" for what all have in common.

    `why` says why it is not followed; `absent` and `partial` are the folder of a call that never
    happens (`count = 0`), or of one too many.
    """

    children: dict[str, Module]
    why: Unknown | None
    absent: str | None = None
    partial: str | None = None


@dataclass(slots=True)
class Module:
    """A module in one call. `chain` names the call: `envs/prod:module.web`; a root's is its unit.

    `arguments` are what the caller sets, in the caller's scope; `inputs`, `values` and `others` are
    what a root gets instead. `above` are the folders from the root to here. `variant` tells this
    resolution of the folder from the others, if there are others.
    """

    folder: Folder
    chain: str
    unit: str
    root: Folder
    run: Run
    memory: Memory
    files: Files
    locate: Callable[[str], str]
    calls: Callable[[Module, str], Called]
    above: tuple[str, ...]
    parent: Module | None = None
    name: str = ""  # of the call, with the key of its instance
    arguments: dict[str, tuple[Scope, h.Setting]] = field(default_factory=dict)
    inputs: dict[str, Traced] = field(default_factory=dict)
    values: list[tuple[Source, h.Setting]] = field(default_factory=list)
    others: dict[str, list[tuple[Source, h.Setting]]] = field(default_factory=dict)
    workspace: str | None = None
    generated: Unknown | None = None  # why a root may have providers that its files do not show
    variant: str = ""
    made: dict[str, Called] = field(default_factory=dict)
    counted: dict[str, Instances] = field(default_factory=dict)
    copies: dict[str, tuple[Copy, ...]] = field(default_factory=dict)  # instances with own nodes

    def call(self, name: str) -> Called:
        """What a call makes, found out when it is first asked for."""
        found = self.made.get(name)
        if found is None:
            # An instance count that depends on the call itself asks again, and is unknown then.
            found = self.calls(self, name)
            found = self.made.setdefault(name, found)
        return found

    # -------------------------------------------------------------- remembering
    def demand(self, name: str, span: Span, make: Callable[[], Traced]) -> Traced:
        """The value of a name; Unknown where it is refused, too costly, or depends on itself."""
        memory, run, key = self.memory, self.run, (self.chain, name)
        known = memory.found.get(key)
        if known is not None:
            start = memory.rounds.get(key)
            if start is not None and start in memory.busy:
                self.close_round(memory.busy[start])
            return known
        if key in memory.busy:
            self.close_round(memory.busy[key])
            self.report_cycle(key, span)
            return self.cyclic(name, span)
        memory.busy[key] = len(memory.stack)
        memory.stack.append(key)
        doubts, depth = run.doubts, run.depth
        run.depth += 3  # frames weigh more on the way through a name
        try:
            run.spend()
            made = make()
            if key in memory.rounds:
                made = self.cyclic(name, span)
            elif is_large(made):
                run.note(span, limit=f"{name} has too many parts")
                made = Traced(Unknown(Reason.LIMIT, f"{name} has too many parts", span))
            elif run.outside:
                run.note(span)
        except (Refused, FunctionError) as error:
            if is_limit(error):
                run.note(span, limit=f"{name}: {error}")
            made = Traced(Unknown(Reason.TYPE, f"{name}: {error}"[:160], span))
        except Exhausted as error:
            run.note(span, limit=f"{name}: {error}")
            made = Traced(Unknown(Reason.LIMIT, f"{name}: {error}", span))
        except RecursionError:
            run.note(span, limit=f"{name} is nested too deeply")
            made = Traced(Unknown(Reason.LIMIT, f"{name} is nested too deeply", span))
        finally:
            memory.stack.pop()
            del memory.busy[key]
            run.doubts, run.depth = doubts, depth
        memory.found[key] = made
        return made

    def close_round(self, lowest: int) -> None:
        """Everything from this place in the stack upwards depends on itself."""
        memory = self.memory
        start = memory.stack[lowest]
        for key in memory.stack[lowest:]:
            before = memory.rounds.get(key)
            if before is None or memory.busy.get(before, lowest) >= lowest:
                memory.rounds[key] = start

    def cyclic(self, name: str, span: Span) -> Traced:
        """What a name on a round is."""
        return Traced(Unknown(Reason.CYCLE, f"{name} depends on itself", span))

    def report_cycle(self, key: tuple[str, str], span: Span) -> None:
        """Note the problem with both ends of the round."""
        last = self.memory.stack[-1]
        # Either end may come first, so the pair is ordered.
        first, second = sorted((key[1], last[1]))
        message = f"`{first}` depends on itself"
        if first != second:
            message = f"`{first}` and `{second}` depend on each other"
        problem = Problem("cycle", message, span, hint="Terraform refuses such a configuration")
        found = self.run.problems.get((self.folder.path, first, second))
        if found is None or problem.span.sort_key() < found.span.sort_key():
            self.run.problems[(self.folder.path, first, second)] = problem

    # -------------------------------------------------------------- names
    @property
    def functions(self) -> Mapping[str, OwnFunction]:
        """None beside Terraform's."""
        return _NO_FUNCTIONS

    def scope(self, source: Source) -> Scope:
        """The module's own scope in one of its files."""
        return Scope(self, source, {})

    def lookup(
        self, first: str, steps: Sequence[Step], scope: Scope, span: Span
    ) -> tuple[Traced, int] | None:
        """The value behind a first name, and how many steps it took."""
        name = steps[0] if steps else None
        if not isinstance(name, str):
            return None
        if first == "var":
            return self.variable(name, span), 1
        if first == "local":
            return self.local(name, span), 1
        if first == "path":
            return self.path(name, span), 1
        if first == "terraform":
            return self.terraform(name, span), 1
        if first in ("each", "count", "self"):
            type_ = "int" if first == "count" else "any"
            detail = f"{first}.{name}"
            return Traced(Unknown(Reason.EXPRESSION, detail, span, type_,
                                  not_null=first == "count")), 1  # fmt: skip
        if first == "module":
            return called_value(self, name, steps, scope, span)
        return self.resource(first, steps, scope, span)

    def variable(self, name: str, span: Span) -> Traced:
        """A variable's value in this call."""
        declared = self.folder.blocks.get(f"var.{name}")
        if declared is None:
            return Traced(Unknown(Reason.EXPRESSION, f"var.{name} is not declared", span,
                                  reference=f"var.{name}"))  # fmt: skip
        return self.demand(f"var.{name}", declared.head, lambda: self.given(name, declared))

    def given(self, name: str, declared: Declared) -> Traced:
        """A variable's value, as its declaration wants it."""
        settings = declared.settings
        nullable = not self.is_set(settings.get("nullable"), False)
        found = passed(self, name, declared, nullable=nullable)
        type_ = settings["type"].value if "type" in settings else None
        if found is None:
            via = (Hop(declared.head, f"variable `{name}`", "unknown"),)
            made = Unknown(
                Reason.NO_VALUE, f"var.{name}", declared.head, type_base(type_),
                not_null=not nullable, reference=f"var.{name}",
                identity=f"{self.chain}:var.{name}",
            )  # fmt: skip
            found = Traced(made, via)
        elif type_ is not None:
            scope = self.scope(declared.place("type"))
            found = convert(found, type_, lambda node: value(node, scope))
        if self.is_hidden(settings):
            found = Traced(found.data, found.via, found.span, found.rest, sensitive=True)
        return found

    def is_hidden(self, settings: dict[str, h.Setting]) -> bool:
        """Whether a variable or output is marked as sensitive, or as ephemeral."""
        return any(self.is_set(settings.get(name), True) for name in ("sensitive", "ephemeral"))

    def is_set(self, setting: h.Setting | None, wanted: bool) -> bool:
        """True if the setting is that literal."""
        return (
            setting is not None
            and isinstance(setting.value, h.Literal)
            and setting.value.value is wanted
        )

    def local(self, name: str, span: Span) -> Traced:
        """A local's value."""
        declared = self.folder.locals.get(name)
        if declared is None:
            return Traced(Unknown(Reason.EXPRESSION, f"local.{name} is not declared", span,
                                  reference=f"local.{name}"))  # fmt: skip
        source, setting = declared
        at = Span(source, setting.value.start, setting.value.end)
        return self.demand(f"local.{name}", at, lambda: led(
            value(setting.value, self.scope(source)), Hop(at, f"local.{name}")
        ))  # fmt: skip

    def output(self, name: str, span: Span) -> Traced:
        """What the module gives back under that name."""
        declared = self.folder.blocks.get(f"output.{name}")
        if declared is None or "value" not in declared.settings:
            detail = f"{self.chain} has no output `{name[:60]}`"
            return Traced(Unknown(Reason.EXPRESSION, detail, span))
        node = declared.settings["value"].value
        source = declared.place("value")
        at = Span(source, node.start, node.end)
        made = self.demand(f"output.{name}", at, lambda: led(
            value(node, self.scope(source)), Hop(at, f"output `{name}`")
        ))  # fmt: skip
        if self.is_hidden(declared.settings):
            return Traced(made.data, made.via, made.span, made.rest, sensitive=True)
        return made

    def terraform(self, name: str, span: Span) -> Traced:
        """`terraform.workspace`, which is known where it makes a unit of its own."""
        if name == "workspace" and self.workspace is not None:
            return Traced(self.workspace)
        found = Unknown(Reason.ENVIRONMENT, f"terraform.{name}", span, "string", not_null=True,
                        identity=f"{self.root.path}:terraform.{name}")  # fmt: skip
        return Traced(found)

    def path(self, name: str, span: Span) -> Traced:
        """`path.module` and `path.root`, as seen from the root's folder."""
        if name == "root":
            return Traced(".")
        if name == "module":
            start = self.root.path or "."
            return Traced(posixpath.relpath(self.folder.path or ".", start))
        return Traced(Unknown(Reason.ENVIRONMENT, f"path.{name}", span, "string", not_null=True))

    # -------------------------------------------------------------- blocks with instances
    def instances(self, address: str) -> Instances:
        """How many instances a block has, and what `each` and `count` are in them."""
        known = self.counted.get(address)
        if known is not None:
            return known
        declared = self.folder.blocks[address]
        for name in ("count", "for_each"):
            setting = declared.settings.get(name)
            if setting is not None:
                source = declared.place(name)
                span = Span(source, setting.value.start, setting.value.end)
                over = self.demand(f"{name} of {address}", span, partial(
                    value, setting.value, self.scope(source)
                ))  # fmt: skip
                made = instances_of(name, over, address, span)
                if (self.chain, f"{name} of {address}") in self.memory.found:  # it is final
                    self.counted[address] = made
                return made
        return Instances("", None, 1)

    def chosen(self, address: str, steps: Sequence[Step], at: int, scope: Scope) -> int:
        """How many steps choose an instance: one or none. Refused: there is no such instance."""
        if len(steps) <= at:
            return 0
        instances, step = self.instances(address), steps[at]
        if isinstance(step, str) and not step.isdecimal():
            return 0
        key = Traced(int(step)) if isinstance(step, str) else value(step, scope)
        verdict = instances.has(key)
        if verdict is False:
            raise Refused(f"{address} has no such instance")
        if verdict is None:
            self.run.doubts += 1
        return 1

    def resource(
        self, first: str, steps: Sequence[Step], scope: Scope, span: Span
    ) -> tuple[Traced, int]:
        """An attribute of a resource or data source: as configured, else what a provider fills."""
        size = 2 if first in PREFIXED else 1
        names = [step for step in steps[:size] if isinstance(step, str)]
        if len(names) < size:
            detail = span.text[:60]
            return Traced(Unknown(Reason.EXPRESSION, detail, span)), len(steps)
        address = ".".join((first, *names))
        if address not in self.folder.blocks:
            made = Unknown(Reason.EXPRESSION, span.text[:60], span, reference=address)
            return Traced(made), len(steps)
        taken = size + self.chosen(address, steps, size, scope)
        instance = None
        if taken > size:
            step = steps[size]
            key = Traced(int(step)) if isinstance(step, str) else value(step, scope)
            instance = instance_of(self, address, key)
        if taken < len(steps) and isinstance(steps[taken], str):
            keyed = span.text if taken > size else address
            found = self.attribute(address, str(steps[taken]), keyed, span, instance)
            after = steps[taken + 1] if taken + 1 < len(steps) else None
            if isinstance(after, str) and not after.isdecimal() and isinstance(found.data, list):
                # A block that may stand once only is an object, and no schema is read here.
                return (found.data[0] if len(found.data) == 1 else found), taken + 1
            return found, taken + 1
        if taken > size:
            return object_of(self, address, computed_by(address), span, instance), taken
        return self.demand(address, span, lambda: whole_resource(
            self, address, computed_by(address), span
        )), taken  # fmt: skip

    def attribute(
        self, address: str, name: str, keyed: str, span: Span, instance: Instance | None = None
    ) -> Traced:
        """One attribute, of all instances or of one; what is not configured is computed."""
        declared = self.folder.blocks[address]
        setting = declared.settings.get(name)
        key = instance[0] if instance is not None else ""

        def scope(source: Source = declared.source) -> Scope:
            bound = instance[1] if instance is not None else self.instances(address).bound
            return Scope(self, source, bound)

        if setting is not None and name not in MANAGED:
            node = setting.value
            source = declared.place(name)
            at = Span(source, node.start, node.end)
            made = self.demand(f"{address}{key}.{name}", at, lambda: led(
                value(node, scope(source)), Hop(at, f"{address}{key}.{name}")
            ))  # fmt: skip
            if made.data is not None:
                return made
        source, blocks = declared.nested(name)
        if blocks and setting is None:
            head = source.span(blocks[0].start, blocks[0].head_end)
            return self.demand(f"{address}{key}.{name}", head, lambda: nested_blocks(
                blocks, scope(source), Unknown(computed_by(address), f"{address}{key}.{name}", head,
                                               reference=address)
            ).with_hop(Hop(head, f"{address}{key}.{name}")))  # fmt: skip
        if address.startswith("data.aws_iam_policy_document.") and name in RESULTS:
            return self.demand(f"{address}{key}.{name}", declared.head, lambda: policy_document(
                declared, scope, name, address
            ))  # fmt: skip
        filled = name in FILLED
        single = keyed == address and "count" not in declared.settings and (
            "for_each" not in declared.settings
        )  # fmt: skip
        made_unknown = Unknown(
            computed_by(address), f"{address}{key}.{name}", span, "string" if filled else "any",
            not_null=filled, reference=address,
            identity=f"{self.chain}:{address}.{name}{key}" if single or key else "",
        )  # fmt: skip
        return Traced(made_unknown, (Hop(declared.head, f"{address}{key}", "unknown"),))

    def splat(self, names: tuple[str, ...], attribute: str, span: Span) -> Traced | None:
        """The attribute of all instances of a resource, data source or call."""
        return splat_value(self, names, attribute, span)
