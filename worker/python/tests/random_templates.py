"""Random templates with every key of a step, and the handlers that they call."""

from __future__ import annotations

import random
from typing import Any

import tasker
from tasker import testing

joins = ["all_complete", "none_failed", "any_complete", "all_done", "any_failed"]
context = {
    "list": [3, 1, 2], "order": {"id": "17", "amount": 1.10}, "empty": [], "text": "x",
    "at": "2020-02-29T08:00:00Z", "null": None,
}
signals: dict[str, Any] = {
    "yes": {"approved": True},
    "votes": [testing.Signal(1, by="ada"), testing.Signal(2, by="bob")],
    "keyed": {"amount": 30},
}


@tasker.step("planned")
def planned(step):
    """Fails and succeeds as its initialization says, by its attempt: "ok", or a type of error."""
    plan = step.initialization["plan"]
    now = plan[min(step.failures + step.iteration - 1, len(plan) - 1)]
    if isinstance(now, list):  # by item
        first = step.index if step.items is None else step.items[0]["index"]
        now = now[first % len(now)]
    if now == "finish":
        return tasker.finish({"finished": step.name, "item": step.item})
    if now == "fail_task":
        raise tasker.FailTask("ended", type="ended")
    if now == "permanent":
        raise tasker.Permanent("no", type="permanent")
    if now != "ok":
        raise tasker.Retry("not now", type=now)
    answers = step.initialization.get("answers")
    if answers == "list":
        return [step.name, {"n": 1}, None]
    if answers == "zero":
        return {"name": "\0", "n": 1}
    if answers == "children":
        return tasker.children([{"key": "a", "template": "ordered", "context": {"outcome": "ok"}}])
    if step.items is not None:
        return [[each["index"], each["item"]] for each in step.items]
    return {
        "name": step.name,
        "n": step.iteration,
        "previous": (step.previous or {}).get("n"),
        "item": step.item,
        "inputs": dict(step.inputs or {}),
        "parents": {name: step.parents[name] for name in sorted(step.parents)},
        "states": dict(sorted(step.parent_states.items())),
    }


@tasker.step("asks")
def asks(step):
    """Asks for the child tasks of its initialization, which end as it says for each attempt."""
    wanted = [
        {"key": key, "template": template, "context": {**step.context, "outcome": outcomes[
            min(step.failures, len(outcomes) - 1)]}}
        for key, template, outcomes in step.initialization["wanted"]
    ]
    return tasker.children(wanted, on_child_failure=step.initialization["rule"])


@tasker.step("ordered")
def ordered(context):
    """Of a child task: fails if its parent says so."""
    if context["outcome"] != "ok":
        raise tasker.Permanent("as ordered", type=context["outcome"])
    return {"ordered": True}


handlers = [planned, asks, ordered]
ordered_template = {
    "name": "ordered", "version": "1.0.0",
    "steps": [{"name": "only", "handler": {"callable": "ordered"}}],
}


def in_order(step):
    """Without ``compensate`` if it depends on the time which items of a failed map are undone."""
    if "matrix" in step or step.get("map", {}).get("max_parallel", 1) != 1:
        step.pop("compensate", None)
    return step


