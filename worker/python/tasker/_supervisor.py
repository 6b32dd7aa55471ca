"""Runs several worker processes, and restarts them when one dies or when their code changes."""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import os
import pathlib
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from typing import Any, Callable, Optional

from . import _native
from .worker import native_options

mark = "TASKER_SUPERVISED"

_stop_signals = {signal.SIGINT, signal.SIGTERM}
_look_every = 0.3  # seconds, at files
_shortest_pause, _longest_pause = 0.1, 5.0  # before a dead worker is restarted
_steady_after = 5.0
_wrong = 2


def run(given: dict[str, Any], options: argparse.Namespace) -> int:
    """Runs until a signal; returns the worst exit code of its workers."""
    with tempfile.TemporaryDirectory(prefix="tasker-worker-") as folder:
        return _Supervisor(given, options, pathlib.Path(folder)).run()


@contextlib.contextmanager
def _caught_signals() -> Iterator[Callable[[float], bytes]]:
    """Yields a function that waits for that many seconds and returns the signals that came. Workers
    start with the default actions, because a new program inherits no signal handlers."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    caught = [*_stop_signals, signal.SIGCHLD]
    handlers_before = [signal.signal(each, lambda *_: None) for each in caught]
    descriptor_before = signal.set_wakeup_fd(writer)

    def wait(seconds: float) -> bytes:
        return os.read(reader, 4096) if select.select([reader], [], [], seconds)[0] else b""

    try:
        yield wait
    finally:
        signal.set_wakeup_fd(descriptor_before)
        for number, handler in zip(caught, handlers_before):
            signal.signal(number, handler)
        os.close(reader)
        os.close(writer)


class _Supervisor:
    def __init__(
        self, given: dict[str, Any], options: argparse.Namespace, folder: pathlib.Path
    ) -> None:
        self._options = options
        self._ready_file = options.ready_file
        self._files = _Files(options.modules) if options.reload else None
        listen = _native.read_settings(native_options(given))["listen"]
        self._workers = [
            _Worker(_command(given, options, index, listen), folder / f"ready{index}")
            for index in range(options.processes)
        ]
        self._stops = 0

    def run(self) -> int:
        with _caught_signals() as wait_for_signals:
            try:
                for worker in self._workers:
                    worker.start()
                while not (self._stops and all(each.process is None for each in self._workers)):
                    for number in wait_for_signals(_look_every):
                        if number in _stop_signals:
                            self._stop()
                    self._look_after_workers()
                    self._tell_when_ready()
                return max(each.code for each in self._workers)
            finally:
                for worker in self._workers:
                    worker.kill()

    def _stop(self) -> None:
        """First call: in order; second call: immediately; third call: by force."""
        self._stops += 1
        for worker in self._workers:
            if self._stops < 3:
                worker.signal(signal.SIGTERM)
            else:
                worker.kill()

    def _look_after_workers(self) -> None:
        is_changed = self._files is not None and not self._stops and self._files.have_changed()
        if is_changed:
            print("tasker-worker-py: files changed, restarting", file=sys.stderr)
        for worker in self._workers:
            if is_changed:
                worker.restart()
            worker.look()
            if worker.process is not None or self._stops:
                continue
            if worker.code == _wrong and self._files is None:
                self._stop()  # the next one would fail the same way
            elif worker.may_start(waits_for_change=self._files is not None):
                worker.start()

    def _tell_when_ready(self) -> None:
        if self._ready_file and all(each.ready_file.exists() for each in self._workers):
            text = "".join(each.ready_file.read_text() for each in self._workers)
            write_ready_file(self._ready_file, text)
            self._ready_file = None


def write_ready_file(path: str, text: str) -> None:
    """Writes a file with an unpredictable name and renames it, so that readers see all of it or
    nothing."""
    target = pathlib.Path(path)
    file, unfinished = tempfile.mkstemp(prefix=target.name + ".", dir=target.parent)
    with open(file, "w") as output:
        os.fchmod(file, 0o644)
        output.write(text)
    os.replace(unfinished, target)


class _Worker:
    """One worker process after the other."""

    def __init__(self, command: list[str], ready_file: pathlib.Path) -> None:
        self._command = [*command, "--ready-file", str(ready_file)]
        self._started = 0.0
        self._pause = _shortest_pause
        self._next_start = 0.0
        self._is_restarting = False
        self.ready_file = ready_file
        self.process: Optional[subprocess.Popen[bytes]] = None
        self.code = 0

    def start(self) -> None:
        self._started = time.monotonic()
        self._is_restarting = False
        self.code = 0
        self.process = subprocess.Popen(
            self._command,
            env={**os.environ, mark: str(os.getpid())},
            start_new_session=True,  # Ctrl-C reaches the supervisor, which passes it on once
        )

    def look(self) -> None:
        if self.process is None or self.process.poll() is None:
            return
        self.code = self.process.returncode if self.process.returncode >= 0 else 1
        lived = time.monotonic() - self._started
        self._pause = _shortest_pause if lived > _steady_after else self._pause * 2
        self._pause = min(self._pause, _longest_pause)
        self._next_start = time.monotonic() + self._pause
        if not self._is_restarting and self.process.returncode != 0:
            print(
                f"tasker-worker-py: worker {self.process.pid} ended with {self.process.returncode}",
                file=sys.stderr,
            )
        self.process = None

    def may_start(self, waits_for_change: bool) -> bool:
        if self._is_restarting:
            return True
        if waits_for_change and self.code == _wrong:
            return False
        return time.monotonic() >= self._next_start

    def restart(self) -> None:
        self._is_restarting = True
        self._pause = _shortest_pause
        self.signal(signal.SIGTERM)

    def signal(self, number: int) -> None:
        if self.process is not None:
            self.process.send_signal(number)

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.look()


class _Files:
    """The Python files in the working directory and next to the modules."""

    def __init__(self, modules: list[str]) -> None:
        folders = {pathlib.Path.cwd(), *map(_folder_of, modules)}
        self._folders = {each for each in folders if each is not None}
        self._seen = self._look()

    def have_changed(self) -> bool:
        now = self._look()
        is_other, self._seen = now != self._seen, now
        return is_other

    def _look(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for folder in self._folders:
            for root, folders, files in os.walk(folder):
                folders[:] = [
                    each
                    for each in folders
                    if not each.startswith((".", "__pycache__"))
                    and not pathlib.Path(root, each, "pyvenv.cfg").exists()
                ]
                for each in files:
                    if each.endswith(".py"):
                        path = os.path.join(root, each)
                        try:
                            found[path] = os.stat(path).st_mtime_ns
                        except OSError:
                            pass  # gone in between
        return found


def _folder_of(module: str) -> Optional[pathlib.Path]:
    if module.endswith(".py"):
        return pathlib.Path(module).resolve().parent
    try:
        spec = importlib.util.find_spec(module.partition(".")[0])
    except (ImportError, ValueError):
        return None
    if spec is None or not spec.submodule_search_locations:
        return None
    return pathlib.Path(spec.submodule_search_locations[0])


def _command(
    given: dict[str, Any], options: argparse.Namespace, index: int, listen: str
) -> list[str]:
    of_this = {**given, "listen": _listen_of(listen, index)}
    if given["name"] and options.processes > 1:
        of_this["name"] = f"{given['name']}-{index + 1}"
    command: list[str] = list(options.program)
    for name, value in of_this.items():
        if value is not None:
            text = ",".join(value) if isinstance(value, list) else str(value)
            command.append(f"--{name.replace('_', '-')}={text}")
    return [*command, *options.module_arguments]


def _listen_of(listen: str, index: int) -> str:
    host, colon, port = listen.rpartition(":")
    if not colon or port == "0":
        return listen
    return f"{host}:{int(port) + index}"
