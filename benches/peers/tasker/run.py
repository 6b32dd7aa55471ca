"""Tasker as its users meet it: one orchestrator and one worker process with the settings they ship
with. A latency is that of POST /v1/tasks?wait; a batch's end is found by GET with wait."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "lib"))
from case import ELEMENTS_OF_MAP, WIDTH_OF_FAN, serve
from http_connection import HttpConnection

PARENTS: dict[str, list[list[int]]] = {
    "single": [[]],
    "linear3": [[], [0], [1]],
    "diamond4": [[], [0], [0], [1, 2]],
    "fan1000": [[], *([[0]] * WIDTH_OF_FAN), list(range(1, WIDTH_OF_FAN + 1))],
}
BATCH = 1000
START_LIMIT_S = 30


# A step that runs for each element of a list, between two others.
EACH = {"map10000": {"handler": {"callable": "tasker.noop"}},
        "children1000": {"workflow": {"name": "single"}}}
ELEMENTS = {"map10000": ELEMENTS_OF_MAP, "children1000": WIDTH_OF_FAN}


def document(name, steps):
    return json.dumps({"namespace_name": "bench", "name": name, "version": "1.0.0", "steps": steps})


def template(name):
    if name in EACH:
        noop = {"handler": {"callable": "tasker.noop"}}
        return document(name, [
            {"name": "a", **noop},
            {"name": "m", "map": "$context.elements", "dependencies": ["a"], **EACH[name]},
            {"name": "z", "dependencies": ["m"], **noop}])
    steps = [{"name": f"s{number}", "handler": {"callable": "tasker.noop"},
              **({"dependencies": [f"s{each}" for each in parents]} if parents else {})}
             for number, parents in enumerate(PARENTS[name])]
    return document(name, steps)


class Tasker:
    def __init__(self):
        self.programs = pathlib.Path(os.environ["TASKER_PROGRAMS"])
        self.folder = tempfile.TemporaryDirectory()
        self.running = []
        self.worker = None

    def start(self, program, *arguments):
        """Its process and the HOST:PORT it listens on."""
        ready = pathlib.Path(self.folder.name) / f"{program}-{len(self.running)}.ready"
        environment = {**os.environ, "TASKER_NAMESPACES": "bench", "TASKER_LOG_LEVEL": "warn"}
        process = subprocess.Popen(
            [self.programs / program, "--listen", "127.0.0.1:0", "--ready-file", ready, *arguments],
            env=environment, stdin=subprocess.DEVNULL, stdout=sys.stderr)
        self.running.append(process)
        until = time.monotonic() + START_LIMIT_S
        while not (ready.exists() and ready.read_text().endswith("\n")):
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"{program} did not start")
            time.sleep(0.002)
        return process, ready.read_text().split("\n")[0]

    def stop(self, process):
        process.terminate()
        process.wait(timeout=30)
        self.running.remove(process)

    def open(self, name, is_latency):
        subprocess.run([self.programs / "tasker", "migrate"], check=True, stdout=sys.stderr)
        address = self.start("tasker-orchestrator")[1].removeprefix("http://")
        self.http = HttpConnection(address)
        for each in ("single", name):  # some cases run the former as child tasks
            self.http.expect((200, 201), "POST", "/v1/templates", template(each))
        context = {"elements": list(range(ELEMENTS[name]))} if name in ELEMENTS else {"order": 17}
        self.task = json.dumps({"namespace": "bench", "name": name, "context": context})
        if is_latency:
            self.start("tasker-worker")

    def one(self, name):
        ended = json.loads(self.http.expect((201,), "POST", "/v1/tasks?wait=300", self.task))
        if ended["state"] != "complete" or ended["steps_complete"] != ended["steps_total"]:
            raise RuntimeError(f"the task did not complete: {ended}")

    def wait(self, task_id):
        return json.loads(self.http.expect((200,), "GET", f"/v1/tasks/{task_id}?wait=300"))

    def load(self, name, count):
        if self.worker:
            self.stop(self.worker)
        for made in range(0, count, BATCH):
            size = min(BATCH, count - made)
            body = json.dumps({"tasks": [json.loads(self.task)] * size})
            answer = json.loads(self.http.expect((201,), "POST", "/v1/tasks/batch", body))
            self.last = max(each["task_id"] for each in answer["tasks"])

    def drain(self, name, count):
        """The clock holds the start of the worker, which takes some 30 ms."""
        self.worker = self.start("tasker-worker")[0]
        self.wait(self.last)  # which is among the last to end
        while self.has("pending", "running"):
            time.sleep(0.002)

    def has(self, *states):
        """Whether a task is in one of the states, asked for in this order."""
        return any(json.loads(self.http.expect(
            (200,), "GET", f"/v1/tasks?state={state}&limit=1"))["tasks"] for state in states)

    def close(self):
        if self.running and self.has("waiting", "failed", "cancelled"):
            raise RuntimeError("a task did not complete")
        for process in list(self.running):
            self.stop(process)
        self.folder.cleanup()


serve(Tasker())
