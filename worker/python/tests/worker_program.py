"""Runs ``tasker-worker-py`` as a process, for the tests."""

import contextlib
import os
import pathlib
import signal
import subprocess
import sys
import time

limit = 30.0


class Program:
    def __init__(self, process, folder):
        self.process = process
        self.folder = folder

    @property
    def output(self):
        return (self.folder / "output").read_text(errors="replace")

    def signal(self, number=signal.SIGINT):
        self.process.send_signal(number)

    def wait(self, seconds=limit):
        return self.process.wait(seconds)

    def children(self):
        return children_of(self.process.pid)


def children_of(pid):
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[1]) == pid and fields[0] != "Z":
                found.append(int(entry.name))
    return sorted(found)


def until(condition, seconds=limit):
    """Waits until ``condition`` returns a true value, and returns that value."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)
    return found


@contextlib.contextmanager
def running(engine, folder, code, *arguments, env=None, program=("-m", "tasker", "shop.py")):
    """The program with a module of this code, once it takes steps; killed at the end."""
    folder.joinpath("shop.py").write_text(code)
    ready = folder / "ready"
    command = [sys.executable, *program, "--ready-file", str(ready)]
    command += ["--database-url", engine.server.database_url, "--listen", "127.0.0.1:0"]
    command += ["--namespaces", engine.namespace, *arguments]
    with (folder / "output").open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, **(env or {})},
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    program = Program(process, folder)
    try:
        until(lambda: ready.exists() or process.poll() is not None)
        yield program
    finally:
        for child in program.children():
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        process.kill()
        process.wait()
