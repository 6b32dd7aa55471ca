"""Handlers that harm their process: nothing is lost, and nothing is counted twice."""

import os
import signal
import time

import pytest
from worker_program import running, until

import tasker

CODE = """
import ctypes
import os
import pathlib
import threading

import tasker


def first_time(context, step):
    path = pathlib.Path(context["journal"])
    with path.open("a") as journal:
        journal.write(f"{step.name} {step.delivery}\\n")
    return step.delivery == 1


@tasker.step("exits")
def exits(context, step):
    if first_time(context, step):
        os._exit(7)
    return step.delivery


@tasker.step("segfaults")
def segfaults(context, step):
    if first_time(context, step):
        ctypes.string_at(0)
    return step.delivery


@tasker.step("aborts")
def aborts(context, step):
    if first_time(context, step):
        os.abort()
    return step.delivery


@tasker.step("killed")
def killed(context, step):
    if first_time(context, step):
        threading.Event().wait()
    return step.delivery


@tasker.step("blocks")
def blocks(context, step):
    first_time(context, step)
    threading.Event().wait(context["seconds"])
    return step.delivery


@tasker.step("holds_the_gil")
def holds_the_gil(context, step):
    first_time(context, step)
    ctypes.PyDLL(None).usleep(ctypes.c_uint(int(context["seconds"] * 1e6)))
    return step.delivery


@tasker.step("quick")
def quick(context):
    return context["n"]
"""

LEASE = ["--lease-seconds", "3"]


def create(engine, handler, folder, seconds=0.0):
    engine.template(handler, [("only", handler), ("then", "quick", "only")])
    return engine.create(
        handler, {"journal": str(folder / "journal"), "seconds": seconds, "n": 5}
    )


@pytest.mark.parametrize("handler", ["exits", "segfaults", "aborts"])
def test_process_that_dies_in_a_handler_costs_a_lease_and_no_step(engine, tmp_path, handler):
    with running(engine, tmp_path, CODE, *LEASE) as program:
        task = create(engine, handler, tmp_path)
        assert program.wait() not in (0, 2)
    with running(engine, tmp_path, CODE, *LEASE):
        ended = engine.client.wait(task, 60)
    assert ended.result == {"then": 5}
    assert engine.client.step(task, "only").result == 2
    assert (tmp_path / "journal").read_text() == "only 1\nonly 2\n"


def test_supervisor_replaces_a_process_that_a_handler_kills(engine, tmp_path):
    with running(engine, tmp_path, CODE, *LEASE, "--processes", "2") as program:
        task = create(engine, "segfaults", tmp_path)
        assert engine.client.wait(task, 60).result == {"then": 5}
        assert len(program.children()) == 2


def test_killed_worker_loses_nothing(engine, tmp_path):
    engine.template("many", [("a", "quick"), ("b", "quick", "a")])
    with running(engine, tmp_path, CODE, *LEASE) as program:
        task = create(engine, "killed", tmp_path)
        until((tmp_path / "journal").exists)
        ids = engine.client.create_tasks(
            [tasker.NewTask("many", {"n": n}, engine.namespace) for n in range(3000)]
        )
        engine.client.wait(ids[0], 30)
        os.kill(program.process.pid, signal.SIGKILL)
        program.wait()
    with running(engine, tmp_path, CODE, *LEASE):
        results = [engine.client.wait(each, 60).result for each in ids]
        assert engine.client.wait(task, 60).result == {"then": 5}
    assert results == [{"b": n} for n in range(3000)]


@pytest.mark.parametrize("handler", ["blocks", "holds_the_gil"])
def test_handler_longer_than_its_lease_keeps_it(engine, tmp_path, handler):
    with running(engine, tmp_path, CODE, *LEASE, "--slots", "2"):
        task = create(engine, handler, tmp_path, seconds=7)
        assert engine.client.wait(task, 60).result == {"then": 5}
    assert engine.client.step(task, "only").result == 1
    assert (tmp_path / "journal").read_text() == "only 1\n"


def test_ctrl_c_ends_a_worker_whose_handler_holds_the_gil(engine, tmp_path):
    with running(engine, tmp_path, CODE, "--shutdown-grace", "0.5") as program:
        create(engine, "holds_the_gil", tmp_path, seconds=120)
        until((tmp_path / "journal").exists)
        before = time.monotonic()
        program.signal()
        assert program.wait() == 3
        assert time.monotonic() - before < 15
