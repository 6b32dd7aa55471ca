"""Both clients against a real orchestrator."""

import asyncio
import dataclasses
import datetime
import math
import socket
import threading

import pytest
from worker_program import until

import tasker

STEPS = [("a", "add_one"), ("b", "add_one", "a")]


@tasker.step("add_one")
def add_one(context, a=None):
    return (context["n"] if a is None else a) + 1


@pytest.fixture
def template(engine):
    engine.template("chain", STEPS)
    return engine


def test_task_can_be_created_awaited_and_read(template):
    client = template.client
    task = template.create("chain", {"n": 5}, priority=3, idempotency_key="k1")
    assert (task.state, task.priority, task.idempotency_key) == ("pending", 3, "k1")
    assert task.context == {"n": 5} and task.created_at.tzinfo is not None
    assert template.create("chain", {"n": 5}, priority=3, idempotency_key="k1").task_id == (
        task.task_id
    )
    with template.worker(add_one):
        done = client.wait(task, 20, check=True)
    assert done.is_complete and done.is_finished and done.result == {"b": 7}
    assert done.started_at <= done.finished_at
    assert client.get(task.task_id) == done
    step = client.step(task, "b")
    assert (step.result, step.state, step.dependencies) == (7, "complete", ("a",))
    assert [each.name for each in client.steps(task)] == ["a", "b"]


@tasker.step("square")
def square(step):
    if step.item == 0:
        raise tasker.Permanent("zero", type="zero")
    return {"index": step.index, "square": step.item**2}


def test_a_map_runs_for_each_item_and_its_items_can_be_listed(engine):
    settings = {"over": "$context.n", "on_item_failure": "collect"}
    step = {"name": "each", "handler": {"callable": "square"}, "map": settings}
    engine.template("squares", [step])
    with engine.worker(square):
        task = engine.create("squares", {"n": [3, 0, 5]})
        done = engine.client.wait(task, 60, check=True)
    squares = [{"index": 0, "square": 9}, None, {"index": 2, "square": 25}]
    assert done.result == {"each": squares}
    step = engine.client.step(task, "each")
    assert (step.items_total, step.items_complete, step.items_failed) == (3, 2, 1)
    assert step.error.message == "1 of 3 items failed; item 1: zero"
    items = engine.client.items(task, "each")
    assert [item.result for item in items] == squares
    assert items[0].item == {"index": 0, "item": 3}
    (failed,) = engine.client.items(task, "each", state="failed")
    assert (failed.index, failed.error.type) == (1, "zero")


@dataclasses.dataclass
class Order:
    n: int
    due: datetime.date


def test_context_accepts_every_type_that_a_result_accepts(template):
    order = Order(5, datetime.date(2026, 1, 2))
    task = template.create("chain", order)
    assert task.context == {"n": 5, "due": "2026-01-02"}
    (same,) = template.client.create_tasks([tasker.NewTask("chain", order, template.namespace)])
    assert template.client.get(same).context == task.context
    with pytest.raises(ValueError, match="nan"):
        template.create("chain", {"n": math.nan})
    with pytest.raises(TypeError, match="object cannot be written"):
        template.create("chain", {"n": object()})


def test_step_that_sleeps_shows_the_end_of_its_wait_as_a_time(engine):
    engine.template("naps", [{"name": "nap", "sleep": {"until": "2030-12-01T08:00:00+01:00"}}])
    step = engine.step_of(engine.create("naps"), "nap")
    assert (step.state, step.waiting_for) == ("waiting", "time")
    assert step.waits_until == datetime.datetime(2030, 12, 1, 7, tzinfo=datetime.timezone.utc)


def test_list_is_read_page_by_page(template):
    namespace = template.namespace
    ids = template.client.create_tasks(
        tasker.NewTask("chain", {"n": n}, namespace) for n in range(1203)
    )
    found = [each.task_id for each in template.client.list(namespace=namespace)]
    assert sorted(found) == sorted(ids)
    assert len(list(template.client.list(namespace=namespace, limit=501))) == 501
    assert list(template.client.list(namespace=namespace, state="complete")) == []


@tasker.step("fan")
def fan(context):
    return tasker.children(
        {"key": str(n), "template": "chain", "context": {"n": n}} for n in range(context["n"])
    )


def test_child_tasks_are_listed_and_make_the_result(template):
    child = {"name": "chain", "context": {"n": "${context/n}"}}
    template.template("parent", [{"name": "p", "workflow": child}])
    template.template("fan", [("p", "fan")])
    task = template.create("parent", {"n": 5})
    (found,) = template.client.children(task)
    assert found.parent == tasker.Parent(task.task_id, "p") and task.parent is None
    namespace = template.namespace
    assert [each.name for each in template.client.list(namespace=namespace)] == ["parent"]
    assert len(list(template.client.list(namespace=namespace, children=True))) == 2
    with template.worker(add_one, fan):
        assert template.client.wait(task, 60, check=True).result == {"p": {"b": 7}}
        done = template.client.wait(template.create("fan", {"n": 3}), 60, check=True)
    assert done.result == {"p": {str(n): {"b": n + 2} for n in range(3)}}
    keys = [each.parent.key for each in template.client.children(done, state="complete")]
    assert sorted(keys) == ["0", "1", "2"]


