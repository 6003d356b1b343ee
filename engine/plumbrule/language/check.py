"""The type checker: syntax trees in, checked rules and problems out."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from plumbrule.finding import LEVELS
from plumbrule.language import access, calls, ir, syntax
from plumbrule.language.expressions import Expressions, Footprint
from plumbrule.language.facts import NO_FACTS, Facts, learned
from plumbrule.language.names import Binding, Names
from plumbrule.language.patterns import check_pattern
from plumbrule.language.relations import fits
from plumbrule.language.said import Here, fix_of, report_of
from plumbrule.language.schema import Schema, suggest
from plumbrule.language.signatures import SIGNATURES, STANDARD_MODULES
from plumbrule.language.types import Type
from plumbrule_parsers.document import Problem
from plumbrule_parsers.source import Span

SEVERITIES = ("critical", "high", "medium", "low", "info")
CONFIDENCES = ("high", "medium", "low")
_CHOICES = {"severity": SEVERITIES, "confidence": CONFIDENCES, "level": LEVELS}
ON_UNKNOWN = ("review", "fail", "skip")


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What the checker made of the files. Rules with errors are left out."""

    rules: tuple[ir.CheckedRule, ...]
    exemptions: tuple[ir.CheckedExemption, ...]
    problems: tuple[Problem, ...]


def check(files: Sequence[syntax.File], schema: Schema) -> CheckResult:
    """Check all files together; `use` sees the modules among them."""
    checker = Expressions(schema)
    scopes = _file_scopes(files, checker)
    rules: dict[str, ir.CheckedRule] = {}
    exemptions: list[ir.CheckedExemption] = []
    declared: dict[str, syntax.Rule] = {}
    for file in files:
        for item in file.items:
            if isinstance(item, syntax.Rule):
                if item.id in declared:
                    message = (
                        f"rule `{item.id}` is declared twice; first at {declared[item.id].span}"
                    )
                    checker.problem("E108", message, item.id_span)
                    continue
                declared[item.id] = item
                rule = _RuleCheck(checker, scopes[id(file)]).rule(item)
                if rule is not None:
                    rules[rule.id] = rule
    ids = {name for rule in rules.values() for name in (rule.id, *rule.formerly)} | set(declared)
    for file in files:
        for item in file.items:
            if isinstance(item, syntax.Exempt):
                exemption = _RuleCheck(checker, scopes[id(file)]).exemption(item, ids)
                if exemption is not None:
                    exemptions.append(exemption)
    _check_schema_defaults(checker)
    problems = sorted(
        checker.problems.values(), key=lambda problem: (*problem.span.sort_key(), problem.code)
    )
    return CheckResult(
        tuple(rules[name] for name in sorted(rules)), tuple(exemptions), tuple(problems)
    )


def _file_scopes(files: Sequence[syntax.File], checker: Expressions) -> dict[int, Names]:
    """The names of each file: its own, and those that `use` brings in from modules."""
    own: dict[int, Names] = {}
    modules: dict[str, Names] = {}
    for file in files:
        names = Names(None)
        own[id(file)] = names
        for item in file.items:
            if isinstance(item, syntax.Module):
                modules[item.name] = names
            elif isinstance(item, syntax.Function):
                binding = Binding("function", Type("never"), None, item, names)
                checker.bind_name(names, item.name, binding, item.span)
    for file in files:
        for item in file.items:
            if isinstance(item, syntax.Use):
                _use(item, own[id(file)], modules, checker)
    for file in files:
        _constants(file, own[id(file)], checker)
    for file in files:  # names that were constants of another file when `use` was first seen
        for item in file.items:
            if isinstance(item, syntax.Use) and item.module in modules:
                for name in item.names:
                    found = modules[item.module].bound.get(name)
                    if found is not None:
                        own[id(file)].bound[name] = found
    for file in files:
        for item in file.items:
            if isinstance(item, syntax.Function):
                _check_function(item, own[id(file)], checker)
    return own


def _use(item: syntax.Use, names: Names, modules: dict[str, Names], checker: Expressions) -> None:
    builtin = STANDARD_MODULES.get(item.module)
    if builtin is None and item.module not in modules:
        close = suggest(item.module, {*modules, *STANDARD_MODULES})
        checker.problem("E107", f"unknown module `{item.module}`{close}", item.span)
        return
    home = Names(None) if builtin is not None else modules[item.module]
    if builtin is not None:
        for name in builtin:
            home.bound[name] = Binding("builtin", Type("never"))
    if item.alias is not None:
        names.bound[item.alias] = Binding("module", Type("never"), home=home)
    for name in item.names:
        exported = name in home.bound or _declares_constant(name, item.module, modules)
        if not exported and builtin is not None:
            close = suggest(name, builtin)
            checker.problem("E107", f"module `{item.module}` has no `{name}`{close}", item.span)
        elif name in home.bound and name not in SIGNATURES:
            names.bound[name] = home.bound[name]


