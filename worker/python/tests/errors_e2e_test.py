"""Handlers that fail in every way that Python has."""

import dataclasses
import datetime
import sys
import threading
import time

import pytest
from worker_program import until

import tasker


class CardDeclined(tasker.Permanent):
    pass


class Unprintable(Exception):
    def __str__(self):
        raise RuntimeError("no text")


def divide(context):
    return 1 / context["zero"]


def permanent():
    raise tasker.Permanent("no such customer", type="unknown_customer")


def permanent_subclass():
    raise CardDeclined("no")


def exits():
    sys.exit(3)


def unprintable():
    raise Unprintable


def lone_surrogate():
    raise ValueError("bad \ud800 text")


def chained():
    try:
        raise KeyError("inner")
    except KeyError as inner:
        raise RuntimeError("outer") from inner


def not_json():
    return {"value": object()}


def not_a_number():
    return float("nan")


def contains_itself():
    value: list[object] = []
    value.append(value)
    return value


def wants_a_parent(missing):
    return missing


def bad_retry():
    raise tasker.Retry("no", after=-1)


def recursion():
    return recursion()


CASES = [
    # handler, attempts, type, part of the message, part of the traceback
    (divide, 3, "ZeroDivisionError", "division by zero", 'return 1 / context["zero"]'),
    (permanent, 1, "unknown_customer", "no such customer", "tasker.Permanent("),
    (permanent_subclass, 1, "errors_e2e_test.CardDeclined", "no", "CardDeclined"),
    (exits, 3, "SystemExit", "3", "sys.exit(3)"),
    (unprintable, 3, "errors_e2e_test.Unprintable", "its text cannot be printed", "unprintable"),
    (lone_surrogate, 3, "ValueError", "bad ? text", "lone_surrogate"),
    (chained, 3, "RuntimeError", "outer", "KeyError: 'inner'"),
    (not_json, 1, "invalid_result", "object cannot be written as JSON", None),
    (not_a_number, 1, "invalid_result", "nan", None),
    (contains_itself, 1, "invalid_result", "within itself", None),
    (wants_a_parent, 1, "unknown_parameter", 'the handler needs parent "missing"', None),
    (bad_retry, 3, "ValueError", "after: must be 0 seconds or more", "bad_retry"),
    (recursion, 3, "RecursionError", "maximum recursion depth", "recursion"),
]


@pytest.mark.parametrize(
    ("handler", "attempts", "kind", "message", "trace"), CASES, ids=[c[0].__name__ for c in CASES]
)
def test_failure_has_type_message_and_traceback(
    engine, handler, attempts, kind, message, trace
):
    engine.template("fails", [("only", "fails")])
    with engine.worker(tasker.step("fails")(_copy_of(handler))):
        task = engine.run("fails", {"zero": 0})
    step = engine.step_of(task, "only")
    assert (task.state, step.state, step.attempts) == ("failed", "failed", attempts)
    assert step.error.type == kind
    assert message in step.error.message
    if trace is not None:
        assert trace in step.error.traceback


def _copy_of(function):
    def copy(*args, **kwargs):
        return function(*args, **kwargs)

    vars(copy)["__wrapped__"] = function  # its parameters are the function's
    return copy


def test_retry_sets_its_delay_and_counts_as_an_attempt(engine):
    times = []

    @tasker.step("again")
    def again(step):
        times.append(time.monotonic())
        if step.failures == 0:
            raise tasker.Retry("the bank sleeps", after=datetime.timedelta(seconds=0.4))
        return {"attempt": step.attempt, "failures": step.failures, "most": step.max_attempts}

    engine.template("again", [("only", "again")])
    with engine.worker(again):
        task = engine.run("again")
    assert task.result == {"only": {"attempt": 2, "failures": 1, "most": 3}}
    assert times[1] - times[0] >= 0.4
    step = engine.step_of(task, "only")
    (failed,) = step.history
    assert (failed.attempt, failed.delivery, failed.outcome) == (1, 1, "failed")
    assert (failed.error.message, failed.error.type) == ("the bank sleeps", "Retry")
    assert failed.worker == step.worker
    assert failed.started_at <= failed.ended_at <= step.enqueued_at


def test_branch_that_failed_permanently_does_not_stop_the_others(engine):
    @tasker.step("bad")
    def bad():
        raise tasker.Permanent("no")

    @tasker.step("good")
    def good():
        return 1

    engine.template(
        "branches", [("a", "good"), ("b", "bad", "a"), ("c", "good", "a"), ("d", "good", "b")]
    )
    with engine.worker(bad, good):
        task = engine.run("branches")
    states = {step.name: step.state for step in engine.client.steps(task)}
    assert task.state == "failed"
    assert states == {"a": "complete", "b": "failed", "c": "complete", "d": "pending"}


