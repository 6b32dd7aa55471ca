"""tasker.testing: handlers that end the run of their task."""

import pytest

import tasker
from tasker import testing

TEMPLATE = """
name: order
version: 1.0.0
steps:
  - {name: check, handler: {callable: check}, allow_failure: true, retry: {max_attempts: 3}}
  - {name: never, handler: {callable: fail}, allow_failure: true}
  - {name: pay, handler: {callable: pay}, dependencies: [check], compensate: {callable: undo}}
  - {name: ship, handler: {callable: end}, dependencies: [pay]}
  - {name: alert, handler: {callable: fail}, dependencies: [ship], join: any_failed}
  - {name: map, handler: {callable: item}, map: $context.list, dependencies: [ship]}
result: {paid: "${steps/pay}"}
"""


def run(**stubs):
    def fail():
        raise tasker.Permanent("no", type="refused")

    given = {"check": lambda: 1, "fail": fail, "pay": lambda: 2, "undo": lambda: None,
             "end": lambda: 3, "item": lambda item: item, **stubs}
    return testing.run(TEMPLATE, [], {"list": [1, 2, 3]}, stubs=given)


def states(run):
    return {name: step.state for name, step in run.steps.items()}


def end(error=None, type="blocked"):
    def raise_it():
        raise tasker.FailTask(error, type=type)

    return raise_it


def test_finish_skips_the_rest_and_is_the_result_of_the_task():
    done = run(end=lambda: tasker.finish(["only", 1.50]))
    assert (done.state, done.result) == ("complete", ["only", 1.5])
    assert done.steps["ship"].result == ["only", 1.5]
    assert states(done) == {"check": "complete", "never": "failed", "pay": "complete",
                            "ship": "complete", "alert": "skipped", "map": "skipped"}
    assert run(check=tasker.finish).result is None


def test_fail_task_skips_error_handlers_and_undoes_what_was_done():
    failed = run(end=end("sold out", "sold_out"))
    assert (failed.state, failed.result, failed.compensation) == ("failed", None, "complete")
    assert states(failed)["alert"] == "skipped"
    error = failed.steps["ship"].error
    assert (error.message, error.type, error.permanent) == ("sold out", "sold_out", True)
    assert error.fails_task
    assert failed.undone["pay"].state == "complete"


def test_fail_task_ignores_allow_failure_and_retry():
    failed = run(check=end("no"))
    assert failed.state == "failed"
    assert failed.steps["check"].attempts == 1
    assert states(failed)["pay"] == "skipped"


def test_type_of_fail_task_is_that_of_its_class():
    class SoldOut(tasker.FailTask):
        type = "sold_out"

    def check():
        raise SoldOut("no")

    assert run(check=check).steps["check"].error.type == "sold_out"
    assert run(check=end("no", None)).steps["check"].error.type == "FailTask"


def test_item_ends_the_run():
    done = run(item=lambda item: tasker.finish({"found": item}) if item == 2 else item)
    assert (done.state, done.result) == ("complete", {"found": 2})
    assert done.steps["map"].state == "skipped"
    assert [item.state for item in done.steps["map"].items] == ["complete", "complete", "skipped"]
    last = run(item=lambda item: tasker.finish("last") if item == 3 else item)
    assert (last.result, last.steps["map"].result) == ("last", [1, 2, "last"])


def test_item_fails_the_task():
    failed = run(item=end("no"))
    assert failed.state == "failed"
    assert failed.steps["map"].error.type == "item_failed"
    assert [item.state for item in failed.steps["map"].items] == ["failed", "skipped", "skipped"]


def test_undo_step_cannot_end_a_run():
    failed = run(end=end("no"), undo=tasker.finish)
    assert failed.compensation == "failed"
    assert failed.undone["pay"].error.type == "invalid_finish"


def test_call_returns_how_a_handler_ends_the_run():
    finished, failure = testing.call(lambda: tasker.finish({"a": 1}))
    assert failure is None
    assert finished == tasker.finish({"a": 1})
    _, failure = testing.call(end("no", "blocked"))
    assert failure and (failure.type, failure.permanent) == ("blocked", True)
    assert failure.fails_task
    _, failure = testing.call(lambda: tasker.finish(object()))
    assert failure and failure.type == "invalid_result"


@pytest.mark.parametrize("kind", ["coroutine", "generator"])
def test_finish_may_come_from(kind):
    async def coroutine():
        return tasker.finish(kind)

    def generator():
        yield 1
        return tasker.finish(kind)

    assert run(check={"coroutine": coroutine, "generator": generator}[kind]).result == kind
