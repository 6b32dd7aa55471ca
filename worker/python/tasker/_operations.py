"""The operations of a client. Each is a generator: it yields requests, receives the responses, and
returns its value, so that the blocking and the asynchronous client share it."""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
import time
import urllib.parse
from collections.abc import Callable, Generator, Mapping
from typing import Any, Optional, TypeVar, Union

from . import _http
from .errors import TaskFailed
from .models import (
    Explanation,
    ItemView,
    Pause,
    SignalWait,
    StepView,
    Task,
    TemplateView,
    UndoneStep,
)
from .template import Template

Value = TypeVar("Value")
Operation = Generator[_http.Request, Any, Value]
TaskLike = Union[str, Task]
TaskPage = tuple[list[Task], Optional[str]]  # and its cursor
PageReader = Callable[[Optional[str], int], Operation[tuple[list[Value], Optional[str]]]]
TemplateSource = Union[Template, str, "os.PathLike[str]", Mapping[str, Any]]

longest_wait = 60.0  # seconds of one request; longer waits are several
page_size = 500


def id_of(task: TaskLike) -> str:
    return task.task_id if isinstance(task, Task) else str(task)


@dataclasses.dataclass(frozen=True)
class NewTask:
    """A task to be created, for ``create_tasks``."""

    name: str
    context: Any = None
    namespace: str = "default"
    version: Optional[str] = None
    priority: Optional[int] = None
    idempotency_key: Optional[str] = None
    labels: Optional[Mapping[str, str]] = None

    def body(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if value is not None}


def create_task(new: NewTask) -> Operation[Task]:
    return Task.of((yield _http.post("/v1/tasks", new.body())))


def create_tasks(new: list[NewTask]) -> Operation[list[str]]:
    answer = yield _http.post("/v1/tasks/batch", {"tasks": [each.body() for each in new]})
    return [each["task_id"] for each in answer["tasks"]]


def get(task: TaskLike) -> Operation[Task]:
    return Task.of((yield _http.get(f"/v1/tasks/{_http.quoted(id_of(task))}")))


def wait(task: TaskLike, timeout: Optional[float], check: bool) -> Operation[Task]:
    until = None if timeout is None else time.monotonic() + timeout
    path = f"/v1/tasks/{_http.quoted(id_of(task))}"
    while True:
        left = longest_wait if until is None else until - time.monotonic()
        seconds = max(0.0, min(longest_wait, left))
        seen = Task.of((yield _http.get(path, {"wait": f"{seconds:.3f}"}, server_wait=seconds)))
        if seen.is_finished:
            break
        if until is not None and time.monotonic() >= until:
            raise TimeoutError(f"task {seen.task_id} is still {seen.state} after {timeout} s")
    if check and not seen.is_complete:
        raise TaskFailed(seen, (yield from _why(seen)))
    return seen


def _why(task: Task) -> Operation[str]:
    if task.error:
        return f"{task.error.type}: {task.error.message}"
    for step in (yield from steps(task)):
        if step.state == "failed" and step.error:
            return f"step {step.name}: {step.error.type}: {step.error.message}"
    return ""


def cancel(task: TaskLike, compensate: bool) -> Operation[Task]:
    path = f"/v1/tasks/{_http.quoted(id_of(task))}/cancel"
    return Task.of((yield _http.post(path, {"compensate": True} if compensate else None)))


def act(
    task: TaskLike, action: str, reason: Optional[str], by: Optional[str]
) -> Operation[Task]:
    """``action``: retry, pause or resume."""
    path = f"/v1/tasks/{_http.quoted(id_of(task))}/{action}"
    return Task.of((yield _http.post(path, _given(reason=reason, by=by) or None)))


def rerun(
    task: TaskLike,
    from_step: str,
    reason: Optional[str],
    by: Optional[str],
    idempotency_key: Optional[str],
) -> Operation[Task]:
    path = f"/v1/tasks/{_http.quoted(id_of(task))}/rerun"
    body = _given(reason=reason, by=by, idempotency_key=idempotency_key)
    return Task.of((yield _http.post(path, {"from": from_step, **body})))


