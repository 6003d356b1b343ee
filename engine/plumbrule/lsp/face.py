"""Face: one editor's folders, open files, and what it is asked for and told."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import functools
import os
import sys
import traceback
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from plumbrule.lsp.allow import until
from plumbrule.lsp.convert import (
    FIX_ALL,
    QUICK_FIX,
    action_of,
    diagnostic_of,
    explained,
    wants,
    workspace_edit,
)
from plumbrule.lsp.meaning import Meaning
from plumbrule.lsp.mend import Offer, offers_for, offers_for_file
from plumbrule.lsp.notes import Note, without_secrets
from plumbrule.lsp.positions import Encoding, offset_of
from plumbrule.lsp.session import DEBOUNCE, Buffers, Outcome, Session, Surroundings
from plumbrule.lsp.uris import path_of, same, uri_of
from plumbrule.lsp.workspace import Changes, Frame, Workspace, all_notes, carried_over, loose_frame
from plumbrule_parsers.source import Source, Span
from plumbrule_parsers.text_edits.edit import TextEdit

WATCHED: Final = (
    "**/*.{yaml,yml,json,tf,tfvars,hcl,tpl,toml,plumb}",
    "**/{Dockerfile,Containerfile}*",
    "**/*.{Dockerfile,dockerfile}",
    "**/.gitignore",
)
_T = TypeVar("_T")
PATIENCE: Final = 2.0  # seconds to wait for an editor that is asked for a progress bar


@dataclass(frozen=True, slots=True)
class Buffer:
    """An open file. `path` is absolute with links resolved, None if the URI names no file."""

    uri: str
    path: str | None
    version: int
    source: Source


@dataclass(frozen=True, slots=True)
class Shown:
    """What an editor was last told of a URI, and what it was told from."""

    diagnostics: tuple[types.Diagnostic, ...]
    notes: tuple[Note, ...]
    frame: Frame | None
    version: int | None


_NOTHING = Shown((), (), None, None)


def log(server: LanguageServer, text: str, kind: types.MessageType) -> None:
    """Say it on standard error and in the editor's log."""
    text = without_secrets(text)
    sys.stderr.write(f"plumbrule: {text}\n")
    with contextlib.suppress(Exception):  # a broken connection must not hide the first fault
        server.window_log_message(types.LogMessageParams(kind, text))


