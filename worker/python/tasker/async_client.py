"""``Client`` for asyncio."""

from __future__ import annotations

import functools
import inspect
from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any, List, Optional, Tuple

from . import (
    _async_http,
    _dead_letters,
    _http,
    _operations,
    _watching,
    _worker_operations,
)
from ._dead_letters import (
    DeadLetter,
    DeadLetterFilter,
    DeadLetterGroups,
    DeadLetterOutcome,
    DeadLetters,
)
from ._operations import NewTask, Operation, PageReader, TaskLike, TemplateSource, Value
from .client import Client
from .models import (
    Explanation,
    Finding,
    ItemView,
    Pause,
    Progress,
    SignalWait,
    StepView,
    Task,
    TemplateView,
    UndoneStep,
    WorkerView,
)

__all__ = ["AsyncClient"]


class AsyncClient:
    """``Client`` for asyncio: the same methods, awaited; ``list``, ``children``, ``dead_letters``
    and ``watch`` are iterated with ``async for``. Tasks, event loops and forked processes may share
    one."""

    def __init__(self, url: Optional[str] = None, *, timeout: float = 30.0) -> None:
        self._transport = _async_http.Transport(_http.address_of(url), timeout)

    async def create_task(
        self,
        name: str,
        context: Any = None,
        *,
        namespace: str = "default",
        version: Optional[str] = None,
        priority: Optional[int] = None,
        idempotency_key: Optional[str] = None,
        labels: Optional[Mapping[str, str]] = None,
    ) -> Task:
        new = NewTask(name, context, namespace, version, priority, idempotency_key, labels)
        return await self._do(_operations.create_task(new))

    async def create_tasks(self, tasks: Iterable[NewTask]) -> List[str]:
        return await self._do(_operations.create_tasks([*tasks]))

    async def get(self, task: TaskLike) -> Task:
        return await self._do(_operations.get(task))

    async def wait(
        self, task: TaskLike, timeout: Optional[float] = None, *, check: bool = False
    ) -> Task:
        return await self._do(_operations.wait(task, timeout, check))

    async def cancel(self, task: TaskLike, *, compensate: bool = False) -> Task:
        return await self._do(_operations.cancel(task, compensate))

    async def retry(
        self, task: TaskLike, reason: Optional[str] = None, by: Optional[str] = None
    ) -> Task:
        return await self._do(_operations.act(task, "retry", reason, by))

    async def rerun(
        self,
        task: TaskLike,
        from_step: str,
        reason: Optional[str] = None,
        by: Optional[str] = None,
        *,
        idempotency_key: Optional[str] = None,
    ) -> Task:
        return await self._do(_operations.rerun(task, from_step, reason, by, idempotency_key))

    async def resolve(
        self,
        task: TaskLike,
        step: str,
        result: Any = None,
        *,
        skip: bool = False,
        reason: Optional[str] = None,
        by: Optional[str] = None,
    ) -> Task:
        return await self._do(_operations.resolve(task, step, result, skip, reason, by))

    async def set_priority(
        self,
        task: TaskLike,
        priority: int,
        reason: Optional[str] = None,
        by: Optional[str] = None,
    ) -> Task:
        change = _operations.change(task, "priority", "priority", priority, reason, by)
        return await self._do(change)

    async def edit(
        self,
        task: TaskLike,
        context: Any,
        reason: Optional[str] = None,
        by: Optional[str] = None,
    ) -> Task:
        return await self._do(_operations.change(task, "edit", "context", context, reason, by))

    async def pause(
        self, task: TaskLike, reason: Optional[str] = None, by: Optional[str] = None
    ) -> Task:
        return await self._do(_operations.act(task, "pause", reason, by))

    async def resume(
        self, task: TaskLike, reason: Optional[str] = None, by: Optional[str] = None
    ) -> Task:
        return await self._do(_operations.act(task, "resume", reason, by))

    async def pause_all(
        self,
        namespace: Optional[str] = None,
        template: Optional[str] = None,
        *,
        reason: Optional[str] = None,
        by: Optional[str] = None,
    ) -> List[Pause]:
        return await self._do(_operations.act_widely("pause", namespace, template, reason, by))

    async def resume_all(
        self,
        namespace: Optional[str] = None,
        template: Optional[str] = None,
        *,
        reason: Optional[str] = None,
        by: Optional[str] = None,
    ) -> List[Pause]:
        return await self._do(_operations.act_widely("resume", namespace, template, reason, by))

    async def pauses(self) -> List[Pause]:
        return await self._do(_operations.pauses())

    async def erase(self, task: TaskLike) -> int:
        return await self._do(_dead_letters.erase(task))

    async def dead_letters(
        self, where: Optional[DeadLetterFilter] = None, *, limit: Optional[int] = None
    ) -> AsyncIterator[DeadLetter]:
        read = functools.partial(_dead_letters.page, where or DeadLetterFilter())
        async for each in self._pages(read, limit):
            yield each

    async def dead_letter_groups(
        self, where: Optional[DeadLetterFilter] = None, *, limit: int = 50
    ) -> DeadLetterGroups:
        return await self._do(_dead_letters.groups(where or DeadLetterFilter(), limit))

    async def requeue(
        self,
        tasks: DeadLetters,
        *,
        dry_run: bool = False,
        reason: Optional[str] = None,
        by: Optional[str] = None,
    ) -> DeadLetterOutcome:
        return await self._do(_dead_letters.act("requeue", tasks, dry_run, reason, by))

    async def discard(
        self,
        tasks: DeadLetters,
        *,
        dry_run: bool = False,
        reason: Optional[str] = None,
        by: Optional[str] = None,
    ) -> DeadLetterOutcome:
        return await self._do(_dead_letters.act("discard", tasks, dry_run, reason, by))

    async def explain(self, task: TaskLike) -> Explanation:
        return await self._do(_operations.explain(task))

    async def compensation(self, task: TaskLike) -> List[UndoneStep]:
        return await self._do(_operations.compensation(task))

    async def signal(
        self,
        task: TaskLike,
        name: str,
        payload: Any = None,
        *,
        by: Optional[str] = None,
        idempotency_key: Optional[str] = None,
    ) -> str:
        return await self._do(_operations.signal(task, name, payload, by, idempotency_key))

    async def signal_by_key(
        self,
        name: str,
        key: str,
        payload: Any = None,
        *,
        by: Optional[str] = None,
        idempotency_key: Optional[str] = None,
        namespace: str = "default",
    ) -> int:
        return await self._do(
            _operations.signal_by_key(name, key, payload, by, idempotency_key, namespace)
        )

    async def signal_waits(
        self,
        *,
        namespace: Optional[str] = None,
        name: Optional[str] = None,
        approvals: bool = False,
    ) -> List[SignalWait]:
        return await self._do(_operations.signal_waits(namespace, name, approvals))

    async def list(
        self,
        *,
        namespace: Optional[str] = None,
        name: Optional[str] = None,
        version: Optional[str] = None,
        state: Optional[str] = None,
        children: bool = False,
        labels: Optional[Mapping[str, str]] = None,
        context: Optional[Tuple[str, Any]] = None,
        limit: Optional[int] = None,
    ) -> AsyncIterator[Task]:
        filters = _operations.task_filters(
            namespace, name, version, state, children, labels, context
        )
        async for each in self._pages(functools.partial(_operations.tasks_page, filters), limit):
            yield each

    async def children(
        self, task: TaskLike, *, state: Optional[str] = None, limit: Optional[int] = None
    ) -> AsyncIterator[Task]:
        read = functools.partial(_operations.children_page, task, state)
        async for each in self._pages(read, limit):
            yield each

    async def steps(self, task: TaskLike) -> List[StepView]:
        return await self._do(_operations.steps(task))

    async def step(self, task: TaskLike, name: str) -> StepView:
        return await self._do(_operations.step(task, name))

    async def items(
        self, task: TaskLike, step: str, *, state: Optional[str] = None
    ) -> List[ItemView]:
        return await self._do(_operations.items(task, step, state))

    async def register_template(self, source: TemplateSource) -> TemplateView:
        return await self._do(_operations.register_template(source))

    async def template(self, name: str, version: str, namespace: str = "default") -> TemplateView:
        return await self._do(_operations.template(name, version, namespace))

    async def templates(
        self, *, namespace: Optional[str] = None, name: Optional[str] = None
    ) -> List[TemplateView]:
        return await self._do(_operations.templates(namespace, name))

    async def workers(
        self, *, namespace: Optional[str] = None, state: Optional[str] = None
    ) -> List[WorkerView]:
        return await self._do(_worker_operations.workers(namespace, state))

    async def worker(self, name: str) -> WorkerView:
        return await self._do(_worker_operations.worker(name))

    async def doctor(self) -> List[Finding]:
        return await self._do(_worker_operations.doctor())

    async def drain_worker(self, name: str) -> WorkerView:
        return await self._do(_worker_operations.command(name, "drain"))

    async def stop_worker(self, name: str) -> WorkerView:
        return await self._do(_worker_operations.command(name, "stop"))

    async def watch(self, task: TaskLike) -> AsyncIterator[Progress]:
        watch = _watching.Watch(task)
        while not watch.is_over:
            progress = await self._do(watch.round())
            if progress is not None:
                yield progress

    async def close(self) -> None:
        await self._transport.close()

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _pages(
        self, read: PageReader[Value], limit: Optional[int]
    ) -> AsyncIterator[Value]:
        cursor, left = None, limit
        while left is None or left > 0:
            page, cursor = await self._do(read(cursor, _operations.size_of_page(left)))
            for each in page:
                yield each
            left = None if left is None else left - len(page)
            if cursor is None:
                return

    async def _do(self, operation: Operation[Value]) -> Value:
        try:
            request = next(operation)
            while True:
                try:
                    answer = await self._transport.send(request)
                except Exception as problem:
                    request = operation.throw(problem)
                else:
                    request = operation.send(answer)
        except StopIteration as done:
            value: Value = done.value
            return value


for _name, _method in vars(AsyncClient).items():
    _twin = getattr(Client, _name, None)
    if inspect.isfunction(_method) and not _method.__doc__ and _twin is not None:
        _method.__doc__ = _twin.__doc__
