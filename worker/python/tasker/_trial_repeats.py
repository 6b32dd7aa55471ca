"""Repetitions in memory: of handlers, and of child tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, Optional

from . import _native, _trial_database
from ._trial_runs import StepRun, fail

if TYPE_CHECKING:
    from ._trial_tasks import Task


def has_ended(
    task: Task, declared: Dict[str, Any], parents: Optional[str], step: StepRun, result: Any
) -> bool:
    """Whether a step with ``repeat`` need not run again. Ends it if it fails."""
    is_met, problem = _trial_database.judge_run(
        declared["repeat"], step.iteration, _native.write_json(result), parents, task.context
    )
    if problem is not None:
        fail(step, problem)
    elif not is_met:
        step.iteration += 1
        step.failures.clear()
        return False
    return True
