"""Random templates end in memory (tasker.testing.run) as they do on the engine.

A seed makes the same templates again: TASKER_RANDOM_SEED=7 TASKER_RANDOM_TEMPLATES=500.
"""

import contextlib
import json
import os
import random

import tasker
from tasker import testing

seed = int(os.environ.get("TASKER_RANDOM_SEED", "1"))
templates = int(os.environ.get("TASKER_RANDOM_TEMPLATES", "60"))

joins = ["all_complete", "none_failed", "any_complete", "all_done", "any_failed"]
context = {"list": [3, 1, 2], "order": {"id": "17", "amount": 1.10}, "empty": [], "text": "x"}
signals: dict = {
    "yes": {"approved": True},
    "votes": [testing.Signal(1, by="ada"), testing.Signal(2, by="bob")],
}


@tasker.step("planned")
def planned(step):
    """Fails and succeeds as its initialization says, by its attempt: "ok", or a type of error."""
    plan = step.initialization["plan"]
    now = plan[min(step.failures, len(plan) - 1)]
    if isinstance(now, list):  # by item
        first = step.index if step.items is None else step.items[0]["index"]
        now = now[first % len(now)]
    if now == "permanent":
        raise tasker.Permanent("no", type="permanent")
    if now != "ok":
        raise tasker.Retry("not now", type=now)
    if step.initialization.get("answers_list"):
        return [step.name, {"n": 1}, None]
    if step.items is not None:
        return [[each["index"], each["item"]] for each in step.items]
    return {
        "name": step.name,
        "item": step.item,
        "inputs": dict(step.inputs or {}),
        "parents": {name: step.parents[name] for name in sorted(step.parents)},
        "states": dict(sorted(step.parent_states.items())),
    }


class Maker:
    """Random templates of up to eight steps."""

    outcomes = ["ok"] * 6 + ["busy", "lost", "permanent"]

    def __init__(self, number):
        self.random = random.Random(f"{seed}/{number}")
        self.number = number
        self.open_signals = ["yes", "votes", "late"]
        self.undoes = self.chance(0.5)

    def chance(self, share):
        return self.random.random() < share

    def template(self):
        steps: list = []
        for number in range(self.random.randint(1, 8)):
            names = [step["name"] for step in steps]
            parents = [name for name in names if self.chance(0.4)]
            steps.append(self.step(f"s{number}", parents, steps))
        made: dict = {"name": f"random-{self.number}", "version": "1.0.0", "steps": steps}
        if self.chance(0.3):
            places = {step["name"]: f"${{steps/{step['name']}/name:-none}}" for step in steps}
            made["result"] = {"id": "${context/order/id}", "amount": "${context/order/amount}",
                              "names": places}
        return made

    def step(self, name, parents, steps):
        made: dict = {"name": name, "dependencies": parents}
        if parents and self.chance(0.5):
            made["join"] = self.random.choice(joins)
        if self.chance(0.2):
            made["allow_failure"] = True
        kind = self.random.random()
        if kind < 0.1:
            made["sleep"] = {"seconds": 0.001}
        elif kind < 0.2 and self.open_signals:
            made["signal"] = self.signal(self.open_signals.pop(0))
        else:
            made.update(self.handler(parents, steps))
        return made

    def signal(self, name):
        if name == "votes":
            return {"name": name, "quorum": 2}
        if name == "yes":
            return {"name": name, "schema": {"type": "object"}}
        deadline = {"name": name, "deadline_seconds": 0.001}
        return {**deadline, **self.random.choice([
            {"on_deadline": "fail"}, {"on_deadline": "skip"},
            {"on_deadline": "complete", "value": {"late": True}},
        ])}

    def handler(self, parents, steps):
        made: dict = {
            "handler": {"callable": "planned", "initialization": {"plan": self.plan()}},
            "retry": self.retry(),
        }
        if self.undoes and self.chance(0.6):
            made["compensate"] = {"callable": "planned", "initialization": {"plan": self.plan()},
                                  "retry": self.retry()}
        if self.chance(0.2):
            made["retry"][self.random.choice(["only", "except"])] = ["busy"]
        if self.chance(0.3):
            made["map"] = self.mapping(parents, steps)
            made["handler"]["initialization"]["plan"] = [
                [self.random.choice(self.outcomes) for _ in range(4)] for _ in range(3)
            ]
        elif self.chance(0.2):
            made["handler"]["initialization"]["answers_list"] = True
        if self.chance(0.3):
            made["inputs"] = {
                "id": "${context/order/id}",
                "all": "${context/order}",
                "note": "${context/note:-0}",
                **{parent: f"${{parents/{parent}:-null}}" for parent in parents},
            }
            if "join" in made or self.chance(0.1):
                made["inputs"]["states"] = "${parent_states}"
        return made

    def plan(self):
        return [self.random.choice(self.outcomes) for _ in range(3)]

    def retry(self):
        return {"max_attempts": self.random.randint(1, 3), "backoff": "none"}

    def mapping(self, parents, steps):
        lists = ["$context.list", "$context.empty", "$context.text", "$context.none"]
        lists += [f"$.{step['name']}" for step in steps if step["name"] in parents] * 2
        made = {"over": self.random.choice(lists), "max_parallel": self.random.choice([0, 1, 2]),
                "batch_size": self.random.choice([1, 1, 2])}
        if self.chance(0.5):
            made["on_item_failure"] = "collect"
            if self.chance(0.5):
                made["max_failures"] = self.random.choice([0, 1, "50%"])
        return made


