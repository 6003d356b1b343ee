"""Where the module of a unit comes from: a folder of the repository, or somewhere else."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from plumbrule_parsers.terraform.terragrunt.checkout import inside

# What is fetched: `git::...`, `https://...`, `git@host:...`, and hosts that need no scheme.
_REMOTE = re.compile(
    r"(?:[a-z][a-z0-9+.-]*::|[a-z][a-z0-9+.-]*://|[\w.-]+@[\w.-]+:"
    r"|(?:github\.com|gitlab\.com|bitbucket\.org)/|[\w.-]+\.amazonaws\.com/|www\.googleapis\.com/)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class ModuleSource:
    """A folder of the repository, or what is outside; `below` is the path inside a repository."""

    folder: str | None
    remote: str = ""
    below: str = ""


def module_source(written: str, at: str) -> ModuleSource:
    """Where a source points, seen from the folder of its unit.

    Neither a folder nor remote: the path leaves the repository.
    """
    text = written.partition("?")[0].strip()
    if _REMOTE.match(text):
        scheme = text.find("://")
        cut = text.find("//", scheme + 3 if scheme >= 0 else 0)
        below = text[cut + 2 :].strip("/") if cut >= 0 else ""
        return ModuleSource(None, written, below)
    start = "/" if text.startswith("/") else ""
    return ModuleSource(inside(start + re.sub(r"/{2,}", "/", text).lstrip("/"), at))


def folder_like(source: ModuleSource, folders: Iterable[str]) -> str | None:
    """The one folder of the repository that a remote source may be an older state of.

    Only a path of two names or more counts, and only if a single folder ends in it: a live
    repository next to its modules has that shape, a name such as `vpc` is everywhere.
    """
    if "/" not in source.below:
        return None
    wanted = source.below
    fitting = [one for one in folders if one == wanted or one.endswith(f"/{wanted}")]
    return fitting[0] if len(fitting) == 1 else None


def without_user(written: str) -> str:
    """The source as it may be shown: a URL may hold a password."""
    return re.sub(r"(://)[^/@\s]*@", r"\1", written)
