"""The result of a task that a handler ends early."""

from __future__ import annotations

import dataclasses
from typing import Any

__all__ = ["Finish", "finish"]


@dataclasses.dataclass(frozen=True)
class Finish:
    """What ``finish`` returns; return it from a handler."""

    result: Any


def finish(result: Any = None) -> Finish:
    """Return it from a handler to end the run of its task::

        if order["total"] == 0:
            return tasker.finish({"paid": 0})

    The step is complete with this result, and what has not started is skipped. Other steps that
    run end first. If the task is complete then, its result is exactly this one. The
    ``result_schema`` of the step does not apply.
    """
    return Finish(result)
