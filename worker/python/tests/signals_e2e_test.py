"""Signals of both clients to tasks on a real orchestrator."""

import asyncio

import pytest

import tasker


@tasker.step("shown")
def shown(parents):
    return parents


@pytest.fixture
def waiting(engine):
    """An engine with a template whose step waits for an approval, then for a key."""
    ask = {"name": "approve", "schema": {"type": "object"}, "quorum": 2}
    paid = {"name": "paid", "key": "$context.order"}
    engine.template(
        "approval",
        [
            {"name": "ask", "signal": {**ask, "form": {"title": "Refund?"}}},
            {"name": "pay", "dependencies": ["ask"], "signal": paid},
            ("end", "shown", "pay"),
        ],
    )
    return engine


def test_client_sends_and_lists_signals(waiting):
    client = waiting.client
    task = waiting.create("approval", {"order": 17})
    (wait,) = client.signal_waits(namespace=waiting.namespace, approvals=True)
    assert (wait.task_id, wait.step, wait.name) == (task.task_id, "ask", "approve")
    assert (wait.quorum, wait.received, wait.form) == (2, 0, {"title": "Refund?"})
    assert wait.waiting_since.tzinfo is not None and wait.deadline is None
    assert client.step(task, "ask").waiting_for == "signal"

    with pytest.raises(tasker.Refused, match="schema"):
        client.signal(task, "approve", 1, by="ada")
    assert client.signal(task, "approve", {"n": 1}, by="ada", idempotency_key="k") == "counted"
    assert client.signal(task, "approve", {"n": 1}, by="ada", idempotency_key="k") == "repeated"
    with pytest.raises(tasker.Conflict, match='from "ada" before'):
        client.signal(task, "approve", {}, by="ada")
    assert client.signal(task, "approve", {"n": 2}, by="bob") == "complete"
    assert client.step(task, "ask").result["payloads"] == [{"n": 1}, {"n": 2}]

    sent = client.signal_by_key("paid", "17", {"amount": 30}, namespace=waiting.namespace)
    assert sent == 1
    assert client.signal_by_key("paid", "18", namespace=waiting.namespace) == 0
    with waiting.worker(shown):
        done = client.wait(task, 60, check=True)
    assert done.result["end"]["pay"]["payload"] == {"amount": 30}
    with pytest.raises(tasker.Conflict):
        client.signal(task, "paid")
    with pytest.raises(tasker.NotFound):
        client.signal(task, "unknown")


def test_async_client_does_the_same(waiting):
    async def talk():
        async with tasker.AsyncClient(waiting.server.url) as client:
            task = await client.create_task(
                "approval", {"order": 4}, namespace=waiting.namespace
            )
            assert await client.signal(task, "paid", 1) == "kept"
            for who in ("ada", "bob"):
                outcome = await client.signal(task, "approve", {}, by=who)
            assert outcome == "complete"
            assert await client.signal_by_key("paid", "9", namespace=waiting.namespace) == 0
            assert await client.signal_waits(namespace=waiting.namespace) == []
            return task

    task = asyncio.run(talk())
    with waiting.worker(shown):
        assert waiting.client.wait(task, 60).is_complete
