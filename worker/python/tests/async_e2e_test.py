"""Handlers that are coroutines."""

import asyncio
import sys
import threading
import time

import tasker


def test_coroutines_run_at_the_same_time_on_one_loop(engine):
    threads = set()
    meeting: list = []

    @tasker.step("meet")
    async def meet(context):
        threads.add(threading.current_thread().name)
        if not meeting:
            meeting.append(asyncio.Barrier(8) if hasattr(asyncio, "Barrier") else None)
        if meeting[0] is not None:
            await meeting[0].wait()  # ends only if eight run at the same time
        return context["n"] + 1

    engine.template("meet", [("only", "meet")])
    with engine.worker(meet, slots=8):
        ids = engine.client.create_tasks(
            [tasker.NewTask("meet", {"n": n}, engine.namespace) for n in range(16)]
        )
        results = [engine.client.wait(each, 60).result["only"] for each in ids]
    assert results == list(range(1, 17))
    assert threads == {"tasker-asyncio"}


def test_exception_in_a_coroutine_is_a_failure_with_its_traceback(engine):
    @tasker.step("fails")
    async def fails():
        await asyncio.sleep(0)
        raise tasker.Permanent("no", type="sorry")

    engine.template("fails", [("only", "fails")])
    with engine.worker(fails):
        task = engine.run("fails")
    error = engine.step_of(task, "only").error
    assert (error.message, error.type) == ("no", "sorry")
    assert "raise tasker.Permanent" in error.traceback


def test_coroutine_that_exits_the_process_ends_only_its_attempt(engine):
    @tasker.step("exits")
    async def exits(context):
        if context["exit"] == "interrupt":
            raise KeyboardInterrupt
        if context["exit"] == "in a task":
            await asyncio.ensure_future(exits({"exit": "exit"}))
        sys.exit(3)

    @tasker.step("works")
    async def works():
        await asyncio.sleep(0)
        return "still here"

    once = {"max_attempts": 1}
    step = {"name": "only", "handler": {"callable": "exits"}, "retry": once}
    engine.template("exits", [step])
    engine.template("works", [("only", "works")])
    with engine.worker(exits, works, slots=2):
        kinds = [
            engine.step_of(engine.run("exits", {"exit": kind}, 10), "only").error.type
            for kind in ("exit", "interrupt", "in a task", "exit")
        ]
        assert engine.run("works", timeout=10).result == {"only": "still here"}
    assert kinds == ["SystemExit", "KeyboardInterrupt", "SystemExit", "SystemExit"]


def test_time_out_cancels_the_coroutine(engine):
    cancelled = threading.Event()

    @tasker.step("sleeps")
    async def sleeps():
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            cancelled.set()
            raise

    step = {
        "name": "only",
        "handler": {"callable": "sleeps"},
        "timeout_seconds": 0.2,
        "retry": {"retryable": False},
    }
    engine.template("sleeps", [step])
    before = time.monotonic()
    with engine.worker(sleeps):
        task = engine.run("sleeps")
        assert cancelled.wait(10)
    assert engine.step_of(task, "only").error.type == "timeout"
    assert time.monotonic() - before < 20


def test_cancelled_task_cancels_its_handlers_long_before_their_leases_are_extended(engine):
    started, began, coroutine_cancelled, step_cancelled = (threading.Event() for _ in range(4))

    @tasker.step("sleeps")
    async def sleeps():
        started.set()
        try:
            await asyncio.sleep(300)
        except asyncio.CancelledError:
            coroutine_cancelled.set()
            raise

    @tasker.step("waits")
    def waits(step):
        began.set()
        if not step.wait(300) and step.is_cancelled():
            step_cancelled.set()

    engine.template("sleeps", [("first", "sleeps"), ("second", "waits")])
    with engine.worker(sleeps, waits, slots=2, lease_seconds=300):
        task = engine.create("sleeps")
        assert started.wait(20)
        assert began.wait(20)
        assert engine.client.cancel(task).state == "cancelled"
        assert coroutine_cancelled.wait(30)
        assert step_cancelled.wait(30)


def test_coroutines_receive_parents_and_models(engine):
    @tasker.step("first")
    async def first(context):
        return {"n": context["n"]}

    @tasker.step("second")
    async def second(one, step, **others):
        return [one["n"], others["two"]["n"], step.name]

    engine.template("both", [("one", "first"), ("two", "first"), ("end", "second", "one", "two")])
    with engine.worker(first, second):
        assert engine.run("both", {"n": 4}).result == {"end": [4, 4, "end"]}
