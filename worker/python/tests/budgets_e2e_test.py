"""Random chains with a budget end in memory (tasker.testing.run) as they do on the engine.

A seed makes the same templates again: TASKER_RANDOM_SEED=7 TASKER_RANDOM_TEMPLATES=500.
"""

import json
import os
import random

import tasker
from tasker import testing

seed = int(os.environ.get("TASKER_RANDOM_SEED", "1"))
templates = int(os.environ.get("TASKER_RANDOM_TEMPLATES", "60"))


@tasker.step("spender")
def spender(step):
    """Spends and fails as its initialization says, by its attempt."""
    plan = step.initialization["plan"]
    tokens, outcome = plan[min(step.failures, len(plan) - 1)]
    step.spend(tokens=tokens // 2)
    step.spend(tokens=tokens - tokens // 2, calls=1)
    if outcome == "permanent":
        raise tasker.Permanent("no", type="permanent")
    if outcome == "retry":
        raise tasker.Retry("not now", type="retry")
    return step.attempt


def chain(number):
    """A template, and one of its child tasks. One step comes after the other, since parallel ones
    spend in any order."""
    chosen = random.Random(f"{seed}/{number}")

    def plan():
        outcomes = ["ok"] * 4 + ["retry", "retry", "permanent"]
        return {"plan": [[chosen.randint(0, 30), chosen.choice(outcomes)] for _ in range(3)]}

    steps: list = []
    for place in range(chosen.randint(1, 6)):
        step: dict = {
            "name": f"s{place}",
            "dependencies": [f"s{place - 1}"] if place else [],
            "handler": {"callable": "spender", "initialization": plan()},
            "retry": {"max_attempts": chosen.randint(1, 3), "backoff": "none"},
        }
        if place and chosen.random() < 0.5:
            step["join"] = chosen.choice(["all_done", "any_failed", "none_failed"])
        if chosen.random() < 0.3:
            step["allow_failure"] = True
        if chosen.random() < 0.4:
            step["compensate"] = {"callable": "spender", "initialization": plan(),
                                  "retry": {"max_attempts": 2, "backoff": "none"}}
        if chosen.random() < 0.3:
            step["map"] = {"over": "$context.list", "max_parallel": 1,
                           "on_item_failure": chosen.choice(["fail", "collect"])}
        elif chosen.random() < 0.2:
            step["repeat"] = {"until": "$result == 2", "delay_seconds": 0.001, "max_times": 3}
        if "repeat" not in step and chosen.random() < 0.2:
            del step["handler"]
            step["workflow"] = {"name": f"budget-{number}-child"}
        steps.append(step)
    child = [{"name": name, "handler": {"callable": "spender", "initialization": plan()},
              "retry": {"max_attempts": 2, "backoff": "none"},
              "dependencies": ["c0"] if name == "c1" else []} for name in ("c0", "c1")]
    return [
        {"name": f"budget-{number}", "version": "1.0.0", "steps": steps,
         "budget": {"tokens": chosen.randint(1, 150)}},
        {"name": f"budget-{number}-child", "version": "1.0.0", "steps": child,
         "budget": {"tokens": 1}},
    ]


def ended(step, items):
    error = step.error.type if step.state == "failed" else None
    return step.state, step.attempts, error, [(item.state, item.attempts) for item in items]


def in_memory(template, child):
    run = testing.run(template, [spender], {"list": [1, 2, 3]}, templates=[child])
    return (run.state, run.spent, run.compensation,
            {name: ended(step, step.items) for name, step in run.steps.items()})


def on_engine(engine, task):
    task = engine.client.wait(task, timeout=60)
    steps = {step.name: ended(step, engine.client.items(task, step.name) if step.items_total
                              else []) for step in engine.client.steps(task)}
    return task.state, task.spent, task.compensation, steps


def test_random_chains_with_budgets_end_alike(engine):
    made = [chain(number) for number in range(templates)]
    for template, child in made:
        for each in (child, template):
            engine.client.register_template({**each, "namespace_name": engine.namespace})
    tasks = [engine.create(template["name"], {"list": [1, 2, 3]}) for template, _ in made]
    with engine.worker(spender, slots=8):
        for (template, child), task in zip(made, tasks):
            expected = in_memory(template, child)
            assert on_engine(engine, task) == expected, json.dumps([template, child])
