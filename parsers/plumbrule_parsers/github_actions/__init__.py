"""GitHub Actions: workflows, and the actions of this repository."""

from plumbrule_parsers.format import Format
from plumbrule_parsers.github_actions.parse import detect, parse
from plumbrule_parsers.github_actions.resolve import resolve

FORMAT = Format("github_actions", detect, parse, resolve=resolve)
