"""Runs handlers in memory, with their retries and repetitions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, Dict, List, Optional, Tuple

from . import _binding, _native, _trial_children, _trial_repeats
from ._children import Children
from ._finish import Finish
from ._trial_runs import (
    Failure,
    StepRun,
    fail_attempt,
    joined_results,
    most_attempts,
    succeed,
)

if TYPE_CHECKING:
    from ._trial_tasks import Task


def attempt(
    handler: Callable[..., Any], *inputs: Any
) -> Tuple[Optional[str], Dict[str, int], Any, Optional[Failure]]:
    """Calls a handler: (the last checkpoint as JSON, what it spent, result, failure)."""
    checkpoint, spent, outcome, *answer = _native.try_handler(
        handler, _binding.parameters(handler), *inputs
    )
    if outcome == "failure":
        message, kind, permanent, after_ms, traceback, fails_task = answer
        after = None if after_ms is None else after_ms / 1000
        failure = Failure(message, kind, permanent, after, traceback, fails_task)
        return checkpoint, spent, None, failure
    value = _native.read_json(answer[0])
    if outcome == "children":
        return checkpoint, spent, Children(value["children"], value["on_child_failure"]), None
    if outcome == "finish":
        return checkpoint, spent, Finish(value), None
    return checkpoint, spent, value, None


def run_handler(
    task: Task,
    declared: Dict[str, Any],
    parents: List[StepRun],
    shows_states: bool,
    step: StepRun,
    item: Optional[Dict[str, Any]] = None,
) -> None:
    """Runs a step, or an item of a map, until it has ended."""
    results = joined_results(parents)
    states = {
        parent.name: "not_run" if parent.state == "pending" else parent.state
        for parent in parents
        if shows_states
    }
    given = declared["worker_settings"]
    checkpoint = None
    previous: Any = None
    while step.state == "pending":
        if results is None:
            fail_attempt(step, declared, _too_large)
            return
        repetition = {"iteration": step.iteration, "previous": previous}
        checkpoint, spent, result, failure = attempt(
            task.trial.functions[declared["handler"]],
            step.name,
            declared["handler_method"] or "",
            task.context,
            results,
            _native.write_json(states),
            _native.write_json(item or {}),
            _native.write_json({}),
            _native.write_json(declared["initialization"]),
            None if given is None else _native.write_json(given),
            len(step.failures),
            most_attempts(declared),
            checkpoint,
            _native.write_json(repetition) if declared["repeat"] else None,
        )
        task.budget.add(spent)
        if isinstance(result, Children):
            result, failure = _trial_children.answer(task, declared, step, result, item)
        elif isinstance(result, Finish):
            if declared["undoes"] is None:
                succeed(step, result.result)
                task.end_run(step)
                return
            failure = _cannot_finish
        elif failure is None and item is not None and "items" in item:
            failure = _wrong_batch(result, len(item["items"]))
        if failure is not None:
            fail_attempt(step, declared, failure)
            if failure.fails_task and declared["undoes"] is None:
                task.end_run(step)
        elif declared["repeat"] and not _trial_repeats.has_ended(
            task, declared, results, step, result
        ):
            previous, checkpoint = result, None
        elif step.state == "pending":
            succeed(step, result)
        if step.state == "pending" and declared["undoes"] is None:
            task.budget.refuses(step)


_too_large = Failure(
    "the results of its parents take more than 64 MiB together", "inputs_too_large", permanent=True
)

_cannot_finish = Failure(
    "a handler of compensate cannot finish its task", "invalid_finish", permanent=True
)


def _wrong_batch(result: Any, expected: int) -> Optional[Failure]:
    if isinstance(result, list) and len(result) == expected:
        return None
    message = f"the result for a batch must be an array of {expected} values, one for each item"
    return Failure(message, "invalid_result", permanent=True)
