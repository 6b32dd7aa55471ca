"""The private server for users' tests, and the fixtures of the pytest plugin."""

import os
import pathlib
import signal
import subprocess
import sys
import textwrap

import pytest
from worker_program import until

from tasker.testing import DevServer

USERS_TEST = '''
import tasker

@tasker.step("greet")
def greet(context):
    return "hello " + context["name"]

def test_greeting(tasker_server, tasker_client, tasker_namespace):
    tasker_client.register_template({
        "name": "hello", "version": "1.0.0", "namespace_name": tasker_namespace,
        "steps": [{"name": "greet", "handler": {"callable": "greet"}}],
    })
    with tasker_server.worker(greet, namespaces=[tasker_namespace]):
        task = tasker_client.create_task("hello", {"name": "you"}, namespace=tasker_namespace)
        assert tasker_client.wait(task, 30).result == {"greet": "hello you"}
'''


def test_fixtures_run_a_users_test_on_a_private_server(tmp_path):
    tmp_path.joinpath("greeting_test.py").write_text(textwrap.dedent(USERS_TEST))
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "tasker.pytest_plugin", str(tmp_path)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout


def test_server_that_does_not_start_reports_why_and_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    with pytest.raises(RuntimeError, match="did not start:\n(.|\n)*No such file"):
        DevServer(database_url=f"host={tmp_path} dbname=nothing").start()
    assert list(pathlib.Path(tmp_path).iterdir()) == []


KILLED = """
import os
import signal

from tasker.testing import DevServer

with DevServer(database_url=os.environ["DATABASE_URL"]) as server:
    print(server._process.pid, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_server_ends_when_its_tests_are_killed(tasker_server):
    done = subprocess.run(
        [sys.executable, "-c", KILLED],
        env={**os.environ, "DATABASE_URL": tasker_server.database_url},
        stdout=subprocess.PIPE,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    pid = int(done.stdout)
    until(lambda: not os.path.exists(f"/proc/{pid}/fd/0"))


def test_missing_program_is_reported(monkeypatch, tmp_path):
    monkeypatch.setenv("TASKER_BIN", str(tmp_path))
    with pytest.raises(RuntimeError, match="no program tasker"):
        DevServer()
    with pytest.raises(RuntimeError, match="no program nowhere/tasker: give the path"):
        DevServer("nowhere/tasker")
