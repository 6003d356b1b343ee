"""The statements of a file, in whichever of the two syntaxes it is written."""

from __future__ import annotations

from plumbrule_parsers.document import Problem
from plumbrule_parsers.hcl_tree import parse_hcl
from plumbrule_parsers.hcl_tree import syntax as h
from plumbrule_parsers.source import Source


def statements(source: Source) -> tuple[h.Body, tuple[Problem, ...]]:
    """The file's body, and what of it could not be read. Never raises."""
    if source.path.endswith(".json"):
        from plumbrule_parsers.json_tree import parse_json
        from plumbrule_parsers.terraform.json_body import json_body

        value, problems = parse_json(source)
        odd: list[Problem] = []
        body = json_body(value, odd, variables=source.path.endswith(".tfvars.json"))
        return body, (*problems, *odd)
    body, problems = parse_hcl(source)
    if problems:
        from plumbrule_parsers.terraform.second_opinion import second_opinion

        problems = second_opinion(source, problems)
    return body, problems
