"""What handlers raise, and what the worker and the client raise."""

from __future__ import annotations

import datetime
import math
from typing import Any, Optional, Union

__all__ = [
    "ApiError",
    "Cancelled",
    "Conflict",
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
    """Raised by a handler: failed now, may succeed later.

    Without ``after`` (seconds or a timedelta) the template's backoff says when. ``type`` is a word
    to group failures by. A subclass may set both as class attributes. It counts as an attempt.
    """

    after: Optional[Union[float, datetime.timedelta]] = None
    type: Optional[str] = None

    def __init__(
        self,
        message: str = "to be tried again",
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
    """Raises ValueError if it is not a pause, TypeError if it is not a number."""
    seconds = after.total_seconds() if isinstance(after, datetime.timedelta) else after
    if not 0 <= seconds < math.inf:
        raise ValueError(f"after: must be 0 seconds or more, not {after!r}")
    return seconds


class Permanent(Exception):
    """Raised by a handler: failed, and would fail again. No attempt follows.

    ``type`` is a word to group failures by; a subclass may set it for all of its kind.
    """

    type: Optional[str] = None

    def __init__(self, message: str = "failed for good", *, type: Optional[str] = None) -> None:
        super().__init__(message)
        if type is not None:
            self.type = type


class InvalidInput(Permanent):
    """A context or a parent's result does not fit the type that the handler asks for."""

    type = "invalid_input"


class Cancelled(Exception):
    """Raised in a generator at its ``yield`` when its step is cancelled."""


class WorkerError(RuntimeError):
    """A worker could not start, or a part of it failed; the log tells why."""


class TaskerError(Exception):
    """What a client raises."""


class Unreachable(TaskerError):
    """No answer: no server, a connection that broke, or one that is not Tasker's.

    A request that was sent may have had its effect; with an idempotency key it can be sent again.
    """


class ApiError(TaskerError):
    """The server refused or failed; see docs/http-api.md for the codes."""

    def __init__(self, status: int, code: str, message: str, details: list[dict]) -> None:
        told = [
            ": ".join(filter(None, (each.get("path"), each.get("problem")))) for each in details
        ]
        super().__init__("; ".join([message or code, *told]))
        self.status = status
        self.code = code
        self.message = message
        self.details = details

    @staticmethod
    def of(status: int, code: str, message: str, details: list[dict]) -> ApiError:
        kinds = {
            404: NotFound,
            409: Conflict,
            429: Unavailable,
            503: Unavailable,
        }
        default = Refused if 400 <= status < 500 else ApiError
        return kinds.get(status, default)(status, code, message, details)


class Refused(ApiError):
    """The request is wrong (4xx); ``details`` tells where."""


class NotFound(Refused):
    """There is no such task, template or step."""


class Conflict(Refused):
    """It does not go with what is there: another body under the same key, a task that ended."""


class Unavailable(ApiError):
    """Too many requests, or no database at the moment: try again later."""


class TaskFailed(TaskerError):
    """A task that was waited for is blocked or cancelled; ``task`` is that task."""

    def __init__(self, task: Any, why: str = "") -> None:
        super().__init__(f"task {task.task_id} is {task.state}" + (f": {why}" if why else ""))
        self.task = task
