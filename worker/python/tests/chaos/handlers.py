"""Handlers of the suite, for `python -m tasker`: each run notes what it saw and did."""

from __future__ import annotations

import json
import os
import random
import time
import uuid

import tasker
from chaos.journal import runs_in

_journal = os.open(os.environ["CHAOS_JOURNAL"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)


def _note(**entry: object) -> None:
    os.write(_journal, (json.dumps({"at": time.time(), **entry}) + "\n").encode())


@tasker.step("work")
def work(step):
    """Takes some milliseconds, and fails as `fails` says: a share of the attempts, each of which is
    decided by the seed, the step and the number of its failures."""
    run = uuid.uuid4().hex
    given = step.initialization or {}
    chance = random.Random(f"{os.environ['CHAOS_SEED']}/{step.idempotency_key}/{step.failures}")
    _note(event="start", run=run, task=step.task_id, step=step.name, delivery=step.delivery,
          process=os.getpid(), saw=runs_in(dict(step.parents)))
    step.wait(given.get("seconds", 0.03) * chance.uniform(0.2, 1))
    fails = chance.random() < given.get("fails", 0)
    _note(event="fails" if fails else "ok", run=run)
    if fails:
        raise tasker.Retry("as decided", after=0.1)
    return {"run": run, "list": [1, 2, 3, 4, 5, 6]}


@tasker.step("parents")
def parents(step):
    """Creates child tasks."""
    return tasker.children([{"key": f"k{n}", "template": "short"} for n in range(2)])
