"""The exceptions that handlers, the worker and the client raise."""

from __future__ import annotations

import datetime
import math
from typing import Any, Optional, Union

__all__ = [
    "ApiError",
    "Cancelled",
    "Conflict",
    "FailTask",
    "InvalidInput",
    "NotFound",
    "Permanent",
    "Refused",
    "Retry",
    "TaskFailed",
    "TaskerError",
    "Unavailable",
    "Unreachable",
    "WorkerError",
]


class Retry(Exception):
    """Raise it in a handler if the step failed now but may succeed later.

    The step is retried after ``after`` (seconds or a timedelta), by default after the template's
    backoff. ``type`` is a word to group failures by. A subclass may set both as class attributes.
    It counts as an attempt. """

    after: Optional[Union[float, datetime.timedelta]] = None
    type: Optional[str] = None

    def __init__(
        self,
        message: str = "will retry",
        *,
        after: Optional[Union[float, datetime.timedelta]] = None,
        type: Optional[str] = None,
    ) -> None:
        super().__init__(message)
        if after is not None:
            self.after = seconds_of(after)
        if type is not None:
            self.type = type


def seconds_of(after: Union[float, datetime.timedelta]) -> float:
    """Raises ValueError if it is out of range, TypeError if it is not a number."""
    seconds = after.total_seconds() if isinstance(after, datetime.timedelta) else after
    if not 0 <= seconds < math.inf:
        raise ValueError(f"after: must be 0 seconds or more, not {after!r}")
    return seconds


class Permanent(Exception):
    """Raise it in a handler if the step would fail again. No attempt follows.

    ``type`` is a word to group failures by; a subclass may set it as a class attribute.
    """

    type: Optional[str] = None

    def __init__(self, message: str = "failed permanently", *, type: Optional[str] = None) -> None:
        super().__init__(message)
        if type is not None:
            self.type = type


class FailTask(Permanent):
    """Raise it in a handler to fail the task, even if the step has ``allow_failure``.

    Steps that have not started are skipped, even those that handle failures. Steps in progress
    continue; after them, compensations run as after any failure.
    """


class InvalidInput(Permanent):
    """A context or a parent's result does not fit the type that the handler asks for."""

    type = "invalid_input"


class Cancelled(Exception):
    """Raised in a generator at its ``yield`` when its step is cancelled."""


class WorkerError(RuntimeError):
    """A worker could not start, or a part of it failed; see the log."""


class TaskerError(Exception):
    """Base class of the exceptions of a client."""


class Unreachable(TaskerError):
    """No response: there is no server, the connection broke, or the server is not Tasker.

    The request may still have succeeded; with an idempotency key you can send it again.
    """


class ApiError(TaskerError):
    """The server refused or failed; see docs/http-api.md for the codes."""

    def __init__(self, status: int, code: str, message: str, details: list[dict[str, Any]]) -> None:
        lines = [
            ": ".join(filter(None, (each.get("path"), each.get("problem")))) for each in details
        ]
        super().__init__("; ".join([message or code, *lines]))
        self.status = status
        self.code = code
        self.message = message
        self.details = details

    @staticmethod
    def of(status: int, code: str, message: str, details: list[dict[str, Any]]) -> ApiError:
        kinds: dict[int, type[ApiError]] = {
            404: NotFound,
            409: Conflict,
            429: Unavailable,
            503: Unavailable,
        }
        default: type[ApiError] = Refused if 400 <= status < 500 else ApiError
        return kinds.get(status, default)(status, code, message, details)


class Refused(ApiError):
    """The request is wrong (4xx); ``details`` lists the problems."""


class NotFound(Refused):
    """There is no such task, template or step."""


class Conflict(Refused):
    """It conflicts with existing data: another body under the same key, a finished task, …"""


class Unavailable(ApiError):
    """Too many requests, or the database is unavailable: try again later."""


class TaskFailed(TaskerError):
    """A task that was waited for failed or was cancelled; ``task`` is that task."""

    def __init__(self, task: Any, why: str = "") -> None:
        outcome = "failed" if task.state == "failed" else "was cancelled"
        super().__init__(f"task {task.task_id} {outcome}" + (f": {why}" if why else ""))
        self.task = task