def test_context_that_does_not_fit_the_model_fails_permanently_with_all_problems(engine):
    @dataclasses.dataclass
    class Item:
        price: float

    @dataclasses.dataclass
    class Order:
        id: int
        items: list
        first: Item

    @tasker.step("typed")
    def typed(order):
        return order.first.price

    typed.__annotations__["order"] = Order
    engine.template("typed", [("only", "typed")])
    with engine.worker(typed):
        good = engine.run("typed", {"id": 1, "items": [], "first": {"price": 2}, "more": 1})
        bad = engine.run("typed", {"id": "1", "first": {"price": None}})
    assert good.result == {"only": 2.0}
    step = engine.step_of(bad, "only")
    assert (step.attempts, step.error.type) == (1, "invalid_input")
    assert step.error.message == (
        "order.id: must be a whole number, not a string; order.items: is missing; "
        "order.first.price: must be a number, not null"
    )


def test_step_describes_itself(engine):
    seen = {}

    @tasker.step("look")
    def look(step, context, initialization):
        seen.update(
            {name: getattr(step, name) for name in dir(step) if not name.startswith("_")}
        )
        assert context is step.context and initialization is step.initialization
        assert step.is_cancelled() is False
        assert step.wait(0.001) is True
        step.logger.info("looked at %s", "everything")

    engine.template(
        "look",
        [
            {
                "name": "only",
                "handler": {
                    "callable": "look",
                    "method": "strict",
                    "initialization": {"region": "eu"},
                },
                "timeout_seconds": 60,
            }
        ],
    )
    with engine.worker(look):
        task = engine.run("look", {"a": [1, "ü", None]})
    assert task.is_complete
    assert (seen["task_id"], seen["name"], seen["namespace"]) == (
        task.task_id,
        "only",
        engine.namespace,
    )
    assert (seen["template_name"], seen["template_version"]) == ("look", "1.0.0")
    assert (seen["handler"], seen["method"]) == ("look", "strict")
    assert (seen["context"], seen["parents"]) == ({"a": [1, "ü", None]}, {})
    assert seen["initialization"] == {"region": "eu"}
    assert (seen["number"], seen["attempt"], seen["failures"]) == (0, 1, 0)
    assert seen["idempotency_key"] == f"{task.task_id}:only"
    assert 50 < seen["deadline"] - time.time() <= 60


def test_time_out_cancels_and_ends_the_wait(engine):
    ended = threading.Event()

    @tasker.step("slow")
    def slow(step):
        while step.wait(30):
            pass
        ended.set()

    step = {
        "name": "only",
        "handler": {"callable": "slow"},
        "timeout_seconds": 0.3,
        "retry": {"max_attempts": 1},
    }
    engine.template("slow", [step])
    with engine.worker(slow):
        task = engine.run("slow")
        assert ended.wait(10)
    error = engine.step_of(task, "only").error
    assert error.type == "timeout" and "300 ms" in error.message


def test_generator_continues_from_its_last_yield_and_is_cancelled_at_one(engine):
    caught = threading.Event()

    @tasker.step("count")
    def count(context, step):
        first = step.checkpoint() or 0
        for part in range(first, context["parts"]):
            if part == 2 and step.attempt == 1:
                raise tasker.Retry("again", after=0)
            yield part + 1
        return {"first": first, "last": step.checkpoint()}

    @tasker.step("endless")
    def endless(step):
        try:
            while True:
                step.wait(0.01)
                yield "still here"
        except tasker.Cancelled:
            caught.set()
            raise

    step = {
        "name": "only",
        "handler": {"callable": "endless"},
        "timeout_seconds": 0.2,
        "retry": {"retryable": False},
    }
    engine.template("count", [("only", "count")])
    engine.template("endless", [step])
    with engine.worker(count, endless):
        counted = engine.run("count", {"parts": 4})
        assert counted.result == {"only": {"first": 2, "last": 4}}
        assert engine.run("endless").state == "failed"
        assert caught.wait(10)


def test_progress_is_shown_while_the_step_runs(engine):
    release = threading.Event()

    @tasker.step("pages")
    def pages(step):
        step.progress(0.25, "page 1 of 4")
        release.wait(30)
        return step.checkpoint()

    engine.template("pages", [("only", "pages")])
    with engine.worker(pages):
        task = engine.create("pages")
        until(lambda: engine.client.step(task, "only").progress is not None)
        shown = engine.client.step(task, "only")
        assert (shown.progress, shown.message) == (0.25, "page 1 of 4")
        release.set()
        assert engine.client.wait(task, 30).result == {"only": None}
    assert engine.client.step(task, "only").progress is None


def test_unknown_handler_is_named(engine):
    engine.template("missing", [("only", "missing.knows")])

    @tasker.step("missing.know")
    def know():
        return None

    with engine.worker(know):
        task = engine.run("missing")
    error = engine.step_of(task, "only").error
    assert error.type == "unknown_handler"
    assert 'did you mean "missing.know"' in error.message
