"""Fixtures and helpers of the tests."""

import os
import pathlib
import re
import subprocess
import uuid

import pytest

from tasker.pytest_plugin import tasker_client, tasker_namespace  # noqa: F401  fixtures
from tasker.testing import DevServer


@pytest.fixture(scope="session")
def tasker_server():
    """On a database of the server that a run of ctest shares; by hand, on a private server."""
    folder = os.environ.get("TASKER_TEST_CLUSTER_DIR")
    database = _new_database(pathlib.Path(folder)) if folder else None
    with DevServer(database_url=database) as server:
        yield server


def _new_database(folder):
    dsn = (folder / "dsn").read_text().strip()
    name = "python_" + uuid.uuid4().hex[:16]
    subprocess.run(
        ["psql", "--quiet", "--no-psqlrc", dsn, "--command", f"create database {name}"], check=True
    )
    return re.sub(r"dbname='?\w+'?", f"dbname='{name}'", dsn)


class Engine:
    """The server, its client, and a namespace that only this test uses."""

    def __init__(self, server, client, namespace):
        self.server = server
        self.client = client
        self.namespace = namespace

    def worker(self, *handlers, **options):
        return self.server.worker(*handlers, namespaces=[self.namespace], **options)

    def template(self, name, steps, **more):
        """Registers a template; a step is (name, callable, parents) or a mapping."""
        self.client.register_template(
            {
                "name": name,
                "namespace_name": self.namespace,
                "version": "1.0.0",
                "steps": [self._step(each) for each in steps],
                **more,
            }
        )

    def create(self, name, context=None, **options):
        return self.client.create_task(
            name, {} if context is None else context, namespace=self.namespace, **options
        )

    def run(self, name, context=None, timeout=60):
        return self.client.wait(self.create(name, context), timeout)

    def step_of(self, task, name):
        return self.client.step(task, name)

    @staticmethod
    def _step(step):
        if isinstance(step, dict):
            return step
        name, called, *parents = step
        return {
            "name": name,
            "handler": {"callable": called},
            "dependencies": list(parents),
            "retry": {"max_attempts": 3, "backoff": "none"},
        }


@pytest.fixture
def engine(tasker_server, tasker_client, tasker_namespace):
    return Engine(tasker_server, tasker_client, tasker_namespace)
