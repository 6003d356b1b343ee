"""Recognise Jenkinsfiles by their names, other Groovy by the pipeline in it."""

from __future__ import annotations

import re

_PARTS = re.compile(r"^[ \t]*(?:pipeline|node|stage|podTemplate)\b[ \t]*[({'\"]", re.MULTILINE)
_PIPELINE = re.compile(r"^[ \t]*pipeline[ \t]*\{", re.MULTILINE)


def detect(path: str, head: str) -> int:
    """3 by name, 2 for Groovy that begins with a pipeline, 0 for everything else."""
    name = path.rpartition("/")[2].lower()
    if name == "jenkinsfile" or name.startswith(("jenkinsfile.", "jenkinsfile-", "jenkinsfile_")):
        if name.endswith((".md", ".yaml", ".yml", ".json", ".sh", ".txt")):
            return 0
        return 3
    if name.endswith((".jenkinsfile", ".jenkins")):
        return 3 if _PARTS.search(head) else 1
    return 2 if name.endswith(".groovy") and _PIPELINE.search(head) else 0
