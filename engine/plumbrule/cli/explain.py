"""Print what a rule means, why it matters, what to do, and how to set or allow it."""

from __future__ import annotations

import argparse
import sys
import textwrap

from plumbrule.cli.prepare import UsageError, common_arguments, prepare
from plumbrule.language import ir


def arguments(parser: argparse.ArgumentParser) -> None:
    """What `plumb explain` takes."""
    parser.add_argument("rule", metavar="RULE", help="a rule's id")
    common_arguments(parser, paths=False)


def run(options: argparse.Namespace) -> int:
    """The rule's page as plain text."""
    rule = rule_named(options.rule, prepare(options, []).pack.rules)
    sys.stdout.write(page(rule))
    return 0


def rule_named(word: str, rules: tuple[ir.CheckedRule, ...]) -> ir.CheckedRule:
    """The rule of that id or former id."""
    names = {name: rule for rule in rules for name in (*rule.formerly, rule.id)}
    if word in names:
        return names[word]
    from plumbrule.language.schema import suggest

    hint = "`plumb rules` lists them"
    raise UsageError(f"there is no rule `{word}`{suggest(word, names)}", hint)


def page(rule: ir.CheckedRule) -> str:
    """Title, words, parameters, the rule itself and how to allow a finding of it."""
    lines = [f"{rule.id}: {rule.title}", f"severity {rule.severity}, confidence {rule.confidence}"]
    lines += [
        f"severity {one.severity} when {' '.join(one.condition.span.text.split())}"
        for one in rule.severities
    ]
    if rule.formerly:
        lines.append(f"formerly {', '.join(rule.formerly)}")
    for name, words in (("Why", rule.why), ("What to do", rule.remedy)):
        if words:
            lines += [
                "",
                name,
                *textwrap.wrap(
                    " ".join(words.split()), 88, initial_indent="  ", subsequent_indent="  "
                ),
            ]
    if rule.params:
        lines += ["", "Parameters"]
        lines += [
            f"  {param.name}: {param.type} = {param.default.span.text}"
            + (f"   {param.doc}" if param.doc else "")
            for param in rule.params
        ]
    for name, items in (("Tags", rule.tags), ("References", rule.refs)):
        if items:
            lines += ["", name, *(f"  {item}" for item in items)]
    lines += [
        "",
        "The rule",
        textwrap.indent(rule.text, "  "),
        "",
        f"To see how it judges one {' or '.join(rule.subject_kinds)}, and by what values",
        f"  plumb why {rule.id} NODE",
        "",
        "To allow one place, write above it",
        f'  # plumb:allow {rule.id} until YYYY-MM-DD because "the reason"',
        "",
        "To change it for a project, write into plumbrule.toml",
        f'  [rules."{rule.id}"]',
        f'  severity = "{rule.severity}"   # or enabled = false',
        "",
    ]
    return "\n".join(lines)
