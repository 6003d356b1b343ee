"""Rule test: the tests that stand in rules, run as small repositories through the real pipeline.

Besides the verdict and the marked lines of each test: a rule must have a test that fails and one
that passes, no test may be vacuous, and every condition must be decisive: without it a test breaks.
A rule with a fix must show a text after it, and what the fix mends must be found no more.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, zip_longest
from pathlib import Path
from typing import Final

from plumbrule.config import FILE_NAME, Config, load_config
from plumbrule.evaluate.evaluate import RuleSettings, Settings, evaluate
from plumbrule.evaluate.walk import Walker
from plumbrule.finding import SEVERITIES, Finding
from plumbrule.fixes.apply import left_of, texts_of
from plumbrule.graph.graph import Graph
from plumbrule.language import ir
from plumbrule.pack import Pack
from plumbrule.scan.scan import model_of_texts
from plumbrule_parsers.document import Problem, Severity
from plumbrule_parsers.source import Source, Span
from plumbrule_parsers.text_edits.edit import clash

MARK: Final = re.compile(
    rf"[ \t]*#![ \t]*finding(?:[ \t]+({'|'.join(SEVERITIES)}))?[ \t]*$", re.MULTILINE
)
_ODD_MARK: Final = re.compile(r"#![ \t]+[A-Za-z]\w*[ \t]*$", re.MULTILINE)
MAX_FIXTURE: Final = 1_000_000  # characters of one file of a `dir`
TODAY: Final = "2000-01-01"  # no verdict depends on the day


@dataclass(frozen=True, slots=True)
class TestResult:
    """One test of a rule: how many subjects got which verdict, and what does not hold."""

    title: str
    wanted: str  # passes, fails, reviews
    span: Span
    violations: int
    passes: int
    reviews: int
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class RuleResult:
    """All tests of one rule. `problems` are about the rule as a whole, with its conditions."""

    rule: str
    span: Span
    tests: tuple[TestResult, ...]
    problems: tuple[Problem, ...]

    @property
    def all_problems(self) -> tuple[Problem, ...]:
        """Everything that does not hold, in the order of the file."""
        found = [*self.problems, *(fault for test in self.tests for fault in test.problems)]
        return tuple(sorted(found, key=lambda fault: (*fault.span.sort_key(), fault.message)))

    @property
    def holds(self) -> bool:
        """True if every test holds and the rule is wholly tested."""
        return not self.all_problems


@dataclass(frozen=True, slots=True)
class _Mark:
    """A line of a fixture that must be found, and where it stands in the rule's file.

    `severity` is the rule's plain one unless the mark names another.
    """

    path: str
    line: int
    text: str
    severity: str
    span: Span


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A test whose repository was read: what every variant of its rule is judged on."""

    test: ir.RuleTest
    marks: tuple[_Mark, ...]
    graph: Graph
    sources: dict[str, Source]
    params: dict[str, object]
    problems: tuple[Problem, ...]
    texts: dict[str, str]


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What a rule, or a variant of it, says of one test's repository."""

    violations: int
    passes: int
    reviews: int
    lines: tuple[tuple[str, int], ...]
    messages: dict[tuple[str, int], str]
    severities: dict[tuple[str, int], str]  # the gravest of each line
    causes: tuple[str, ...]
    errors: tuple[Problem, ...]
    findings: tuple[Finding, ...] = ()


def run_tests(
    pack: Pack, rules: Sequence[ir.CheckedRule] | None = None, config: Config | None = None
) -> tuple[RuleResult, ...]:
    """The results of the rules' own tests (of all rules of the pack if none are given), by id."""
    chosen = pack.rules if rules is None else rules
    return tuple(run_rule(rule, pack, config or Config())
                 for rule in sorted(chosen, key=lambda rule: rule.id))  # fmt: skip


