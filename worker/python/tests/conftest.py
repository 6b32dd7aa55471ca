"""What the tests share."""

import pytest

pytest_plugins = ["tasker.pytest_plugin"]


class Engine:
    """The server, its client, and a namespace that is this test's own."""

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
