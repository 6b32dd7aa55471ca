"""Child tasks in memory: of steps with ``workflow``, and those that handlers ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Dict, List, Optional, Tuple

from . import _native, _trial_database, _trial_repeats
from ._budget import is_refused
from ._children import Children
from ._trial_runs import (
    Failure,
    Run,
    StepRun,
    fail,
    fail_attempt,
    fits,
    joined_results,
    succeed,
)
from ._trial_templates import Template

if TYPE_CHECKING:
    from ._trial_tasks import Task

_most_depth = 20  # as the SQL function depth_problem

_too_deep = Failure("child tasks may be nested at most 20 deep", "too_deep", permanent=True)
_too_large = Failure(
    "the results of the children are too large together", "result_too_large", permanent=True
)


def run_workflow(
    task: Task,
    declared: Dict[str, Any],
    parents: List[StepRun],
    step: StepRun,
    item: Optional[Dict[str, Any]] = None,
) -> None:
    """Runs a step with ``workflow``, or an item of a map over one, until it has ended."""
    child = task.trial.templates.child_of(task.template, declared)
    results = joined_results(parents)
    previous: Any = None
    while step.state == "pending":
        repetition = {"iteration": step.iteration, "previous": previous}
        context, problem = _trial_database.child_context(
            declared, results, task.context, repetition if declared["repeat"] else item
        )
        if task.depth >= _most_depth:
            problem = _too_deep
        if problem is not None:
            if item is None:
                fail_attempt(step, declared, problem)
            else:
                fail(step, problem)
            return
        run = step.children[child["name"]] = task.run_child(child, context)
        if not run.is_complete:
            fail_attempt(step, declared, _child_failed(task, child, run))
        elif run.result is None and run.ended_by is None:
            fail_attempt(step, declared, _too_large)
        elif declared["repeat"] and not _trial_repeats.has_ended(
            task, declared, results, step, run.result
        ):
            previous = run.result
        elif step.error is not None:  # of the condition; the engine counts it as an attempt
            step.failures.append(step.error)
        else:
            succeed(step, run.result)
        if step.state == "pending":
            task.budget.refuses(step)


def answer(
    task: Task,
    declared: Dict[str, Any],
    step: StepRun,
    asked: Children,
    item: Optional[Dict[str, Any]],
) -> Tuple[Any, Optional[Failure]]:
    """Runs the child tasks that a handler asked for: the result of the step, or its failure.

    Those of an earlier attempt that are complete are used again. After a child that failed, the
    others do not run, unless failures are collected.
    """
    if item is not None or declared["repeat"]:
        message = "items of a map and steps with repeat cannot create child tasks"
        return None, Failure(message, "invalid_children", permanent=True)
    if task.depth >= _most_depth:
        return None, _too_deep
    templates = [_template_of(task, each) for each in asked.wanted]
    for each, template in zip(asked.wanted, templates):
        if template is None:
            return None, _unknown(task, each)
    results: Dict[str, Any] = {}
    for each, template in zip(asked.wanted, templates):
        assert template is not None
        run = step.children.get(each["key"])
        if run is None or not run.is_complete:
            run = task.run_child(template, _native.write_json(each["context"]))
            step.children[each["key"]] = run
        if not run.is_complete and asked.on_child_failure == "fail":
            return None, _child_failed(task, template, run)
        results[each["key"]] = run.result
    if not fits([_native.write_json(result) for result in results.values()]):
        return None, _too_large
    return results, None


def _template_of(task: Task, wanted: Any) -> Optional[Template]:
    template = wanted["template"]
    namespace = template["namespace"] or task.template["namespace"]
    return task.trial.templates.named(namespace, template["name"], template["version"])


def _unknown(task: Task, wanted: Any) -> Failure:
    template = wanted["template"]
    namespace = template["namespace"] or task.template["namespace"]
    name = " ".join(filter(None, (template["name"], template["version"])))
    message = f'child "{wanted["key"]}": no template {namespace}/{name} is registered'
    return Failure(message, "unknown_template", permanent=True)


def _child_failed(task: Task, child: Template, run: Run) -> Failure:
    """Names the child, and the step that failed it, or its first step that failed; one with
    allow_failure if there is no other."""
    failed = [each for each in child["steps"] if run.steps[each["name"]].state == "failed"]
    first = min(failed, key=lambda each: bool(each["allow_failure"]))["name"]
    step = run.steps[first]
    ended = run.ended_by
    if ended is not None and ended.state == "failed":
        step = next(
            each for each in run.steps.values() if any(one is ended for one in (each, *each.items))
        )
    reason = f": {step.error.message[:500]}" if step.error else ""
    name = f"{child['namespace']}/{child['name']} {child['version']}"
    message = f"child task ({name}) failed: {step.name}{reason}"
    if task.budget.limits and step.error and is_refused(step):
        return Failure(message, step.error.type, permanent=True)
    return Failure(message, "child_failed", permanent=False)