def run_rule(rule: ir.CheckedRule, pack: Pack, config: Config) -> RuleResult:
    """The result of one rule's tests."""
    prepared = [_prepare(rule, test, pack, config) for test in rule.tests]
    results: list[TestResult] = []
    for ready in prepared:
        outcome = _outcome(rule, ready)
        faults = [*ready.problems, *_faults(rule, ready, outcome)]
        if not faults:
            faults += _unfixed(rule, ready, outcome, pack, config)
        results.append(TestResult(
            ready.test.title, ready.test.verdict, ready.test.span, outcome.violations,
            outcome.passes, outcome.reviews, tuple(faults),
        ))  # fmt: skip
    problems = list(_missing_tests(rule))
    if not any(result.problems for result in results):
        problems += _undecisive(rule, prepared)
    return RuleResult(rule.id, rule.span, tuple(results), tuple(problems))


# ------------------------------------------------------------------ preparing
def _prepare(rule: ir.CheckedRule, test: ir.RuleTest, pack: Pack, config: Config) -> _Prepared:
    texts: dict[str, str] = {}
    marks: list[_Mark] = []
    problems: list[Problem] = []
    params: dict[str, object] = {}
    for fixture in test.fixtures:
        if fixture.form == "file":
            given: Iterable[tuple[str, str]] = ((fixture.name, fixture.text),)
        elif fixture.form == "dir":
            given = _folder(rule, test, fixture, problems)
        else:
            if fixture.form == "with" and fixture.value is not None:
                params[fixture.name] = Walker(Graph({}, {}, (), {})).value(fixture.value, {})
            continue
        for path, text in given:
            if path in texts:
                problems.append(_fault(rule, test, f"`{path}` is given twice", fixture.span))
            texts[path], found = _unmarked(rule, test, fixture, path, text, problems)
            marks += found
    if not texts:
        message = "the test has no files"
        problems.append(_fault(rule, test, message, test.span.first_line, "give it a `file`"))
    problems += [
        _fault(rule, test, f"`{path}` is no path inside a repository", test.span.first_line)
        for path in texts
        if path.startswith("/") or ".." in path.split("/")
    ]
    config = _settings(config, texts)
    problems += [
        _fault(rule, test, f"{fault.span}: {fault.message}", test.span.first_line)
        for fault in config.problems
    ]
    model = model_of_texts(texts, config, pack)
    sources = {document.source.path: document.source for document in model.documents}
    if test.verdict != "reviews":
        for fault in model.problems:
            if fault.severity is Severity.ERROR:
                at = _place(test, fault.span.path, fault.span.line)
                message = f"{fault.span}: {fault.message}"
                problems.append(_fault(rule, test, message, at))
    return _Prepared(test, tuple(marks), model.graph, sources, params, tuple(problems), texts)


def _settings(config: Config, texts: Mapping[str, str]) -> Config:
    """The settings of the test: those of a `plumbrule.toml` among its files, if there is one."""
    text = texts.get(FILE_NAME)
    return config if text is None else load_config(Path(FILE_NAME), text)


def _unmarked(
    rule: ir.CheckedRule, test: ir.RuleTest, fixture: ir.Fixture, path: str, text: str,
    problems: list[Problem],
) -> tuple[str, list[_Mark]]:  # fmt: skip
    """The text without its marks, line for line, and the marks.

    They are cut out before anything is parsed: a mark may stand in a script, in JSON or in a
    heredoc, where it would be content.
    """
    found: list[_Mark] = []
    for mark in MARK.finditer(text):
        line = text.count("\n", 0, mark.start()) + 1
        words = text[text.rfind("\n", 0, mark.start()) + 1 : mark.start()].strip()
        severity = mark[1] or rule.severity
        found.append(_Mark(path, line, words, severity, _line_in_rule(fixture, line)))
    stripped = MARK.sub("", text)
    for odd in _ODD_MARK.finditer(stripped):
        line = stripped.count("\n", 0, odd.start()) + 1
        problems.append(_fault(rule, test, f"`{odd[0].strip()}` is no mark",
                               _line_in_rule(fixture, line), "write `#! finding`"))  # fmt: skip
    return stripped, found


