"""Workers as the clients see them, drained and stopped from afar."""

import asyncio
import threading

import pytest
from worker_program import running, until

import tasker

CODE = """
import pathlib
import threading

import tasker


@tasker.step("hold")
def hold(context, step):
    pathlib.Path(context["started"]).touch()
    while not pathlib.Path(context["go"]).exists():
        step.wait(0.01)
    return "done"
"""


def test_a_worker_program_is_listed_and_ends_when_it_is_stopped(engine, tmp_path):
    client = engine.client
    name = f"{engine.namespace}-1"
    started, go = tmp_path / "started", tmp_path / "go"
    engine.template("held", [("only", "hold")])
    with running(engine, tmp_path, CODE, f"--name={name}", "--slots=2") as program:
        task = engine.create("held", {"started": str(started), "go": str(go)})
        until(started.exists)
        (seen,) = client.workers(namespace=engine.namespace)
        assert (seen.name, seen.state, seen.slots) == (name, "serving", 2)
        assert "hold" in seen.handlers and "tasker.noop" in seen.handlers
        assert seen.version == tasker.__version__ and seen.steps_in_progress == 1
        assert seen == client.worker(name)
        assert client.drain_worker(name).state == "draining"
        later = engine.create("held", {"started": str(started), "go": str(go)})
        assert client.stop_worker(name).command == "stop"
        go.touch()
        assert program.wait() == 0
    assert client.wait(task, 10).result == {"only": "done"}
    assert client.step(later, "only").state == "enqueued"
    assert client.worker(name).state == "gone"
    with pytest.raises(tasker.Conflict, match="is gone: it ended at"):
        client.stop_worker(name)


def test_an_unknown_worker_is_not_found(engine):
    for call in (engine.client.worker, engine.client.drain_worker, engine.client.stop_worker):
        with pytest.raises(tasker.NotFound, match='there is no worker "none"'):
            call("none")
    assert engine.client.workers(namespace=engine.namespace) == []


def test_the_asynchronous_client_stops_a_worker_too(engine):
    @tasker.step("quick")
    def quick():
        return 1

    worker = tasker.Worker(
        handlers=[quick],
        namespaces=[engine.namespace],
        name=f"{engine.namespace}-2",
        database_url=engine.server.database_url,
        listen="",
    )
    thread = threading.Thread(target=worker.run)
    thread.start()
    assert worker.wait_until_ready(30)

    async def stop():
        async with tasker.AsyncClient(engine.server.url) as client:
            (seen,) = await client.workers(namespace=engine.namespace, state="serving")
            assert await client.worker(seen.name) == seen
            await client.drain_worker(seen.name)
            await client.stop_worker(seen.name)

    asyncio.run(stop())
    thread.join(30)
    assert not thread.is_alive()


def test_the_doctor_finds_a_step_without_a_handler(engine):
    @tasker.step("other")
    def other():
        return 1

    async def findings():
        async with tasker.AsyncClient(engine.server.url) as client:
            return await client.doctor()

    engine.template("ill", [("only", f"missing_{engine.namespace}")])
    with engine.worker(other):
        engine.create("ill")
        subject = f"handler missing_{engine.namespace}"
        found = until(
            lambda: [each for each in engine.client.doctor() if each.subject == subject]
        )
        assert found[0].severity == "error" and found[0].hint
        assert f"no worker of namespace {engine.namespace} has" in found[0].sentence
        assert isinstance(asyncio.run(findings()), list)