def _declares_constant(name: str, module: str, modules: dict[str, Names]) -> bool:
    return module in modules and name not in SIGNATURES


def _constants(file: syntax.File, names: Names, checker: Expressions) -> None:
    for item in file.items:
        if not isinstance(item, syntax.Constant):
            continue
        wanted = checker.type_of(item.type) if item.type is not None else None
        value = checker.check(item.value, names, NO_FACTS, wanted)
        if wanted is not None and not fits(value.type, wanted, checker.schema):
            checker.problem("E304", f"`{item.name}` is {value.type}, not {wanted}", item.value.span)
        binding = Binding("const", wanted or value.type, value)
        checker.bind_name(names, item.name, binding, item.span)


def _check_function(item: syntax.Function, names: Names, checker: Expressions) -> None:
    """Check a body once by itself, so that an unused function is checked too."""
    inner = Names(names)
    for formal in item.formals:
        type_ = checker.type_of(formal.type)
        var = ir.Var(formal.name, type_, formal.span)
        checker.bind_name(inner, formal.name, Binding("var", type_, var), formal.span)
    checker.calling.append(item.name)
    calls.body_of(checker, item, inner)
    checker.calling.pop()


def _check_schema_defaults(checker: Expressions) -> None:
    for kind in checker.schema.kinds.values():
        for info in kind.fields.values():
            if info.default is None:
                continue
            value = access.default_of(checker, kind.name, info)
            if value is not None and not fits(value.type, info.type, checker.schema):
                checker.problem("E304", f"the default of `{info.name}` is {value.type}, not "
                                f"{info.type}", info.span)  # fmt: skip


