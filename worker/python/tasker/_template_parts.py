"""The parts of a template beside its steps, and the keys that they become."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Mapping, Sequence
from typing import Any, Callable, Literal, Optional, Union

from . import _registry
from ._references import Condition, Reference, condition

EventCondition = Literal["success", "failure", "always", "permanent_failure"]
DeliveryMode = Literal["durable", "fast", "broadcast"]
Backoff = Literal["none", "linear", "exponential", "fibonacci"]
Join = Literal["all_complete", "none_failed", "any_complete", "all_done", "any_failed"]
Otherwise = Literal["skip", "fail"]
OnItemFailure = Literal["fail", "collect"]
OnDeadline = Literal["fail", "skip", "complete"]
Handler = Union[str, Callable[..., Any]]  # its name, or a handler with ``@tasker.step``
Matrix = Mapping[str, Sequence[Union[str, int, float, bool]]]
Path = Union[str, Reference]
Seconds = Union[float, datetime.timedelta]
Time = Union[str, Reference, datetime.datetime]
When = Union[str, Condition, Reference]  # a reference: the value is true


@dataclasses.dataclass(frozen=True)
class RetryPolicy:
    """When a failed step runs again."""

    retryable: Optional[bool] = None
    max_attempts: Optional[int] = None  # including the first
    backoff: Optional[Backoff] = None
    backoff_base_ms: Optional[int] = None
    max_backoff_ms: Optional[int] = None
    only: Optional[Sequence[str]] = None  # types of errors
    except_: Optional[Sequence[str]] = None
    jitter: Optional[bool] = None


@dataclasses.dataclass(frozen=True)
class Map:
    """Runs the handler, or a child task, for each element of a list: a path, or
    ``step.result["files"]``."""

    over: Path
    batch_size: Optional[int] = None
    max_parallel: Optional[int] = None
    on_item_failure: Optional[OnItemFailure] = None
    max_failures: Union[int, str, None] = None  # also "10%"


@dataclasses.dataclass(frozen=True)
class Repeat:
    """Runs the handler, or a child task, again until a condition over ``Template.run_result`` is
    met."""

    until: When
    delay_seconds: Optional[Seconds] = None
    max_times: Optional[int] = None


@dataclasses.dataclass(frozen=True)
class Form:
    """What a person sees who has to approve."""

    title: str
    description: Optional[str] = None


@dataclasses.dataclass(frozen=True)
class Event:
    """What is announced when a step has ended: a notification, and a message of a queue unless
    ``delivery_mode`` is ``fast``."""

    name: str
    condition: Optional[EventCondition] = None
    delivery_mode: Optional[DeliveryMode] = None
    description: Optional[str] = None
    schema: Union[Mapping[str, Any], bool, None] = None  # of the result; not checked


@dataclasses.dataclass(frozen=True)
class Settings:
    """Settings of all steps (``defaults``, without ``handler``), those that an environment
    overrides, or the handler that undoes a step (``compensate``)."""

    handler: Optional[Handler] = None
    method: Optional[str] = None
    initialization: Optional[Mapping[str, Any]] = None
    retry: Optional[RetryPolicy] = None
    timeout_seconds: Optional[Seconds] = None


@dataclasses.dataclass(frozen=True)
class Hook:
    """What runs when a task ends: a ``webhook``, signed with a ``secret`` of the worker's settings,
    or a ``workflow``, a template by name."""

    webhook: Optional[str] = None
    secret: Optional[str] = None
    workflow: Optional[str] = None
    namespace: Optional[str] = None
    version: Optional[str] = None


def without_none(keys: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in keys.items() if value is not None}


def given(group: Union[RetryPolicy, Map, Repeat, Form, Event]) -> dict[str, Any]:
    return {
        field.name.rstrip("_"): getattr(group, field.name)
        for field in dataclasses.fields(group)
        if getattr(group, field.name) is not None
    }


def settings_keys(settings: Settings) -> dict[str, Any]:
    handler = {
        "callable": None if settings.handler is None else _registry.name_of(settings.handler),
        "method": settings.method,
        "initialization": settings.initialization,
    }
    return without_none(
        {
            "handler": without_none(handler) or None,
            "retry": settings.retry and given(settings.retry),
            "timeout_seconds": settings.timeout_seconds,
        }
    )


def hook_keys(hook: Hook) -> dict[str, Any]:
    template = {"name": hook.workflow, "namespace": hook.namespace, "version": hook.version}
    return without_none(
        {
            "webhook": hook.webhook,
            "secret": hook.secret,
            "workflow": without_none(template) or None,
        }
    )


def map_keys(map: Map) -> dict[str, Any]:
    return {**given(map), "over": path_of(map.over)}


def repeat_keys(repeat: Repeat) -> dict[str, Any]:
    return {**given(repeat), "until": condition(repeat.until)}


def undo_keys(settings: Settings) -> dict[str, Any]:
    """The keys of ``compensate``."""
    keys = settings_keys(settings)
    return {**keys.pop("handler", {}), **keys}


def path_of(path: Path) -> str:
    return path.path if isinstance(path, Reference) else path
