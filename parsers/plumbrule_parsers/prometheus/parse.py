"""One rule file to its document.

Source: https://prometheus.io/docs/prometheus/latest/configuration/alerting_rules/.
"""

from __future__ import annotations

import re

from plumbrule_parsers.document import Document, Node, Problem, how_much
from plumbrule_parsers.source import Source
from plumbrule_parsers.value import ListValue, MapValue, Reason, Unknown, Value, join_segments
from plumbrule_parsers.yaml_tree import parse_yaml

_GROUPS = re.compile(r"^groups[ \t]*:", re.MULTILINE)
_OPERATOR = re.compile(r"^kind:\s*PrometheusRule\b", re.MULTILINE)
_KIND = re.compile(r"^kind:", re.MULTILINE)
_RULES = re.compile(r"^[ \t]*(?:-[ \t]+)?rules[ \t]*:", re.MULTILINE)


def detect(path: str, head: str) -> int:
    """3 for the operator's resource, 2 for a file with groups of rules."""
    if not path.endswith((".yml", ".yaml", ".rules")):
        return 0
    if _OPERATOR.search(head):
        # Among other objects it is one of them: nothing of the file may be lost.
        return 3 if len(_KIND.findall(head)) == len(_OPERATOR.findall(head)) else 0
    return 2 if _GROUPS.search(head) and _RULES.search(head) else 0


def parse(source: Source) -> Document:
    """A node for each alert; recording rules are left out."""
    stream = parse_yaml(source, "1.1")
    nodes: list[Node] = []
    problems: list[Problem] = list(stream.problems)
    counts: dict[str, int] = {}
    for document in stream.documents:
        for group in _groups(document.value):
            rules = group.get("rules")
            shown = group.get("name")
            for rule in rules if isinstance(rules, ListValue) else ():
                if not isinstance(rule, MapValue) or not isinstance(rule.get("alert"), str):
                    continue
                name = f"{shown}/{rule['alert']}"
                counts[name] = counts.get(name, 0) + 1
                suffix = f"~{counts[name]}" if counts[name] > 1 else ""
                place = rule.place("alert")
                span = place.entry if place is not None else rule.span.first_line
                fields = rule.copy_with()
                fields.put("name", rule["alert"], place)
                for key in ("labels", "annotations"):
                    _fill_in(rule.get(key))
                nodes.append(Node(f"{source.path}#alert/{name}{suffix}", "prom.Alert",
                                  f"alert {rule['alert']}", fields, span))  # fmt: skip
    state, because = how_much(problems)
    return Document(source, "prometheus", tuple(nodes), problems=tuple(problems),
                    completeness=state, because=because)  # fmt: skip


def _fill_in(words: Value) -> None:
    """Make the computed part of each word unknown: Prometheus fills it in for every alert."""
    if not isinstance(words, MapValue):
        return
    for key, text in list(words.items()):
        if isinstance(text, str) and "{{" in text:
            head, _, rest = text.partition("{{")
            _, _, tail = rest.rpartition("}}")
            part = Unknown(Reason.TEMPLATE, text[:60], type="string", not_null=True)
            words.put(key, join_segments((head, part, tail)), words.place(key))


def _groups(value: Value) -> list[MapValue]:
    if not isinstance(value, MapValue):
        return []
    spec = value.get("spec")
    owner = spec if isinstance(spec, MapValue) and "groups" in spec else value
    groups = owner.get("groups")
    return (
        [one for one in groups if isinstance(one, MapValue)]
        if isinstance(groups, ListValue)
        else []
    )
