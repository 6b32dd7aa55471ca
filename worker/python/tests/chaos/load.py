"""Creates tasks at a steady rate, waits for some of them with ``?wait``, and sends signals.

What was answered is kept, so that the checker can compare it with the database.
"""

from __future__ import annotations

import dataclasses
import random
import threading
import time
from typing import Any, Callable, Optional

import tasker
from chaos.programs import Program
from chaos.templates import namespace, weights

_patience = 60.0  # for an answer to one call, in seconds


@dataclasses.dataclass
class Answer:
    """What a request with ``?wait`` returned."""

    task: tasker.Task
    at: float  # seconds since the epoch


class Load:
    def __init__(self, orchestrators: list[Program], seed: int, rate: float) -> None:
        self._orchestrators = orchestrators
        self._random = random.Random(f"load {seed}")
        self._pause = 1.0 / rate
        self._stopped = threading.Event()
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        self.created: dict[str, str] = {}  # template by task
        self.keys: dict[str, str] = {}  # task by idempotency key
        self.answers: dict[str, Answer] = {}
        self.waiting: set[str] = set()
        self.problems: list[str] = []

    def start(self) -> None:
        self._run(self._create_all)

    def stop(self) -> None:
        """Creates no more. Requests that wait continue."""
        self._stopped.set()
        self._threads[0].join()

    def join(self, seconds: float) -> None:
        """Waits for the answers to all requests."""
        end = time.monotonic() + seconds
        for each in self._threads:
            each.join(max(0.0, end - time.monotonic()))

    def call(self, action: Callable[[tasker.Client], Any], limit: float = _patience) -> Any:
        """Repeats a call, with one orchestrator after the other, until it is answered. Refusals are
        answers, except of those that say that the database does not answer."""
        end = time.monotonic() + limit
        turn = random.random() < 0.5
        while True:
            turn = not turn
            try:
                with tasker.Client(self._orchestrators[turn].url, timeout=15) as client:
                    return action(client)
            except (tasker.Unreachable, tasker.Unavailable, OSError) as problem:
                if time.monotonic() > end:
                    raise AssertionError(f"no answer for {limit} s: {problem}") from problem
                self._stopped.wait(0.02) if not self._stopped.is_set() else time.sleep(0.02)

    def _run(self, action: Callable[..., None], *arguments: Any) -> None:
        def run() -> None:
            try:
                action(*arguments)
            except Exception as problem:
                self.problems.append(f"{action.__name__}: {type(problem).__name__}: {problem}")

        thread = threading.Thread(target=run, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _create_all(self) -> None:
        number = 0
        names, shares = list(weights), list(weights.values())
        due = time.monotonic()
        while not self._stopped.is_set():
            name = self._random.choices(names, shares)[0]
            priority = self._random.randint(1, 4)
            key = f"k{number}" if number % 3 else None
            # Creations overlap, since each may wait for a fault to end.
            self._run(self._create, number, name, priority, key)
            number += 1
            due += self._pause
            self._stopped.wait(max(0.0, due - time.monotonic()))

    def _create(self, number: int, name: str, priority: int, key: Optional[str]) -> None:
        def create(client: tasker.Client) -> tasker.Task:
            return client.create_task(name, {"n": number}, namespace=namespace, priority=priority,
                                      idempotency_key=key)

        # Without a key, a call whose answer was lost may have created a task: it is not repeated.
        try:
            task = self.call(create, _patience if key else 0.0)
        except AssertionError:
            if key:
                raise
            return
        if key and number % 8 == 1:
            again = self.call(create)
            if again.task_id != task.task_id:
                self.problems.append(f"key {key} made {task.task_id} and {again.task_id}")
        with self._lock:
            self.created[task.task_id] = name
            if key:
                self.keys[key] = task.task_id
        if name == "signalled" and number % 2:
            self._signal(task.task_id)
        if number % 4 == 0:
            self._wait(task.task_id)

    def _signal(self, task: str) -> None:
        try:
            self.call(lambda client: client.signal(task, "go", {}, idempotency_key="once"))
        except tasker.Conflict:
            pass  # its deadline came first, or the task was cancelled

    def _wait(self, task: str) -> None:
        self.waiting.add(task)

        def wait(client: tasker.Client) -> tasker.Task:
            return client.wait(task, 240)

        answer = self.call(wait, 240)
        self.answers[task] = Answer(answer, time.time())
