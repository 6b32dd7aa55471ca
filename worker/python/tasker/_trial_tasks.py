"""Tasks in memory: their steps run one after the other, in their order."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from typing import Any, Callable, Dict, List, Optional, Tuple

from . import (
    _joins,
    _native,
    _trial_children,
    _trial_database,
    _trial_handlers,
    _trial_maps,
    _trial_signals,
)
from ._budget import Budget, is_refused
from ._trial_runs import (
    Failure,
    PublishedEvent,
    Run,
    StepRun,
    events_of,
    fail,
    fits,
    joined_results,
    succeed,
)
from ._trial_templates import Template, Templates

_read_by_result = re.compile(r"(?<!\$)\$\{(?:context|steps/([\w.-]+))")  # the name of the step


@dataclasses.dataclass(frozen=True)
class Trial:
    """What a task and its child tasks share."""

    templates: Templates
    functions: Dict[str, Callable[..., Any]]
    signals: Mapping[str, Any]


class Task:
    """A task of a template; ``depth`` is above 0 for a child task."""

    def __init__(
        self, trial: Trial, template: Template, context: str, parent: Optional[Task] = None
    ) -> None:
        self.trial = trial
        self.template = template
        self.context = context  # JSON
        self.depth: int = 0 if parent is None else parent.depth + 1
        outer = Budget(None) if parent is None else parent.budget
        self.budget: Budget = outer.of_child(template["budget"])
        self._is_spender_of_parent = parent is not None and self.budget is parent.budget
        self.ended_by: Optional[StepRun] = None  # the step or item that ended the run
        self._steps = [StepRun(declared["name"]) for declared in template["steps"]]
        self._is_dynamic = bool(template["undo"]) or any(
            declared["join_rule"] != "all_complete"
            or declared["condition"]
            or declared["allow_failure"]
            or declared["kind"] != "handler"
            or declared["repeat"]
            or declared["events"]
            or declared["priority"]
            for declared in template["steps"]
        )

    def run(self) -> Run:
        events: List[PublishedEvent] = []
        for declared, step in zip(self.template["steps"], self._steps):
            if self.ended_by is None:
                self._run_step(declared, step)
            events += events_of(declared, step)
        ended = self.ended_by
        for step in self._steps if ended is not None else []:
            step.state = "skipped" if step.state == "pending" else step.state
        steps = {step.name: step for step in self._steps}
        has_failed = any(
            step.state == "failed" and (not declared["allow_failure"] or is_refused(step))
            for declared, step in zip(self.template["steps"], self._steps)
        )
        spent = {} if self._is_spender_of_parent else self.budget.spent
        if has_failed or (ended is not None and ended.state == "failed"):
            hook = self.template["definition"].get("on_failure")
            run = Run("failed", None, steps, *self._compensate(), hook=hook)
        else:
            result = self._result() if ended is None else ended.result
            hook = self.template["definition"].get("on_complete")
            run = Run("complete", result, steps, hook=hook)
        return dataclasses.replace(run, spent=spent, events=events, ended_by=ended)

    def end_run(self, by: StepRun) -> None:
        """Called for a step, or an item of a map: nothing else starts."""
        self.ended_by = by

    def run_child(self, template: Template, context: str) -> Run:
        return Task(self.trial, template, context, self).run()

    def _run_step(self, declared: Dict[str, Any], step: StepRun) -> None:
        parents = [self._steps[number] for number in declared["parents"]]
        allowed = {
            self._steps[number].name
            for number in declared["parents"]
            if self.template["steps"][number]["allow_failure"]
        }
        outcome = _joins.outcome(declared["join_rule"], parents, allowed)
        if outcome == "run" and declared["condition"]:
            outcome, problem = _trial_database.judge(
                declared, joined_results(parents), self.context
            )
            if problem is not None:
                fail(step, problem)
        is_late = bool(parents) or self._is_spender_of_parent
        if outcome == "skip":
            step.state = "skipped"
        elif outcome == "run" and not (is_late and self.budget.refuses(step)):
            self._run_kind(declared, parents, step)

    def _run_kind(self, declared: Dict[str, Any], parents: List[StepRun], step: StepRun) -> None:
        kind = declared["kind"]
        if kind == "sleep":
            self._sleep(declared, parents, step)
        elif kind == "signal":
            self._wait(declared, parents, step)
        elif kind == "map":
            _trial_maps.run_map(self, declared, parents, step)
        elif kind == "workflow":
            _trial_children.run_workflow(self, declared, parents, step)
        else:
            _trial_handlers.run_handler(self, declared, parents, self._is_dynamic, step)

    def _sleep(self, declared: Dict[str, Any], parents: List[StepRun], step: StepRun) -> None:
        """Ends immediately: no test waits."""
        sleep = declared["sleep"]
        problem = None
        if "until" in sleep:
            problem = _trial_database.sleep_problem(sleep, joined_results(parents), self.context)
        if problem is None:
            succeed(step, None)
        else:
            fail(step, problem)

    def _wait(self, declared: Dict[str, Any], parents: List[StepRun], step: StepRun) -> None:
        problem = None
        if "key" in declared["signal"]:
            problem = _trial_database.key_problem(
                declared["signal"]["key"], joined_results(parents), self.context
            )
        if problem is None:
            step.state, step.result, late = _trial_signals.end_wait(declared, self.trial.signals)
            problem = None if late is None else Failure(late, "deadline", permanent=True)
        if problem is not None:
            fail(step, problem)

    def _result(self) -> Optional[Dict[str, Any]]:
        complete = {step.name: step.result for step in self._steps if step.state == "complete"}
        if self.template["result"] is not None:
            return self._mapped_result(self.template["result"], complete)
        leaves = [each["name"] for each in self.template["steps"] if not each["children"]]
        result = {name: complete[name] for name in leaves if name in complete}
        texts = [_native.write_json(value) for value in result.values()]
        return result if len(leaves) == 1 or fits(texts) else None

    def _mapped_result(self, mapping: str, complete: Dict[str, Any]) -> Optional[Dict[str, Any]]:
        """None where the SQL function mapped_result cannot read what the mapping names."""
        names = _read_by_result.findall(mapping)
        texts = [_native.write_json(complete[name]) for name in names if name in complete]
        texts += [self.context] * names.count("")  # of the context
        if not fits(texts) or any("\\u0000" in text.replace("\\\\", "") for text in texts):
            return None
        results = _native.write_json(complete)
        filled: Dict[str, Any] = _native.read_json(
            _native.fill_result(mapping, self.context, results)
        )
        return filled

    def _compensate(self) -> Tuple[Optional[str], Dict[str, StepRun]]:
        """Undoes the complete steps of a failed task, in the reverse of their order."""
        runs: Dict[int, StepRun] = {}
        undone: Dict[str, StepRun] = {}
        for declared in self.template["undo"]:
            step = self._steps[declared["undoes"]]
            run = runs[declared["step_no"]] = StepRun(declared["name"])
            parents = [runs[number] for number in declared["parents"]]
            may_run = _joins.outcome("none_failed", parents, set())
            if declared["handler"] is None or not step.is_undone:
                run.state = "skipped" if may_run == "run" else "pending"
                continue
            undone[step.name] = run
            if may_run == "run":
                _trial_handlers.run_handler(self, declared, [step.undone()], True, run)
        if not undone:
            return None, {}
        for run in undone.values():
            if run.state == "pending":
                run.state = "not_run"
        has_failed = any(run.state == "failed" for run in undone.values())
        return "failed" if has_failed else "complete", undone
