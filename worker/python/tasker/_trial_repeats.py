"""Repetitions in memory: of handlers, and of child tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, Optional

from . import _native, _trial_database
from ._trial_runs import Failure, StepRun, fail

if TYPE_CHECKING:
    from ._trial_tasks import Task


def has_ended(
    task: Task, declared: Dict[str, Any], parents: Optional[str], step: StepRun, result: Any
) -> bool:
    """Whether a step with ``repeat`` need not run again. Ends it if it fails."""
    repeat = declared["repeat"]
    is_reached, problem = _trial_database.is_reached(
        repeat["until"], step.iteration, _native.write_json(result), parents, task.context
    )
    if not is_reached and problem is None and step.iteration >= repeat["max_times"]:
        message = f"repeat.until was not met in {step.iteration} runs"
        problem = Failure(message, "not_reached", permanent=True)
    if problem is not None:
        fail(step, problem)
    elif not is_reached:
        step.iteration += 1
        step.failures.clear()
        return False
    return True
