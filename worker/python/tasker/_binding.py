"""Finds the source of each parameter of a handler."""

from __future__ import annotations

import functools
import inspect
import types
import typing
from typing import Any, Callable, NamedTuple, Optional

from . import _models

_reserved = ("context", "parents", "inputs", "initialization", "step")


class Parameter(NamedTuple):
    """A parameter of a handler, for the extension module."""

    name: str
    source: str
    convert: Optional[Callable[[Any], Any]] = None
    is_required: bool = True
    keeps_digits: bool = False  # its value is read with FloatWithDigits


def parameters(function: Callable[..., Any]) -> list[Parameter]:
    """The parameters in their order.

    Raises TypeError if the function cannot be called that way.
    """
    if inspect.isasyncgenfunction(function):
        raise TypeError(
            f"handler {_name_of(function)}: an asynchronous generator has no result; "
            "use a coroutine, or a plain generator"
        )
    hints = _hints(function)
    bound: list[Parameter] = []
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.kind is parameter.VAR_POSITIONAL:
            continue
        if parameter.kind is parameter.POSITIONAL_ONLY:
            raise TypeError(
                f"handler {_name_of(function)}: parameter {name} cannot be passed by name"
            )
        if parameter.kind is parameter.VAR_KEYWORD:
            bound.append(Parameter(name, "others", is_required=False))
            continue
        hint = hints.get(name)
        convert = _models.converter(hint, name)
        source = "model" if _models.is_model(hint) else "parent"
        if name in _reserved:
            source = name
        if name == "step":
            convert = None
        keeps_digits = convert is not None and _models.holds_decimal(hint)
        is_required = parameter.default is parameter.empty
        bound.append(Parameter(name, source, convert, is_required, keeps_digits))
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
