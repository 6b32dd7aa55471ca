"""The worker: Python handlers, run by the C++ worker in this process."""

from __future__ import annotations

import math
import os
import signal
import threading
from collections.abc import Iterable
from typing import Any, Callable, Optional

from . import _binding, _logging, _native, _registry
from .errors import WorkerError

__all__ = ["Worker"]

_failed, _abandoned = 1, 3


class Worker:
    """Claims steps, runs their handlers and reports the outcome.

    ``handlers``: modules (or their names), functions, classes and instances with functions marked
    by ``@tasker.step``; without it, every marked function that has been imported.

    All other settings come from ``config`` (a TOML file, see config/worker.toml),
    and from the environment: ``DATABASE_URL``, ``TASKER_NAMESPACES``, ``TASKER_WORKER_LISTEN``,
    ``TASKER_WORKER_ALLOWED_HOSTS``, ``TASKER_HTTP_PRIVATE_ADDRESSES``, ``TASKER_LOG_LEVEL``,
    ``TASKER_LOG_FORMAT``.
    """

    def __init__(
        self,
        *,
        handlers: Optional[Iterable[Any]] = None,
        database_url: Optional[str] = None,
        namespaces: Optional[Iterable[str]] = None,
        slots: Optional[int] = None,
        name: Optional[str] = None,
        listen: Optional[str] = None,
        lease_seconds: Optional[int] = None,
        shutdown_grace: Optional[float] = None,
        config: Optional[str] = None,
        log_level: Optional[str] = None,
        log_format: Optional[str] = None,
    ) -> None:
        given = {
            "config": config,
            "database_url": database_url,
            "namespaces": namespaces,
            "slots": slots,
            "name": name,
            "listen": listen,
            "lease_seconds": lease_seconds,
            "shutdown_grace": shutdown_grace,
            "log_level": log_level,
            "log_format": log_format,
        }
        self._native = _native.Worker(native_options(given))
        self._handlers = _registry.collect(handlers)
        if not self._handlers:
            raise ValueError("no handlers: mark functions with @tasker.step(...)")
        for handler, function in self._handlers.items():
            self._native.handle(handler, function, _binding.parameters(function))
        self._is_ready = threading.Event()
        self._address = ""
        self._tell_ready: Optional[Callable[[str], None]] = None

    @property
    def handlers(self) -> dict[str, Callable[..., Any]]:
        """The functions by handler name."""
        return dict(self._handlers)

    @property
    def address(self) -> str:
        """Address of the health port once the worker claims steps; "" before that, or without a
        port."""
        return self._address

    def run(self, ready: Optional[Callable[[str], None]] = None) -> None:
        """Runs until ``stop()`` or, on the main thread, SIGINT or SIGTERM.

        The first signal lets handlers finish within ``shutdown_grace``; a second one does not wait.
        On the main thread, the process ends with code 3 if handlers are still running then.
        ``ready`` is called with the address of the health port once the worker claims steps.

        Raises WorkerError if the worker could not start or failed.
        """
        self._tell_ready = ready
        _logging.show_by_default()
        if threading.current_thread() is threading.main_thread():
            ending = self._run_with_signals()
        else:
            ending = self._native.run(False, True, self._ready)
        if ending == _failed:
            raise WorkerError("the worker failed; see its log")
        if ending == _abandoned:
            raise WorkerError("the worker stopped while handlers were still running")

    def stop(self) -> None:
        """Asks it to stop, from any thread; a second call does not wait for handlers."""
        self._native.stop()

    def wait_until_ready(self, timeout: Optional[float] = None) -> bool:
        """True once the worker claims steps. For programs that run the worker on a separate
        thread."""
        return self._is_ready.wait(timeout)

    def _run_with_signals(self) -> int:
        # The C++ side handles signals even while a handler holds the GIL.
        before = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}
        try:
            return self._native.run(True, False, self._ready)
        finally:
            for number, handler in before.items():
                if handler is not None:  # None: not set from Python, so there is nothing to restore
                    signal.signal(number, handler)

    def _ready(self, address: str) -> None:
        self._address = address
        self._is_ready.set()
        if self._tell_ready is not None:
            self._tell_ready(address)


def native_options(given: dict[str, Any]) -> dict[str, Any]:
    """The arguments of the extension module: only the given ones, in its units."""
    options = {name: value for name, value in given.items() if value is not None}
    if isinstance(options.get("namespaces"), str):
        options["namespaces"] = [each for each in options["namespaces"].split(",") if each]
    if "shutdown_grace" in options:
        grace = options.pop("shutdown_grace")
        if not isinstance(grace, (int, float)) or not math.isfinite(grace):
            raise TypeError(f"shutdown_grace: must be a number of seconds, not {grace!r}")
        options["shutdown_grace_ms"] = round(grace * 1000)
    if "namespaces" in options:
        options["namespaces"] = list(options["namespaces"])
    for name, value in options.items():
        _check_type(name, value)
    return options


_whole_numbers = ("slots", "lease_seconds", "shutdown_grace_ms")


def _check_type(name: str, value: Any) -> None:
    if name in _whole_numbers:
        fits, wanted = isinstance(value, int) and not isinstance(value, bool), "a whole number"
    elif name == "namespaces":
        fits, wanted = all(isinstance(each, str) for each in value), "strings"
    else:
        fits, wanted = isinstance(value, (str, os.PathLike)), "a string"
    if not fits:
        raise TypeError(f"{name}: must be {wanted}, not {value!r}")
