"""Dead letters, with both clients against a real orchestrator."""

import asyncio
import datetime

import pytest

import tasker
from tasker import DeadLetterFilter


@tasker.step("mail.send")
def send(context):
    if context.get("fails", True):
        raise tasker.Permanent("no route", type="smtp")


@pytest.fixture
def failed(engine):
    """Three failed tasks, the oldest first, and a complete one, of the namespace of this test."""
    engine.template("mail", [("send", "mail.send")])
    with engine.worker(send):
        tasks = [engine.run("mail") for _ in range(3)]
        engine.run("mail", {"fails": False})
    return tasks


def of(engine, **more):
    return DeadLetterFilter(namespace=engine.namespace, **more)


def ids(letters):
    return [each.task_id for each in letters]


def test_failed_tasks_are_listed_with_the_step_and_the_reason(engine, failed):
    client = engine.client
    letters = list(client.dead_letters(of(engine)))
    assert ids(letters) == [task.task_id for task in reversed(failed)]
    letter = letters[0]
    assert (letter.namespace, letter.template) == (engine.namespace, "mail")
    assert letter.version == "1.0.0"
    assert (letter.step, letter.reason, letter.attempts) == ("send", "not_retryable", 1)
    assert (letter.error.type, letter.error.message) == ("smtp", "no route")
    assert letter.failed_at == failed[2].finished_at
    assert ids(client.dead_letters(of(engine), limit=2)) == ids(letters[:2])


def test_filters_select_by_template_step_error_and_time(engine, failed):
    client = engine.client
    assert len(list(client.dead_letters(of(engine, error_type="smtp", step="send")))) == 3
    for other in ({"template": "other"}, {"step": "other"}, {"error_type": "other"}):
        assert list(client.dead_letters(of(engine, **other))) == []
    earlier = client.dead_letters(of(engine, failed_before=failed[1].finished_at))
    assert ids(earlier) == [failed[0].task_id]
    local = datetime.datetime.now() + datetime.timedelta(minutes=1)
    assert len(list(client.dead_letters(of(engine, failed_before=local)))) == 3
    with pytest.raises(tasker.Refused, match="template"):
        list(client.dead_letters(DeadLetterFilter(template="a b")))


def test_groups_count_the_same_failures(engine, failed):
    found = engine.client.dead_letter_groups(of(engine))
    assert (found.count, found.truncated) == (3, False)
    (group,) = found.groups
    assert (group.template, group.step, group.error_type) == ("mail", "send", "smtp")
    assert (group.count, group.example_task_id) == (3, failed[2].task_id)
    assert group.oldest_at == failed[0].finished_at < group.newest_at


def test_requeue_and_discard_take_tasks_or_a_filter(engine, failed):
    client = engine.client
    trial = client.requeue(of(engine), dry_run=True)
    assert (trial.matched, trial.done, trial.refused) == (3, 3, {})
    done = client.requeue(failed[0], reason="the server is up", by="ada")
    assert (done.matched, done.done) == (1, 1)
    task = client.get(failed[0])
    assert task.state == "running"
    assert (task.retries[0].reason, task.retries[0].by) == ("the server is up", "ada")
    letters = list(client.dead_letters(of(engine)))
    assert len(letters) == 2
    some = client.discard([failed[0], letters[0].task_id, letters[1]])
    assert (some.matched, some.done) == (3, 2)
    assert "only a finished task can be erased" in some.refused[failed[0].task_id]
    assert client.discard(of(engine)).matched == 0
    assert client.discard([]).matched == 0
    with engine.worker(send):
        assert client.wait(task, 60).state == "failed"


def test_erase_deletes_a_finished_task(engine, failed):
    client = engine.client
    assert client.erase(failed[0]) == 1
    with pytest.raises(tasker.NotFound):
        client.erase(failed[0].task_id)
    with pytest.raises(tasker.Conflict, match="pending"):
        client.erase(engine.create("mail"))


def test_the_asynchronous_client_has_the_same_methods(engine, failed):
    async def check():
        async with tasker.AsyncClient(engine.server.url) as client:
            letters = [each async for each in client.dead_letters(of(engine), limit=2)]
            assert ids(letters) == [failed[2].task_id, failed[1].task_id]
            assert (await client.dead_letter_groups(of(engine))).count == 3
            assert await client.erase(failed[0]) == 1
            assert (await client.requeue(letters[:1])).done == 1
            assert (await client.discard(of(engine))).done == 1

    asyncio.run(check())
    assert list(engine.client.dead_letters(of(engine))) == []
