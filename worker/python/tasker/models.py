"""The API's responses as typed values."""

from __future__ import annotations

import dataclasses
import datetime
from typing import Any, Optional

__all__ = [
    "Attempt",
    "Explanation",
    "Finding",
    "ItemView",
    "Parent",
    "Pause",
    "Problem",
    "Progress",
    "SignalWait",
    "StepView",
    "Task",
    "TaskRerun",
    "TemplateView",
    "UndoneStep",
    "UserAction",
    "WorkerView",
]

_finished = frozenset({"failed", "complete", "cancelled"})


def _moment(text: Optional[str]) -> Optional[datetime.datetime]:
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")) if text else None


def _known(kind: Any, value: dict[str, Any]) -> dict[str, Any]:
    """Only the fields of ``kind``, because a newer server may send more."""
    names = {field.name for field in dataclasses.fields(kind)}
    found = {name: each for name, each in value.items() if name in names}
    for name in found:
        if name == "at" or name.endswith(("_at", "_until")):
            found[name] = _moment(found[name])
        elif name == "error" and found[name]:
            found[name] = Problem(**_known(Problem, found[name]))
    return found


@dataclasses.dataclass(frozen=True)
class Parent:
    """The step that created a child task."""

    task_id: str
    step: str
    key: Optional[str] = None  # of a child that a handler named


@dataclasses.dataclass(frozen=True)
class Task:
    """One run of a template, at the time of the response."""

    task_id: str
    namespace: str
    name: str
    version: str
    state: str
    priority: int
    context: Any
    steps_total: int
    steps_complete: int
    steps_failed: int
    created_at: Optional[datetime.datetime]
    started_at: Optional[datetime.datetime] = None
    finished_at: Optional[datetime.datetime] = None
    idempotency_key: Optional[str] = None
    result: Any = None  # once complete: the leaf steps' results by name, if none finished the task
    parent: Optional[Parent] = None  # of a child task
    compensation: Optional[str] = None  # running, complete or failed: its steps are undone
    error: Optional[Problem] = None  # why it failed, if no step failed
    labels: dict[str, str] = dataclasses.field(default_factory=dict)
    hook_task: Optional[str] = None  # the id of the task that its end created
    budget: dict[str, int] = dataclasses.field(default_factory=dict)  # by unit
    spent: dict[str, int] = dataclasses.field(default_factory=dict)  # with its child tasks
    retries: tuple[UserAction, ...] = ()  # by users, in their order
    rerun_of: Optional[str] = None  # the id of the task that this one is a rerun of
    rerun_as: tuple[TaskRerun, ...] = ()  # the reruns of this task, in their order
    paused: bool = False  # or the task above it, its template, its namespace or everything is

    @property
    def is_complete(self) -> bool:
        return self.state == "complete"

    @property
    def is_finished(self) -> bool:
        """Whether nothing of it will run any more: it is complete, failed or cancelled, and its
        compensation has ended."""
        return self.state in _finished and self.compensation != "running"

    @staticmethod
    def of(value: dict[str, Any]) -> Task:
        fields = _known(Task, value)
        if fields.get("parent"):
            fields["parent"] = Parent(**_known(Parent, fields["parent"]))
        if fields.get("retries"):
            fields["retries"] = tuple(UserAction.of(each) for each in fields["retries"])
        if fields.get("rerun_as"):
            fields["rerun_as"] = tuple(TaskRerun.of(each) for each in fields["rerun_as"])
        return Task(**fields)


@dataclasses.dataclass(frozen=True)
class Pause:
    """What is paused: a task, all tasks of a template or a namespace, or everything."""

    paused_at: datetime.datetime
    namespace: Optional[str] = None
    template: Optional[str] = None
    task_id: Optional[str] = None
    by: Optional[str] = None
    reason: Optional[str] = None

    @staticmethod
    def of(value: dict[str, Any]) -> Pause:
        return Pause(**_known(Pause, value))


