"""Celery on Redis: chains, groups and chords, results kept in Redis, two prefork processes."""

import os
import pathlib
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "lib"), str(HERE)]
from app import app, step  # noqa: E402
from case import WIDTH_OF_FAN, serve  # noqa: E402
from celery import chain, chord, group  # noqa: E402

PROCESSES = 2
LOOK_AT = 200
QUEUE = app.conf.task_default_queue

SHAPES = {
    "single": step.si,
    "linear3": lambda: chain(step.si(), step.s(), step.s()),
    "diamond4": lambda: chain(step.si(), chord(group(step.s(), step.s()), step.s())),
    "fan1000": lambda: chain(
        step.si(), chord(group(step.s() for _ in range(WIDTH_OF_FAN)), step.s())),
}


class Peer:
    def open(self, name, is_latency):
        """The worker runs throughout; a backlog gathers in a queue that it is not listening to."""
        queue = QUEUE if is_latency else "idle"
        self.worker = subprocess.Popen(
            [sys.executable, "-m", "celery", "-A", "app", "worker", "-c", str(PROCESSES),
             "-Q", queue, "-l", "ERROR",
             "--without-gossip", "--without-mingle", "--without-heartbeat"],
            cwd=HERE, stdin=subprocess.DEVNULL, stdout=sys.stderr)
        while not app.control.ping(timeout=0.2):
            if self.worker.poll() is not None:
                raise RuntimeError("the worker did not start")

    def one(self, name):
        SHAPES[name]().apply_async().get(timeout=300)

    def load(self, name, count):
        app.control.cancel_consumer(QUEUE, reply=True)
        with app.producer_pool.acquire(block=True) as producer:
            self.waiting = [SHAPES[name]().apply_async(producer=producer).id for _ in range(count)]

    def drain(self, name, count):
        app.control.add_consumer(QUEUE)
        backend = app.backend
        while self.waiting:
            keys = [backend.get_key_for_task(each) for each in self.waiting[:LOOK_AT]]
            found = backend.mget(keys)
            if any(result and b"SUCCESS" not in result for result in found):
                raise RuntimeError("a step failed")
            self.waiting = [each for each, result in zip(self.waiting, found) if result is None
                            ] + self.waiting[LOOK_AT:]
            if all(result is None for result in found):
                time.sleep(0.005)

    def close(self):
        self.worker.terminate()
        self.worker.wait(timeout=60)


os.environ["PYTHONPATH"] = str(HERE)
serve(Peer())
