"""Handlers that start processes."""

import asyncio
import multiprocessing
import os
import signal
import subprocess
import sys

import pytest

import tasker


def square(number):
    return number * number


def test_processes_that_handlers_start_can_be_terminated(engine):
    @tasker.step("terminate")
    def terminate():
        process = subprocess.Popen(["sleep", "600"])
        process.terminate()
        return process.wait(10)

    @tasker.step("terminate.async")
    async def terminate_async():
        process = await asyncio.create_subprocess_exec("sleep", "600")
        process.terminate()
        return await asyncio.wait_for(process.wait(), 10)

    engine.template("ends", [("plain", "terminate"), ("coroutine", "terminate.async")])
    with engine.worker(terminate, terminate_async):
        ended = engine.run("ends").result
    assert ended == {"plain": -signal.SIGTERM, "coroutine": -signal.SIGTERM}


def test_pool_of_processes_works_and_ends(engine):
    @tasker.step("squares")
    def squares(context):
        with multiprocessing.get_context("fork").Pool(2) as pool:  # its end is a SIGTERM
            return pool.map(square, context["numbers"])

    engine.template("squares", [("only", "squares")])
    with engine.worker(squares):
        assert engine.run("squares", {"numbers": [1, 2, 3]}).result == {"only": [1, 4, 9]}


@pytest.mark.parametrize(
    ("leave", "code"),
    [
        (lambda: os._exit(7), 7),
        (lambda: sys.exit(8), 8),
        (lambda: sys.exit("no"), 1),
        (lambda: None, 0),  # it returns from the handler
        (lambda: 1 / 0, 1),
    ],
    ids=["_exit", "exit", "message", "returns", "raises"],
)
def test_child_that_a_handler_forks_ends(engine, leave, code):
    @tasker.step("forks")
    def forks():
        child = os.fork()
        if child == 0:
            leave()
            return "never reported"
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

    engine.template("forks", [("only", "forks")])
    with engine.worker(forks):
        assert engine.run("forks").result == {"only": code}