def resolve(
    task: TaskLike, step: str, result: Any, skip: bool, reason: Optional[str], by: Optional[str]
) -> Operation[Task]:
    ended = {"skip": True} if skip else {"result": result}
    path = f"/v1/tasks/{_http.quoted(id_of(task))}/steps/{_http.quoted(step)}/resolve"
    return Task.of((yield _http.post(path, {**ended, **_given(reason=reason, by=by)})))


def change(
    task: TaskLike, action: str, field: str, value: Any, reason: Optional[str], by: Optional[str]
) -> Operation[Task]:
    """``action``: priority or edit."""
    path = f"/v1/tasks/{_http.quoted(id_of(task))}/{action}"
    return Task.of((yield _http.post(path, {field: value, **_given(reason=reason, by=by)})))


def act_widely(
    action: str,
    namespace: Optional[str],
    template: Optional[str],
    reason: Optional[str],
    by: Optional[str],
) -> Operation[list[Pause]]:
    """``action``: pause or resume."""
    body = _given(namespace=namespace, template=template, reason=reason, by=by)
    answer = yield _http.post(f"/v1/{action}", body or None)
    return [Pause.of(each) for each in answer["pauses"]]


def pauses() -> Operation[list[Pause]]:
    answer = yield _http.get("/v1/pauses")
    return [Pause.of(each) for each in answer["pauses"]]


def _given(**values: Optional[str]) -> dict[str, Any]:
    return {name: each for name, each in values.items() if each is not None}


def explain(task: TaskLike) -> Operation[Explanation]:
    answer = yield _http.get(f"/v1/tasks/{_http.quoted(id_of(task))}/explanation")
    return Explanation.of(answer)


def compensation(task: TaskLike) -> Operation[list[UndoneStep]]:
    answer = yield _http.get(f"/v1/tasks/{_http.quoted(id_of(task))}/compensation")
    return [UndoneStep.of(each) for each in answer["steps"]]


def signal(
    task: TaskLike, name: str, payload: Any, by: Optional[str], idempotency_key: Optional[str]
) -> Operation[str]:
    path = f"/v1/tasks/{_http.quoted(id_of(task))}/signals/{_http.quoted(name)}"
    answer = yield _http.post(path, _signal_body(payload, by, idempotency_key))
    return str(answer["outcome"])


def signal_by_key(
    name: str,
    key: str,
    payload: Any,
    by: Optional[str],
    idempotency_key: Optional[str],
    namespace: str,
) -> Operation[int]:
    query = urllib.parse.urlencode({"namespace": namespace, "key": key})
    path = f"/v1/signals/{_http.quoted(name)}?{query}"
    answer = yield _http.post(path, _signal_body(payload, by, idempotency_key))
    return int(answer["delivered"])


def _signal_body(payload: Any, by: Optional[str], idempotency_key: Optional[str]) -> dict[str, Any]:
    return {"payload": payload, **_given(by=by, idempotency_key=idempotency_key)}


def signal_waits(
    namespace: Optional[str], name: Optional[str], approvals: bool
) -> Operation[list[SignalWait]]:
    found: list[SignalWait] = []
    cursor = None
    form = "true" if approvals else None
    while True:
        query = {"namespace": namespace, "name": name, "form": form, "cursor": cursor,
                 "limit": page_size}
        answer = yield _http.get("/v1/signals", query)
        found += [SignalWait.of(each) for each in answer["signals"]]
        cursor = answer["next_cursor"]
        if cursor is None:
            return found


def task_filters(
    namespace: Optional[str],
    name: Optional[str],
    version: Optional[str],
    state: Optional[str],
    children: bool,
    labels: Optional[Mapping[str, str]],
    context: Optional[tuple[str, Any]],
) -> dict[str, Any]:
    """The query of a list of tasks."""
    query: dict[str, Any] = {
        "namespace": namespace,
        "name": name,
        "version": version,
        "state": state,
        "label": [f"{label}:{value}" for label, value in (labels or {}).items()],
    }
    if children:
        query["children"] = "true"
    if context is not None:
        pointer, value = context
        query["context"] = f"{pointer}:{value if isinstance(value, str) else json.dumps(value)}"
    return query


