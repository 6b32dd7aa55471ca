"""Reruns of tasks, with both clients against a real orchestrator."""

import asyncio

import pytest

import tasker


@tasker.step("add_one")
def add_one(context, a=None):
    return (context["n"] if a is None else a) + 1


@pytest.fixture
def template(engine):
    engine.template("chain", [("a", "add_one"), ("b", "add_one", "a")])
    return engine


def test_finished_task_is_rerun_from_a_step(template):
    client = template.client
    with template.worker(add_one):
        task = template.create("chain", {"n": 1})
        client.wait(task, 20, check=True)
        again = client.rerun(task, "b", "wrong account", by="ada", idempotency_key="k")
        assert again.rerun_of == task.task_id
        assert client.rerun(task, "b", idempotency_key="k").task_id == again.task_id
        assert client.wait(again, 20, check=True).rerun_as == ()
        assert client.step(again, "a").deliveries == 0
        assert client.step(again, "b").deliveries == 1
        (rerun,) = client.get(task).rerun_as
        assert (rerun.task_id, rerun.from_step) == (again.task_id, "b")
        assert (rerun.reason, rerun.by) == ("wrong account", "ada")
        assert rerun.at > task.created_at
    with pytest.raises(tasker.Refused, match="from: the template has no step \"x\""):
        client.rerun(task, "x")
    with pytest.raises(tasker.Conflict, match="only a finished task can be rerun"):
        client.rerun(template.create("chain", {"n": 1}), "b")


def test_finished_task_is_rerun_by_the_asynchronous_client(template):
    async def rerun(task):
        async with tasker.AsyncClient(template.server.url) as client:
            return await client.rerun(task, "b", by="ada")

    with template.worker(add_one):
        task = template.create("chain", {"n": 1})
        template.client.wait(task, 20, check=True)
        again = asyncio.run(rerun(task))
        assert template.client.wait(again, 20, check=True).result == {"b": 3}