def _folder(
    rule: ir.CheckedRule, test: ir.RuleTest, fixture: ir.Fixture, problems: list[Problem]
) -> list[tuple[str, str]]:
    """Every text file below a folder beside the rule file; nothing outside of it is read."""
    home = Path(rule.span.path).resolve().parent
    folder = (home / fixture.name).resolve()
    if folder != home and not folder.is_relative_to(home):
        message = f"`{fixture.name}` leads out of the rule's folder"
        problems.append(_fault(rule, test, message, fixture.span))
        return []
    if not folder.is_dir():
        message = f"there is no folder `{fixture.name}` beside the rule file"
        problems.append(_fault(rule, test, message, fixture.span))
        return []
    out: list[tuple[str, str]] = []
    for base, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = Path(base, name)
            if path.is_symlink() or not path.is_file():
                continue
            try:
                text = path.read_bytes().decode("utf-8")
            except UnicodeDecodeError:
                continue
            if len(text) > MAX_FIXTURE:
                message = f"`{path.relative_to(home).as_posix()}` is too large for a test"
                problems.append(_fault(rule, test, message, fixture.span))
                continue
            out.append((path.relative_to(folder).as_posix(), text))
    return out


def _line_in_rule(fixture: ir.Fixture, line: int) -> Span:
    """The line of the rule's file at which a line of the fixture stands."""
    span = fixture.span
    if fixture.form not in ("file", "fixed") or not span.text.startswith('"""'):
        return span.first_line
    number = span.line + line - (0 if span.text.startswith('"""\n') else 1)
    source = span.source
    if number > len(source.line_starts):
        return span.first_line
    start = source.line_starts[number - 1]
    text = source.line_text(number)
    return Span(source, start + len(text) - len(text.lstrip()), start + len(text.rstrip()))


def _place(test: ir.RuleTest, path: str, line: int) -> Span:
    """Where a line of a file of the test stands in the rule's file."""
    for fixture in test.fixtures:
        if fixture.form == "file" and fixture.name == path:
            return _line_in_rule(fixture, line)
    return test.span.first_line


# ------------------------------------------------------------------ judging
def _outcome(rule: ir.CheckedRule, ready: _Prepared) -> _Outcome:
    """What the rule says; what becomes of an undecided verdict is not part of its tests."""
    chosen = RuleSettings(unknown="review", params=ready.params)
    made = evaluate((rule,), (), ready.graph, Settings(TODAY, {rule.id: chosen}))
    if not made.counts:
        return _Outcome(0, 0, 0, (), {}, {}, (), made.problems)
    count = made.counts[0]
    lines = tuple(sorted((one.span.path, one.span.line) for one in made.findings))
    messages = {(one.span.path, one.span.line): one.message for one in made.findings}
    severities: dict[tuple[str, int], str] = {}
    for one in sorted(made.findings, key=lambda one: SEVERITIES.index(one.severity)):
        severities[one.span.path, one.span.line] = one.severity
    causes = tuple(dict.fromkeys(cause.why for one in made.reviews for cause in one.causes))
    return _Outcome(count.violations, count.passes, count.reviews, lines, messages, severities,
                    causes, made.problems, made.findings)  # fmt: skip


def _holds(ready: _Prepared, outcome: _Outcome) -> bool:
    """Whether the outcome is what the test wants."""
    test = ready.test
    if outcome.errors:
        return False
    counted = {"fails": outcome.violations, "reviews": outcome.reviews}.get(test.verdict, 0)
    others = outcome.violations + outcome.reviews - counted
    if others or (test.verdict != "passes" and not counted):
        return False
    if test.count is not None and test.count != counted:
        return False
    marked = {(mark.path, mark.line): mark.severity for mark in ready.marks}
    return not marked or marked == outcome.severities