@dataclasses.dataclass(frozen=True)
class UserAction:
    """What a user did with a task or a step, and why."""

    at: datetime.datetime
    by: Optional[str] = None
    reason: Optional[str] = None

    @staticmethod
    def of(value: dict[str, Any]) -> UserAction:
        return UserAction(**_known(UserAction, value))


@dataclasses.dataclass(frozen=True)
class TaskRerun:
    """A rerun of a finished task by a user."""

    task_id: str  # of the new task
    from_step: str
    at: datetime.datetime
    by: Optional[str] = None
    reason: Optional[str] = None

    @staticmethod
    def of(value: dict[str, Any]) -> TaskRerun:
        return TaskRerun(**_known(TaskRerun, {**value, "from_step": value["from"]}))


@dataclasses.dataclass(frozen=True)
class Problem:
    """Why a step's last attempt failed, or a task."""

    message: str
    type: str
    traceback: Optional[str] = None


@dataclasses.dataclass(frozen=True)
class Attempt:
    """An attempt of a step that did not succeed."""

    attempt: int  # from 1, in each run of a step with ``repeat``; 0: it failed before an attempt
    delivery: int  # 0 if no worker runs the step
    ended_at: datetime.datetime
    outcome: str  # failed, or lost: its lease ended without a report
    worker: Optional[str] = None
    started_at: Optional[datetime.datetime] = None  # None if the handler had not begun
    error: Optional[Problem] = None

    @staticmethod
    def of(value: dict[str, Any]) -> Attempt:
        return Attempt(**_known(Attempt, value))


@dataclasses.dataclass(frozen=True)
class StepView:
    """A step of a task, at the time of the response."""

    name: str
    step_no: int
    state: str
    attempts: int  # reported failures, plus the current or successful run
    max_attempts: int
    deliveries: int = 0  # how often a worker received it
    lost_leases: int = 0  # deliveries whose lease ended without a report
    dependencies: tuple[str, ...] = ()
    enqueued_at: Optional[datetime.datetime] = None
    started_at: Optional[datetime.datetime] = None
    finished_at: Optional[datetime.datetime] = None
    worker: Optional[str] = None
    waiting_for: Optional[str] = None  # retry, time, signal, items, children
    waits_until: Optional[datetime.datetime] = None
    items_total: Optional[int] = None  # of a step with `map` that has items
    items_complete: Optional[int] = None
    items_failed: Optional[int] = None
    compensation: Any = None  # of its undo step: state, attempts and error
    progress: Optional[float] = None  # 0 to 1, as the handler noted it; None once it ended
    message: Optional[str] = None  # of the handler, with the progress
    reason: Optional[str] = None  # why it was skipped, or will not run
    history: tuple[Attempt, ...] = ()  # attempts that did not succeed; only from ``step``
    priority: Optional[int] = None  # None: that of the task
    resolved_by: Optional[UserAction] = None  # who completed or skipped it by hand
    result: Any = None
    error: Optional[Problem] = None

    @staticmethod
    def of(value: dict[str, Any]) -> StepView:
        fields = _known(StepView, value)
        fields["dependencies"] = tuple(fields.get("dependencies") or ())
        fields["history"] = tuple(map(Attempt.of, fields.get("history") or ()))
        if fields.get("resolved_by"):
            fields["resolved_by"] = UserAction.of(fields["resolved_by"])
        return StepView(**fields)


@dataclasses.dataclass(frozen=True)
class ItemView:
    """An item of a step with ``map``, at the time of the response."""

    index: int
    name: str  # resize[17]; with ``matrix`` build[os=mac, version=2]
    state: str
    attempts: int  # reported failures, plus the current or successful run
    item: dict[str, Any]  # {"index": 17, "item": …}, or {"items": […]} with batches
    deliveries: int = 0  # how often a worker received it
    lost_leases: int = 0  # deliveries whose lease ended without a report
    enqueued_at: Optional[datetime.datetime] = None
    started_at: Optional[datetime.datetime] = None
    finished_at: Optional[datetime.datetime] = None
    worker: Optional[str] = None
    result: Any = None
    error: Optional[Problem] = None

    @staticmethod
    def of(value: dict[str, Any]) -> ItemView:
        fields = _known(ItemView, value)
        return ItemView(**fields)


