"""One pipeline file, read; jobs are made in `resolve`, when includes and templates are known."""

from __future__ import annotations

import re

from plumbrule_parsers.document import Document, how_much
from plumbrule_parsers.source import Source
from plumbrule_parsers.value import MapValue
from plumbrule_parsers.yaml_tree import parse_yaml

_SCRIPT = re.compile(r"^[ \t]+(?:script|extends|trigger)\s*:", re.MULTILINE)
_TOP = re.compile(r"^(?:stages|include|default|workflow|\.[\w-]+)\s*:", re.MULTILINE)
# Pipelines of other tools, and compose files, use some of the same words.
_OTHERS = (".travis", "docker-compose", "compose.", "azure-pipelines", "bitbucket-pipelines")
_OTHER_TOOL = re.compile(
    r"^(?:pipelines|language|pool|jobs|steps|on|version|networks|volumes|apiVersion)[ \t]*:"
    r"|^services[ \t]*:[ \t]*$(?!\s*+-)",
    re.MULTILINE,
)
# Keys of a file that are no jobs.
GLOBAL = {"stages", "include", "default", "workflow", "variables", "image", "services", "cache",
          "before_script", "after_script", "pages", "spec", "types"}  # fmt: skip


def detect(path: str, head: str) -> int:
    """3 for `.gitlab-ci.yml`, 1 for other YAML that looks like a part of a pipeline."""
    name = path.rpartition("/")[2]
    if name in (".gitlab-ci.yml", ".gitlab-ci.yaml") or name.endswith((".gitlab-ci.yml",)):
        return 3
    if name.startswith(_OTHERS) or _OTHER_TOOL.search(head):
        return 0
    if not path.endswith((".yml", ".yaml")) or "{{" in head.replace("${{", ""):
        return 0
    return 1 if _SCRIPT.search(head) and (_TOP.search(head) or "/ci/" in f"/{path}") else 0


def parse(source: Source) -> Document:
    """The file's tree, kept for `resolve`."""
    stream = parse_yaml(source, "1.2")
    merged: MapValue | None = None
    for document in stream.documents:  # a header document `spec: inputs:` may stand first
        if isinstance(document.value, MapValue) and not (
            "spec" in document.value and len(stream.documents) > 1
        ):
            merged = document.value
    state, because = how_much(stream.problems, something=merged is not None)
    return Document(
        source, "gitlab_ci", problems=stream.problems, completeness=state, because=because,
        facts={"tree": merged},
    )  # fmt: skip