class Face:
    """The state of one connection. Everything here happens on the event loop's thread."""

    def __init__(self, server: LanguageServer) -> None:
        self.server = server
        self.sessions: list[Session] = []
        self.folders: dict[str, str] = {}  # folder with links resolved -> as the editor names it
        self.open: dict[str, Buffer] = {}
        self.shown: dict[str, Shown] = {}
        self.uris: dict[str, set[str]] = {}  # path -> the URIs under which it was shown
        self.timers: dict[str, asyncio.TimerHandle] = {}
        self.tasks: set[asyncio.Task[None]] = set()
        self.tokens: dict[Session, str] = {}
        self.quick = ThreadPoolExecutor(1, "plumbrule-quick")
        self.thorough = ThreadPoolExecutor(1, "plumbrule-thorough")
        self.warned: set[Session] = set()
        self.meaning = Meaning()
        self.watching = False

    # --- what the editor says -------------------------------------------------------------------

    def initialize(self, params: types.InitializeParams) -> None:
        """Take the workspace's folders."""
        given = [folder.uri for folder in params.workspace_folders or ()]
        if not given and (params.root_uri or params.root_path):
            given = [params.root_uri or uri_of(os.path.abspath(params.root_path or ""))]
        for uri in given:
            self._add(uri)

    async def initialized(self, _params: types.InitializedParams) -> None:
        """Ask for news of files, and read the workspace."""
        for session in self.sessions:
            session.poke(Changes())
        watched = _get(self.server.client_capabilities, "workspace.did_change_watched_files")
        if not getattr(watched, "dynamic_registration", False):
            return
        options = types.DidChangeWatchedFilesRegistrationOptions(
            [types.FileSystemWatcher(glob_pattern=glob) for glob in WATCHED]
        )
        await self.server.client_register_capability_async(
            types.RegistrationParams([types.Registration(
                "plumbrule-files", types.WORKSPACE_DID_CHANGE_WATCHED_FILES, options
            )])
        )  # fmt: skip
        self.watching = True

    def folders_changed(self, params: types.DidChangeWorkspaceFoldersParams) -> None:
        """Take folders in and let others go."""
        for folder in params.event.removed:
            self._remove(folder.uri)
        for folder in params.event.added:
            self._add(folder.uri)
        for session in self.sessions:
            session.poke(Changes(listing=True))
        for buffer in list(self.open.values()):
            self._edited(buffer, 0.0)

    def opened(self, params: types.DidOpenTextDocumentParams) -> None:
        """Read a file as the editor has it."""
        document = params.text_document
        self._edited(self._take(document.uri, document.version, document.text), 0.0)

    def changed(self, params: types.DidChangeTextDocumentParams) -> None:
        """Read the file again after a rest. The whole text comes with every change."""
        if not params.content_changes:
            return
        document = params.text_document
        buffer = self._take(document.uri, document.version, params.content_changes[-1].text)
        self._edited(buffer, DEBOUNCE)

    def saved(self, params: types.DidSaveTextDocumentParams) -> None:
        """Look at everything that the file may bear on; at the disk, too, if nobody watches it."""
        path = _real(params.text_document.uri)
        if path is None:
            return
        for session in self._concerned(path):
            session.poke(Changes(frozenset((path,)), listing=not self.watching))

    def closed(self, params: types.DidCloseTextDocumentParams) -> None:
        """From now on the file is what the disk says."""
        uri = params.text_document.uri
        buffer = self.open.pop(uri, None)
        if buffer is None or buffer.path is None:
            return
        concerned = self._concerned(buffer.path)
        for session in concerned:
            session.poke(Changes(frozenset((buffer.path,)), listing=True))
        if self._owner(buffer.path) is None:
            self._send(uri, _NOTHING)

    def files_changed(self, params: types.DidChangeWatchedFilesParams) -> None:
        """Read what changed on the disk, unless it is open."""
        for event in params.changes:
            path = _real(event.uri)
            if path is None:
                continue
            came_or_went = event.type != types.FileChangeType.Changed
            came_or_went |= os.path.basename(path) == ".gitignore"
            for session in self._concerned(path):
                session.poke(Changes(frozenset((path,)), listing=came_or_went), DEBOUNCE)

    async def hover(self, params: types.HoverParams) -> types.Hover | None:
        """What the findings under the cursor mean, and what stands there becomes."""
        buffer, shown = self._current(params.text_document.uri)
        frame = shown.frame
        if buffer is None or buffer.path is None or frame is None:
            return None
        position = params.position
        offset = offset_of(buffer.source, (position.line, position.character), self.encoding)
        notes = [note for note in shown.notes if note.span.start <= offset <= note.span.end]
        text = explained(notes, frame.rules.pack.rules, until(_today())) if notes else ""
        value = await asyncio.get_running_loop().run_in_executor(
            self.quick, self.meaning.of, frame, buffer.path, offset
        )
        parts = [part for part in (value, text) if part]
        if not parts:
            return None
        told = "\n\n---\n\n".join(parts)
        return types.Hover(types.MarkupContent(types.MarkupKind.Markdown, told))

    async def actions(self, params: types.CodeActionParams) -> list[types.CodeAction]:
        """For each finding in the range its fix and the comment that allows it, if they work."""
        only = params.context.only
        buffer, shown = self._current(params.text_document.uri)
        frame = shown.frame
        if buffer is None or buffer.path is None or frame is None:
            return []
        start, end = (
            offset_of(buffer.source, (point.line, point.character), self.encoding)
            for point in (params.range.start, params.range.end)
        )
        offered: list[tuple[Offer, str, types.Diagnostic | None]] = []
        if only and wants(only, FIX_ALL):  # that judges the whole file: only where it is asked for
            found = await self._work(offers_for_file, buffer.path, frame, _today())
            offered += [(offer, FIX_ALL, None) for offer in found]
        for note, diagnostic in zip(shown.notes, shown.diagnostics, strict=True):
            outside = note.span.end < start or note.span.start > end
            if not outside and wants(only, QUICK_FIX):
                found = await self._work(offers_for, note, frame, _today())
                offered += [(offer, QUICK_FIX, diagnostic) for offer in found]
        if self.open.get(buffer.uri) is not buffer:
            return []
        return [action_of(offer, kind, diagnostic, self._edit(offer.edits, frame))
                for offer, kind, diagnostic in offered
                if all(self._as_read(edit, frame) for edit in offer.edits)]  # fmt: skip

    def _as_read(self, edit: TextEdit, frame: Frame) -> bool:
        """Whether the file, if it is open, is still what the edit was made for."""
        buffer = self.open.get(self._locate(frame, edit.span))
        return buffer is None or buffer.source.text == edit.span.source.text

    async def _work(self, work: Callable[..., _T], *given: object) -> _T:
        """The outcome of work that may take a while, done beside the event loop."""
        return await asyncio.get_running_loop().run_in_executor(self.quick, work, *given)

    def shutdown(self, _params: None) -> None:
        """Stop all work."""
        for session in self.sessions:
            session.close()
        for timer in self.timers.values():
            timer.cancel()
        for executor in (self.quick, self.thorough):
            executor.shutdown(wait=False, cancel_futures=True)

    # --- folders and buffers --------------------------------------------------------------------

    @property
    def encoding(self) -> Encoding:
        """The unit of columns that both sides agreed on."""
        chosen = str(getattr(self.server.workspace.position_encoding, "value",
                             self.server.workspace.position_encoding))  # fmt: skip
        return "utf-8" if chosen == "utf-8" else "utf-32" if chosen == "utf-32" else "utf-16"

    def _add(self, uri: str) -> None:
        path = path_of(uri)
        if path is None or not os.path.isdir(path):
            self._log(f"`{uri}` is no folder here and is not read", types.MessageType.Warning)
            return
        real = os.path.realpath(path)
        if real in self.folders:
            return
        if real in (os.path.realpath(Path.home()), os.path.abspath(os.sep)):
            # An editor that was started anywhere says so; nobody keeps infrastructure there.
            self._log(f"`{path}` is not read as a workspace", types.MessageType.Warning)
            return
        self.folders[real] = path
        around = Surroundings(
            self.quick, self.thorough, self._buffers, self._publish, self._failed,
            self._progress, self._first,
        )  # fmt: skip
        self.sessions.append(Session(Workspace(real), around))

    def _remove(self, uri: str) -> None:
        path = _real(uri)
        for session in [one for one in self.sessions if one.workspace.folder == path]:
            session.close()
            self.sessions.remove(session)
            mine = [known for known in self.uris if session.workspace.holds(known)]
            for known in mine:
                for name in self.uris.pop(known):
                    self._send(name, _NOTHING)
            self.folders.pop(session.workspace.folder, None)

    def _take(self, uri: str, version: int, text: str) -> Buffer:
        # Half a surrogate pair is no character; its replacement takes the same units.
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        path = _real(uri)
        buffer = Buffer(uri, path, version, Source(path or uri, text))
        self.open[uri] = buffer
        return buffer

    def _buffers(self) -> Buffers:
        files = {buffer.path: buffer for buffer in self.open.values() if buffer.path is not None}
        return Buffers({path: buffer.source.text for path, buffer in files.items()},
                       {path: buffer.version for path, buffer in files.items()})  # fmt: skip

    def _owner(self, path: str) -> Session | None:
        """The session of the innermost folder that holds the path."""
        held = [session for session in self.sessions if session.workspace.holds(path)]
        return max(held, key=lambda session: len(session.workspace.folder), default=None)

    def _concerned(self, path: str) -> list[Session]:
        """The sessions that a change of the file may bear on."""
        return [session for session in self.sessions if session.workspace.holds(path)
                or path == session.workspace.config.path or _is_rule_of(session, path)]  # fmt: skip

    def _edited(self, buffer: Buffer, delay: float) -> None:
        if buffer.path is None:
            return  # `untitled:` and the like: no path, so no format and no place in a repository
        for session in self._concerned(buffer.path):
            session.poke(Changes(frozenset((buffer.path,))), delay)
        if self._concerned(buffer.path):
            return
        timer = self.timers.pop(buffer.uri, None)
        if timer is not None:
            timer.cancel()

        def start() -> None:
            task = asyncio.get_running_loop().create_task(self._loose(buffer))
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)

        self.timers[buffer.uri] = asyncio.get_running_loop().call_later(delay, start)

    async def _loose(self, buffer: Buffer) -> None:
        """Show the notes of a file outside every workspace."""
        path = buffer.path
        assert path is not None

        def work() -> tuple[Frame, tuple[Note, ...]]:
            frame = loose_frame(path, buffer.source.text)
            return frame, all_notes(frame, lambda: False).get(path, ())

        try:
            frame, notes = await asyncio.get_running_loop().run_in_executor(self.quick, work)
        except Exception as error:  # noqa: BLE001 - the server outlives every fault
            self._failed(f"cannot read {path}", error)
            return
        if self.open.get(buffer.uri) is buffer:
            self._send(buffer.uri, self._shown(notes, frame, buffer.version))

    # --- what the editor is told ----------------------------------------------------------------

    def _publish(self, session: Session, outcome: Outcome) -> None:
        """Show what is new: of every file if the outcome is whole, else of the files it names."""
        self._end_progress(session)
        frame = outcome.frame
        if frame.model is None and session not in self.warned:
            self.warned.add(session)
            names = ", ".join(Path(path).name for path in session.workspace.config_notes)
            message = f"plumbrule: nothing is checked until the errors in {names} are put right"
            self.server.window_show_message(
                types.ShowMessageParams(types.MessageType.Warning, message)
            )
        told = outcome.notes
        if outcome.whole:
            quiet = [*self.uris, *(one.path for one in self.open.values() if one.path is not None)]
            told = {**dict.fromkeys(quiet, ()), **told}
        for path, notes in told.items():
            if self._tells(session, path):
                self._show(path, notes, outcome)

    def _tells(self, session: Session, path: str) -> bool:
        """Whether it is this session that speaks of the path."""
        owner = self._owner(path)
        return owner is session or (owner is None and session in self._concerned(path))

    def _show(self, path: str, notes: tuple[Note, ...], outcome: Outcome) -> None:
        buffers = [buffer for buffer in self.open.values() if buffer.path == path]
        version = outcome.versions.get(path)
        if any(buffer.version != version for buffer in buffers) or (
            not buffers and version is not None
        ):
            return  # edited, opened or closed since: the next outcome speaks of it
        uris = {buffer.uri for buffer in buffers} or {self._uri(path)}
        earlier = self.uris.get(path, set())
        if not outcome.whole and path not in outcome.frame.beside:
            name = os.path.relpath(path, outcome.frame.root).replace(os.sep, "/")
            old = [note for uri in sorted(earlier) for note in self.shown.get(uri, _NOTHING).notes]
            notes = tuple(dict.fromkeys((*notes, *carried_over(old, outcome.frame, name))))
        for uri in earlier - uris:
            self._send(uri, _NOTHING)
        self.uris[path] = uris
        shown = self._shown(notes, outcome.frame, version)
        for uri in sorted(uris):
            self._send(uri, shown)

    def _shown(self, notes: Iterable[Note], frame: Frame, version: int | None) -> Shown:
        notes = tuple(notes)
        capabilities = self.server.client_capabilities
        related = _get(capabilities, "text_document.publish_diagnostics.related_information")
        made = tuple(
            diagnostic_of(note, self.encoding, functools.partial(self._locate, frame),
                          related=bool(related))
            for note in notes
        )  # fmt: skip
        return Shown(made, notes, frame, version)

    def _send(self, uri: str, shown: Shown) -> None:
        before = self.shown.pop(uri, _NOTHING)
        if shown.frame is not None:
            self.shown[uri] = shown
        if (before.diagnostics, before.version) == (shown.diagnostics, shown.version):
            return
        if not before.diagnostics and not shown.diagnostics and shown.version is None:
            return
        self.server.text_document_publish_diagnostics(
            types.PublishDiagnosticsParams(uri, list(shown.diagnostics), shown.version)
        )

    def _current(self, uri: str) -> tuple[Buffer | None, Shown]:
        """The open file and what was told of it, if that is about this version of it."""
        buffer = self.open.get(uri) or next(
            (one for one in self.open.values() if same(one.uri) == same(uri)), None
        )
        shown = self.shown.get(buffer.uri if buffer is not None else uri, _NOTHING)
        if buffer is None or shown.version != buffer.version:
            return None, _NOTHING
        return buffer, shown

    def _locate(self, frame: Frame, span: Span) -> str:
        return self._uri(os.path.join(frame.root, span.path))

    def _uri(self, path: str) -> str:
        """The URI of a path, as the editor spells it as far as that is known."""
        for buffer in self.open.values():
            if buffer.path == path:
                return buffer.uri
        owner = self._owner(path)
        if owner is not None:
            folder = owner.workspace.folder
            path = os.path.join(self.folders[folder], os.path.relpath(path, folder))
        return uri_of(path)

    def _edit(self, edits: Iterable[TextEdit], frame: Frame) -> types.WorkspaceEdit:
        changes = _get(self.server.client_capabilities, "workspace.workspace_edit.document_changes")
        versions = {buffer.uri: buffer.version for buffer in self.open.values()}
        return workspace_edit(edits, functools.partial(self._locate, frame), versions,
                              self.encoding, versioned=bool(changes))  # fmt: skip

    # --- progress and faults --------------------------------------------------------------------

    async def _first(self, session: Session) -> None:
        """Ask for a progress bar for the first reading of a workspace."""
        if not _get(self.server.client_capabilities, "window.work_done_progress"):
            return
        token = f"plumbrule/{self.sessions.index(session)}/{session.workspace.folder}"
        try:
            await asyncio.wait_for(self.server.work_done_progress.create_async(token), PATIENCE)
        except Exception:  # noqa: BLE001 - the bar is a courtesy
            return
        self.tokens[session] = token
        self.server.work_done_progress.begin(
            token, types.WorkDoneProgressBegin("plumbrule", message="reading files", percentage=0)
        )

    def _progress(self, session: Session, done: int, total: int) -> None:
        token = self.tokens.get(session)
        step = max(total // 20, 1)
        if token is not None and done % step == 0:
            report = types.WorkDoneProgressReport(
                message=f"{done} of {total} files", percentage=done * 100 // total
            )
            self.server.work_done_progress.report(token, report)

    def _end_progress(self, session: Session) -> None:
        token = self.tokens.pop(session, None)
        if token is not None:
            self.server.work_done_progress.end(token, types.WorkDoneProgressEnd())

    def _failed(self, what: str, error: BaseException) -> None:
        frames = traceback.extract_tb(error.__traceback__)[-3:]
        where = " < ".join(f"{Path(one.filename).name}:{one.lineno}" for one in reversed(frames))
        self._log(f"{what}: {type(error).__name__}: {error} ({where})", types.MessageType.Error)

    def _log(self, text: str, kind: types.MessageType) -> None:
        log(self.server, text, kind)


def _real(uri: str) -> str | None:
    path = path_of(uri)
    return os.path.realpath(path) if path is not None else None


def _is_rule_of(session: Session, path: str) -> bool:
    return session.workspace.rules is not None and path in session.workspace.rules.own


def _get(value: Any, path: str) -> Any:
    """The attribute at the dotted path, None where one is missing on the way."""
    for name in path.split("."):
        value = getattr(value, name, None)
    return value


def _today() -> dt.date:
    return dt.datetime.now(tz=dt.UTC).date()