class Maker:
    """Random templates of up to eight steps. ``children``: the templates of child tasks."""

    def __init__(self, name: str, seed: str, children: list[str], successes: int = 6) -> None:
        self.outcomes = ["ok"] * successes + ["busy", "lost", "permanent"]
        self.name = name
        self.random = random.Random(f"{seed}/{name}")
        self.children = children
        self.open_signals = ["yes", "votes", "late", "keyed"]
        self.undoes = self.chance(0.5)

    def chance(self, share):
        return self.random.random() < share

    def template(self):
        steps: list = []
        for number in range(self.random.randint(1, 8)):
            names = [step["name"] for step in steps]
            parents = [name for name in names if self.chance(0.4)]
            steps.append(self.step(f"s{number}", parents))
        if self.chance(0.3):
            self.end_early(steps)
        made: dict = {"name": self.name, "version": "1.0.0", "steps": steps}
        if self.chance(0.3):
            places = {step["name"]: f"${{steps/{step['name']}/name:-none}}" for step in steps}
            made["result"] = {"id": "${context/order/id}", "amount": "${context/order/amount}",
                              "names": places}
        return made

    def step(self, name, parents):
        made: dict = {"name": name, "dependencies": parents}
        if parents and self.chance(0.5):
            made["join"] = self.random.choice(joins)
        if self.chance(0.2):
            made["allow_failure"] = True
        if self.chance(0.25):
            made["when"] = self.condition(parents)
            if self.chance(0.3):
                made["otherwise"] = "fail"
        kind = self.random.random()
        if kind < 0.1:
            made["sleep"] = self.sleep(parents)
        elif kind < 0.2 and self.open_signals:
            made["signal"] = self.signal(self.open_signals.pop(0))
        elif kind < 0.3 and self.children:
            made.update(self.workflow(parents))
        elif kind < 0.4:
            made.update(self.asking())
        else:
            made.update(self.handler(parents))
        return made

    def end_early(self, steps):
        """Lets a handler end the run. All other steps run before or after it, so that the order in
        which the engine runs them makes no difference."""
        number = self.random.randrange(len(steps))
        ender = steps[number]
        if ender.get("handler", {}).get("callable") != "planned" or "matrix" in ender:
            return
        ender["dependencies"] = [step["name"] for step in steps[:number]]
        if number > 0:
            ender["join"] = "all_done"
        for later in steps[number + 1:]:
            if ender["name"] not in later["dependencies"]:
                later["dependencies"].append(ender["name"])
        plan = ender["handler"]["initialization"]["plan"]
        outcome = self.random.choice(["finish", "fail_task"])
        if "map" in ender:
            ender["map"]["max_parallel"] = 1
            for attempt in plan:
                attempt[self.random.randrange(4)] = outcome
        else:
            plan[self.random.randrange(3)] = outcome
        if "compensate" in ender and self.chance(0.5):
            ender["compensate"]["initialization"]["plan"][0] = outcome

    def condition(self, parents):
        made = [
            "$context.order.amount > 1.05", "$context.list[*] > 2", "$context.none == 1",
            '$context.text == "x" && $context.order.id == "17"', "exists($context.empty[*])",
            "$context.order.amount", "$context.null == null",
        ]
        for parent in parents:
            made += [
                f'$.{parent}.name == "{parent}"', f"exists($.{parent}.item)", f"$.{parent}.n == 1",
                f"$.{parent}[*] == null", f'$.{parent}.states.* == "failed"', f"$.{parent}.n",
            ]
        return self.random.choice(made)

    def sleep(self, parents):
        made: list = [
            {"seconds": 0.001}, {"seconds": 0.001}, {"until": "2020-01-01T00:00:00Z"},
            {"until": "${context/at}"}, {"until": "${context/text}"}, {"until": "${context/none}"},
            {"until": "${context/none:-2020-01-01T00:00:00+02:00}"},
        ]
        made += [{"until": f"${{parents/{parent}/name}}"} for parent in parents]
        return self.random.choice(made)

    def signal(self, name):
        if name == "votes":
            return {"name": name, "quorum": 2}
        if name == "yes":
            return {"name": name, "schema": {"type": "object"}}
        if name == "keyed":
            return {"name": name, "key": self.random.choice(
                ["$context.order.id", "$context.order", "$context.none", "$context.order.amount"])}
        deadline = {"name": name, "deadline_seconds": 0.001}
        return {**deadline, **self.random.choice([
            {"on_deadline": "fail"}, {"on_deadline": "skip"},
            {"on_deadline": "complete", "value": {"late": True}},
        ])}

    def workflow(self, parents):
        given: dict = {key: f"${{context/{key}}}" for key in context}
        given["text"] = self.random.choice(["x", "order ${context/order/id}, ${context/order}"])
        for parent in parents:
            given[parent] = f"${{parents/{parent}:-null}}"
        if self.chance(0.2):
            given["wrong"] = self.random.choice(
                ["${context/none}", *(f"${{parents/{parent}/name}}" for parent in parents)])
        made: dict = {"workflow": {"name": self.random.choice(self.children), "context": given}}
        if self.chance(0.4):
            made["map"] = self.mapping(parents)
            made["map"].pop("batch_size")
            given["item"] = self.random.choice(["${item}", "${item/n:-0}", "${item/n}"])
            given["index"] = "${index}"
        elif self.chance(0.3):
            made["repeat"] = {
                "until": self.random.choice(["$iteration == 2", "$iteration > 0", "$result == 1"]),
                "delay_seconds": 0.001, "max_times": self.random.randint(1, 3),
            }
            given["iteration"] = "${iteration}"
            given["previous"] = self.random.choice(["${previous}", "${previous/s0:-none}"])
        if self.chance(0.5):
            made["retry"] = self.retry()
        return in_order({**made, **self.compensation()})

    def asking(self):
        templates = ["ordered"] * 6 + self.children + (["unknown"] if self.chance(0.1) else [])
        keys = "abcd"[: self.random.randint(0, 4)]
        wanted = [
            (key, self.random.choice(templates),
             self.random.choice([["ok"]] * 3 + [["no", "ok"], ["no", "no", "ok"]]))
            for key in keys
        ]
        rule = self.random.choice(["fail", "fail", "collect"])
        return {
            "handler": {"callable": "asks", "initialization": {"wanted": wanted, "rule": rule}},
            "retry": self.retry(),
            **self.compensation(),
        }

    def compensation(self):
        if not (self.undoes and self.chance(0.6)):
            return {}
        return {"compensate": {"callable": "planned", "initialization": {"plan": self.plan()},
                               "retry": self.retry()}}

    def handler(self, parents):
        starts: dict = {"plan": self.plan()}
        made: dict = {
            "handler": {"callable": "planned", "initialization": starts},
            "retry": self.retry(),
            **self.compensation(),
        }
        kind = self.random.random()
        if kind < 0.3:
            made["map"] = self.mapping(parents)
            starts["plan"] = [
                [self.random.choice(self.outcomes) for _ in range(4)] for _ in range(3)
            ]
        elif kind < 0.4:
            made["matrix"] = {"n": [1, 2.50], "text": ["x"]}
        elif kind < 0.6:
            made["repeat"] = self.repeat(parents)
        if not {"map", "matrix"} & made.keys() and self.chance(0.3):
            starts["answers"] = self.random.choice(["list", "list", "zero", "children"])
        if self.chance(0.3):
            made["inputs"] = {
                "id": "${context/order/id}",
                "all": "${context/order}",
                "note": "${context/note:-0}",
                **{parent: f"${{parents/{parent}:-null}}" for parent in parents},
            }
            if "join" in made or self.chance(0.1):
                made["inputs"]["states"] = "${parent_states}"
        if self.chance(0.15):
            made["priority"] = self.random.randint(1, 4)
        return in_order(made)

    def plan(self):
        return [self.random.choice(self.outcomes) for _ in range(3)]

    def retry(self):
        made = {"max_attempts": self.random.randint(1, 3), "backoff": "none"}
        if self.chance(0.2):
            made[self.random.choice(["only", "except"])] = [
                self.random.choice(["busy", "child_failed"])]
        return made

    def repeat(self, parents):
        until = ["$result.n >= 2", "$iteration == 3", "$iteration > 1", "$iteration > 0",
                 "$result.n == 9", "$result.n", "$context.text == $result.name",
                 "$result.previous == 1"]
        until += [f"$.{parent}.n == $result.n" for parent in parents]
        return {"until": self.random.choice(until), "delay_seconds": 0.001,
                "max_times": self.random.randint(1, 5)}

    def mapping(self, parents):
        lists = ["$context.list", "$context.empty", "$context.text", "$context.none",
                 "$context.list[*] ? (@ > 1)", "$context.order.*"]
        for parent in parents:
            lists += [f"$.{parent}", f"$.{parent}", f"$.{parent}[*] ? (@ != null)"]
        made = {"over": self.random.choice(lists), "max_parallel": self.random.choice([0, 1, 2]),
                "batch_size": self.random.choice([1, 1, 2])}
        if self.chance(0.5):
            made["on_item_failure"] = "collect"
            if self.chance(0.5):
                made["max_failures"] = self.random.choice([0, 1, "50%"])
        return made
