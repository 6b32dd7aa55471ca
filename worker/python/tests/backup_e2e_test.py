"""docs/operations.md: backup, restore and removal of a database."""

import re
import subprocess
import uuid

import pytest
from worker_program import until

import tasker
from tasker.testing import DevServer

TEMPLATE = {
    "name": "order",
    "version": "1.0.0",
    "steps": [
        {"name": "first", "handler": {"callable": "first"}},
        {"name": "nap", "dependencies": ["first"], "sleep": {"seconds": 0.05}},
        {"name": "go", "dependencies": ["nap"], "signal": {"name": "go"}},
        {"name": "last", "dependencies": ["go"], "handler": {"callable": "last"}},
    ],
}


@tasker.step("first")
def first():
    return 1


@tasker.step("last")
def last():
    return 2


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout


def new_database(server):
    """The URL of an empty database on the same server."""
    name = "restored_" + uuid.uuid4().hex[:16]
    run("psql", "--no-psqlrc", server.database_url, "--command", f"create database {name}")
    if "dbname=" in server.database_url:
        return re.sub(r"dbname='?\w+'?", f"dbname='{name}'", server.database_url)
    return re.sub(r"/\w+(\?|$)", rf"/{name}\1", server.database_url)


def waits_for_signal(client, task):
    return client.step(task, "go").state == "waiting"


@pytest.fixture
def other_server(tasker_server):
    with DevServer(database_url=new_database(tasker_server)) as server:
        server.client().register_template(TEMPLATE)
        yield server


def test_restored_database_continues_where_the_backup_was_made(other_server, tmp_path):
    client = other_server.client()
    with other_server.worker(first, last):
        finished = client.create_task("order")
        client.signal(finished, "go")
        assert client.wait(finished, 20).is_complete
        waiting = client.create_task("order")
        until(lambda: waits_for_signal(client, waiting))
    enqueued = client.create_task("order", idempotency_key="k")
    backup = str(tmp_path / "tasker.dump")
    run("pg_dump", "--format", "custom", "--file", backup, other_server.database_url)

    restored = new_database(other_server)
    run("pg_restore", "--dbname", restored, "--exit-on-error", backup)
    other_server.stop()
    with DevServer(database_url=restored) as server:
        client = server.client()
        assert client.get(finished).is_complete
        assert client.create_task("order", idempotency_key="k").task_id == enqueued.task_id
        with server.worker(first, last):
            for task in (waiting, enqueued):
                client.signal(task, "go")
                assert client.wait(task, 20, check=True).is_complete
            later = client.create_task("order")
            client.signal(later, "go")
            assert client.wait(later, 20, check=True).is_complete


def test_removal_leaves_nothing_in_the_database(other_server):
    url = other_server.database_url
    other_server.client().create_task("order")
    other_server.stop()
    psql = ["psql", "--no-psqlrc", "--tuples-only", "--set", "ON_ERROR_STOP=1", url, "--command"]
    run(*psql, "drop schema tasker, tasker_queues cascade; drop schema pgmq cascade")
    schemas = run(*psql, "select nspname from pg_namespace where nspname !~ '^(pg_|information_)'")
    assert schemas.split() == ["public"]
