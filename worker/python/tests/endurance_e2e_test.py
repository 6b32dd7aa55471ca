"""A hundred thousand steps: memory does not grow, threads that compete for the GIL do no harm."""

import gc
import pathlib
import sys
import threading
import time
import weakref

import pytest
from worker_program import running, until

import tasker

CODE = """
import tasker


@tasker.step("plain")
def plain(context):
    return {"items": [{"n": n, "text": "x" * 20} for n in range(10)], "of": context["n"]}


@tasker.step("child")
def child(first, step):
    return [first["of"], step.name, len(step.context["text"])]


@tasker.step("waits")
async def waits(step, first):
    return first["items"][3]


@tasker.step("fails")
def fails(first, step):
    if step.context["n"] % 10 == 0:
        raise tasker.Permanent("every tenth", type="tenth")
    return None
"""

MEBIBYTE = 1 << 20


def resident(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise AssertionError("no VmRSS")


def run_tasks(engine, count):
    text = "t" * 300
    new = [
        tasker.NewTask("mixed", {"n": n, "text": text}, engine.namespace) for n in range(count)
    ]
    ids = []
    for start in range(0, count, 2500):
        ids += engine.client.create_tasks(new[start : start + 2500])
    failed = sum(engine.client.wait(each, 120).state == "failed" for each in ids)
    assert failed == count / 10


@pytest.mark.skipif(
    "sanitized" in sys.executable, reason="the sanitizer keeps what is freed"
)
def test_memory_does_not_grow_over_a_hundred_thousand_steps(engine, tmp_path):
    engine.template(
        "mixed",
        [
            ("first", "plain"),
            ("a", "child", "first"),
            ("b", "waits", "first"),
            ("c", "fails", "first"),
        ],
    )
    with running(engine, tmp_path, CODE, "--log-level", "error") as program:
        run_tasks(engine, 5_000)
        before = resident(program.process.pid)
        run_tasks(engine, 25_000)
        growth = resident(program.process.pid) - before
        program.signal()
        assert program.wait() == 0
    assert growth < 5 * MEBIBYTE, f"{growth / MEBIBYTE:.1f} MiB"


@pytest.mark.parametrize("slots", [1, 16])
def test_python_threads_and_handlers_share_the_gil(engine, slots):
    stop = threading.Event()
    turns = [0] * 4

    def spin(index):
        while not stop.is_set():
            turns[index] += sum(range(200))
            if turns[index] % 7 == 0:
                time.sleep(0)

    @tasker.step("work")
    def work(context, step):
        step.wait(0.0001)
        return sum(range(context["n"]))

    engine.template("work", [("a", "work"), ("b", "work", "a")])
    spinning = [threading.Thread(target=spin, args=(index,)) for index in range(len(turns))]
    for thread in spinning:
        thread.start()
    try:
        with engine.worker(work, slots=slots):
            ids = engine.client.create_tasks(
                [tasker.NewTask("work", {"n": n}, engine.namespace) for n in range(100)]
            )
            results = [engine.client.wait(each, 120).result["b"] for each in ids]
    finally:
        stop.set()
        for thread in spinning:
            thread.join()
    assert results == [sum(range(n)) for n in range(100)]
    assert all(turns)


def threads():
    return len(list(pathlib.Path("/proc/self/task").iterdir()))


def test_repeated_workers_in_one_process_leave_no_threads(engine):
    @tasker.step("answer")
    def answer(context):
        return context["n"]

    engine.template("answer", [("only", "answer")])
    before = threads()
    for n in range(5):
        with engine.worker(answer):
            assert engine.run("answer", {"n": n}).result == {"only": n}
    # The kernel still lists a thread for a moment after it was joined.
    until(lambda: threads() <= before + 1)


def test_workers_in_one_process_have_separate_names_and_ends(engine):
    both_run = threading.Barrier(2)

    @tasker.step("meets")
    def meets():
        both_run.wait(30)

    engine.template("meets", [("only", "meets")])
    with engine.worker(meets, slots=1):
        with engine.worker(meets, slots=1):
            tasks = [engine.create("meets") for _ in range(2)]
            for each in tasks:
                engine.client.wait(each, 30, check=True)
            stopped = time.monotonic()
        took = time.monotonic() - stopped
    assert len({engine.step_of(each, "only").worker for each in tasks}) == 2
    assert took < 4  # it has not waited for the threads of the other one


def test_worker_that_has_ended_releases_its_handlers(engine):
    class Answers:
        @tasker.step("answer")
        def answer(self, context):
            return context["n"]

        @tasker.step("fail")
        def fail(self):
            raise tasker.Permanent("no")

    engine.template("both", [("a", "answer"), ("b", "fail", "a")])
    answers = Answers()
    gone = weakref.ref(answers)
    with engine.worker(answers):
        assert engine.run("both", {"n": 1}).state == "failed"
    del answers
    gc.collect()
    assert gone() is None
