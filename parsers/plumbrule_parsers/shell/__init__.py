"""Shell: script files and Makefiles, as far as the steps of pipelines run them."""

from plumbrule_parsers.format import Format
from plumbrule_parsers.shell.parse import detect, parse
from plumbrule_parsers.shell.resolve import resolve

FORMAT = Format(
    "shell", detect, parse, resolve=resolve,
    reads=("github_actions", "gitlab_ci", "jenkins", "dockerfile"),
)  # fmt: skip
