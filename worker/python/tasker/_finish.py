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

    The step is complete with this result. Steps that have not started are skipped; steps in
    progress continue. If the task then completes, this is also its result. The
    ``result_schema`` of the step does not apply.
    """
    return Finish(result)
