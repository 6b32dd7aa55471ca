"""Help for the tests of handlers: in memory, or on a private server.

    def test_order():
        run = tasker.testing.run(pathlib.Path("order.yaml"), [shop.handlers], {"items": [...]})
        assert run.result == {"ship": {"parcels": 1}}

``DevServer`` and its pytest fixtures run the real engine instead.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, Callable, Dict, List, Optional, Tuple

from . import _binding, _joins, _lists, _native, _operations, _registry, _trial_signals
from ._children import Children
from ._dev_server import DevServer
from ._trial_signals import Signal

__all__ = ["DevServer", "Failure", "Run", "Signal", "StepRun", "call", "run"]

_failure = "failure"


@dataclasses.dataclass(frozen=True)
class Failure:
    """How one attempt of a step failed."""

    message: str
    type: str
    permanent: bool
    retry_after: Optional[float] = None  # seconds; None: by the template's backoff
    traceback: Optional[str] = None


@dataclasses.dataclass
class StepRun:
    """A step of a run: ``state`` is complete, failed, skipped, or pending if it cannot run."""

    name: str
    state: str = "pending"
    result: Any = None
    failures: List[Failure] = dataclasses.field(default_factory=list)
    items: List[StepRun] = dataclasses.field(default_factory=list)  # of a step with `map`

    @property
    def attempts(self) -> int:
        return len(self.failures) + (self.state == "complete")

    @property
    def error(self) -> Optional[Failure]:
        """Why it failed; None if it did not."""
        return self.failures[-1] if self.state == "failed" else None


@dataclasses.dataclass(frozen=True)
class Run:
    """The outcome of a task: ``state`` is complete or failed."""

    state: str
    result: Optional[Dict[str, Any]]  # of a complete task, as the engine shows it
    steps: Dict[str, StepRun]
    compensation: Optional[str] = None  # complete or failed, if steps were undone
    undone: Dict[str, StepRun] = dataclasses.field(default_factory=dict)  # by the step's name

    @property
    def is_complete(self) -> bool:
        return self.state == "complete"


def run(
    template: _operations.TemplateSource,
    handlers: Any = None,
    context: Any = None,
    *,
    stubs: Optional[Mapping[str, Callable[..., Any]]] = None,
    signals: Optional[Mapping[str, Any]] = None,
    environment: str = "default",
) -> Run:
    """Runs a template in this thread, without a database, step after step in their order.

    Everything passes through JSON as in the real engine. Failed steps are retried without a delay,
    as often as the template allows. ``handlers`` are as for ``Worker``. ``stubs`` are functions by
    handler name that take precedence, for built-in handlers and for handlers that a test must not
    run. ``signals`` are those that the steps wait for, by name: a payload, a ``Signal``, or a list
    of them for a quorum. The deadline of others passes.

    Raises ValueError if the template is wrong, the context does not fit its input schema, a
    handler is missing, or a step waits for a signal that is not given and has no deadline.
    """
    compiled = _compile(template, environment)
    context_text = _native.write_json({} if context is None else context)
    if compiled["input_schema"]:
        context_text = _native.with_defaults(compiled["input_schema"], context_text)
        _refuse(_native.check_context(compiled["input_schema"], context_text))
    conditional = [
        step["name"]
        for step in compiled["steps"]
        if step["condition"]
        or step["repeat"]
        or step["workflow"]
        or (step["map"] and not _lists.is_plain(step["map"]["over"]))
    ]
    if conditional:
        raise ValueError(
            f"steps with `when`, `repeat` or `workflow`, or with a filter in `map`, need "
            f"PostgreSQL, so they cannot run in memory: "
            f"{', '.join(conditional)}; test this template with the fixture tasker_server"
        )
    functions = _functions(handlers, stubs, compiled["steps"])
    undo = [step for step in compiled["steps"] if step["undoes"] is not None]
    compiled["steps"] = [step for step in compiled["steps"] if step["undoes"] is None]
    _trial_signals.check_names(signals or {}, compiled["steps"])
    steps = {step["name"]: StepRun(step["name"]) for step in compiled["steps"]}
    is_dynamic = any(
        step["join_rule"] != "all_complete" or step["allow_failure"] or step["kind"] != "handler"
        for step in compiled["steps"]
    ) or bool(undo)
    in_order = list(steps.values())
    for declared in compiled["steps"]:
        parents = [in_order[number] for number in declared["parents"]]
        allowed = {compiled["steps"][number]["name"] for number in declared["parents"]
                   if compiled["steps"][number]["allow_failure"]}
        step = steps[declared["name"]]
        outcome = _joins.outcome(declared["join_rule"], parents, allowed)
        if outcome == "skip":
            step.state = "skipped"
        elif outcome == "run" and declared["kind"] == "sleep":
            step.state = "complete"  # no test waits
        elif outcome == "run" and declared["kind"] == "map":
            _run_map(declared, functions, context_text, parents, step)
        elif outcome == "run" and declared["kind"] == "signal":
            step.state, step.result, problem = _trial_signals.end_wait(declared, signals or {})
            step.failures += [Failure(problem, "deadline", True)] if problem else []
        elif outcome == "run":
            _run_step(declared, functions, context_text, parents, is_dynamic, step)
    has_failed = any(steps[each["name"]].state == "failed" and not each["allow_failure"]
                     for each in compiled["steps"])
    if has_failed:
        return Run("failed", None, steps, *_compensate(undo, in_order, functions, context_text))
    return Run("complete", _result(compiled, context_text, steps), steps)


def _result(
    compiled: Dict[str, Any], context_text: str, steps: Dict[str, StepRun]
) -> Dict[str, Any]:
    complete = {step.name: step.result for step in steps.values() if step.state == "complete"}
    if compiled["result"] is not None:
        results = _native.write_json(complete)
        filled: Dict[str, Any] = _native.read_json(
            _native.fill_result(compiled["result"], context_text, results)
        )
        return filled
    leaves = [each["name"] for each in compiled["steps"] if not each["children"]]
    return {name: complete[name] for name in leaves if name in complete}


def _compensate(
    undo: List[Dict[str, Any]],
    steps: List[StepRun],
    functions: Dict[str, Callable[..., Any]],
    context_text: str,
) -> Tuple[Optional[str], Dict[str, StepRun]]:
    """Undoes the complete steps of a failed task, in the reverse of their order."""
    runs: Dict[int, StepRun] = {}
    undone: Dict[str, StepRun] = {}
    for declared in undo:
        step = steps[declared["undoes"]]
        run = runs[declared["step_no"]] = StepRun(declared["name"])
        parents = [runs[number] for number in declared["parents"]]
        may_run = _joins.outcome("none_failed", parents, set())
        if declared["handler"] is None or step.state != "complete":
            run.state = "skipped" if may_run == "run" else "pending"
            continue
        undone[step.name] = run
        if may_run == "run":
            _run_step(declared, functions, context_text, [step], True, run)
    if not undone:
        return None, {}
    for run in undone.values():
        if run.state == "pending":
            run.state = "not_run"
    has_failed = any(run.state == "failed" for run in undone.values())
    return "failed" if has_failed else "complete", undone


def call(
    handler: Callable[..., Any],
    context: Any = None,
    parents: Optional[Mapping[str, Any]] = None,
    *,
    parent_states: Optional[Mapping[str, str]] = None,
    inputs: Optional[Mapping[str, Any]] = None,
    name: str = "step",
    method: str = "",
    item: Optional[Mapping[str, Any]] = None,
    initialization: Optional[Mapping[str, Any]] = None,
    failures: int = 0,
    max_attempts: int = 1,
    checkpoint: Any = None,
) -> Tuple[Any, Optional[Failure]]:
    """Calls one handler as the worker does: (result, None) or (None, failure). The result of a
    handler that asks for child tasks is a ``Children`` with the list ``wanted``.

    ``item``: of a step with ``map``, ``{"index": 17, "item": …}`` or ``{"items": […]}``.
    ``checkpoint``: the last one of an earlier attempt.
    """
    _, result, failure = _attempt(
        handler,
        name,
        method,
        _native.write_json({} if context is None else context),
        _native.write_json(parents or {}),
        _native.write_json(parent_states or {}),
        _native.write_json(item or {}),
        _native.write_json(inputs or {}),
        _native.write_json(initialization or {}),
        None,
        failures,
        max_attempts,
        _native.write_json(checkpoint),
    )
    return result, failure


def _attempt(
    handler: Callable[..., Any], *inputs: Any
) -> Tuple[Optional[str], Any, Optional[Failure]]:
    """Calls a handler: (the last checkpoint as JSON, result, failure)."""
    checkpoint, outcome, *answer = _native.try_handler(
        handler, _binding.parameters(handler), *inputs
    )
    if outcome == _failure:
        message, kind, permanent, after_ms, traceback = answer
        after = None if after_ms is None else after_ms / 1000
        return checkpoint, None, Failure(message, kind, permanent, after, traceback)
    value = _native.read_json(answer[0])
    if outcome == "children":
        return checkpoint, Children(value["children"], value["on_child_failure"]), None
    return checkpoint, value, None


def _compile(template: _operations.TemplateSource, environment: str) -> Dict[str, Any]:
    text, content_type = _operations.template_text(template)
    is_json = content_type == "application/json"
    problems, compiled = _native.compile_template(text, is_json, environment)
    _refuse(problems)
    assert compiled is not None  # there are no problems
    return compiled


def _refuse(problems: List[str]) -> None:
    if problems:
        raise ValueError("; ".join(problems))


def _functions(
    handlers: Any,
    stubs: Optional[Mapping[str, Callable[..., Any]]],
    steps: List[Dict[str, Any]],
) -> Dict[str, Callable[..., Any]]:
    found = {**_registry.collect(handlers), **(stubs or {})}
    missing = sorted({step["handler"] for step in steps if step["handler"]} - found.keys())
    if missing:
        raise ValueError(f"no handlers for: {', '.join(missing)}")
    return found


def _run_step(
    declared: Dict[str, Any],
    functions: Dict[str, Callable[..., Any]],
    context_text: str,
    parents: List[StepRun],
    is_dynamic: bool,
    step: StepRun,
    item: Optional[Dict[str, Any]] = None,
) -> None:
    results = {parent.name: parent.result for parent in parents if parent.state == "complete"}
    states = {
        parent.name: "not_run" if parent.state == "pending" else parent.state
        for parent in parents
        if is_dynamic
    }
    most = declared["max_attempts"] if declared["retryable"] else 1
    given = declared["worker_settings"]
    settings = None if given is None else _native.write_json(given)
    checkpoint = None
    while step.state == "pending":
        checkpoint, result, failure = _attempt(
            functions[declared["handler"]],
            step.name,
            declared["handler_method"] or "",
            context_text,
            _native.write_json(results),
            _native.write_json(states),
            _native.write_json(item or {}),
            _native.write_json({}),
            _native.write_json(declared["initialization"]),
            settings,
            len(step.failures),
            most,
            checkpoint,
        )
        if failure is None and item is not None and "items" in item:
            failure = _wrong_batch(result, len(item["items"]))
        if isinstance(result, Children):
            raise ValueError(
                f"step {step.name} asks for child tasks, which cannot run in memory; test this "
                f"template with the fixture tasker_server, or the handler with tasker.testing.call"
            )
        if failure is None:
            step.state, step.result = "complete", result
            continue
        step.failures.append(failure)
        if failure.permanent or len(step.failures) >= most or not _is_retried(declared, failure):
            step.state = "failed"


def _wrong_batch(result: Any, expected: int) -> Optional[Failure]:
    if isinstance(result, list) and len(result) == expected:
        return None
    message = f"the result for a batch must be an array of {expected} values, one for each item"
    return Failure(message, "invalid_result", permanent=True)


def _run_map(
    declared: Dict[str, Any],
    functions: Dict[str, Callable[..., Any]],
    context_text: str,
    parents: List[StepRun],
    step: StepRun,
) -> None:
    """Runs the items one after the other, until more of them failed than may fail."""
    settings = declared["map"]
    results = {parent.name: parent.result for parent in parents if parent.state == "complete"}
    listed = _lists.elements(settings["over"], results, _native.read_json(context_text))
    if listed is None:
        step.state = "failed"
        step.failures.append(Failure(f"{settings['over']} is no array", "not_an_array", True))
        return
    batches = _lists.batches(listed, settings["batch_size"])
    most = _lists.most_failures(settings, len(batches))
    read = parents if _inputs_read_parents(declared) else []
    failed: List[StepRun] = []
    joined: List[Any] = []
    for index, batch in enumerate(batches):
        item = StepRun(f"{step.name}[{index}]")
        step.items.append(item)
        if len(failed) > most:
            item.state = "cancelled"
            continue
        _run_step(declared, functions, context_text, read, bool(read), item, batch)
        if item.state == "failed":
            failed.append(item)
        size = len(batch["items"]) if "items" in batch else 1
        if "items" in batch and item.state == "complete":
            joined += item.result
        else:
            joined += [item.result] * size
    if failed:
        error = failed[0].error
        assert error is not None
        index = step.items.index(failed[0])
        message = f"{len(failed)} of {len(batches)} items failed; item {index}: {error.message}"
        if len(failed) > most:
            step.failures.append(Failure(message, "item_failed", permanent=True))
    step.state = "failed" if len(failed) > most else "complete"
    step.result = None if step.state == "failed" else joined


def _inputs_read_parents(declared: Dict[str, Any]) -> bool:
    return "${parent" in str((declared["worker_settings"] or {}).get("inputs"))


def _is_retried(declared: Dict[str, Any], failure: Failure) -> bool:
    only, but = declared["retry_only"], declared["retry_except"]
    return (only is None or failure.type in only) and (but is None or failure.type not in but)
