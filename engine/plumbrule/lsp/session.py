"""Session: when a workspace is brought up to date, and what of the outcome is still worth showing.

Two threads work for the server. The first one parses, links and judges the files that were edited,
which takes milliseconds. The second one judges everything, which may take longer; it gives up as
soon as there is something newer, and what it says is shown only if it is the newest.
"""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial

from plumbrule.lsp.workspace import (
    Changes,
    Frame,
    Notes,
    Stopped,
    Workspace,
    all_notes,
    first_notes,
)

DEBOUNCE = 0.2  # seconds of rest after a keystroke


@dataclass(frozen=True, slots=True)
class Buffers:
    """The open files at one moment, by absolute path."""

    texts: Mapping[str, str]
    versions: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Outcome:
    """Notes by absolute path. `whole`: a file that is not among them has none."""

    frame: Frame
    notes: Notes
    versions: Mapping[str, int]
    whole: bool


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a session needs of the server."""

    quick: Executor
    thorough: Executor
    buffers: Callable[[], Buffers]
    publish: Callable[[Session, Outcome], None]
    failed: Callable[[str, BaseException], None]
    progress: Callable[[Session, int, int], None]
    first: Callable[[Session], Awaitable[None]]


class Session:
    """One workspace with its pending changes. Lives on the event loop's thread."""

    def __init__(self, workspace: Workspace, around: Surroundings) -> None:
        self.workspace = workspace
        self.around = around
        self.closed = threading.Event()
        self.generation = 0
        self.frame: Frame | None = None
        self._pending = Changes(listing=True, settings=True)
        self._timer: asyncio.TimerHandle | None = None
        self._turn: asyncio.Task[None] | None = None
        self._rest: set[asyncio.Task[None]] = set()

    def poke(self, changes: Changes, delay: float = 0.0) -> None:
        """Note the changes, and bring the workspace up to date after `delay` seconds of rest."""
        self._pending |= changes
        if self.closed.is_set():
            return
        self.generation += 1  # whatever is being worked out is too old already
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(delay, self._start)

    def close(self) -> None:
        """Stop all work; nothing is shown any more."""
        self.closed.set()
        self.generation += 1
        if self._timer is not None:
            self._timer.cancel()

    def _start(self) -> None:
        self._timer = None
        if self._turn is not None and not self._turn.done():
            return  # the running turn looks for more when it ends
        self._turn = asyncio.get_running_loop().create_task(self._advance())

    async def _advance(self) -> None:
        while self._pending != Changes() and not self.closed.is_set() and self._timer is None:
            changes, self._pending = self._pending, Changes()
            try:
                await self._step(changes)
            except Stopped:
                return
            except Exception as error:  # noqa: BLE001 - the server outlives every fault
                self.around.failed(f"cannot read {self.workspace.folder}", error)

    async def _step(self, changes: Changes) -> None:
        loop = asyncio.get_running_loop()
        if self.frame is None:
            await self.around.first(self)
        generation = self.generation
        buffers = self.around.buffers()

        def progress(done: int, total: int) -> None:
            loop.call_soon_threadsafe(self.around.progress, self, done, total)

        def quick() -> tuple[Frame, Notes]:
            frame = self.workspace.advance(changes, buffers.texts, progress, self.closed.is_set)
            if self.frame is None:
                gc.freeze()  # the trees hold no cycles: no need to walk them all again and again
            return frame, first_notes(frame)

        frame, notes = await loop.run_in_executor(self.around.quick, quick)
        self.frame = frame
        if self.closed.is_set():
            return
        self.around.publish(self, Outcome(frame, notes, buffers.versions, whole=False))
        rest = loop.create_task(self._finish(frame, generation, buffers.versions))
        self._rest.add(rest)
        rest.add_done_callback(self._rest.discard)

    async def _finish(self, frame: Frame, generation: int, versions: Mapping[str, int]) -> None:
        loop = asyncio.get_running_loop()
        work = partial(all_notes, frame, lambda: generation != self.generation)
        try:
            notes = await loop.run_in_executor(self.around.thorough, work)
        except Stopped:
            return
        except Exception as error:  # noqa: BLE001 - the server outlives every fault
            self.around.failed(f"cannot judge {self.workspace.folder}", error)
            return
        if generation == self.generation and not self.closed.is_set():
            self.around.publish(self, Outcome(frame, notes, versions, whole=True))
