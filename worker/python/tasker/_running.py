"""Runs what a handler returned instead of a value: an awaitable or a generator."""

from __future__ import annotations

import asyncio
import inspect
import os
import threading
from collections.abc import Awaitable, Coroutine, Generator
from typing import Any, Optional

from . import _native
from .errors import Cancelled


def finish(returned: Any, step: _native.Step) -> Any:
    """The result of an awaitable (run on the event loop) or of a generator (run in this thread).

    Called on a thread of the worker's pool, which waits.
    """
    if inspect.iscoroutine(returned):
        return _on_loop(returned, step)
    if inspect.isawaitable(returned):
        return _on_loop(_awaited(returned), step)
    return _drive(returned, step)


async def _awaited(awaitable: Awaitable[Any]) -> Any:
    return await awaitable


def _on_loop(coroutine: Coroutine[Any, Any, Any], step: _native.Step) -> Any:
    run = _Run(coroutine)
    loop = _loop.get()
    loop.call_soon_threadsafe(run.start)
    if not run.completion.wait(step):
        loop.call_soon_threadsafe(run.cancel)
        run.completion.wait_for_good()
    return run.result()


class _Run:
    """A coroutine on its way through the event loop."""

    __slots__ = ("_coroutine", "_exit", "_task", "completion")

    def __init__(self, coroutine: Coroutine[Any, Any, Any]) -> None:
        self._coroutine = coroutine
        self._exit: Optional[BaseException] = None
        self._task: Optional[asyncio.Future[Any]] = None
        self.completion = _native.Completion()

    def start(self) -> None:
        self._task = asyncio.ensure_future(self._contained())
        self._task.add_done_callback(self._done)

    def cancel(self) -> None:
        task = self._task
        if task is not None:  # None: the result was already read
            task.cancel()

    def result(self) -> Any:
        task, self._task = self._task, None
        exit, self._exit = self._exit, None
        self._coroutine.close()  # not awaited if it was cancelled before that
        try:
            if exit is not None:
                raise exit
            assert task is not None  # started before it was complete
            return task.result()
        finally:
            del exit  # its traceback refers to this frame

    async def _contained(self) -> Any:
        try:
            return await self._coroutine
        except (KeyboardInterrupt, SystemExit) as exit:
            self._exit = exit  # asyncio would let it end the loop with all other coroutines

    def _done(self, _: object) -> None:
        self.completion.set()


class _Loop:
    """One event loop for all coroutines of the process, on its own thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: Optional[asyncio.AbstractEventLoop] = None

    def get(self) -> asyncio.AbstractEventLoop:
        loop = self._loop
        if loop is not None:
            return loop
        with self._lock:
            if self._loop is None:
                loop = asyncio.new_event_loop()
                threading.Thread(
                    target=_run_for_good, args=(loop,), name="tasker-asyncio", daemon=True
                ).start()
                self._loop = loop
            return self._loop


def _run_for_good(loop: asyncio.AbstractEventLoop) -> None:
    while True:
        try:
            loop.run_forever()
        except (KeyboardInterrupt, SystemExit):
            pass  # of a task that a handler created; the code that awaits that task receives it


def _start_anew() -> None:
    """In a forked child, where the loop's thread does not exist."""
    global _loop  # noqa: PLW0603
    _loop = _Loop()


_loop = _Loop()
os.register_at_fork(after_in_child=_start_anew)


def _drive(generator: Generator[Any, None, Any], step: _native.Step) -> Any:
    """Runs it to its end. Yielded values are checkpoints; a cancelled step ends at a yield."""
    try:
        value = next(generator)
        while True:
            if value is not None:
                step.checkpoint(value)
            if step.is_cancelled():
                value = generator.throw(Cancelled("the step was cancelled"))
            else:
                value = next(generator)
    except StopIteration as done:
        return done.value