def test_list_by_labels_and_context(template):
    client, namespace = template.client, template.namespace
    labels = {"team": "a", "tier": "gold"}
    both = client.create_task("chain", {"n": 1}, namespace=namespace, labels=labels)
    one = client.create_task("chain", {"n": "1"}, namespace=namespace, labels={"team": "a"})
    client.create_task("chain", {"n": 2}, namespace=namespace)

    def ids(**filters):
        return [each.task_id for each in client.list(namespace=namespace, **filters)]

    assert both.labels == client.get(both).labels == labels
    assert ids(labels={"team": "a"}) == [one.task_id, both.task_id]
    assert ids(labels=labels) == [both.task_id]
    assert ids(context=("/n", 1)) == ids(context=("/n", "1")) == [one.task_id, both.task_id]
    assert ids(context=("/n", 2), labels=labels) == []


def test_cancelled_task_raises_for_a_wait_with_check(template):
    task = template.create("chain", {"n": 1})
    assert template.client.cancel(task).state == "cancelled"
    with pytest.raises(tasker.TaskFailed) as failed:
        template.client.wait(task, 5, check=True)
    assert failed.value.task.state == "cancelled"
    assert template.client.wait(task, 5).state == "cancelled"


@tasker.step("undo")
def undo(a):
    return a


def test_cancelled_task_is_undone_if_asked_to(template):
    first = {"name": "a", "handler": {"callable": "add_one"}, "compensate": {"callable": "undo"}}
    template.template(
        "saga", [first, {"name": "s", "sleep": {"seconds": 600}, "dependencies": ["a"]}]
    )
    client = template.client
    with template.worker(add_one, undo):
        task = template.create("saga", {"n": 1})
        until(lambda: client.step(task, "s").state == "waiting")
        assert client.compensation(task) == [tasker.UndoneStep("a", "undo", "pending", 0)]
        assert client.cancel(task, compensate=True).state == "cancelled"
        assert client.wait(task, 60).compensation == "complete"
    assert client.compensation(task) == [tasker.UndoneStep("a", "undo", "complete", 1)]
    assert client.step(task, "a").compensation["state"] == "complete"


def test_failed_task_names_the_step_that_failed(template):
    with template.worker(add_one):
        task = template.create("chain", {"n": None})
        with pytest.raises(tasker.TaskFailed, match="failed: step a: TypeError: "):
            template.client.wait(task, 20, check=True)


def test_task_and_its_namespace_are_paused(template):
    client = template.client
    task = template.create("chain", {"n": 1})
    assert client.pause(task, "a migration", by="ada").paused
    (pause,) = client.pauses()
    assert (pause.task_id, pause.by, pause.reason) == (task.task_id, "ada", "a migration")
    (_, wide) = client.pause_all(task.namespace)
    assert (wide.namespace, wide.template) == (task.namespace, None)
    assert not client.resume(task).is_complete
    assert client.get(task).paused
    assert client.resume_all(task.namespace) == []
    assert not client.get(task).paused
    with template.worker():
        assert client.wait(task, 20, check=True).is_complete
    with pytest.raises(tasker.Conflict, match="only a task that has not ended can be paused"):
        client.pause(task)


def test_failed_task_is_retried(template):
    broken = True

    @tasker.step("add_one")
    def sometimes(context):
        if broken:
            raise tasker.Permanent("closed")
        return context

    client = template.client
    with template.worker(sometimes):
        task = template.create("chain", {"n": 1})
        assert client.wait(task, 20).state == "failed"
        broken = False
        again = client.retry(task, "it is open again", by="ada")
        (retry,) = again.retries
        assert (retry.reason, retry.by) == ("it is open again", "ada")
        assert retry.at > again.created_at
        assert client.wait(task, 20, check=True).is_complete
    with pytest.raises(tasker.Conflict, match="only a failed task can be retried"):
        client.retry(task)


def test_wait_that_times_out_does_not_change_the_task(template):
    task = template.create("chain", {"n": 1})
    with pytest.raises(TimeoutError, match="is still pending after 0.2 s"):
        template.client.wait(task, 0.2)
    assert template.client.get(task).state == "pending"


def test_watch_yields_each_change_until_the_end(template):
    task = template.create("chain", {"n": 1})
    seen = []
    with template.worker(add_one):
        seen.extend(template.client.watch(task))
    assert seen[-1].task.is_complete and seen[-1].fraction == 1.0
    assert [step.state for step in seen[-1].steps] == ["complete", "complete"]
    assert [progress.fraction for progress in seen] == sorted(p.fraction for p in seen)
    assert all(progress.changed or progress is seen[-1] for progress in seen)


