"""Objects that a forked process inherits do nothing in it and do not harm the parent."""

import asyncio
import os
import subprocess
import sys

from forked import in_child

import tasker
from tasker import testing
from tasker.testing import DevServer


def test_coroutines_run_in_a_child_of_a_process_that_has_run_some():
    async def double(context):
        await asyncio.sleep(0)
        return context * 2

    assert testing.call(double, 4) == (8, None)
    assert in_child(lambda: testing.call(double, 5)) == [10, None]
    assert testing.call(double, 6) == (12, None)


@tasker.step("pid")
def pid():
    return os.getpid()


def test_worker_of_the_parent_is_refused_in_a_child(tasker_server):
    worker = tasker.Worker(handlers=[pid], database_url=tasker_server.database_url)

    def run():
        try:
            worker.run()
        except RuntimeError as refused:
            return str(refused)
        return "it ran"

    reported = in_child(run)
    assert reported == (
        "this worker was created before a fork; create it in the process that runs it"
    )


def test_stop_in_a_child_does_not_stop_the_server_of_the_parent(tasker_server):
    with DevServer(database_url=tasker_server.database_url) as server:
        in_child(server.stop)
        assert server._folder.exists()
        assert list(server.client().templates(name="nothing")) == []


FORKS = """
import os
import sys
import threading

import tasker

@tasker.step("pid")
def pid():
    return os.getpid()

namespace, database = sys.argv[1:]
worker = tasker.Worker(handlers=[pid], database_url=database, namespaces=[namespace], listen="")
thread = threading.Thread(target=worker.run)
thread.start()
assert worker.wait_until_ready(60)
child = os.fork()
if child == 0:
    worker.stop()
    sys.exit(5)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
client = tasker.Client()
task = client.create_task("pid", namespace=namespace)
print(client.wait(task, 60).result["only"] == os.getpid())
worker.stop()
thread.join()
"""


def test_child_of_a_program_with_a_worker_ends_normally_and_the_worker_continues(engine):
    engine.template("pid", [("only", "pid")])
    done = subprocess.run(
        [sys.executable, "-c", FORKS, engine.namespace, engine.server.database_url],
        env={**os.environ, "TASKER_URL": engine.server.url},
        stdout=subprocess.PIPE,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stdout.split()) == (0, ["5", "True"])