def signals_of(template):
    """The names of the signals that its steps get."""
    waits = {step["signal"]["name"] for step in template["steps"] if "signal" in step}
    return waits & signals.keys()


def in_memory(template):
    given = {name: signals[name] for name in signals_of(template)}
    run = testing.run(template, [planned], context, signals=given)
    return {
        "state": run.state,
        "result": plain(run.result),
        "compensation": run.compensation,
        "undone": {name: (step.state, step.attempts) for name, step in run.undone.items()},
        "steps": {name: ended(step, step.items) for name, step in run.steps.items()},
    }


def ended(step, items):
    """State, result, type of the error, and the items. Which items of a map that failed still ran
    depends on the time."""
    if step.state == "complete":
        return step.state, plain(step.result), None, [(it.state, it.attempts) for it in items]
    return step.state, None, step.error and step.error.type, []


def plain(value):
    """Without the times and the senders of signals."""
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items() if key not in ("at", "by")}
    return [plain(each) for each in value] if isinstance(value, list) else value


def differences(expected, actual):
    """A line for each step, and each field of the task, that is not as expected."""
    pairs = [(key, expected[key], actual[key])
             for key in ("state", "result", "compensation", "undone")]
    pairs += [(name, expected["steps"][name], actual["steps"][name]) for name in expected["steps"]]
    return [f"{what}: {ours} in memory, {theirs} on the engine"
            for what, ours, theirs in pairs if ours != theirs]


def on_engine(engine, task, template):
    task = engine.client.wait(task, timeout=60)
    steps = {}
    for declared in template["steps"]:
        step = engine.client.step(task, declared["name"])
        items = engine.client.items(task, step.name) if "map" in declared else []
        steps[step.name] = ended(step, items)
    compensation = engine.client.compensation(task) if task.compensation else []
    undone = {each.step: (each.state, each.attempts) for each in compensation}
    return {"state": task.state, "result": plain(task.result), "compensation": task.compensation,
            "undone": undone, "steps": steps}


def start(engine, template):
    engine.client.register_template({**template, "namespace_name": engine.namespace})
    task = engine.create(template["name"], context)
    waits = signals_of(template)
    with contextlib.suppress(tasker.Conflict):  # the task has failed before its steps can run
        if "yes" in waits:
            engine.client.signal(task, "yes", signals["yes"])
        if "votes" in waits:
            for vote in signals["votes"]:
                engine.client.signal(task, "votes", vote.payload, by=vote.by)
    return task


def test_random_templates_end_alike(engine):
    made = [Maker(number).template() for number in range(templates)]
    tasks = [start(engine, template) for template in made]
    with engine.worker(planned, slots=8):
        for template, task in zip(made, tasks):
            found = differences(in_memory(template), on_engine(engine, task, template))
            assert not found, json.dumps(template)
