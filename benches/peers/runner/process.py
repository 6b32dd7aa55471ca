"""One run of one case: a peer's program, with samples of its store around the measured part."""

import json
import os
import selectors
import signal
import subprocess
import time

LIMIT_S = 180


class PeerFailed(RuntimeError):
    """The program ended early, said something else, or took too long."""


class Program:
    def __init__(self, command, environment, log):
        self.log = log
        self.until = time.monotonic() + LIMIT_S
        self.process = subprocess.Popen(
            [str(word) for word in command], env={**os.environ, **environment}, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, start_new_session=True)
        assert self.process.stdin and self.process.stdout
        self.input, self.output = self.process.stdin, self.process.stdout

    def line(self):
        with selectors.DefaultSelector() as ready:
            ready.register(self.output, selectors.EVENT_READ)
            left = self.until - time.monotonic()
            if left <= 0 or not ready.select(left):
                raise PeerFailed(f"nothing within {LIMIT_S} s")
        text = self.output.readline()
        if not text:
            raise PeerFailed(f"ended with {self.process.wait()}")
        return text.strip()

    def go(self):
        self.input.write("go\n")
        self.input.flush()

    def end(self, grace_s):
        """Stops all of it: its children are in its process group."""
        try:
            self.input.close()
        except BrokenPipeError:
            pass
        try:
            self.process.wait(timeout=grace_s)
        except subprocess.TimeoutExpired:
            pass
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.output.close()
        return self.process.wait()


def run_case(command, environment, store, log):
    """What the program printed, and the difference between the two samples of the store.
    Raises PeerFailed."""
    program = Program(command, environment, log)
    try:
        said = program.line()
        if said != "ready":
            raise PeerFailed(f"said {said[:200]!r}, not ready")
        before = store.sample() if store else {}
        program.go()
        result = json.loads(program.line())
        after = store.sample() if store else {}
        program.go()
    except BaseException:
        program.end(grace_s=0.5)
        raise
    status = program.end(grace_s=60)
    if status != 0:
        raise PeerFailed(f"ended with {status}")
    for name, value in after.items():
        result[name] = None if value is None else value - before[name]
    return result
