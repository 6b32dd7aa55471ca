"""Templates written in Python.

    orders = tasker.Template("orders", version="1.0.0", namespace="shop")
    validate = orders.step("validate", validate_order)
    paid = validate.result["total"] > 0
    patient = tasker.RetryPolicy(max_attempts=5, backoff="exponential")
    orders.step("charge", charge, after=[validate], when=paid, retry=patient)
    client.register_template(orders)

The parameters have the names and the meaning of the keys in docs/templates.md; ``after`` are the
``dependencies``. Those that are None are not written. Seconds may be a ``timedelta``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Optional, Union

from . import _native, _yaml
from ._references import Condition, Reference, condition, filled, of_step
from ._template_parts import (
    Event,
    Form,
    Handler,
    Hook,
    Join,
    Map,
    Matrix,
    OnDeadline,
    Otherwise,
    Path,
    Repeat,
    RetryPolicy,
    Seconds,
    Settings,
    Time,
    When,
    given,
    hook_keys,
    map_keys,
    path_of,
    repeat_keys,
    settings_keys,
    undo_keys,
    without_none,
)

__all__ = [
    "Condition",
    "Event",
    "Form",
    "Hook",
    "Map",
    "Reference",
    "Repeat",
    "RetryPolicy",
    "Settings",
    "Template",
    "TemplateStep",
]

After = Union["TemplateStep", str, Iterable[Union["TemplateStep", str]]]


class TemplateStep:
    """A step of a template, for ``after`` and for its result."""

    def __init__(self, template: Template, name: str) -> None:
        self.template = template
        self.name = name

    def __str__(self) -> str:
        return self.name

    @property
    def result(self) -> Reference:
        """Its result: ``step.result["total"]``."""
        return of_step(self.name)

    @property
    def state(self) -> Reference:
        """How it ended, for ``inputs``."""
        return Reference(f"parent_states/{self.name}", None)


class Template:
    """A template with the steps that its methods add. Give it to ``client.register_template`` and
    ``tasker.testing.run`` like any other.

    ``after`` names the steps that end first. Not for use by several threads.
    """

    context = Reference("context", "$context")  # of the task
    item = Reference("item", None)  # of a map or a matrix; also index and items
    index = Reference("index", None)
    items = Reference("items", None)
    previous = Reference("previous", None)  # the last result of a step with repeat
    iteration = Reference("iteration", "$iteration")
    run_result = Reference(None, "$result")  # the result of this run, in ``Repeat.until``

    def __init__(
        self,
        name: str,
        *,
        version: str,
        namespace: Optional[str] = None,
        description: Optional[str] = None,
        metadata: Optional[Mapping[str, Any]] = None,
        input_schema: Union[Mapping[str, Any], bool, None] = None,
        system_dependencies: Optional[Mapping[str, Any]] = None,
        timeout_seconds: Optional[Seconds] = None,
        on_failure: Optional[Hook] = None,
        on_complete: Optional[Hook] = None,
        budget: Optional[Mapping[str, int]] = None,
        defaults: Optional[Settings] = None,
    ) -> None:
        self.name = name
        self.version = version
        self.namespace = namespace
        self.result: Optional[Mapping[str, Any]] = None  # of a task; assign it after the steps
        self._head = {
            "name": name,
            "namespace_name": namespace,
            "version": version,
            "description": description,
            "metadata": metadata,
            "input_schema": input_schema,
            "system_dependencies": system_dependencies,
            "timeout_seconds": timeout_seconds,
            "on_failure": on_failure and hook_keys(on_failure),
            "on_complete": on_complete and hook_keys(on_complete),
            "budget": budget,
            "defaults": defaults and settings_keys(defaults),
        }
        self._steps: dict[str, dict[str, Any]] = {}
        self._environments: dict[str, list[dict[str, Any]]] = {}

    def step(
        self,
        name: str,
        handler: Handler,
        *,
        after: After = (),
        join: Optional[Join] = None,
        when: Optional[When] = None,
        otherwise: Optional[Otherwise] = None,
        allow_failure: Optional[bool] = None,
        inputs: Optional[Mapping[str, Any]] = None,
        result_schema: Union[Mapping[str, Any], bool, None] = None,
        method: Optional[str] = None,
        initialization: Optional[Mapping[str, Any]] = None,
        retry: Optional[RetryPolicy] = None,
        timeout_seconds: Optional[Seconds] = None,
        map: Optional[Map] = None,
        matrix: Optional[Matrix] = None,
        repeat: Optional[Repeat] = None,
        compensate: Optional[Settings] = None,
        priority: Optional[int] = None,
        publishes_events: Sequence[Event] = (),
        description: Optional[str] = None,
    ) -> TemplateStep:
        """Adds a step that runs a handler. ``priority``: 1 to 4; that of the task without it."""
        settings = settings_keys(Settings(handler, method, initialization, retry, timeout_seconds))
        own = {
            "handler": settings.pop("handler"),
            "map": map and map_keys(map),
            "matrix": matrix,
            "repeat": repeat and repeat_keys(repeat),
            "priority": priority,
            "inputs": inputs,
            "result_schema": result_schema,
            "compensate": compensate and undo_keys(compensate),
            **settings,
        }
        return self._add(
            name, own, after, join, when, otherwise, allow_failure, publishes_events, description
        )

    def sleep(
        self,
        name: str,
        *,
        seconds: Optional[Seconds] = None,
        until: Optional[Time] = None,
        after: After = (),
        join: Optional[Join] = None,
        when: Optional[When] = None,
        otherwise: Optional[Otherwise] = None,
        allow_failure: Optional[bool] = None,
        publishes_events: Sequence[Event] = (),
        description: Optional[str] = None,
    ) -> TemplateStep:
        """Adds a step that waits for ``seconds``, or ``until`` a time."""
        own = {"sleep": without_none({"seconds": seconds, "until": until})}
        return self._add(
            name, own, after, join, when, otherwise, allow_failure, publishes_events, description
        )

    def signal(
        self,
        name: str,
        *,
        signal: Optional[str] = None,
        schema: Union[Mapping[str, Any], bool, None] = None,
        deadline_seconds: Optional[Seconds] = None,
        on_deadline: Optional[OnDeadline] = None,
        value: Any = None,
        quorum: Optional[int] = None,
        key: Optional[Path] = None,
        form: Optional[Form] = None,
        after: After = (),
        join: Optional[Join] = None,
        when: Optional[When] = None,
        otherwise: Optional[Otherwise] = None,
        allow_failure: Optional[bool] = None,
        publishes_events: Sequence[Event] = (),
        description: Optional[str] = None,
    ) -> TemplateStep:
        """Adds a step that waits for a signal; without ``signal``, one of the step's name."""
        own = {
            "name": name if signal is None else signal,
            "schema": schema,
            "deadline_seconds": deadline_seconds,
            "on_deadline": on_deadline,
            "value": value,
            "quorum": quorum,
            "key": None if key is None else path_of(key),
            "form": form and given(form),
        }
        own = {"signal": without_none(own)}
        return self._add(
            name, own, after, join, when, otherwise, allow_failure, publishes_events, description
        )

    def workflow(
        self,
        name: str,
        template: Union[str, Template],
        *,
        namespace: Optional[str] = None,
        version: Optional[str] = None,
        context: Optional[Mapping[str, Any]] = None,
        priority: Optional[int] = None,
        after: After = (),
        join: Optional[Join] = None,
        when: Optional[When] = None,
        otherwise: Optional[Otherwise] = None,
        allow_failure: Optional[bool] = None,
        retry: Optional[RetryPolicy] = None,
        map: Optional[Map] = None,
        matrix: Optional[Matrix] = None,
        repeat: Optional[Repeat] = None,
        compensate: Optional[Settings] = None,
        publishes_events: Sequence[Event] = (),
        description: Optional[str] = None,
    ) -> TemplateStep:
        """Adds a step that runs a child task: of a template by name, or of this very version."""
        if isinstance(template, Template):
            namespace, version = namespace or template.namespace, version or template.version
            template = template.name
        child = {
            "name": template,
            "namespace": namespace,
            "version": version,
            "context": context,
            "priority": priority,
        }
        own = {
            "workflow": without_none(child),
            "map": map and map_keys(map),
            "matrix": matrix,
            "repeat": repeat and repeat_keys(repeat),
            "retry": retry and given(retry),
            "compensate": compensate and undo_keys(compensate),
        }
        return self._add(
            name, own, after, join, when, otherwise, allow_failure, publishes_events, description
        )

    def override(
        self, environment: str, settings: Settings, *, step: Union[TemplateStep, str] = "ALL"
    ) -> None:
        """Sets what an environment changes, of all steps or of one."""
        changed = {"name": self._name_of(step), **settings_keys(settings)}
        self._environments.setdefault(environment, []).append(changed)

    def to_dict(self) -> dict[str, Any]:
        """The template as plain values, in the order of docs/templates.md.

        Raises ValueError with a line for each problem, and TypeError if a value is not JSON.
        """
        environments = {name: {"steps": each} for name, each in self._environments.items()}
        written = {
            **self._head,
            "steps": list(self._steps.values()),
            "environments": environments or None,
            "result": None if self.result is None else filled(self.result, "steps"),
        }
        text = _native.write_json(without_none(written))
        problems, _ = _native.compile_template(text, True, "default")
        if problems:
            of_text = "line 1: "  # has no meaning for the caller
            raise ValueError("\n".join(each.removeprefix(of_text) for each in problems))
        plain: dict[str, Any] = _native.read_json(text)
        return plain

    def to_json(self) -> str:
        return _native.write_json(self.to_dict())

    def to_yaml(self) -> str:
        return _yaml.write(self.to_dict())

    def _add(
        self,
        name: str,
        own: dict[str, Any],
        after: After,
        join: Optional[Join],
        when: Optional[When],
        otherwise: Optional[Otherwise],
        allow_failure: Optional[bool],
        publishes_events: Sequence[Event],
        description: Optional[str],
    ) -> TemplateStep:
        if name in self._steps:
            raise ValueError(f'"{name}" is the name of an earlier step')
        if isinstance(after, (str, TemplateStep)):
            after = [after]
        parents = [self._name_of(each) for each in after]
        step = {
            "name": name,
            "description": description,
            "dependencies": parents or None,
            "join": join,
            "when": None if when is None else condition(when),
            "otherwise": otherwise,
            "allow_failure": allow_failure,
            "publishes_events": [given(event) for event in publishes_events] or None,
            **own,
        }
        self._steps[name] = filled(without_none(step), "parents")
        return TemplateStep(self, name)

    def _name_of(self, step: Union[TemplateStep, str]) -> str:
        if isinstance(step, str):
            return step
        if step.template is not self:
            raise ValueError(f'step "{step.name}" is of the template "{step.template.name}"')
        return step.name
