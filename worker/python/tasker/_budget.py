"""The budget of a task in memory, for ``testing.run``: what the database counts and refuses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Dict, Optional

from ._trial_runs import Failure, StepRun, fail

_exhausted = "budget_exhausted"  # the type of the error
_most = 10**15


class Budget:
    """What a task and its child tasks spent, and whether more of their steps may run."""

    def __init__(self, limits: Optional[Mapping[str, int]]) -> None:
        self.limits = dict(sorted((limits or {}).items()))
        self.spent: Dict[str, int] = {}

    def of_child(self, limits: Optional[Mapping[str, int]]) -> Budget:
        """A child task has its own only if its parent has none."""
        return self if self.limits or not limits else Budget(limits)

    def add(self, amounts: Mapping[str, int]) -> None:
        for unit, amount in amounts.items():
            self.spent[unit] = min(self.spent.get(unit, 0) + amount, _most)

    def problem(self) -> Optional[Failure]:
        """Why no other step becomes ready; None if the budget is not exhausted."""
        for unit, limit in self.limits.items():
            spent = self.spent.get(unit, 0)
            if spent >= limit:
                message = f"the budget of {limit} {unit} is exhausted: {spent} are spent"
                return Failure(message, _exhausted, permanent=True)
        return None

    def refuses(self, step: StepRun) -> bool:
        """Whether the step fails, because the budget is exhausted when it becomes ready."""
        problem = self.problem()
        if problem is not None:
            fail(step, problem)
        return problem is not None


def is_refused(step: StepRun) -> bool:
    return step.error is not None and step.error.type == _exhausted
