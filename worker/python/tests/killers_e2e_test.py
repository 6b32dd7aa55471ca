"""A step that kills its worker fails; the other steps complete."""

import subprocess

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

# Ends each lease of the only step that is left once its handler has started, until it has failed.
END_LEASES = """
do $$ begin loop
    update pgmq.q_tasker_{namespace} q set vt = clock_timestamp()
    from tasker.steps s
    where s.task_id = '{task}' and s.state = 'in_progress' and s.alone and s.started_at is not null
      and q.vt > clock_timestamp();
    commit;
    exit when not exists (select from tasker.steps s
                          where s.task_id = '{task}' and s.state in ('enqueued', 'in_progress'));
    perform pg_sleep(0.05);
end loop; end $$"""


def end_leases(engine, task):
    command = ["psql", "--quiet", "--no-psqlrc", engine.server.database_url, "--command"]
    text = END_LEASES.format(namespace=engine.namespace, task=task.task_id)
    subprocess.run([*command, text], check=True, timeout=240)


@pytest.mark.parametrize(
    ("killer", "slots", "processes"), [("exits", 8, 2), ("segfaults", 2, 3)], ids=["exit", "signal"]
)
def test_only_the_step_that_kills_its_worker_fails(engine, tmp_path, killer, slots, processes):
    engine.template("innocent", [("only", "innocent")])
    engine.template("killer", [("only", killer)])
    before = [engine.create("innocent", {"seconds": 1}) for _ in range(4)]
    task = engine.create("killer")
    innocent = before + [engine.create("innocent", {"seconds": 1}) for _ in range(3)]
    (tmp_path / "worker.toml").write_text(CONFIG)
    arguments = ["--config", str(tmp_path / "worker.toml"), "--lease-seconds", "3"]
    arguments += ["--slots", str(slots), "--processes", str(processes)]
    with running(engine, tmp_path, CODE, *arguments):
        for each in innocent:
            engine.client.wait(each, 240)
        end_leases(engine, task)
        engine.client.wait(task, 240)
    assert [engine.client.get(each).state for each in innocent] == ["complete"] * 7
    assert engine.client.get(task).state == "failed"
    failed = engine.client.step(task, "only")
    assert failed.error.type == "lease_lost"
    assert [engine.client.step(each, "only").attempts for each in innocent] == [1] * 7
