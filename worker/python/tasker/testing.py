"""Help for the tests of handlers: in memory, or on a private server.

    def test_order():
        run = tasker.testing.run(pathlib.Path("order.yaml"), [shop.handlers], {"items": [...]})
        assert run.result == {"ship": {"parcels": 1}}

``DevServer`` and its pytest fixtures run the real engine instead.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Callable, Dict, List, Optional, Tuple

from . import _native, _operations, _registry, _trial_handlers, _trial_signals, _trial_tasks
from ._dev_server import DevServer
from ._trial_runs import Failure, PublishedEvent, Run, StepRun
from ._trial_signals import Signal
from ._trial_templates import Templates

__all__ = ["DevServer", "Failure", "PublishedEvent", "Run", "Signal", "StepRun", "call", "run"]


def run(
    template: _operations.TemplateSource,
    handlers: Any = None,
    context: Any = None,
    *,
    templates: Iterable[_operations.TemplateSource] = (),
    stubs: Optional[Mapping[str, Callable[..., Any]]] = None,
    signals: Optional[Mapping[str, Any]] = None,
    environment: str = "default",
) -> Run:
    """Runs a template in this thread, without an engine, step after step in their order.

    Everything passes through JSON as in the real engine. Failed steps are retried without a delay,
    as often as the template allows. ``templates`` are those of child tasks. ``handlers`` are as
    for ``Worker``. ``stubs`` are functions by handler name that take precedence, for built-in
    handlers and for handlers that a test must not run. ``signals`` are those that the steps wait
    for, also those of child tasks, by name: a payload, a ``Signal``, or a list of them for a
    quorum. The deadline of others passes. No step waits for a time.

    What the engine computes in SQL (conditions, lists of maps, correlation keys, times of sleeps,
    placeholders for child tasks) is computed by PostgreSQL: the first template with one of these
    starts a private server, which ends with the process.

    Raises ValueError if a template is wrong, the context does not fit its input schema, a handler
    or the template of a child task is missing, or a step waits for a signal that is not given and
    has no deadline; RuntimeError if the private server is needed and does not start, for example
    because PostgreSQL is not installed.
    """
    known = Templates(template, templates, environment)
    context_text = _native.write_json({} if context is None else context)
    schema = known.first["input_schema"]
    if schema:
        context_text = _native.with_defaults(schema, context_text)
        problems = _native.check_context(schema, context_text)
        if problems:
            raise ValueError("; ".join(problems))
    functions = _functions(handlers, stubs, known.steps())
    _trial_signals.check_names(signals or {}, known.steps())
    trial = _trial_tasks.Trial(known, functions, signals or {})
    return _trial_tasks.Task(trial, known.first, context_text).run()


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
    iteration: int = 1,
    previous: Any = None,
) -> Tuple[Any, Optional[Failure]]:
    """Calls one handler as the worker does: (result, None) or (None, failure). The result of a
    handler that asks for child tasks is a ``Children`` with the list ``wanted``, and that of a
    handler that ends the run of its task a ``Finish`` with the ``result``.

    ``item``: of a step with ``map``, ``{"index": 17, "item": …}`` or ``{"items": […]}``.
    ``checkpoint``: the last one of an earlier attempt. ``iteration``, ``previous``: of a step with
    ``repeat``, the number of the run and the result of the one before.
    """
    _, _, result, failure = _trial_handlers.attempt(
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
        _native.write_json({"iteration": iteration, "previous": previous}),
    )
    return result, failure


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
