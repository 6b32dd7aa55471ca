"""``compensate`` and ``timeout_seconds`` of a template: in memory, and built in Python."""

import datetime

import tasker
from tasker import testing

SAGA = """
name: saga
version: 1.0.0
steps:
  - name: a
    handler: {callable: h}
    compensate: {callable: undo, method: a}
  - name: b
    handler: {callable: h}
    dependencies: [a]
    compensate: {callable: undo, method: b, retry: {max_attempts: 2}}
  - name: c
    handler: {callable: fail}
    dependencies: [b]
    compensate: {callable: undo}
"""


def test_complete_steps_are_undone_in_reverse_order():
    seen = []

    def undo(parents, step):
        seen.append((step.name, step.method, parents))
        if step.method == "b" and not step.failures:
            raise ValueError("again")

    def fail():
        raise tasker.Permanent("no")

    run = testing.run(SAGA, stubs={"h": lambda: 5, "undo": undo, "fail": fail})
    assert (run.state, run.compensation) == ("failed", "complete")
    assert seen == [
        ("b:undo", "b", {"b": 5}),
        ("b:undo", "b", {"b": 5}),
        ("a:undo", "a", {"a": 5}),
    ]
    assert {name: step.state for name, step in run.undone.items()} == {
        "b": "complete",
        "a": "complete",
    }
    run = testing.run(SAGA, stubs={"h": lambda: 5, "undo": fail, "fail": fail})
    assert run.compensation == "failed"
    assert {name: step.state for name, step in run.undone.items()} == {
        "b": "failed",
        "a": "not_run",
    }
    run = testing.run(SAGA, stubs={"h": lambda: 5, "undo": fail, "fail": lambda: 6})
    assert (run.state, run.compensation, run.undone) == ("complete", None, {})


def test_a_template_with_compensations_can_be_built():
    saga = tasker.Template("saga", version="1.0.0", timeout_seconds=datetime.timedelta(hours=1))
    patient = tasker.RetryPolicy(max_attempts=2)
    first = saga.step("a", "h", compensate=tasker.Settings("undo", method="a"))
    second = saga.workflow(
        "b", "child", after=first, compensate=tasker.Settings("undo", retry=patient)
    )
    saga.step("c", "fail", after=second)
    built = saga.to_dict()
    assert built["timeout_seconds"] == 3600
    assert [each.get("compensate") for each in built["steps"]] == [
        {"callable": "undo", "method": "a"},
        {"callable": "undo", "retry": {"max_attempts": 2}},
        None,
    ]
