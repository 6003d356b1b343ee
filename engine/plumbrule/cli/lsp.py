"""Run the language server on standard input and output; editors start it."""

from __future__ import annotations

import argparse

from plumbrule.cli.prepare import UsageError


def arguments(parser: argparse.ArgumentParser) -> None:
    """`plumb lsp` takes nothing; the workspace comes with the protocol."""
    parser.add_argument("--stdio", action="store_true", help="accepted; it is the only way")


def run(options: argparse.Namespace) -> int:  # noqa: ARG001
    """Serve until the editor says exit."""
    try:
        from plumbrule.lsp.server import serve
    except ModuleNotFoundError as error:
        if error.name not in ("pygls", "lsprotocol"):
            raise
        hint = "install the extra: `pip install 'plumbrule[lsp]'`"
        raise UsageError("the language server's libraries are not installed", hint) from None
    serve()
    return 0
