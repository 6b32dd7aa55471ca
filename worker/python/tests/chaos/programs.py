"""Orchestrators and workers as processes, which can be killed, stopped and started again."""

from __future__ import annotations

import contextlib
import os
import pathlib
import signal
import subprocess
import sys
from typing import Optional

from chaos.templates import namespace, native_namespace
from chaos.waiting import until

lease = 3.0  # seconds; the least that is allowed
_start_limit = 60.0


def find(name: str) -> str:
    folder = os.environ.get("TASKER_BIN")
    return str(pathlib.Path(folder) / name) if folder else name


class Program:
    """One program, also after it was started again. All its logs are in one file."""

    def __init__(self, name: str, folder: pathlib.Path, command: list[str], seed: int) -> None:
        self.name = name
        self.process: Optional[subprocess.Popen[bytes]] = None
        self._folder = folder
        self._command = command
        self._environment = {
            **os.environ, "PYTHONPATH": os.pathsep.join(sys.path),
            "CHAOS_JOURNAL": str(folder / "journal"), "CHAOS_SEED": str(seed),
        }
        self._starts = 0

    @property
    def ready(self) -> pathlib.Path:
        return self._folder / f"{self.name}.{self._starts}.ready"

    @property
    def url(self) -> str:
        return "http://" + self.ready.read_text().strip()

    def start(self, wait: bool = True) -> None:
        self._starts += 1
        command = [*self._command, "--ready-file", str(self.ready)]
        with (self._folder / f"{self.name}.log").open("ab") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                env=self._environment, start_new_session=True,
            )
        if wait:
            self.until_ready()

    def until_ready(self) -> None:
        until(lambda: self.is_ready() or self.exit_code() is not None, _start_limit,
              lambda: f"the start of {self.name}:\n{self.log()}\n")
        assert self.exit_code() is None, f"{self.name} ended:\n{self.log()}"

    def is_ready(self) -> bool:
        return self.ready.exists()

    def exit_code(self) -> Optional[int]:
        return self.process.poll() if self.process else None

    def signal(self, number: signal.Signals) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)

    def kill(self) -> None:
        self.signal(signal.SIGKILL)
        if self.process is not None:
            self.process.wait()

    def stop(self, seconds: float = 40.0) -> int:
        """SIGTERM; returns its exit code."""
        assert self.process is not None
        self.signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self.process.wait(seconds)
        raise AssertionError(f"{self.name} does not end:\n{self.log()}")

    def log(self, most: int = 6000) -> str:
        return (self._folder / f"{self.name}.log").read_text(errors="replace")[-most:]


class Programs:
    """Those of one system: `orchestrators`, Python `workers`, and `native` workers in C++."""

    def __init__(self, folder: pathlib.Path, dsn: str, seed: int, lease_seconds: float) -> None:
        self._folder, self._dsn, self._seed = folder, dsn, seed
        self._lease = lease_seconds
        self.orchestrators = [self._orchestrator(n) for n in range(2)]
        self.workers = [self._worker(n) for n in range(2)]
        self.native = [self._native()]

    @property
    def all_workers(self) -> list[Program]:
        return self.workers + self.native

    @property
    def all(self) -> list[Program]:
        return self.orchestrators + self.all_workers

    def start(self) -> None:
        for each in self.all:
            each.start(wait=False)
        for each in self.all:
            each.until_ready()

    def kill(self) -> None:
        for each in self.all:
            each.signal(signal.SIGCONT)
            each.kill()

    def _config(self, name: str, text: str) -> list[str]:
        file = self._folder / f"{name}.toml"
        file.write_text(text)
        return ["--config", str(file), "--database-url", self._dsn, "--listen", "127.0.0.1:0"]

    def _orchestrator(self, n: int) -> Program:
        name = f"orchestrator-{n}"
        common = self._config(name, "[database]\npool_size = 4\n")
        return Program(name, self._folder, [find("tasker-orchestrator"), *common], self._seed)

    def _worker(self, n: int) -> Program:
        # One keeps its name when it is started again; the others get a new one each time.
        named = 'name = "worker-0"\n' if n == 0 else ""
        common = self._config(f"worker-{n}", f"{named}lease_seconds = {self._lease:g}\n")
        handlers = str(pathlib.Path(__file__).with_name("handlers.py"))
        command = [sys.executable, "-m", "tasker", handlers, *common]
        command += ["--namespaces", namespace, "--slots", "8"]
        return Program(f"worker-{n}", self._folder, command, self._seed)

    def _native(self) -> Program:
        text = f'concurrency = 4\nlease_seconds = {self._lease:g}\n[shell]\nenabled = true\n'
        common = self._config("native", text)
        command = [find("tasker-worker"), *common, "--namespaces", native_namespace]
        return Program("native", self._folder, command, self._seed)