def test_templates_are_registered_from_text_file_and_mapping(engine, tmp_path):
    text = (
        f"name: one\nnamespace_name: {engine.namespace}\nversion: 1.0.0\n"
        "steps: [{name: a, handler: {callable: tasker.noop}}]\n"
    )
    path = tmp_path / "two.yaml"
    path.write_text(text.replace("one", "two"))
    assert engine.client.register_template(text).name == "one"
    assert engine.client.register_template(path).name == "two"
    again = engine.client.register_template(text)
    assert again.definition["steps"][0]["name"] == "a"
    assert [each.name for each in engine.client.templates(namespace=engine.namespace)] == [
        "one",
        "two",
    ]
    assert engine.client.template("one", "1.0.0", engine.namespace).definition == again.definition


@pytest.mark.parametrize(
    ("ask", "kind", "status", "reported"),
    [
        (lambda e: e.client.get("0190b2b7-8c2e-7e7a-9d3c-5a3b1f0c9d11"), "NotFound", 404, "task"),
        (lambda e: e.client.get("no id"), "Refused", 400, "task_id: must be a UUID"),
        (lambda e: e.create("nothing"), "NotFound", 404, "nothing"),
        (lambda e: e.create("chain", priority=9), "Refused", 400, "priority"),
        (lambda e: e.create("chain", []), "Refused", 400, "context"),
        (lambda e: e.client.register_template("name: [x"), "Refused", 422, "line"),
    ],
)
def test_refusals_are_exceptions_with_the_reason(template, ask, kind, status, reported):
    with pytest.raises(tasker.ApiError) as refused:
        ask(template)
    assert type(refused.value).__name__ == kind
    assert refused.value.status == status
    assert reported in str(refused.value)


def test_conflict_is_reported(template):
    template.create("chain", {"n": 1}, idempotency_key="same")
    with pytest.raises(tasker.Conflict):
        template.create("chain", {"n": 2}, idempotency_key="same")


def test_no_server_is_unreachable():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    refused = pytest.raises(tasker.Unreachable, match="refused")
    with tasker.Client(url) as client, refused as reported:
        client.get("x")
    assert reported.value.__suppress_context__  # the standard library's frames add nothing

    async def ask():
        async with tasker.AsyncClient(url) as client:
            await client.get("x")

    with pytest.raises(tasker.Unreachable, match="[Cc]onnect") as reported:
        asyncio.run(ask())
    assert reported.value.__suppress_context__


def test_something_else_that_answers_is_unreachable():
    with socket.create_server(("127.0.0.1", 0)) as server:
        answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno"

        def serve():
            for _ in range(2):
                connection, _ = server.accept()
                connection.recv(65536)
                connection.sendall(answer.replace(b"200 OK", b"500 Oh"))
                connection.close()

        thread = threading.Thread(target=serve)
        thread.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        with tasker.Client(url) as client, pytest.raises(tasker.Unreachable, match="500"):
            client.get("x")

        async def ask():
            async with tasker.AsyncClient(url) as client:
                await client.get("x")

        with pytest.raises(tasker.Unreachable, match="500"):
            asyncio.run(ask())
        thread.join()


@pytest.mark.parametrize("url", ["ftp://x", "127.0.0.1:8080", "http://", "http://x/?q=1"])
def test_invalid_url_is_refused(url):
    with pytest.raises(ValueError, match="no URL"):
        tasker.Client(url)


def test_threads_share_a_client(template):
    failures = []

    def work(n):
        try:
            for _ in range(20):
                task = template.create("chain", {"n": n})
                assert template.client.get(task).context == {"n": n}
        except BaseException as problem:
            failures.append(problem)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_asynchronous_client_does_the_same(template):
    namespace = template.namespace

    async def talk():
        async with tasker.AsyncClient(template.server.url) as client:
            created = await asyncio.gather(
                *(
                    client.create_task("chain", {"n": n}, namespace=namespace)
                    for n in range(40)
                )
            )
            done = await asyncio.gather(*(client.wait(task, 30) for task in created))
            assert [task.result["b"] for task in done] == [n + 2 for n in range(40)]
            listed = [task.task_id async for task in client.list(namespace=namespace, limit=30)]
            assert len(listed) == 30
            changes = [progress async for progress in client.watch(created[0])]
            assert changes[-1].task.is_complete
            assert (await client.step(created[0], "a")).result == 1
            with pytest.raises(tasker.NotFound):
                await client.template("nothing", "1.0.0", namespace)
            with pytest.raises(tasker.Conflict):
                await client.cancel(created[0])

    with template.worker(add_one):
        asyncio.run(talk())


def test_both_clients_have_the_same_methods():
    def public(kind):
        return {name for name in dir(kind) if not name.startswith("_")}

    assert public(tasker.Client) == public(tasker.AsyncClient)
    assert all(getattr(tasker.AsyncClient, name).__doc__ for name in public(tasker.AsyncClient))
