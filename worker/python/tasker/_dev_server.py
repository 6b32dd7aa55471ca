"""A private PostgreSQL and orchestrator for tests: the program ``tasker dev``."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from typing import Any, Optional

from .client import Client
from .worker import Worker

__all__ = ["DevServer"]

_start_limit = 120.0  # seconds; the first start makes a database cluster
_stop_limit = 60.0
_poll = 0.02

# Becomes the program, which gets SIGINT when the parent ends: killed tests leave no server behind.
# Not done between fork and exec: Python code may hang there if the parent has other threads.
_end_with_parent = """
import ctypes, os, signal, sys
parent, *command = sys.argv[1:]
PR_SET_PDEATHSIG = 1
ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGINT, 0, 0, 0)
if os.getppid() == int(parent):
    os.execv(command[0], command)
"""


class DevServer:
    """``with DevServer() as server:`` runs a server with its own data, which is deleted afterwards.

    ``program`` is the path of ``tasker``; by default the one in folder TASKER_BIN or on PATH.
    With ``database_url`` it migrates and uses that database instead of a private one.
    """

    def __init__(self, program: Optional[str] = None, database_url: Optional[str] = None) -> None:
        self._program = _find_program(program)
        self._process: Optional[subprocess.Popen[bytes]] = None
        self._folder: Optional[pathlib.Path] = None
        self._given_database = database_url
        self._starter = 0  # the process that started it; a forked child leaves it alone
        self.url = ""
        self.database_url = ""

    def start(self) -> None:
        """Returns once the orchestrator responds. Raises RuntimeError if it does not start."""
        self._starter = os.getpid()
        self._folder = pathlib.Path(tempfile.mkdtemp(prefix="tasker-"))
        self._folder.chmod(0o711)  # PostgreSQL does not run as root, but needs access
        out = self._folder / "output"
        command = [self._program, "dev", "--no-worker", "--port", "0", "--json"]
        command += ["--data", str(self._folder / "data")]
        command += ["--ready-file", str(self._folder / "ready")]
        if self._given_database:
            command += ["--database-url", self._given_database]
        # The signal comes when the thread that started it ends: the main one ends with the process.
        if threading.current_thread() is threading.main_thread():
            bind = [sys.executable, "-I", "-S", "-c", _end_with_parent, str(os.getpid())]
            command = bind + command
        with out.open("wb") as output:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for the tests, which stop it in order
            )
        until = time.monotonic() + _start_limit
        while not (self._folder / "ready").exists():
            if self._process.poll() is not None or time.monotonic() > until:
                printed = out.read_text(errors="replace")
                self.stop()
                raise RuntimeError(f"tasker dev did not start:\n{printed}")
            time.sleep(_poll)
        addresses = _addresses(out.read_text())
        self.url = addresses["url"]
        self.database_url = self._given_database or addresses["database_url"]

    def stop(self) -> None:
        """Stops it and removes its data; does nothing in a forked child."""
        if self._starter != os.getpid():
            return
        if self._process is not None:
            if self._process.poll() is None:
                self._process.send_signal(signal.SIGINT)
            try:
                self._process.wait(_stop_limit)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def client(self, **options: Any) -> Client:
        """A client of this server."""
        return Client(self.url, **options)

    @contextlib.contextmanager
    def worker(self, *handlers: Any, **options: Any) -> Iterator[Worker]:
        """A worker with these handlers on a thread of this process, for the time of the block."""
        options.setdefault("listen", "")
        options.setdefault("shutdown_grace", 10.0)
        worker = Worker(handlers=handlers or None, database_url=self.database_url, **options)
        failures: list[BaseException] = []

        def run() -> None:
            try:
                worker.run()
            except BaseException as problem:
                failures.append(problem)

        thread = threading.Thread(target=run, name="tasker-worker")
        thread.start()
        try:
            while not worker.wait_until_ready(_poll) and thread.is_alive():
                pass
            if not failures:
                yield worker
        finally:
            worker.stop()
            thread.join()
        if failures:
            raise failures[0]

    def __enter__(self) -> DevServer:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def _find_program(given: Optional[str]) -> str:
    folder = None if given else os.environ.get("TASKER_BIN") or None
    found = shutil.which(given or "tasker", path=folder)
    if found is None and given:
        raise RuntimeError(f"no program {given}: give the path of tasker")
    if found is None:
        raise RuntimeError("no program tasker: put it on PATH, or its folder into TASKER_BIN")
    return found


def _addresses(output: str) -> dict[str, str]:
    for line in output.splitlines():
        if line.startswith("{"):
            addresses: dict[str, str] = json.loads(line)
            return addresses
    raise RuntimeError(f"tasker dev printed no addresses:\n{output}")
