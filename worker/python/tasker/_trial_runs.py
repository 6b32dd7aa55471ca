"""What ``testing.run`` returns."""

from __future__ import annotations

import dataclasses
from typing import Any, Dict, List, Optional

from . import _native


@dataclasses.dataclass(frozen=True)
class Failure:
    """How one attempt of a step failed, or why a step failed without an attempt."""

    message: str
    type: str
    permanent: bool
    retry_after: Optional[float] = None  # seconds; None: by the template's backoff
    traceback: Optional[str] = None
    fails_task: bool = False


@dataclasses.dataclass
class StepRun:
    """A step of a run: ``state`` is complete, failed, skipped, or pending if it cannot run."""

    name: str
    state: str = "pending"
    result: Any = None
    failures: List[Failure] = dataclasses.field(default_factory=list)  # of its attempts
    items: List[StepRun] = dataclasses.field(default_factory=list)  # of a step with `map`
    item_results: Any = None  # the results of all items, also if the step failed
    error: Optional[Failure] = None  # why it failed
    iteration: int = 1  # with `repeat`: the number of its last run; `failures` are of that one
    # Child tasks by their keys, of each the last one; that of `workflow` by its template's name.
    children: Dict[str, Run] = dataclasses.field(default_factory=dict)

    @property
    def attempts(self) -> int:
        """The number of attempts, as the engine counts them; of the last run with `repeat`."""
        return len(self.failures) + (self.state == "complete")

    @property
    def is_undone(self) -> bool:
        """Whether there is something to undo if its task fails."""
        return self.state == "complete" or any(item.state == "complete" for item in self.items)

    def undone(self) -> StepRun:
        """What the handler that undoes it gets as its parent."""
        if self.state == "complete":
            return self
        return dataclasses.replace(self, state="complete", result=self.item_results)


@dataclasses.dataclass(frozen=True)
class PublishedEvent:
    """An event of ``publishes_events``, which the engine would announce."""

    event: str
    step: str
    state: str  # complete or failed
    result: Any
    error: Optional[Failure]


@dataclasses.dataclass(frozen=True)
class Run:
    """The outcome of a task: ``state`` is complete or failed."""

    state: str
    result: Any  # of a complete task, as the engine shows it
    steps: Dict[str, StepRun]
    compensation: Optional[str] = None  # complete or failed, if steps were undone
    undone: Dict[str, StepRun] = dataclasses.field(default_factory=dict)  # by the step's name
    hook: Optional[Dict[str, Any]] = None  # `on_failure` or `on_complete`: the engine would run it
    spent: Dict[str, int] = dataclasses.field(default_factory=dict)  # by unit, with child tasks
    events: List[PublishedEvent] = dataclasses.field(default_factory=list)  # in their order
    ended_by: Optional[StepRun] = None  # the step or item whose handler ended the run

    @property
    def is_complete(self) -> bool:
        return self.state == "complete"


_joined_bytes_limit = 64 << 20  # as the SQL function joined_bytes_limit


def fits(texts: List[str]) -> bool:
    """Whether the engine joins these values into one."""
    return sum(len(text.encode()) for text in texts) <= _joined_bytes_limit


def joined_results(steps: List[StepRun]) -> Optional[str]:
    """The results of the complete steps as JSON by their names; None if they are too large."""
    results = {
        step.name: _native.write_json(step.result) for step in steps if step.state == "complete"
    }
    if not fits(list(results.values())):
        return None
    members = [f"{_native.write_json(name)}:{text}" for name, text in results.items()]
    return "{" + ",".join(members) + "}"


def succeed(step: StepRun, result: Any) -> None:
    step.state, step.result = "complete", result


def fail(step: StepRun, failure: Failure) -> None:
    """Ends a step that fails without an attempt."""
    step.state, step.error = "failed", failure


def events_of(declared: Dict[str, Any], step: StepRun) -> List[PublishedEvent]:
    """What the engine announces of a step, as the SQL function publish_events."""
    how = {"complete": "success", "failed": "failure"}.get(step.state)
    return [
        PublishedEvent(event["name"], step.name, step.state, step.result, step.error)
        for event in declared["events"] or ()
        if how is not None and event["condition"] in (how, "always")
    ]


def fail_attempt(step: StepRun, declared: Dict[str, Any], failure: Failure) -> None:
    """Counts a failure, which ends the step if no retry follows."""
    step.failures.append(failure)
    is_last = failure.permanent or len(step.failures) >= most_attempts(declared)
    if is_last or not _is_retried(declared, failure):
        fail(step, failure)


def most_attempts(declared: Dict[str, Any]) -> int:
    return int(declared["max_attempts"]) if declared["retryable"] else 1


def _is_retried(declared: Dict[str, Any], failure: Failure) -> bool:
    only, but = declared["retry_only"], declared["retry_except"]
    return (only is None or failure.type in only) and (but is None or failure.type not in but)
