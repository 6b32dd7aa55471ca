"""Which parameter of a handler gets what."""

from __future__ import annotations

import inspect
import typing

from . import _models

_reserved = ("context", "parents", "initialization", "step")


def parameters(function):
    """A list of (name, source, convert or None, is required), as the extension module wants it.

    Raises TypeError if the function cannot be called that way.
    """
    if inspect.isasyncgenfunction(function):
        raise TypeError(
            f"handler {function.__qualname__}: an asynchronous generator has no result; "
            "use a coroutine, or a plain generator"
        )
    hints = _hints(function)
    bound = []
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.kind is parameter.VAR_POSITIONAL:
            continue
        if parameter.kind is parameter.POSITIONAL_ONLY:
            raise TypeError(
                f"handler {function.__qualname__}: parameter {name} cannot be given by its name"
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


def _hints(function):
    """Annotations as types; none where they cannot be evaluated, as with names of TYPE_CHECKING."""
    try:
        return typing.get_type_hints(function)
    except Exception:
        return {}
