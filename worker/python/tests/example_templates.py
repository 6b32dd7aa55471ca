"""The templates of config/templates on a real engine, with their handlers."""

import os
import pathlib
import re
import uuid

import pytest

from tasker import cli

top = pathlib.Path(__file__).resolve().parents[3]
folder = top / "config/templates"
program = top / "worker/python/examples/handlers.py"

as_written = "1.0.0"
short = "1.0.1"  # the same with short waits, for what happens when they end
_long_waits = (
    (r"deadline_seconds: \d+", "deadline_seconds: 0.2"),
    (r"sleep: {seconds: \d+}", "sleep: {seconds: 0.1}"),
    (r"^timeout_seconds: \d+", "timeout_seconds: 1"),
    (r"delay_seconds: \d+,", "delay_seconds: 0.02,"),
    (r"^version: .*$", f"version: {short}"),
)


def template_files():
    """All templates; a template that another one runs comes before it."""
    files = sorted(folder.glob("*.yaml"))
    return sorted(files, key=lambda path: "workflow:" in path.read_text())


class Examples:
    """An engine on which all templates are registered, twice: as written, and with short waits."""

    def __init__(self, client, url, namespace):
        self.client = client
        self.url = url
        self.namespace = namespace
        for path in template_files():
            text = f"namespace_name: {namespace}\n{path.read_text()}"
            client.register_template(text)
            for wait, replacement in _long_waits:
                text = re.sub(wait, replacement, text, flags=re.MULTILINE)
            client.register_template(text)

    def create(self, name, context, version=as_written):
        return self.client.create_task(name, context, namespace=self.namespace, version=version)

    def end(self, task):
        """The task after its end, and the states of its steps."""
        done = self.client.wait(task, timeout=60)
        return done, {step.name: step.state for step in self.client.steps(done)}

    def steps(self, task):
        """All steps, with their results."""
        return [self.client.step(task, step.name) for step in self.client.steps(task)]

    def run(self, name, context, version=as_written):
        return self.end(self.create(name, context, version))

    def error_type(self, task, step):
        error = self.client.step(task, step).error
        return error and error.type

    def until_it_waits(self, task):
        """Returns once nothing of the task can run."""
        assert any(each.task.state == "waiting" for each in self.client.watch(task))


@pytest.fixture(scope="module")
def examples(tasker_server):
    namespace = "examples_" + uuid.uuid4().hex[:8]
    # A template calls the API on this machine.
    os.environ["TASKER_HTTP_PRIVATE_ADDRESSES"] = "allow"
    handlers = cli.load(str(program))
    with tasker_server.client() as client:
        engine = Examples(client, tasker_server.url, namespace)
        with tasker_server.worker(handlers, namespaces=[namespace], slots=8):
            yield engine
