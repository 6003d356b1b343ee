"""One module with its arguments: variables, locals, outputs, instances, references.

Everything is evaluated when it is asked for and remembered. A name that leads back to itself is
unknown, and so is every name on the way round, whichever was asked for first.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from plumbrule_parsers.document import Problem
from plumbrule_parsers.function_table import FunctionError
from plumbrule_parsers.hcl_tree import syntax as h
from plumbrule_parsers.source import Source, Span
from plumbrule_parsers.terraform.evaluate.expressions import value
from plumbrule_parsers.terraform.evaluate.folder import PREFIXED, Declared, Folder
from plumbrule_parsers.terraform.evaluate.instances import Instances, instances_of
from plumbrule_parsers.terraform.evaluate.policy_documents import RESULTS, policy_document
from plumbrule_parsers.terraform.evaluate.scope import Exhausted, Refused, Run, Scope, Step
from plumbrule_parsers.terraform.evaluate.types import convert, type_base
from plumbrule_parsers.terraform.evaluate.unknowns import (
    certainly_set,
    derived,
    merged_alternatives,
)
from plumbrule_parsers.terraform.functions.call import Files
from plumbrule_parsers.terraform.static import FILLED
from plumbrule_parsers.traced import Traced, made_of, walk
from plumbrule_parsers.value import Hop, Reason, Unknown

MAX_SIZE = 50_000  # values inside one remembered value
META = {"count", "for_each", "provider", "providers", "depends_on", "source", "version"}


@dataclass(slots=True)
class Memory:
    """What is known so far, and what is being asked for. Keys are (call chain, name)."""

    found: dict[tuple[str, str], Traced] = field(default_factory=dict)
    stack: list[tuple[str, str]] = field(default_factory=list)
    busy: dict[tuple[str, str], int] = field(default_factory=dict)
    # Names on a cycle -> the name at which the round was closed that lies deepest in the stack.
    rounds: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)


@dataclass(slots=True)
class Module:
    """A module in one call. `chain` names the call: `envs/prod:module.web`; a root's is its folder.

    `arguments` are what the caller sets, in the caller's scope. `children` are its local calls.
    """

    folder: Folder
    chain: str
    root: Folder
    run: Run
    memory: Memory
    files: Files
    locate: Callable[[str], str]
    parent: Module | None = None
    name: str = ""  # of the call
    arguments: dict[str, tuple[Scope, h.Setting]] = field(default_factory=dict)
    children: dict[str, Module] = field(default_factory=dict)

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
            elif _is_large(made):
                made = Traced(Unknown(Reason.LIMIT, f"{name} has too many parts", span))
        except (Refused, FunctionError) as error:
            made = Traced(Unknown(Reason.TYPE, f"{name}: {error}"[:160], span))
        except Exhausted as error:
            made = Traced(Unknown(Reason.LIMIT, f"{name}: {error}", span))
        except RecursionError:
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
            found = Unknown(Reason.ENVIRONMENT, f"terraform.{name}", span, "string",
                            not_null=True,
                            identity=f"{self.root.path}:terraform.{name}")  # fmt: skip
            return Traced(found), 1
        if first in ("each", "count", "self"):
            type_ = "int" if first == "count" else "any"
            detail = f"{first}.{name}"
            return Traced(Unknown(Reason.EXPRESSION, detail, span, type_,
                                  not_null=first == "count")), 1  # fmt: skip
        if first == "module":
            return self.called(name, steps, scope, span)
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
        found = self.passed(name, nullable=nullable, default=settings.get("default"), at=declared)
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
            scope = self.scope(declared.source)
            found = convert(found, type_, lambda node: value(node, scope))
        if self.is_set(settings.get("sensitive"), True):
            found = Traced(found.data, found.via, found.span, found.rest, sensitive=True)
        return found

    def is_set(self, setting: h.Setting | None, wanted: bool) -> bool:
        """True if the setting is that literal."""
        return (
            setting is not None
            and isinstance(setting.value, h.Literal)
            and setting.value.value is wanted
        )

    def passed(
        self, name: str, *, nullable: bool, default: h.Setting | None, at: Declared
    ) -> Traced | None:
        """What the caller, a file of values or the default gives; None if nobody does."""
        fallback = None
        if default is not None:
            scope, span = self.scope(at.source), Span(at.source, default.value.start,
                                                      default.value.end)  # fmt: skip
            fallback = _led(value(default.value, scope), Hop(span, f"default of var.{name}"))
        if self.parent is not None:
            if name not in self.arguments:
                return fallback
            found = self.argument(name)
            if not nullable and fallback is not None:
                return self.unless_null(found, fallback)
            return found
        chosen = fallback
        for source, setting in self.folder.values:
            if setting.name == name:
                chosen = self.listed(source, setting, name)
        others = [
            (source, setting)
            for listed in self.folder.others.values()
            for source, setting in listed
            if setting.name == name
        ]
        if not others:
            return chosen
        # Files that only a run names: each may or may not be the one.
        doubt = Unknown(Reason.ENVIRONMENT, f"var.{name} in {others[0][0].path}", at.head)
        complete = len(others) == len(self.folder.others)
        several = [self.listed(source, setting, name) for source, setting in others]
        if chosen is not None:
            several.append(chosen)
        elif not complete:
            return None
        return merged_alternatives(several, doubt)

    def listed(self, source: Source, setting: h.Setting, name: str) -> Traced:
        """What a file of variable values says."""
        span = Span(source, setting.value.start, setting.value.end)
        made = value(setting.value, Scope(self, source, {}))
        return _led(made, Hop(span, f"tfvars key `{name}`"))

    def argument(self, name: str) -> Traced:
        """What the caller passes."""
        scope, setting = self.arguments[name]
        parent = self.parent
        assert parent is not None
        span = Span(scope.source, setting.value.start, setting.value.end)
        hop = Hop(span, f"argument of module.{self.name}")
        return parent.demand(
            f"module.{self.name}.{name}", span, lambda: _led(value(setting.value, scope), hop)
        )

    def unless_null(self, found: Traced, fallback: Traced) -> Traced:
        """`nullable = false`: null becomes the default."""
        if certainly_set(found):
            return found
        if found.data is None:
            return fallback
        assert isinstance(found.data, Unknown)
        return made_of(derived(found.data, found.data.type, not_null=True), found)

    def local(self, name: str, span: Span) -> Traced:
        """A local's value."""
        declared = self.folder.locals.get(name)
        if declared is None:
            return Traced(Unknown(Reason.EXPRESSION, f"local.{name} is not declared", span,
                                  reference=f"local.{name}"))  # fmt: skip
        source, setting = declared
        at = Span(source, setting.value.start, setting.value.end)
        return self.demand(f"local.{name}", at, lambda: _led(
            value(setting.value, self.scope(source)), Hop(at, f"local.{name}")
        ))  # fmt: skip

    def output(self, name: str, span: Span) -> Traced:
        """What the module gives back under that name."""
        declared = self.folder.blocks.get(f"output.{name}")
        if declared is None or "value" not in declared.settings:
            detail = f"{self.chain} has no output `{name[:60]}`"
            return Traced(Unknown(Reason.EXPRESSION, detail, span))
        node = declared.settings["value"].value
        at = Span(declared.source, node.start, node.end)
        return self.demand(f"output.{name}", at, lambda: _led(
            value(node, self.scope(declared.source)), Hop(at, f"output `{name}`")
        ))  # fmt: skip

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
        declared = self.folder.blocks[address]
        for name in ("count", "for_each"):
            setting = declared.settings.get(name)
            if setting is not None:
                span = Span(declared.source, setting.value.start, setting.value.end)
                over = self.demand(f"{name} of {address}", span, partial(
                    value, setting.value, self.scope(declared.source)
                ))  # fmt: skip
                return instances_of(name, over, address, span)
        return Instances("", None, 1)

    def inner_scope(self, address: str) -> Scope:
        """The scope of what stands in a block: with `each` or `count`."""
        return Scope(self, self.folder.blocks[address].source, self.instances(address).bound)

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
        if taken < len(steps) and isinstance(steps[taken], str):
            keyed = span.text if taken > size else address
            return self.attribute(address, str(steps[taken]), keyed, span), taken + 1
        made = Unknown(_reason(first), span.text[:60], span, reference=address, not_null=True)
        return Traced(made), len(steps)

    def attribute(self, address: str, name: str, keyed: str, span: Span) -> Traced:
        """One attribute; what the configuration does not set is computed."""
        declared = self.folder.blocks[address]
        setting = declared.settings.get(name)
        if setting is not None and name not in META:
            node = setting.value
            at = Span(declared.source, node.start, node.end)
            made = self.demand(f"{address}.{name}", at, lambda: _led(
                value(node, self.inner_scope(address)), Hop(at, f"{address}.{name}")
            ))  # fmt: skip
            if made.data is not None:
                return made
        if address.startswith("data.aws_iam_policy_document.") and name in RESULTS:
            return self.demand(f"{address}.{name}", declared.head, lambda: policy_document(
                declared, self.inner_scope(address), name, address
            ))  # fmt: skip
        filled = name in FILLED
        single = keyed == address and "count" not in declared.settings and (
            "for_each" not in declared.settings
        )  # fmt: skip
        made_unknown = Unknown(
            _reason(address), f"{address}.{name}", span, "string" if filled else "any",
            not_null=filled, reference=address,
            identity=f"{self.chain}:{address}.{name}" if single else "",
        )  # fmt: skip
        return Traced(made_unknown, (Hop(declared.head, address, "unknown"),))

    def called(
        self, name: str, steps: Sequence[Step], scope: Scope, span: Span
    ) -> tuple[Traced, int]:
        """An output of a module call."""
        address = f"module.{name}"
        declared = self.folder.blocks.get(address)
        child = self.children.get(name)
        if declared is None:
            made = Unknown(Reason.EXPRESSION, span.text[:60], span, reference=address)
            return Traced(made), len(steps)
        taken = 1 + self.chosen(address, steps, 1, scope)
        if taken >= len(steps) or not isinstance(steps[taken], str):
            made = Unknown(Reason.EXPRESSION, span.text[:60], span, reference=address)
            return Traced(made), len(steps)
        if child is None:
            detail = ".".join(map(str, (address, steps[taken])))
            made = Unknown(Reason.REMOTE, detail, span, reference=address)
            return Traced(made, (Hop(declared.head, address, "unknown"),)), len(steps)
        return child.output(str(steps[taken]), span), taken + 1

    def splat(self, names: tuple[str, ...], attribute: str, span: Span) -> Traced | None:
        """The attribute of all instances of a resource, data source or call."""
        address = ".".join(names)
        if address not in self.folder.blocks or names[0] in ("var", "output"):
            return None
        instances = self.instances(address)
        if instances.size is None:
            doubt = instances.doubt
            assert doubt is not None
            return Traced(Unknown(doubt.reason, doubt.detail, span, "list", not_null=True,
                                  reference=address))  # fmt: skip
        scope = Scope(self, self.folder.blocks[address].source, {})
        steps = [*names[1:], attribute]
        if instances.size == 0:
            return Traced([])
        if instances.kind == "for_each":
            raise Refused(f"{address} is a map; a splat needs a list")
        found = self.lookup(names[0], steps, scope, span)
        assert found is not None
        item = found[0]
        if instances.size > 1 and isinstance(item.data, Unknown) and item.data.identity:
            item = Traced(derived(item.data, item.data.type, not_null=item.data.not_null), item.via)
        return Traced([item] * min(instances.size, 100), rest=instances.beyond)


def _reason(first: str) -> Reason:
    return Reason.DATA_SOURCE if first.startswith("data") else Reason.COMPUTED


def _led(found: Traced, hop: Hop) -> Traced:
    """The value with a hop in front; a literal that stands elsewhere in it keeps its own."""
    via = found.via
    if found.span is not None and found.span != hop.span and (
        not via or via[-1].span != found.span
    ):  # fmt: skip
        via = (*via, Hop(found.span, "value"))
    made = Traced(found.data, (hop, *via), found.span, found.rest, sensitive=found.sensitive)
    if isinstance(found.data, (dict, list)):
        return made
    made.span = None
    return made


def _is_large(found: Traced) -> bool:
    if not isinstance(found.data, (dict, list)):
        return False
    return any(count > MAX_SIZE for count, _part in enumerate(walk(found)))
