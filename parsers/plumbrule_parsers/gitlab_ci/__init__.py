"""GitLab CI: pipeline files with their local includes and `extends`."""

from plumbrule_parsers.format import Format
from plumbrule_parsers.gitlab_ci.parse import detect, parse
from plumbrule_parsers.gitlab_ci.resolve import resolve

FORMAT = Format("gitlab_ci", detect, parse, resolve=resolve)
