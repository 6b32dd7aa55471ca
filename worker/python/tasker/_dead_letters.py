"""Dead letters: failed tasks that are no child tasks, and what can be done with them."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Iterable
from typing import Any, Optional, Union

from . import _http
from ._operations import Operation, TaskLike, id_of
from .models import Problem, Task, _known

most_ids = 500  # of one request


@dataclasses.dataclass(frozen=True)
class DeadLetterFilter:
    """Which dead letters; without arguments, all."""

    namespace: Optional[str] = None
    template: Optional[str] = None  # its name
    step: Optional[str] = None  # the one that failed
    error_type: Optional[str] = None
    failed_before: Optional[datetime.datetime] = None  # without a time zone: local time

    def given(self) -> dict[str, str]:
        found = {name: each for name, each in vars(self).items() if each is not None}
        if self.failed_before is not None:
            moment = self.failed_before.astimezone(datetime.timezone.utc)
            found["failed_before"] = moment.isoformat()
        return found


@dataclasses.dataclass(frozen=True)
class DeadLetter:
    """A failed task, and why it failed."""

    task_id: str
    namespace: str
    template: str
    version: str
    failed_at: datetime.datetime
    reason: str  # exhausted, not_retryable, poison, timed_out, budget_exhausted, stopped, …
    step: Optional[str] = None  # None: the task passed its time limit
    attempts: int = 0  # of the step
    error: Optional[Problem] = None

    @staticmethod
    def of(value: dict[str, Any]) -> DeadLetter:
        return DeadLetter(**_known(DeadLetter, value))


@dataclasses.dataclass(frozen=True)
class DeadLetterGroup:
    """Dead letters with the same template, step, type of error and reason."""

    namespace: str
    template: str
    reason: str
    count: int
    oldest_at: datetime.datetime
    newest_at: datetime.datetime
    example_task_id: str  # the task that failed last
    step: Optional[str] = None
    error_type: Optional[str] = None

    @staticmethod
    def of(value: dict[str, Any]) -> DeadLetterGroup:
        return DeadLetterGroup(**_known(DeadLetterGroup, value))


@dataclasses.dataclass(frozen=True)
class DeadLetterGroups:
    """The groups, the largest first."""

    count: int  # of the dead letters that were read
    truncated: bool  # there may be older dead letters, or smaller groups
    groups: tuple[DeadLetterGroup, ...]

    @staticmethod
    def of(value: dict[str, Any]) -> DeadLetterGroups:
        groups = tuple(map(DeadLetterGroup.of, value["groups"]))
        return DeadLetterGroups(value["count"], value["truncated"], groups)


@dataclasses.dataclass(frozen=True)
class DeadLetterOutcome:
    """What ``requeue`` or ``discard`` did, or would do."""

    matched: int  # tasks that it looked at
    done: int  # those that it requeued or discarded
    refused: dict[str, str]  # why it did nothing, by the task's id


DeadLetters = Union[DeadLetterFilter, TaskLike, Iterable[Union[TaskLike, DeadLetter]]]
DeadLetterPage = tuple[list[DeadLetter], Optional[str]]  # and its cursor


def page(where: DeadLetterFilter, cursor: Optional[str], limit: int) -> Operation[DeadLetterPage]:
    query = {**where.given(), "cursor": cursor, "limit": limit}
    answer = yield _http.get("/v1/dead-letters", query)
    return [DeadLetter.of(each) for each in answer["dead_letters"]], answer["next_cursor"]


def groups(where: DeadLetterFilter, limit: int) -> Operation[DeadLetterGroups]:
    query = {**where.given(), "limit": limit}
    return DeadLetterGroups.of((yield _http.get("/v1/dead-letters/groups", query)))


def act(
    action: str, tasks: DeadLetters, dry_run: bool, reason: Optional[str], by: Optional[str]
) -> Operation[DeadLetterOutcome]:
    matched = done = 0
    refused: dict[str, str] = {}
    given = {"dry_run": dry_run, "reason": reason, "by": by}
    options = {name: each for name, each in given.items() if each is not None}
    for selection in _selections(tasks):
        body = {**selection, **options}
        while True:
            answer = yield _http.post(f"/v1/dead-letters/{action}", body)
            matched += answer["matched"]
            done += answer["done"]
            refused.update((each["task_id"], each["problem"]) for each in answer["refused"])
            if answer["next_cursor"] is None:
                break
            body["cursor"] = answer["next_cursor"]
    return DeadLetterOutcome(matched, done, refused)


def _selections(tasks: DeadLetters) -> list[dict[str, Any]]:
    if isinstance(tasks, DeadLetterFilter):
        return [{"filter": tasks.given()}]
    if isinstance(tasks, (str, Task)):
        tasks = [tasks]
    ids = [each.task_id if isinstance(each, DeadLetter) else id_of(each) for each in tasks]
    return [{"task_ids": ids[i : i + most_ids]} for i in range(0, len(ids), most_ids)]


def erase(task: TaskLike) -> Operation[int]:
    answer = yield _http.delete(f"/v1/tasks/{_http.quoted(id_of(task))}")
    return int(answer["tasks"])
