"""Clients that change tasks and steps of a real orchestrator."""

import pytest

import tasker

STEPS = [("a", "add_one"), ("b", "add_one", "a")]


@tasker.step("add_one")
def add_one(context, a=None):
    return (context["n"] if a is None else a) + 1


@pytest.fixture
def template(engine):
    engine.template("chain", STEPS)
    return engine


def test_step_is_resolved_and_the_priority_of_its_task_changed(template):
    client = template.client
    task = template.create("chain", {"n": 1})
    assert client.set_priority(task, 4, "it is late", by="ada").priority == 4
    first, second = (step.name for step in client.steps(task)[:2])
    assert client.resolve(task, first, {"n": 5}, reason="by phone", by="ada").steps_complete == 1
    step = client.step(task, first)
    assert (step.state, step.result) == ("complete", {"n": 5})
    assert (step.resolved_by.by, step.resolved_by.reason) == ("ada", "by phone")
    assert client.step(task, second).resolved_by is None
    with pytest.raises(tasker.Conflict, match="is complete with another result"):
        client.resolve(task, first, {"n": 6})
    client.resolve(task, second, skip=True)
    assert client.wait(task, 20, check=True).is_complete
    with pytest.raises(tasker.Conflict, match="only the priority of a task that has not ended"):
        client.set_priority(task, 1)
    with pytest.raises(tasker.Conflict, match="only the context of a failed task can be edited"):
        client.edit(task, {})


def test_context_of_a_failed_task_is_edited_before_its_retry(template):
    client = template.client
    with template.worker(add_one):
        task = template.create("chain", {"n": None})
        assert client.wait(task, 20).state == "failed"
        assert client.edit(task, {"n": 1}, "a typing error", by="ada").context == {"n": 1}
        client.retry(task)
        assert client.wait(task, 20, check=True).is_complete