def size_of_page(left: Optional[int]) -> int:
    return page_size if left is None else min(left, page_size)


def tasks_page(filters: dict[str, Any], cursor: Optional[str], limit: int) -> Operation[TaskPage]:
    answer = yield _http.get("/v1/tasks", {**filters, "cursor": cursor, "limit": limit})
    return [Task.of(each) for each in answer["tasks"]], answer["next_cursor"]


def children_page(
    task: TaskLike, state: Optional[str], cursor: Optional[str], limit: int
) -> Operation[TaskPage]:
    query = {"state": state, "cursor": cursor, "limit": limit}
    answer = yield _http.get(f"/v1/tasks/{_http.quoted(id_of(task))}/children", query)
    return [Task.of(each) for each in answer["tasks"]], answer["next_cursor"]


def steps(task: TaskLike) -> Operation[list[StepView]]:
    found: list[StepView] = []
    cursor = None
    while True:
        answer = yield _http.get(
            f"/v1/tasks/{_http.quoted(id_of(task))}/steps", {"cursor": cursor, "limit": page_size}
        )
        found += [StepView.of(each) for each in answer["steps"]]
        cursor = answer["next_cursor"]
        if cursor is None:
            return found


def step(task: TaskLike, name: str) -> Operation[StepView]:
    path = f"/v1/tasks/{_http.quoted(id_of(task))}/steps/{_http.quoted(name)}"
    return StepView.of((yield _http.get(path)))


def items(task: TaskLike, step: str, state: Optional[str]) -> Operation[list[ItemView]]:
    path = f"/v1/tasks/{_http.quoted(id_of(task))}/steps/{_http.quoted(step)}/items"
    found: list[ItemView] = []
    cursor = None
    while True:
        answer = yield _http.get(path, {"state": state, "cursor": cursor, "limit": page_size})
        found += [ItemView.of(each) for each in answer["items"]]
        cursor = answer["next_cursor"]
        if cursor is None:
            return found


def register_template(source: TemplateSource) -> Operation[TemplateView]:
    body, content_type = template_text(source)
    request = _http.Request("POST", "/v1/templates", body.encode(), content_type)
    return TemplateView.of((yield request))


def template_text(source: TemplateSource) -> tuple[str, str]:
    """Text and content type of a template: in Python, a mapping, a path, or YAML as text.

    Raises ValueError for the name of a file, which is not a template as text.
    """
    if isinstance(source, Template):
        return source.to_json(), "application/json"
    if isinstance(source, Mapping):
        return json.dumps(source), "application/json"
    if isinstance(source, os.PathLike):
        path = pathlib.Path(source)
        kind = "json" if path.suffix == ".json" else "yaml"
        return path.read_text(encoding="utf-8"), f"application/{kind}"
    if source.endswith((".yaml", ".yml", ".json")) and "\n" not in source:
        raise ValueError(
            f"a string is a template as text; for a file, pass pathlib.Path({source!r})"
        )
    return source, "application/yaml"


def template(name: str, version: str, namespace: str) -> Operation[TemplateView]:
    path = "/".join(_http.quoted(each) for each in (namespace, name, version))
    return TemplateView.of((yield _http.get(f"/v1/templates/{path}")))


def templates(namespace: Optional[str], name: Optional[str]) -> Operation[list[TemplateView]]:
    found: list[TemplateView] = []
    cursor = None
    while True:
        query = {"namespace": namespace, "name": name, "cursor": cursor, "limit": page_size}
        answer = yield _http.get("/v1/templates", query)
        found += [TemplateView.of(each) for each in answer["templates"]]
        cursor = answer["next_cursor"]
        if cursor is None:
            return found


def is_ready() -> Operation[bool]:
    answer = yield _http.get("/health")
    return bool(answer.get("status") == "ok")
