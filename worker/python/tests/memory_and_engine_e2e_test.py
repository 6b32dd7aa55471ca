"""Random templates end in memory (tasker.testing.run) as they do on the engine.

A seed makes the same templates again: TASKER_RANDOM_SEED=7 TASKER_RANDOM_TEMPLATES=500.
"""

import contextlib
import json
import os

from random_templates import Maker, context, handlers, ordered_template, signals

import tasker
from tasker import testing

seed = os.environ.get("TASKER_RANDOM_SEED", "1")
templates = int(os.environ.get("TASKER_RANDOM_TEMPLATES", "60"))
child_templates = 8


def children():
    """Templates of child tasks; each may have child tasks of those before it."""
    made = [ordered_template]
    names: list = []
    for number in range(child_templates):
        maker = Maker(f"child-{number}", seed, names[:], successes=30)
        maker.open_signals = ["late"]  # this test sends none to child tasks
        made.append(maker.template())
        names.append(maker.name)
    return made, names


def signals_of(template):
    """The names of the signals that its steps get."""
    waits = {step["signal"]["name"] for step in template["steps"] if "signal" in step}
    return waits & signals.keys()


def in_memory(template, others):
    given = {name: signals[name] for name in signals_of(template)}
    run = testing.run(template, handlers, context, signals=given, templates=others)
    return {
        "state": run.state,
        "result": plain(run.result),
        "compensation": run.compensation,
        "undone": {name: (step.state, step.attempts) for name, step in run.undone.items()},
        "children": {name: child_ended(child) for name in workflows(template)
                     for child in run.steps[name].children.values()},
        "steps": {name: ended(step, step.items) for name, step in run.steps.items()},
    }


def workflows(template):
    """The names of the steps with one child task at a time."""
    return [step["name"] for step in template["steps"]
            if "workflow" in step and "map" not in step]


def child_ended(child):
    return child.state, plain(child.result), child.compensation


def ended(step, items):
    """State, attempts, result, type of the error, and the items. Which items of a map that failed
    still ran depends on the time."""
    if step.state == "complete":
        ends = [(item.state, item.attempts) for item in items]
        return step.state, step.attempts, plain(step.result), None, ends
    return step.state, step.attempts, None, step.error and step.error.type, []


def plain(value):
    """Without the times and the senders of signals."""
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items() if key not in ("at", "by")}
    return [plain(each) for each in value] if isinstance(value, list) else value


def differences(expected, actual):
    """A line for each step, and each field of the task, that is not as expected."""
    pairs = [(key, expected[key], actual[key])
             for key in ("state", "result", "compensation", "undone", "children")]
    pairs += [(name, expected["steps"][name], actual["steps"][name]) for name in expected["steps"]]
    return [f"{what}: {ours} in memory, {theirs} on the engine"
            for what, ours, theirs in pairs if ours != theirs]


def on_engine(engine, task, template):
    task = engine.client.wait(task, timeout=60)
    steps = {}
    for declared in template["steps"]:
        step = engine.client.step(task, declared["name"])
        has_items = "map" in declared or "matrix" in declared
        items = engine.client.items(task, step.name) if has_items else []
        steps[step.name] = ended(step, items)
    compensation = engine.client.compensation(task) if task.compensation else []
    undone = {each.step: (each.state, each.attempts) for each in compensation}
    ended_children = {}
    if workflows(template):
        for child in reversed(list(engine.client.children(task))):  # the newest last
            if child.parent.step in workflows(template):
                ended_children[child.parent.step] = child_ended(child)
    return {"state": task.state, "result": plain(task.result), "compensation": task.compensation,
            "undone": undone, "children": ended_children, "steps": steps}


def start(engine, template):
    engine.client.register_template({**template, "namespace_name": engine.namespace})
    task = engine.create(template["name"], context)
    waits = signals_of(template)
    for name in waits:
        several = signals[name] if isinstance(signals[name], list) else [
            testing.Signal(signals[name])]
        for each in several:
            with contextlib.suppress(tasker.Conflict):  # the step, or the task, has failed before
                engine.client.signal(task, name, each.payload, by=each.by)
    return task


def test_random_templates_end_alike(engine):
    others, names = children()
    for template in others:
        engine.client.register_template({**template, "namespace_name": engine.namespace})
    made = [Maker(f"random-{number}", seed, names).template() for number in range(templates)]
    tasks = [start(engine, template) for template in made]
    with engine.worker(*handlers, slots=8):
        for template, task in zip(made, tasks):
            found = differences(in_memory(template, others), on_engine(engine, task, template))
            assert not found, json.dumps(template)