def _faults(rule: ir.CheckedRule, ready: _Prepared, outcome: _Outcome) -> list[Problem]:
    """Why the outcome is not what the test wants, one sentence a fault."""
    test = ready.test
    at = test.span.first_line
    faults = [_fault(rule, test, fault.message, at) for fault in outcome.errors]
    if outcome.errors:
        return faults
    if not outcome.violations + outcome.passes + outcome.reviews:
        kinds = " or ".join(f"`{kind}`" for kind in rule.subject_kinds)
        message = f"its files hold no {kinds}, so the rule has nothing to judge"
        return [_fault(rule, test, message, at, "a test must hold a subject of its rule",
                       code="test-vacuous")]  # fmt: skip
    marked = {(mark.path, mark.line) for mark in ready.marks}
    for mark in ready.marks:
        if (mark.path, mark.line) not in outcome.lines:
            message = f"no finding at {mark.path}:{mark.line} `{mark.text}`, where one is marked"
            faults.append(_fault(rule, test, message, mark.span))
            continue
        severity = outcome.severities[mark.path, mark.line]
        if severity != mark.severity:
            message = (f"the finding at {mark.path}:{mark.line} `{mark.text}` is {severity}, "
                       f"not {mark.severity}")  # fmt: skip
            faults.append(_fault(rule, test, message, mark.span, f"`#! finding {severity}`"))
    judged = marked or test.verdict != "fails"
    for path, line in dict.fromkeys(outcome.lines):
        if judged and (path, line) not in marked:
            said = outcome.messages[path, line]
            message = f"unexpected finding at {path}:{line} `{_words(ready, path, line)}`: {said}"
            faults.append(_fault(rule, test, message, _place(test, path, line)))
    if outcome.reviews and test.verdict != "reviews":
        why = "; ".join(outcome.causes[:3])
        message = f"{_counted(outcome.reviews, 'subject')} could not be decided, because of {why}"
        faults.append(_fault(rule, test, message, at))
    counted = outcome.reviews if test.verdict == "reviews" else outcome.violations
    what = "review" if test.verdict == "reviews" else "finding"
    if test.verdict != "passes" and test.count is not None and counted != test.count:
        message = f"{_counted(counted, what)} instead of {test.count}"
        faults.append(_fault(rule, test, message, at))
    elif test.verdict != "passes" and not counted and not faults:
        faults.append(_fault(rule, test, f"no {what}; {_counted(outcome.passes, 'subject')} passed",
                             at))  # fmt: skip
    return faults


def _words(ready: _Prepared, path: str, line: int) -> str:
    source = ready.sources.get(path)
    return source.line_text(line).strip()[:80] if source is not None else ""


def _counted(number: int, word: str) -> str:
    return f"{number or 'no'} {word}{'' if number == 1 else 's'}"


def _missing_tests(rule: ir.CheckedRule) -> list[Problem]:
    """A rule whose tests show only one side shows nothing."""
    verdicts = Counter(test.verdict for test in rule.tests)
    return [
        Problem("test-missing", f"rule `{rule.id}` has no test that {verdict}",
                rule.span.first_line, hint=f'add `test "..." {verdict} {{ ... }}`')
        for verdict in ("fails", "passes") if not verdicts[verdict]
    ] + _missing_fixed(rule)  # fmt: skip


def _missing_fixed(rule: ir.CheckedRule) -> list[Problem]:
    """A fix that no test shows may do anything."""
    shown = any(fixture.form == "fixed" for test in rule.tests for fixture in test.fixtures)
    if rule.fix is None or shown:
        return []
    return [Problem("test-missing", f"rule `{rule.id}` has a fix, and no test shows what it does",
                    rule.fix.span.first_line,
                    hint='add `fixed "path" """..."""` to a test that fails')]  # fmt: skip


# ------------------------------------------------------------------ fixes
def _unfixed(
    rule: ir.CheckedRule, ready: _Prepared, outcome: _Outcome, pack: Pack, config: Config
) -> list[Problem]:
    """What does not hold of the texts after the fixes, and findings that fixes do not clear."""
    wanted = [one for one in ready.test.fixtures if one.form == "fixed"]
    if not wanted:
        return []
    mended = [one for one in outcome.findings if one.fix is not None]
    edits = [edit for one in mended if one.fix is not None for edit in one.fix.edits]
    if any(clash(one, other) for one, other in combinations(edits, 2)):
        message = "two fixes change the same words"
        return [_fault(rule, ready.test, message, wanted[0].span.first_line)]
    texts = {**ready.texts, **texts_of(mended)}
    faults = [fault for one in wanted if (fault := _differs(rule, ready.test, one, texts))]
    if faults or not mended:
        return faults
    model = model_of_texts(texts, _settings(config, texts), pack)
    sources = {document.source.path: document.source for document in model.documents}
    after = _outcome(rule, replace(ready, graph=model.graph, sources=sources))
    left = left_of(mended, outcome.findings, after.findings)
    at = wanted[0].span.first_line
    faults = [_fault(rule, ready.test, f"the fix leaves the finding at {one.span}", at)
              for one in mended if one.fingerprint in left]  # fmt: skip
    if after.reviews > outcome.reviews:
        faults.append(_fault(rule, ready.test, "after the fix the rule cannot decide", at))
    faults += [_fault(rule, ready.test, f"after the fix: {problem.message}", at)
               for problem in model.problems if problem.severity is Severity.ERROR]  # fmt: skip
    return faults


