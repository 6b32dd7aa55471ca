"""Maps in memory: the items run one after the other."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Dict, List, Optional, Tuple

from . import _native, _trial_children, _trial_database, _trial_handlers
from ._budget import is_refused
from ._trial_runs import Failure, StepRun, fail, fits, joined_results, succeed

if TYPE_CHECKING:
    from ._trial_tasks import Task


def run_map(task: Task, declared: Dict[str, Any], parents: List[StepRun], step: StepRun) -> None:
    """Runs the items until more of them failed than may fail, the budget is exhausted, or one of
    them ended the run."""
    settings = declared["map"] or _of_a_matrix
    listed, problem = _list_of(task, declared, parents)
    if problem is not None:
        fail(step, problem)
        return
    batches = _batches(listed, settings["batch_size"])
    most = _most_failures(settings, len(batches))
    parallel = settings.get("max_parallel") or len(batches)
    failed: List[int] = []
    refusal = None
    for index, batch in enumerate(batches):
        item = StepRun(f"{step.name}[{index}]")
        step.items.append(item)
        has_stopped = len(failed) > most or task.ended_by is not None
        if refusal is None and not has_stopped and index >= parallel:
            refusal = task.budget.problem()
        if refusal is not None or has_stopped:
            item.state = "cancelled" if task.ended_by is None else "skipped"
            continue
        _run_item(task, declared, parents, item, batch)
        if item.state == "failed":
            failed.append(index)
            if task.ended_by is None and is_refused(item):
                refusal = task.budget.problem()
                if index + parallel < len(batches) and item.error not in item.failures:
                    # The map has stopped when the failure before this retry was stored.
                    item.state, item.error = "cancelled", None
        if item.error and item.error.fails_task:
            most = -1
    step.item_results = _joined(step.items, batches)
    if refusal is not None:
        fail(step, refusal)
        return
    if len(failed) > most:
        error = step.items[failed[0]].error
        reason = error.message if error else ""
        message = f"{len(failed)} of {len(batches)} items failed; item {failed[0]}: {reason}"
        fail(step, Failure(message, "item_failed", permanent=True))
        return
    if any(item.state == "skipped" for item in step.items):
        step.state = "skipped"
        return
    texts = [_native.write_json(item.result) for item in step.items if item.state == "complete"]
    if not fits(texts):
        message = "the results of the items are larger together than 67108864 bytes"
        fail(step, Failure(message, "result_too_large", permanent=True))
        return
    succeed(step, step.item_results)


_of_a_matrix: Dict[str, Any] = {"batch_size": 1, "on_item_failure": "fail"}


def _list_of(
    task: Task, declared: Dict[str, Any], parents: List[StepRun]
) -> Tuple[List[Any], Optional[Failure]]:
    if declared["matrix"]:
        return declared["matrix"], None
    return _trial_database.elements(
        declared["map"]["over"], joined_results(parents), task.context
    )


def _run_item(
    task: Task,
    declared: Dict[str, Any],
    parents: List[StepRun],
    item: StepRun,
    batch: Dict[str, Any],
) -> None:
    if declared["workflow"]:
        _trial_children.run_workflow(task, declared, parents, item, batch)
        return
    inputs = str((declared["worker_settings"] or {}).get("inputs"))
    read = parents if "${parent" in inputs else []
    _trial_handlers.run_handler(task, declared, read, bool(read), item, batch)


def _batches(listed: List[Any], size: int) -> List[Dict[str, Any]]:
    """What the handler gets for each item."""
    indexed = [{"index": index, "item": each} for index, each in enumerate(listed)]
    if size == 1:
        return indexed
    return [{"items": indexed[at : at + size]} for at in range(0, len(indexed), size)]


def _most_failures(settings: Dict[str, Any], items: int) -> int:
    """How many items may fail."""
    if settings["on_item_failure"] == "fail":
        return 0
    most = settings.get("max_failures", items)
    if isinstance(most, str):
        return math.floor(items * int(most.rstrip("%")) / 100)
    return int(most)


def _joined(items: List[StepRun], batches: List[Dict[str, Any]]) -> List[Any]:
    """The results in the order of the list; None for the elements of an item that failed."""
    joined: List[Any] = []
    for item, batch in zip(items, batches):
        if "items" not in batch:
            joined.append(item.result)
        elif isinstance(item.result, list):
            joined += item.result
        else:
            joined += [None] * len(batch["items"])
    return joined