class _RuleCheck:
    """Checks one rule or exemption."""

    def __init__(self, checker: Expressions, file_names: Names) -> None:
        self.checker = checker
        checker.footprint = Footprint()
        self.names = Names(file_names)
        self.facts: Facts = {}
        self.patterns: list[ir.Pattern] = []
        self.where: list[ir.Expr] = []

    def rule(self, item: syntax.Rule) -> ir.CheckedRule | None:
        """The checked rule, None if it has errors."""
        before = _errors(self.checker)
        self._complete(item)
        params = tuple(self._params(item))
        for entry in item.items:
            if isinstance(entry, syntax.MatchItem):
                self._match(entry)
        lets = self._lets_and_where(item)
        severities = tuple(self._severities(item))
        here = Here(self.checker, self.names, self.facts)
        report, fix = report_of(here, item), fix_of(here, item)
        tests = tuple(self._tests(item, params))
        meta = {entry.word: entry for entry in item.items if isinstance(entry, syntax.Meta)}
        on_unknown = next(
            (entry.word for entry in item.items if isinstance(entry, syntax.UnknownItem)), ""
        )
        footprint = self.checker.footprint
        if footprint.knowledge and not on_unknown:
            self.checker.problem("E404", "a rule that uses `is known` or `is unknown` must say "
                                 "`on unknown`", footprint.knowledge[0])  # fmt: skip
        if on_unknown and on_unknown not in ON_UNKNOWN:
            entry_ = next(e for e in item.items if isinstance(e, syntax.UnknownItem))
            close = suggest(on_unknown, ON_UNKNOWN)
            self.checker.problem("E402", f"`on unknown` takes {', '.join(ON_UNKNOWN)}{close}",
                                 entry_.span)  # fmt: skip
        self._unused(item)
        self._cross_product(item)
        if _errors(self.checker) != before or report is None or not self.patterns:
            return None
        subject = self.patterns[0].nodes[0]
        return ir.CheckedRule(
            id=item.id,
            title=_text(meta, "title"),
            severity=_text(meta, "severity"),
            severities=severities,
            confidence=_text(meta, "confidence") or "high",
            level=_text(meta, "level") or LEVELS[0],
            why=" ".join(_text(meta, "why").split()),
            remedy=" ".join(_text(meta, "remedy").split()),
            tags=_words(meta, "tags"),
            refs=_words(meta, "refs"),
            formerly=_words(meta, "formerly"),
            params=params,
            lets=lets,
            patterns=tuple(self.patterns),
            where=tuple(self.where),
            on_unknown=on_unknown or "review",
            report=report,
            fix=fix,
            tests=tests,
            subject=subject.name,
            subject_kinds=subject.kinds,
            reads=frozenset(footprint.reads),
            follows=frozenset(footprint.follows),
            extents=frozenset(footprint.extents),
            span=item.span,
            text=_without_tests(item),
        )

    def exemption(self, item: syntax.Exempt, ids: set[str]) -> ir.CheckedExemption | None:
        """The checked exemption, None if it has errors."""
        before = _errors(self.checker)
        if item.rule not in ids:
            close = suggest(item.rule, ids)
            self.checker.problem("E405", f"there is no rule `{item.rule}`{close}", item.id_span)
        meta = {entry.word: entry for entry in item.items if isinstance(entry, syntax.Meta)}
        for word in ("until", "because", "owner"):
            if word not in meta or not _text(meta, word).strip():
                self.checker.problem("E405", f"an exemption needs `{word}`", item.id_span)
        until = _text(meta, "until")
        try:
            dt.date.fromisoformat(until)
        except ValueError:
            if "until" in meta:
                message = f"`{until}` is not a date such as `2027-01-31`"
                self.checker.problem("E005", message, meta["until"].span)
        for entry in item.items:
            if isinstance(entry, syntax.MatchItem):
                self._match(entry)
            elif isinstance(entry, syntax.WhereItem):
                self._where(entry)
        if not self.patterns:
            self.checker.problem("E405", "an exemption needs `match`", item.id_span)
        if _errors(self.checker) != before:
            return None
        return ir.CheckedExemption(
            item.rule, tuple(self.patterns), tuple(self.where), until, _text(meta, "because"),
            _text(meta, "owner"), self.patterns[0].nodes[0].name, item.span,
        )  # fmt: skip

    # -------------------------------------------------------------- parts
    def _complete(self, item: syntax.Rule) -> None:
        seen: dict[str, Span] = {}
        for entry in item.items:
            word = entry.word if isinstance(entry, syntax.Meta) else _once(entry)
            if word and word in seen:
                message = f"`{word}` stands twice; first on line {seen[word].line}"
                self.checker.problem("E401", message, entry.span)
            seen.setdefault(word, entry.span)
            if isinstance(entry, syntax.Meta) and entry.word in _CHOICES:
                self._choice(entry.word, str(entry.value), entry.span)
            elif isinstance(entry, syntax.SeverityItem):
                self._choice("severity", entry.name, entry.span)
        if not any(isinstance(entry, syntax.MatchItem) for entry in item.items):
            self.checker.problem("E401", f"rule `{item.id}` has no `match`", item.id_span)
        for word in ("title", "severity", "report"):
            if word not in seen:
                message = f"rule `{item.id}` has no `{word}`"
                if word == "severity" and any(
                    isinstance(entry, syntax.SeverityItem) for entry in item.items
                ):
                    message += " without `when`"
                self.checker.problem("E401", message, item.id_span)

    def _choice(self, word: str, value: str, span: Span) -> None:
        allowed = _CHOICES[word]
        if value not in allowed:
            close = suggest(value, allowed)
            message = f"`{value}` is no {word} ({', '.join(allowed)}){close}"
            self.checker.problem("E402", message, span)

    def _params(self, item: syntax.Rule) -> Iterator[ir.ParamDecl]:
        for entry in item.items:
            if not isinstance(entry, syntax.ParamItem):
                continue
            type_ = self.checker.type_of(entry.type)
            default = self.checker.check(entry.default, self.names, NO_FACTS, type_)
            if not fits(default.type, type_, self.checker.schema):
                message = f"the default of `{entry.name}` is {default.type}, not {type_}"
                self.checker.problem("E304", message, entry.default.span)
            param = ir.Param(entry.name, type_, entry.span)
            self.checker.bind_name(
                self.names, entry.name, Binding("param", type_, param), entry.span
            )
            yield ir.ParamDecl(entry.name, type_, default, entry.doc or "", entry.span)

    def _match(self, entry: syntax.MatchItem) -> None:
        for pattern in entry.patterns:
            self.patterns.append(check_pattern(self.checker, pattern, self.names))

    def _where(self, entry: syntax.WhereItem) -> None:
        checked = self.checker.condition(entry.condition, self.names, self.facts)
        self.facts = {**self.facts, **learned(checked, true=True)}
        self.where.extend(checked.operands if isinstance(checked, ir.And) else (checked,))

    def _lets_and_where(self, item: syntax.Rule) -> tuple[ir.LetDecl, ...]:
        lets: list[ir.LetDecl] = []
        for entry in item.items:
            if isinstance(entry, syntax.LetItem):
                value = self.checker.check(entry.value, self.names, self.facts)
                var = ir.Var(entry.name, value.type, entry.span)
                self.checker.bind_name(
                    self.names, entry.name, Binding("let", value.type, var), entry.span
                )
                lets.append(ir.LetDecl(entry.name, value, entry.span))
            elif isinstance(entry, syntax.WhereItem):
                self._where(entry)
        return tuple(lets)

    def _severities(self, item: syntax.Rule) -> Iterator[ir.SeverityWhen]:
        """What a finding is instead; all conditions of `where` hold there."""
        for entry in item.items:
            if isinstance(entry, syntax.SeverityItem):
                checked = self.checker.condition(entry.condition, self.names, self.facts)
                yield ir.SeverityWhen(entry.name, checked, entry.span)

    def _tests(self, item: syntax.Rule, params: tuple[ir.ParamDecl, ...]) -> Iterator[ir.RuleTest]:
        types = {param.name: param.type for param in params}
        for entry in item.items:
            if not isinstance(entry, syntax.TestItem):
                continue
            fixtures: list[ir.Fixture] = []
            for fixture in entry.fixtures:
                value = None
                if fixture.value is not None:
                    wanted = types.get(fixture.name)
                    if wanted is None:
                        close = suggest(fixture.name, types)
                        message = f"the rule has no parameter `{fixture.name}`{close}"
                        self.checker.problem("E105", message, fixture.span)
                    value = self.checker.check(fixture.value, self.names, NO_FACTS, wanted)
                    if wanted is not None and not fits(value.type, wanted, self.checker.schema):
                        message = f"`{fixture.name}` is {wanted}, not {value.type}"
                        self.checker.problem("E304", message, fixture.value.span)
                text = fixture.text
                fixtures.append(ir.Fixture(
                    fixture.form, fixture.name, text.value if text is not None else "", value,
                    text.span if text is not None else fixture.span,
                ))  # fmt: skip
            yield ir.RuleTest(entry.title, entry.verdict, entry.count, tuple(fixtures), entry.span)

    def _unused(self, item: syntax.Rule) -> None:
        used = self.checker.footprint.used
        for entry in item.items:
            if isinstance(entry, (syntax.LetItem, syntax.ParamItem)) and entry.name not in used:
                self.checker.problem("W602", f"`{entry.name}` is never used", entry.span)

    def _cross_product(self, item: syntax.Rule) -> None:
        if len(self.patterns) < 2:
            return
        groups = [{node.name for node in pattern.nodes} for pattern in self.patterns]
        joins = [names for names in map(_equated, self.where) if len(names) > 1]
        merged = groups[0]
        rest = groups[1:]
        progress = True
        while rest and progress:
            progress = False
            for group in list(rest):
                if group & merged or any(j & merged and j & group for j in joins):
                    merged |= group
                    rest.remove(group)
                    progress = True
        if rest:
            self.checker.problem("W601", "two parts of the match share neither a variable nor an "
                                 "equality: every combination is tried", item.id_span)  # fmt: skip