def _differs(
    rule: ir.CheckedRule, test: ir.RuleTest, wanted: ir.Fixture, texts: Mapping[str, str]
) -> Problem | None:
    """Where the text after the fixes is not the one that the test gives."""
    found = texts.get(wanted.name)
    if found is None:
        return _fault(rule, test, f"there is no `{wanted.name}` to be fixed",
                      wanted.span.first_line)  # fmt: skip
    if found == wanted.text:
        return None
    pairs = zip_longest(found.split("\n"), wanted.text.split("\n"))
    number, (is_now, should) = next(
        (number, pair) for number, pair in enumerate(pairs, 1) if pair[0] != pair[1]
    )
    words = "nothing" if is_now is None else f"`{is_now.strip()[:80]}`"
    instead = "nothing" if should is None else f"`{should.strip()[:80]}`"
    message = f"line {number} of `{wanted.name}` is {words} after the fixes, not {instead}"
    return _fault(rule, test, message, _line_in_rule(wanted, number))


# ------------------------------------------------------------------ decisive conditions
def _undecisive(rule: ir.CheckedRule, prepared: Sequence[_Prepared]) -> list[Problem]:
    """Conditions without which every test would still hold."""
    out: list[Problem] = []
    for part, variant in _variants(rule):
        if all(_holds(ready, _outcome(variant, ready)) for ready in prepared):
            words = " ".join(part.span.text.split())
            shown = words if len(words) <= 80 else words[:77] + "..."
            out.append(Problem(
                "test-undecisive",
                f"rule `{rule.id}`: no test needs the condition `{shown}`; all hold without it",
                part.span, hint="add a test that only this condition decides, or remove it",
            ))  # fmt: skip
    return out


def _variants(rule: ir.CheckedRule) -> Iterator[tuple[ir.Expr | ir.SeverityWhen, ir.CheckedRule]]:
    """What can be left out, each with the rule without it: conditions, and severities whole."""
    for at, part in enumerate(rule.where):
        if not _guards(part, rule):
            yield part, replace(rule, where=rule.where[:at] + rule.where[at + 1 :])
    for at, one in enumerate(rule.severities):
        before, after = rule.severities[:at], rule.severities[at + 1 :]
        yield one, replace(rule, severities=(*before, *after))
        parts = one.condition.operands if isinstance(one.condition, ir.And) else ()
        for number, part in enumerate(parts):
            rest = parts[:number] + parts[number + 1 :]
            weaker = replace(one, condition=ir.And(rest, part.type, one.condition.span))
            yield part, replace(rule, severities=(*before, weaker, *after))


def _guards(part: ir.Expr, rule: ir.CheckedRule) -> bool:
    """Whether it is an `is set` that the checker asks for: the rule goes on to use the value."""
    if not isinstance(part, ir.Test) or part.test != "set" or part.negated:
        return False
    place = re.compile(rf"(?<![\w.]){re.escape(part.receiver.span.text)}(?!\w)")
    others = [other.span.text for other in rule.where if other is not part]
    others += [let.value.span.text for let in rule.lets]
    return any(place.search(text) for text in others)


def _fault(
    rule: ir.CheckedRule, test: ir.RuleTest, message: str, span: Span, hint: str = "",
    *, code: str = "test-failed",
) -> Problem:  # fmt: skip
    return Problem(code, f'rule `{rule.id}`, test "{test.title}": {message}', span, hint=hint)
