"""The client of the orchestrator that blocks; ``AsyncClient`` is awaited."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, List, Optional, Tuple

from . import (
    _dead_letters,
    _http,
    _operations,
    _sync_http,
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

__all__ = ["Client", "NewTask"]


class Client:
    """Talks to an orchestrator at ``url`` (or TASKER_URL, or http://127.0.0.1:8080).

    ``timeout`` is how long a response may take, in seconds, in addition to requested waits. Threads
    and forked processes may share a client; each has its own connection. Raises subclasses of
    TaskerError: Unreachable, NotFound, Conflict, Refused, Unavailable. """

    def __init__(self, url: Optional[str] = None, *, timeout: float = 30.0) -> None:
        self._transport = _sync_http.Transport(_http.address_of(url), timeout)

    def create_task(
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
        """Starts a run of the template ``name``, by default of its highest version.

        The same ``idempotency_key`` with the same arguments returns the same task. ``labels`` are
        for ``list``.
        """
        new = NewTask(name, context, namespace, version, priority, idempotency_key, labels)
        return self._do(_operations.create_task(new))

    def create_tasks(self, tasks: Iterable[NewTask]) -> List[str]:
        """Starts up to 10,000 tasks in one transaction, all or none; returns their ids."""
        return self._do(_operations.create_tasks(list(tasks)))

    def get(self, task: TaskLike) -> Task:
        """The current state of the task."""
        return self._do(_operations.get(task))

    def wait(self, task: TaskLike, timeout: Optional[float] = None, *, check: bool = False) -> Task:
        """Returns the task once it is complete, failed or cancelled. Raises TimeoutError after
        ``timeout`` seconds; the task continues. With ``check``, raises TaskFailed unless it is
        complete."""
        return self._do(_operations.wait(task, timeout, check))

    def cancel(self, task: TaskLike, *, compensate: bool = False) -> Task:
        """Cancels it; with ``compensate``, its complete steps are undone. Raises Conflict if it is
        complete, or was cancelled before without ``compensate`` and has steps to undo."""
        return self._do(_operations.cancel(task, compensate))

    def retry(self, task: TaskLike, reason: Optional[str] = None, by: Optional[str] = None) -> Task:
        """Runs its failed steps again. Raises Conflict if it has not failed, is a child task, or
        was undone."""
        return self._do(_operations.act(task, "retry", reason, by))

    def rerun(
        self,
        task: TaskLike,
        from_step: str,
        reason: Optional[str] = None,
        by: Optional[str] = None,
        *,
        idempotency_key: Optional[str] = None,
    ) -> Task:
        """Runs a finished task again from a step, as a new task, which it returns. This takes over
        the complete and skipped steps that do not depend on that step. With ``idempotency_key``,
        repeating the call is safe. Raises Refused if there is no such step, Conflict if the task
        has not finished, is a child task, or is half undone."""
        return self._do(_operations.rerun(task, from_step, reason, by, idempotency_key))

    def resolve(
        self,
        task: TaskLike,
        step: str,
        result: Any = None,
        *,
        skip: bool = False,
        reason: Optional[str] = None,
        by: Optional[str] = None,
    ) -> Task:
        """Completes a step by hand with ``result``, or skips it, and the workflow continues. If
        the task has failed, it runs again but for this step. Raises Conflict if the step has not
        begun or has ended otherwise, or if the task has ended without having failed, is a child
        task, or was undone."""
        return self._do(_operations.resolve(task, step, result, skip, reason, by))

    def set_priority(
        self,
        task: TaskLike,
        priority: int,
        reason: Optional[str] = None,
        by: Optional[str] = None,
    ) -> Task:
        """Changes the priority, 1 (low) to 4 (urgent), of a task that has not ended, and of its
        open child tasks. Raises Conflict if it has ended, or is a child task."""
        return self._do(_operations.change(task, "priority", "priority", priority, reason, by))

    def edit(
        self,
        task: TaskLike,
        context: Any,
        reason: Optional[str] = None,
        by: Optional[str] = None,
    ) -> Task:
        """Replaces the context of a failed task, before a retry. Raises Conflict if it has not
        failed, is a child task, or was undone."""
        return self._do(_operations.change(task, "edit", "context", context, reason, by))

    def pause(self, task: TaskLike, reason: Optional[str] = None, by: Optional[str] = None) -> Task:
        """Pauses it and its child tasks: none of their steps starts until it is resumed. Steps that
        run end as usual. Raises Conflict if it has ended, or is a child task."""
        return self._do(_operations.act(task, "pause", reason, by))

    def resume(
        self, task: TaskLike, reason: Optional[str] = None, by: Optional[str] = None
    ) -> Task:
        """Ends its pause. Raises Conflict if it is a child task."""
        return self._do(_operations.act(task, "resume", reason, by))

    def pause_all(
        self,
        namespace: Optional[str] = None,
        template: Optional[str] = None,
        *,
        reason: Optional[str] = None,
        by: Optional[str] = None,
    ) -> List[Pause]:
        """Pauses all tasks of a template, of a namespace, or everything, also later ones. Returns
        what is paused."""
        return self._do(_operations.act_widely("pause", namespace, template, reason, by))

    def resume_all(
        self,
        namespace: Optional[str] = None,
        template: Optional[str] = None,
        *,
        reason: Optional[str] = None,
        by: Optional[str] = None,
    ) -> List[Pause]:
        """Ends a pause of ``pause_all`` with the same arguments. Returns what is still paused."""
        return self._do(_operations.act_widely("resume", namespace, template, reason, by))

    def pauses(self) -> List[Pause]:
        """What is paused, the oldest pause first."""
        return self._do(_operations.pauses())

    def erase(self, task: TaskLike) -> int:
        """Deletes a finished task with its child tasks; returns how many tasks. Raises Conflict if
        it, or one of these, is open, or if it is a child task."""
        return self._do(_dead_letters.erase(task))

    def dead_letters(
        self, where: Optional[DeadLetterFilter] = None, *, limit: Optional[int] = None
    ) -> Iterator[DeadLetter]:
        """Failed tasks that are no child tasks, newest first, at most ``limit``; pages are read
        while you iterate."""
        read = functools.partial(_dead_letters.page, where or DeadLetterFilter())
        return self._pages(read, limit)

    def dead_letter_groups(
        self, where: Optional[DeadLetterFilter] = None, *, limit: int = 50
    ) -> DeadLetterGroups:
        """Counts the dead letters with the same template, step, type of error and reason."""
        return self._do(_dead_letters.groups(where or DeadLetterFilter(), limit))

    def requeue(
        self,
        tasks: DeadLetters,
        *,
        dry_run: bool = False,
        reason: Optional[str] = None,
        by: Optional[str] = None,
    ) -> DeadLetterOutcome:
        """Retries failed tasks: those given, or all that a ``DeadLetterFilter`` selects.

        A task that refuses does not stop the others. Makes as many requests as needed.
        """
        return self._do(_dead_letters.act("requeue", tasks, dry_run, reason, by))

    def discard(
        self,
        tasks: DeadLetters,
        *,
        dry_run: bool = False,
        reason: Optional[str] = None,
        by: Optional[str] = None,
    ) -> DeadLetterOutcome:
        """Erases failed tasks, selected as in ``requeue``."""
        return self._do(_dead_letters.act("discard", tasks, dry_run, reason, by))

    def explain(self, task: TaskLike) -> Explanation:
        """Why it is in its state, and what its steps wait for."""
        return self._do(_operations.explain(task))

    def compensation(self, task: TaskLike) -> List[UndoneStep]:
        """The steps that are undone, or would be, when the task is compensated, in their order."""
        return self._do(_operations.compensation(task))

    def signal(
        self,
        task: TaskLike,
        name: str,
        payload: Any = None,
        *,
        by: Optional[str] = None,
        idempotency_key: Optional[str] = None,
    ) -> str:
        """Sends a signal to the step of the task that waits for it.

        Returns ``complete`` (it ended the wait), ``counted`` (others are needed), ``kept`` (the
        step does not wait yet) or ``repeated`` (the key was used before). Conflict if the step has
        its signals, or has ended.
        """
        return self._do(_operations.signal(task, name, payload, by, idempotency_key))

    def signal_by_key(
        self,
        name: str,
        key: str,
        payload: Any = None,
        *,
        by: Optional[str] = None,
        idempotency_key: Optional[str] = None,
        namespace: str = "default",
    ) -> int:
        """Sends a signal to all steps that wait for it with this correlation key.

        Returns how many received it; 0: it is kept for 24 hours.
        """
        return self._do(
            _operations.signal_by_key(name, key, payload, by, idempotency_key, namespace)
        )

    def signal_waits(
        self,
        *,
        namespace: Optional[str] = None,
        name: Optional[str] = None,
        approvals: bool = False,
    ) -> List[SignalWait]:
        """The steps that wait for a signal; with ``approvals`` only those that have a form."""
        return self._do(_operations.signal_waits(namespace, name, approvals))

    def list(
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
    ) -> Iterator[Task]:
        """Tasks, newest first, at most ``limit``; pages are read while you iterate. With
        ``children``, child tasks too.

        ``labels``: tasks that have all of them. ``context``: a JSON pointer and the value that the
        context has there, as in ``("/order/id", 42)``.
        """
        filters = _operations.task_filters(
            namespace, name, version, state, children, labels, context
        )
        return self._pages(functools.partial(_operations.tasks_page, filters), limit)

    def children(
        self, task: TaskLike, *, state: Optional[str] = None, limit: Optional[int] = None
    ) -> Iterator[Task]:
        """The child tasks of a task, newest first, at most ``limit``."""
        return self._pages(functools.partial(_operations.children_page, task, state), limit)

    def steps(self, task: TaskLike) -> List[StepView]:
        """All steps of a task."""
        return self._do(_operations.steps(task))

    def step(self, task: TaskLike, name: str) -> StepView:
        """One step, with its result or error."""
        return self._do(_operations.step(task, name))

    def items(self, task: TaskLike, step: str, *, state: Optional[str] = None) -> List[ItemView]:
        """The items of a step with ``map``, all or those in a state."""
        return self._do(_operations.items(task, step, state))

    def register_template(self, source: TemplateSource) -> TemplateView:
        """Registers a ``Template``, a dict, a ``pathlib.Path`` of a file, or YAML as text."""
        return self._do(_operations.register_template(source))

    def template(self, name: str, version: str, namespace: str = "default") -> TemplateView:
        """A registered template with its definition."""
        return self._do(_operations.template(name, version, namespace))

    def templates(
        self, *, namespace: Optional[str] = None, name: Optional[str] = None
    ) -> List[TemplateView]:
        """Registered templates, without their definitions."""
        return self._do(_operations.templates(namespace, name))

    def workers(
        self, *, namespace: Optional[str] = None, state: Optional[str] = None
    ) -> List[WorkerView]:
        """The workers, all or those that serve a namespace, or are ``serving``, ``draining`` or
        ``gone``."""
        return self._do(_worker_operations.workers(namespace, state))

    def worker(self, name: str) -> WorkerView:
        """One worker."""
        return self._do(_worker_operations.worker(name))

    def doctor(self) -> List[Finding]:
        """What is wrong, or may be; the errors first."""
        return self._do(_worker_operations.doctor())

    def drain_worker(self, name: str) -> WorkerView:
        """Asks it to claim nothing more; what runs ends. Raises Conflict if it is gone."""
        return self._do(_worker_operations.command(name, "drain"))

    def stop_worker(self, name: str) -> WorkerView:
        """Asks it to drain, and to end when it holds no step. Raises Conflict if it is gone."""
        return self._do(_worker_operations.command(name, "stop"))

    def watch(self, task: TaskLike) -> Iterator[Progress]:
        """Yields the current state, then each change, until the task is finished."""
        watch = _watching.Watch(task)
        while not watch.is_over:
            progress = self._do(watch.round())
            if progress is not None:
                yield progress

    def close(self) -> None:
        """Closes the connections."""
        self._transport.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _pages(self, read: PageReader[Value], limit: Optional[int]) -> Iterator[Value]:
        cursor, left = None, limit
        while left is None or left > 0:
            page, cursor = self._do(read(cursor, _operations.size_of_page(left)))
            yield from page
            left = None if left is None else left - len(page)
            if cursor is None:
                return

    def _do(self, operation: Operation[Value]) -> Value:
        try:
            request = next(operation)
            while True:
                try:
                    answer = self._transport.send(request)
                except Exception as problem:
                    request = operation.throw(problem)
                else:
                    request = operation.send(answer)
        except StopIteration as done:
            value: Value = done.value
            return value