@dataclasses.dataclass(frozen=True)
class SignalWait:
    """A step that waits for a signal, at the time of the response."""

    task_id: str
    step: str
    namespace: str
    template: str
    version: str
    name: str  # of the signal
    key: Optional[str] = None  # the correlation key
    waiting_since: Optional[datetime.datetime] = None
    deadline: Optional[datetime.datetime] = None
    quorum: int = 1  # the number of different senders that it needs
    received: int = 0
    schema: Any = dataclasses.field(default=None, repr=False)  # JSON Schema of the payload
    form: Optional[dict[str, str]] = None  # title and description of an approval

    @staticmethod
    def of(value: dict[str, Any]) -> SignalWait:
        fields = _known(SignalWait, value)
        for name in ("waiting_since", "deadline"):
            fields[name] = _moment(fields.get(name))
        return SignalWait(**fields)


@dataclasses.dataclass(frozen=True)
class Explanation:
    """Why a task is in its state, in a sentence, and what its steps wait for."""

    state: str
    explanation: str
    steps: dict[str, str]  # by name, up to 100

    @staticmethod
    def of(value: dict[str, Any]) -> Explanation:
        steps = {each["step"]: each["explanation"] for each in value["steps"]}
        return Explanation(value["state"], value["explanation"], steps)


@dataclasses.dataclass(frozen=True)
class UndoneStep:
    """A step that is undone, or would be, when its task is compensated."""

    step: str
    callable: str
    state: str  # as of a step, or not_run: another one, which comes first, failed
    attempts: int

    @staticmethod
    def of(value: dict[str, Any]) -> UndoneStep:
        return UndoneStep(**_known(UndoneStep, value))


@dataclasses.dataclass(frozen=True)
class TemplateView:
    """A registered template."""

    namespace: str
    name: str
    version: str
    environment: str = "default"
    steps_total: int = 0
    created_at: Optional[datetime.datetime] = None
    definition: Any = dataclasses.field(default=None, repr=False)  # not in lists

    @staticmethod
    def of(value: dict[str, Any]) -> TemplateView:
        return TemplateView(**_known(TemplateView, value))


@dataclasses.dataclass(frozen=True)
class Finding:
    """Something that is wrong, or may be."""

    severity: str  # error, warning or info
    subject: str
    sentence: str
    hint: str

    @staticmethod
    def of(value: dict[str, Any]) -> Finding:
        return Finding(**_known(Finding, value))


@dataclasses.dataclass(frozen=True)
class WorkerView:
    """A worker that is known to the system; ``Worker`` runs one."""

    name: str
    namespaces: tuple[str, ...]
    slots: int
    handlers: tuple[str, ...]
    version: str
    state: str  # serving, draining or gone
    started_at: datetime.datetime
    last_seen_at: datetime.datetime
    steps_in_progress: int
    command: Optional[str] = None  # drain or stop

    @staticmethod
    def of(value: dict[str, Any]) -> WorkerView:
        known = _known(WorkerView, value)
        known["namespaces"] = tuple(known["namespaces"])
        known["handlers"] = tuple(known["handlers"])
        return WorkerView(**known)


@dataclasses.dataclass(frozen=True)
class Progress:
    """A change that ``watch`` reports: the task, all its steps, and those that changed."""

    task: Task
    steps: tuple[StepView, ...]
    changed: tuple[StepView, ...]

    @property
    def fraction(self) -> float:
        """The share of complete steps, from 0 to 1."""
        return self.task.steps_complete / max(1, self.task.steps_total)
