"""Budgets of templates in memory."""

import tasker
from tasker import testing

chain = {
    "name": "t",
    "version": "1.0.0",
    "budget": {"tokens": 100},
    "steps": [
        {"name": "a", "handler": {"callable": "a"}, "retry": {"max_attempts": 3}},
        {"name": "b", "handler": {"callable": "b"}, "dependencies": ["a"], "allow_failure": True},
    ],
}


def spend(tokens):
    return lambda step: step.spend(tokens=tokens)


def failure_of(handler):
    _, failure = testing.call(handler)
    assert failure is not None
    return failure.type, failure.message


def test_next_step_fails_once_the_amount_is_reached():
    run = testing.run(chain, stubs={"a": spend(99), "b": spend(1)})
    assert (run.state, run.spent) == ("complete", {"tokens": 100})
    run = testing.run(chain, stubs={"a": spend(100), "b": spend(1)})
    assert (run.state, run.spent) == ("failed", {"tokens": 100})
    refused = run.steps["b"]
    assert (refused.state, refused.attempts) == ("failed", 0)
    assert refused.error is not None and refused.error.type == "budget_exhausted"
    assert refused.error.message == "the budget of 100 tokens is exhausted: 100 are spent"


def test_attempts_that_fail_count_and_retries_are_refused():
    def a(step):
        step.spend(tokens=60, pages=1)
        raise tasker.Retry("again")

    run = testing.run(chain, stubs={"a": a, "b": spend(1)})
    assert (run.state, run.spent) == ("failed", {"tokens": 120, "pages": 2})
    step = run.steps["a"]
    assert (step.state, step.attempts) == ("failed", 2)
    assert step.error is not None and step.error.type == "budget_exhausted"
    assert run.steps["b"].state == "pending"


def test_map_stops_before_its_next_items():
    template = {**chain, "steps": [{"name": "m", "handler": {"callable": "m"}, "map": {
        "over": "$context.l", "max_parallel": 2, "on_item_failure": "collect"}}]}
    run = testing.run(template, context={"l": [40, 60, 1]}, stubs={
        "m": lambda step, item: step.spend(tokens=item)})
    assert run.state == "failed"
    assert [item.state for item in run.steps["m"].items] == ["complete", "complete", "cancelled"]
    assert run.steps["m"].error is not None
    assert run.steps["m"].error.type == "budget_exhausted"


def test_undo_steps_are_not_limited():
    template = {**chain, "steps": [
        {"name": "a", "handler": {"callable": "a"}, "compensate": {"callable": "u"}},
        {"name": "b", "handler": {"callable": "b"}, "dependencies": ["a"]},
    ]}
    run = testing.run(template, stubs={"a": spend(100), "b": spend(1), "u": spend(5)})
    assert (run.state, run.compensation, run.spent) == ("failed", "complete", {"tokens": 105})


def test_child_tasks_spend_from_the_budget_of_their_parent():
    child = {"name": "child", "version": "1.0.0", "budget": {"tokens": 1}, "steps": [
        {"name": "x", "handler": {"callable": "a"}},
        {"name": "y", "handler": {"callable": "b"}, "dependencies": ["x"]},
    ]}
    parent = {**chain, "steps": [
        {"name": "w", "workflow": {"name": "child"}, "retry": {"max_attempts": 3}},
    ]}
    run = testing.run(parent, templates=[child], stubs={"a": spend(99), "b": spend(1)})
    assert (run.state, run.spent) == ("complete", {"tokens": 100})
    assert run.steps["w"].children["child"].spent == {}
    run = testing.run(parent, templates=[child], stubs={"a": spend(100), "b": spend(1)})
    step = run.steps["w"]
    assert (run.state, run.spent, step.attempts) == ("failed", {"tokens": 100}, 1)
    assert step.error is not None and step.error.type == "budget_exhausted"
    assert step.children["child"].steps["y"].state == "failed"

    del parent["budget"]
    run = testing.run(parent, templates=[child], stubs={"a": spend(1), "b": spend(1)})
    step = run.steps["w"]
    assert (run.state, run.spent, step.attempts) == ("failed", {}, 3)
    assert step.error is not None and step.error.type == "child_failed"
    assert step.children["child"].spent == {"tokens": 1}


def test_amounts_are_whole_numbers():
    assert failure_of(lambda step: step.spend(tokens=1.5)) == (
        "TypeError", "spend: tokens must be a whole number, not float")
    for amount, shown in ((-1, "-1"), (10**15 + 1, str(10**15 + 1)), (10**30, str(2**63 - 1))):
        assert failure_of(lambda step, amount=amount: step.spend(tokens=amount)) == (
            "ValueError", f"spend: tokens must be from 0 to 1000000000000000, not {shown}")
    units = {f"u{unit}": 1 for unit in range(9)}
    assert failure_of(lambda step: step.spend(**units)) == (
        "ValueError", "spend: an attempt can spend at most 8 units")
