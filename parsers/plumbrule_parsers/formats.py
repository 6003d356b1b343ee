"""The one list of formats. Adding a format is one folder and one line here."""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module
from pathlib import Path

from plumbrule_parsers.format import Format
from plumbrule_parsers.source import Source

# In order of precedence where two formats are equally sure of a file.
FORMATS = (
    "terraform",
    "helm",
    "kustomize",
    "github_actions",
    "gitlab_ci",
    "jenkins",
    "dockerfile",
    "compose",
    "prometheus",
    "kubernetes",
    "shell",
)

# In the order in which they resolve: what others read comes first. A release that a kustomization
# patches is built before the chart is rendered that it installs.
RESOLVED = ("terraform", "kustomize", "helm", *FORMATS[3:])


@lru_cache(maxsize=32)
def format_of(name: str) -> Format:
    """The format of that name; its folder is imported when it is first needed."""
    found = import_module(f"plumbrule_parsers.{name}").FORMAT
    assert isinstance(found, Format)
    return found


def schema_sources() -> list[Source]:
    """The schema files of the shared vocabulary and of every format, in a fixed order."""
    root = Path(__file__).parent
    files = [root / "schema.plumb", root / "pipeline.plumb"]
    files += [root / name / "schema.plumb" for name in FORMATS]
    return [
        Source(path.relative_to(root).as_posix(), path.read_text(encoding="utf-8"))
        for path in files
    ]