def _equated(expr: ir.Expr) -> set[str]:
    """The variables that an equality relates."""
    if not isinstance(expr, ir.Compare) or expr.op not in ("==", "in") or expr.negated:
        return set()
    out: set[str] = set()
    stack: list[ir.Expr] = [expr.left, expr.right]
    while stack:
        current = stack.pop()
        if isinstance(current, ir.Var):
            out.add(current.name)
        elif isinstance(current, (ir.Field, ir.Item)):
            stack.append(current.receiver)
        elif isinstance(current, ir.Coalesce):
            stack.extend((current.left, current.right))
        elif isinstance(current, ir.Call):
            stack.extend(current.args)
    return out


def _once(entry: syntax.RuleItem) -> str:
    if isinstance(entry, syntax.ReportItem):
        return "report"
    if isinstance(entry, syntax.FixItem):
        return "fix"
    if isinstance(entry, syntax.UnknownItem):
        return "on unknown"
    return ""


def _errors(checker: Expressions) -> int:
    return sum(1 for problem in checker.problems.values() if not problem.code.startswith("W"))


def _text(meta: dict[str, syntax.Meta], word: str) -> str:
    entry = meta.get(word)
    if entry is None:
        return ""
    return entry.value.value if isinstance(entry.value, syntax.Text) else str(entry.value)


def _words(meta: dict[str, syntax.Meta], word: str) -> tuple[str, ...]:
    entry = meta.get(word)
    return entry.value if entry is not None and isinstance(entry.value, tuple) else ()


def _without_tests(item: syntax.Rule) -> str:
    text = item.span.source.text
    out: list[str] = []
    at = item.span.start
    for entry in item.items:
        if isinstance(entry, syntax.TestItem):
            out.append(text[at : entry.span.start])
            at = entry.span.end
    out.append(text[at : item.span.end])
    return re.sub(r"\n\s*\n\s*(?=\n|\})", "\n", "".join(out))
