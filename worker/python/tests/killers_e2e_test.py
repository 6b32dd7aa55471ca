"""A step that kills its worker fails; the other steps complete."""

import pytest
from worker_program import running

CODE = """
import ctypes
import os
import time

import tasker


@tasker.step("innocent")
def innocent(context):
    time.sleep(context["seconds"])  # its work, so that it runs when its process dies


@tasker.step("exits")
def exits():
    os._exit(9)


@tasker.step("segfaults")
def segfaults():
    ctypes.string_at(0)
"""

CONFIG = "poll_ms = 200\n"


@pytest.mark.parametrize(
    ("killer", "slots", "processes"), [("exits", 8, 2), ("segfaults", 2, 3)], ids=["exit", "signal"]
)
def test_only_the_step_that_kills_its_worker_fails(engine, tmp_path, killer, slots, processes):
    engine.template("innocent", [("only", "innocent")])
    engine.template("killer", [("only", killer)])
    before = [engine.create("innocent", {"seconds": 1}) for _ in range(4)]
    guilty = engine.create("killer")
    innocent = before + [engine.create("innocent", {"seconds": 1}) for _ in range(3)]
    (tmp_path / "worker.toml").write_text(CONFIG)
    arguments = ["--config", str(tmp_path / "worker.toml"), "--lease-seconds", "3"]
    arguments += ["--slots", str(slots), "--processes", str(processes)]
    with running(engine, tmp_path, CODE, *arguments):
        for each in [guilty, *innocent]:
            engine.client.wait(each, 240)
    assert [engine.client.get(each).state for each in innocent] == ["complete"] * 7
    assert engine.client.get(guilty).state == "failed"
    failed = engine.client.step(guilty, "only")
    assert failed.error.type == "lease_lost"
    assert [engine.client.step(each, "only").attempts for each in innocent] == [1] * 7
