"""Server: the protocol on standard input and output, and where faults go."""

from __future__ import annotations

import inspect
import logging
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from plumbrule.lsp.convert import FIX_ALL
from plumbrule.lsp.face import Face, log
from plumbrule.version import __version__

# Bytes: deep documents nest deeply, and some systems give threads little.
STACK: Final = 64 * 1024 * 1024


class Server(LanguageServer):
    """pygls' server, whose faults go to the log instead of popping up in front of people."""

    def report_server_error(self, error: Exception, source: Any) -> None:
        """Log the fault; `source` is the kind of message that caused it."""
        name = getattr(source, "__name__", str(source))
        log(self, f"{name}: {type(error).__name__}", types.MessageType.Error)


def make_server() -> tuple[LanguageServer, Face]:
    """A server with every handler, ready to be started, and the face behind it."""
    # pygls applies partial changes by its own idea of lines (U+2028 and form feeds end one), which
    # would shift every later place; whole texts cannot go wrong.
    server = Server("plumbrule", __version__, types.TextDocumentSyncKind.Full)
    face = Face(server)
    handlers: list[tuple[str, Callable[[Any], Any], Any]] = [
        (types.INITIALIZE, face.initialize, None),
        (types.INITIALIZED, face.initialized, None),
        (types.SHUTDOWN, face.shutdown, None),
        (types.TEXT_DOCUMENT_DID_OPEN, face.opened, None),
        (types.TEXT_DOCUMENT_DID_CHANGE, face.changed, None),
        (types.TEXT_DOCUMENT_DID_SAVE, face.saved, None),
        (types.TEXT_DOCUMENT_DID_CLOSE, face.closed, None),
        (types.WORKSPACE_DID_CHANGE_WATCHED_FILES, face.files_changed, None),
        (types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS, face.folders_changed, None),
        (types.WORKSPACE_DID_CHANGE_CONFIGURATION, _ignore, None),
        (types.TEXT_DOCUMENT_HOVER, face.hover, None),
        (types.TEXT_DOCUMENT_CODE_ACTION, face.actions,
         types.CodeActionOptions([types.CodeActionKind.QuickFix, FIX_ALL])),
    ]  # fmt: skip
    for method, handler, options in handlers:
        server.feature(method, options)(_guarded(server, method, handler))
    return server, face


def serve() -> None:
    """Speak the protocol on standard input and output until the editor says exit."""
    # pygls logs whole messages when it stumbles, and those hold whole files.
    logging.getLogger("pygls").setLevel(logging.CRITICAL)
    threading.stack_size(STACK)
    sys.setswitchinterval(0.001)  # answers do not wait long for the thread that judges everything
    stdout = sys.stdout.buffer
    sys.stdout = sys.stderr  # whatever is printed by mistake must not break the protocol
    server, face = make_server()
    server.start_io(sys.stdin.buffer, stdout)
    face.shutdown(None)  # an editor that died did not ask for it


def _guarded(
    server: LanguageServer, method: str, handler: Callable[[Any], Any]
) -> Callable[[Any], Any]:
    """The handler, whose faults are logged and answered with nothing."""

    def failed(error: Exception) -> None:
        last = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{Path(last.filename).name}:{last.lineno}"
        text = f"{method}: {type(error).__name__}: {error} ({where})"
        log(server, text, types.MessageType.Error)

    async def later(params: Any) -> Any:
        try:
            return await handler(params)
        except Exception as error:  # noqa: BLE001 - the server outlives every fault
            failed(error)
            return None

    def at_once(params: Any = None) -> Any:
        try:
            return handler(params)
        except Exception as error:  # noqa: BLE001 - the server outlives every fault
            failed(error)
            return None

    return later if inspect.iscoroutinefunction(handler) else at_once


def _ignore(_params: Any) -> None:
    """Settings live in plumbrule.toml, so the editor's own do not matter."""


if __name__ == "__main__":
    serve()
