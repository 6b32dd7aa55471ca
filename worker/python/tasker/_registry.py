"""Finds handlers: functions and methods that ``@tasker.step`` has marked."""

from __future__ import annotations

import importlib
import inspect
import sys
import types
from collections.abc import Iterable, Iterator
from typing import Any, Callable, TypeVar

Handler = TypeVar("Handler", bound=Callable[..., Any])

_mark = "__tasker_step__"
# Names of modules with a marked function, in order; the values are not used.
_modules: dict[str, None] = {}


def step(name: str) -> Callable[[Handler], Handler]:
    """Marks a function or a method as the handler that templates call ``name``.

    The function itself does not change: you can call, test and import it.
    """
    if not isinstance(name, str) or not name:
        raise TypeError('@tasker.step needs the handler\'s name: @tasker.step("order.validate")')

    def mark(function: Handler) -> Handler:
        inner = _inner(function)
        if not callable(inner):
            raise TypeError(f"@tasker.step({name!r}) must decorate a function")
        setattr(inner, _mark, (*getattr(inner, _mark, ()), name))
        _modules[inner.__module__] = None
        return function

    return mark


def collect(sources: Any = None) -> dict[str, Callable[..., Any]]:
    """A dict of name to callable from modules, their names, functions, classes and instances.

    None means every module that has marked a handler so far.
    """
    if sources is None:
        sources = [sys.modules[name] for name in list(_modules) if name in sys.modules]
    elif isinstance(sources, (str, types.ModuleType)) or callable(sources):
        sources = [sources]
    found: dict[str, Callable[..., Any]] = {}
    for source in sources:
        for name, function in _handlers_of(source):
            if found.setdefault(name, function) != function:
                raise ValueError(
                    f"two handlers for {name!r}: {_place(found[name])} and {_place(function)}"
                )
    return found


def name_of(handler: Any) -> str:
    """The name by which templates call a handler: a name, or what ``@tasker.step`` has marked.

    Raises TypeError unless there is exactly one.
    """
    if isinstance(handler, str):
        return handler
    names = _names(handler)
    if isinstance(handler, type):
        names = tuple({name: None for _, name in _marked(handler)})
    if len(names) == 1:
        return names[0]
    why = f"has the names {', '.join(names)}; write one of them" if names else (
        "is not marked with @tasker.step"
    )
    raise TypeError(f"handler {getattr(handler, '__qualname__', repr(handler))} {why}")


def _handlers_of(source: Any) -> Iterator[tuple[str, Callable[..., Any]]]:
    if isinstance(source, str):
        source = importlib.import_module(source)
    if isinstance(source, types.ModuleType):
        for each in list(vars(source).values()):
            if isinstance(each, type):
                if each.__module__ == source.__name__ and _has_handlers(each):
                    yield from _of_instance(_instance(each))
            elif _names(each):
                yield from _of_function(each)
    elif isinstance(source, type):
        yield from _of_instance(_instance(source))
    elif _names(source):
        yield from _of_function(source)
    elif _has_handlers(type(source)):
        yield from _of_instance(source)
    else:
        raise TypeError(
            f"{source!r} is not a handler: not a module, not marked with @tasker.step, "
            "and not of a class with marked methods"
        )


def _names(thing: Any) -> tuple[str, ...]:
    if isinstance(thing, (types.FunctionType, types.MethodType)) or callable(thing):
        names = getattr(thing, _mark, ())
        return names if isinstance(names, tuple) else ()
    return ()


def _of_function(function: Callable[..., Any]) -> Iterable[tuple[str, Callable[..., Any]]]:
    return [(name, function) for name in _names(function)]


def _has_handlers(kind: type) -> bool:
    return any(True for _ in _marked(kind))


def _of_instance(instance: Any) -> Iterator[tuple[str, Callable[..., Any]]]:
    for attribute, name in _marked(type(instance)):
        yield name, getattr(instance, attribute)


def _marked(kind: type) -> Iterator[tuple[str, str]]:
    """Attributes of a class that are handlers, with the handlers' names."""
    for attribute in dir(kind):
        for name in _names(_inner(inspect.getattr_static(kind, attribute, None))):
            yield attribute, name


def _inner(function: Any) -> Any:
    """The function itself. ``@tasker.step`` may be the outer or the inner decorator."""
    return function.__func__ if isinstance(function, (staticmethod, classmethod)) else function


def _instance(kind: type) -> Any:
    try:
        return kind()
    except TypeError as problem:
        raise TypeError(
            f"{kind.__qualname__} has handlers, but cannot be created without arguments "
            f"({problem}); pass an instance of it to the worker"
        ) from problem


def _place(function: Callable[..., Any]) -> str:
    inner = inspect.unwrap(getattr(function, "__func__", function))
    code = getattr(inner, "__code__", None)
    return f"{code.co_filename}:{code.co_firstlineno}" if code else repr(function)
