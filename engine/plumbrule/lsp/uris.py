"""URIs: the names that editors give to files, to paths and back."""

from __future__ import annotations

import os
import re
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

_DRIVE = re.compile(r"/[A-Za-z]:(?=/|$)")


def path_of(uri: str, *, windows: bool = os.name == "nt") -> str | None:
    """The absolute path that a `file:` URI names, None for other URIs and for what is no path.

    `file:///c%3A/x` is a drive only on Windows; elsewhere a folder may be called `c:`.
    """
    try:
        parts = urlsplit(uri)
        path = unquote(parts.path, errors="surrogateescape")
        host = unquote(parts.netloc)
    except ValueError:
        return None
    if parts.scheme.lower() != "file" or not path.startswith("/") or "\0" in path:
        return None
    # An unquoted question mark or number sign belongs to the name.
    for sign, rest in (("?", parts.query), ("#", parts.fragment)):
        path += sign + unquote(rest, errors="surrogateescape") if rest else ""
    if not windows:
        return os.path.normpath(path) if host in ("", "localhost") else None
    path = path.replace("\\", "/")
    if host not in ("", "localhost"):
        return f"//{host}{path}".replace("/", "\\")
    return path[1:].replace("/", "\\") if _DRIVE.match(path) else None


def uri_of(path: Path | str, *, windows: bool = os.name == "nt") -> str:
    """The `file:` URI of an absolute path."""
    text = str(path)
    host = ""
    if windows:
        text = text.replace("\\", "/")
        if text.startswith("//"):
            host, _, rest = text[2:].partition("/")
            text = "/" + rest
        elif not text.startswith("/"):
            text = "/" + text
    data = text.encode("utf-8", "surrogateescape")
    return f"file://{host}{quote(data, safe='/:@-._~' if windows else '/@-._~')}"


def same(uri: str) -> str:
    """One spelling for URIs that differ only in what they percent-encode."""
    path = path_of(uri)
    return uri if path is None else uri_of(path)
