"""Finds the source of each parameter of a handler."""

from __future__ import annotations

import functools
import inspect
import types
import typing
from typing import Any, Callable, Optional

from . import _models

_reserved = ("context", "parents", "initialization", "step")


def parameters(
    function: Callable[..., Any],
) -> list[tuple[str, str, Optional[Callable[[Any], Any]], bool]]:
    """A list of (name, source, convert or None, is required), for the extension module.

    Raises TypeError if the function cannot be called that way.
    """
    if inspect.isasyncgenfunction(function):
        raise TypeError(
            f"handler {_name_of(function)}: an asynchronous generator has no result; "
            "use a coroutine, or a plain generator"
        )
    hints = _hints(function)
    bound: list[tuple[str, str, Optional[Callable[[Any], Any]], bool]] = []
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.kind is parameter.VAR_POSITIONAL:
            continue
        if parameter.kind is parameter.POSITIONAL_ONLY:
            raise TypeError(
                f"handler {_name_of(function)}: parameter {name} cannot be passed by name"
            )
        if parameter.kind is parameter.VAR_KEYWORD:
            bound.append((name, "others", None, False))
            continue
        convert = _models.converter(hints.get(name), name)
        source = "model" if _models.is_model(hints.get(name)) else "parent"
        if name in _reserved:
            source = name
        if name == "step":
            convert = None
        bound.append((name, source, convert, parameter.default is parameter.empty))
    return bound


def _hints(handler: Callable[..., Any]) -> dict[str, Any]:
    """Annotations as types, without those that cannot be evaluated (names of TYPE_CHECKING)."""
    function = _function_of(handler)
    try:
        return typing.get_type_hints(function)
    except Exception:
        pass  # one cannot be evaluated; use the others
    names = getattr(function, "__globals__", {})
    hints: dict[str, Any] = {}
    for name, annotation in getattr(function, "__annotations__", {}).items():
        alone = types.SimpleNamespace(__annotations__={name: annotation})
        try:
            hints.update(typing.get_type_hints(alone, names))
        except Exception:
            continue
    return hints


def _function_of(handler: Any) -> Any:
    """The innermost wrapped function, whose signature ``inspect.signature`` shows."""
    handler = inspect.unwrap(handler, stop=lambda each: hasattr(each, "__signature__"))
    if isinstance(handler, functools.partial):
        return _function_of(handler.func)
    if not isinstance(handler, type) and not inspect.isroutine(handler):
        return type(handler).__call__
    return handler


def _name_of(handler: Callable[..., Any]) -> str:
    return str(getattr(_function_of(handler), "__qualname__", repr(handler)))
