"""Follows a task: finds the changes between two polls."""

from __future__ import annotations

from typing import Optional

from . import _operations
from .models import Progress, StepView, Task

shortest_pause, longest_pause = 0.05, 1.0  # seconds; the end of a task is reported immediately


class Watch:
    """The state of one ``watch``: yields requests like an operation, round by round."""

    def __init__(self, task: _operations.TaskLike) -> None:
        self._task = _operations.id_of(task)
        self._seen: dict[str, StepView] = {}
        self._last: Optional[Task] = None
        self._pause = shortest_pause

    @property
    def is_over(self) -> bool:
        return self._last is not None and self._last.is_finished

    def round(self) -> _operations.Operation[Optional[Progress]]:
        """Waits briefly for the task's end, then reads its steps; None if nothing changed."""
        pause = 0.0 if self._last is None else self._pause
        try:
            task = yield from _operations.wait(self._task, pause, check=False)
        except TimeoutError:
            task = yield from _operations.get(self._task)
        steps = yield from _operations.steps(self._task)
        changed = tuple(each for each in steps if self._seen.get(each.name) != each)
        self._seen = {each.name: each for each in steps}
        is_first, before = self._last is None, self._last
        self._last = task
        is_same = before is not None and (before.state, before.steps_complete) == (
            task.state,
            task.steps_complete,
        )
        if is_same and not changed and not is_first:
            self._pause = min(longest_pause, self._pause * 1.5)
            return None
        self._pause = shortest_pause
        return Progress(task, tuple(steps), changed)
