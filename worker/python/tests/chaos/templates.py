"""The workflows of the suite: each way in which a step can begin, wait and end."""

from __future__ import annotations

import pathlib
import random
from typing import Any

namespace = "chaos"
native_namespace = "chaos_native"
# Of these, some tasks fail by themselves.
may_fail = {"weak", "undone"}

_retry = {"max_attempts": 20, "backoff": "linear", "backoff_base_ms": 50}
Steps = list[dict[str, Any]]


def _work(name: str, *parents: str, **more: Any) -> dict[str, Any]:
    handled = {"callable": "work", "initialization": more.pop("given", {})}
    made = {"name": name, "dependencies": list(parents), "handler": handled, "retry": _retry}
    return {**made, **more}


def _dag(chance: random.Random, size: int) -> Steps:
    steps: Steps = []
    for n in range(size):
        parents = [f"s{p}" for p in range(n) if chance.random() < 0.3]
        steps.append(_work(f"s{n}", *parents, given={"fails": 0.05}))
    return steps


def _python(chance: random.Random) -> dict[str, Steps]:
    undo = {"callable": "work", "retry": _retry}
    once = {"max_attempts": 1}
    return {
        "chain": [
            _work("a"),
            *(_work(after, before, given={"fails": 0.1}) for before, after in zip("abcd", "bcde")),
        ],
        "dag": _dag(chance, 12),
        "nap": [
            _work("a"), _work("b", "a"), {"name": "n", "dependencies": ["a"],
                                          "sleep": {"seconds": 0.2}},
            _work("c", "b", "n"),
        ],
        "mapped": [
            _work("a"),
            _work("each", "a", map={"over": "$.a.list", "max_parallel": 4}, given={"fails": 0.05}),
            _work("c", "each"),
        ],
        "parent": [
            _work("a"),
            {"name": "child", "dependencies": ["a"],
             "workflow": {"name": "native", "namespace": native_namespace}},
            _work("c", "child"),
        ],
        "asks": [
            {"name": "asks", "handler": {"callable": "parents"}, "retry": _retry},
            _work("b", "asks"),
        ],
        "short": [_work("a"), _work("b", "a", given={"fails": 0.1})],
        "repeated": [
            _work("a", repeat={"until": "$iteration == 3", "delay_seconds": 0.05, "max_times": 9}),
            _work("b", "a"),
        ],
        "signalled": [
            _work("a"),
            {"name": "go", "dependencies": ["a"],
             "signal": {"name": "go", "deadline_seconds": 2, "on_deadline": "complete",
                        "value": {}}},
            _work("c", "a", "go"),
        ],
        "weak": [_work("a"), _work("b", "a", retry=once, given={"fails": 0.5}), _work("c", "b")],
        "undone": [
            _work("a", compensate=undo), _work("b", "a", compensate=undo),
            _work("c", "b", retry=once, given={"fails": 0.7}),
        ],
    }


def made(seed: int, journal: pathlib.Path) -> list[dict[str, Any]]:
    """Templates by the order in which they can be registered."""
    script = str(pathlib.Path(__file__).with_name("native.sh"))
    shell = {
        "callable": "tasker.shell",
        "initialization": {"command": ["sh", script], "output": "json",
                           "environment": {"CHAOS_JOURNAL": str(journal)}},
    }
    native: Steps = [
        {"name": "a", "handler": shell, "retry": _retry},
        {"name": "b", "handler": shell, "retry": _retry, "dependencies": ["a"]},
    ]
    python = _python(random.Random(f"templates {seed}"))
    named = [(native_namespace, "native", native)]
    named += [(namespace, name, steps) for name, steps in python.items()]
    return [
        {"name": name, "namespace_name": each, "version": "1.0.0", "steps": steps}
        for each, name, steps in named
    ]


# How often each is created. Those with the C++ worker start processes, so they cost more.
weights = {
    "chain": 3, "dag": 2, "nap": 2, "mapped": 1, "parent": 1, "asks": 1, "repeated": 2,
    "signalled": 2, "weak": 2, "undone": 1,
}
