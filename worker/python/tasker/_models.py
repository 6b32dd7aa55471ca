"""Typed models: dataclasses, and pydantic models if pydantic is installed."""

from __future__ import annotations

import collections.abc
import dataclasses
import datetime
import decimal
import enum
import functools
import pathlib
import types
import typing
import uuid
from collections.abc import Iterable
from typing import Any, Callable, Optional

from .errors import InvalidInput

_none = type(None)


def converter(annotation: Any, name: str) -> Optional[Callable[[Any], Any]]:
    """A function from a plain value to the annotated type; None if no conversion is needed.

    The function raises InvalidInput with all problems.
    """
    if not _holds_model(annotation):
        return None

    def convert(value: Any) -> Any:
        problems: list[str] = []
        made = _convert(annotation, value, name, problems)
        if problems:
            raise InvalidInput("; ".join(problems))
        return made

    return convert


def is_model(annotation: Any) -> bool:
    """Whether ``kind`` is a dataclass or a pydantic model."""
    return isinstance(annotation, type) and (
        dataclasses.is_dataclass(annotation) or _is_pydantic(annotation)
    )


def _is_pydantic(kind: Any) -> bool:
    return hasattr(kind, "model_validate") or (
        hasattr(kind, "parse_obj") and hasattr(kind, "__fields__")
    )


def _holds_model(annotation: Any) -> bool:
    return is_model(annotation) or any(_holds_model(each) for each in typing.get_args(annotation))


def holds_decimal(annotation: Any) -> bool:
    """Whether a value of this type holds a Decimal; also true if that is not known yet."""
    return _holds_decimal(annotation, set())


def _holds_decimal(annotation: Any, seen: set[Any]) -> bool:
    if isinstance(annotation, (str, typing.ForwardRef)):
        return True
    if typing.get_origin(annotation) is typing.Literal:
        return False
    if arguments := typing.get_args(annotation):
        return any(_holds_decimal(each, seen) for each in arguments)
    if decimal.Decimal in getattr(annotation, "__mro__", ()):
        return True
    if annotation in seen or not (is_model(annotation) or _is_typed_dict(annotation)):
        return False
    seen.add(annotation)
    try:
        fields = _hints(annotation).values()
    except Exception:  # for example the name of a class that is defined later
        return True
    return any(_holds_decimal(each, seen) for each in fields)


def _convert(kind: Any, value: Any, path: str, problems: list[str]) -> Any:
    """The value as ``kind``; adds each problem to ``problems``."""
    if kind is typing.Any or kind is object or isinstance(kind, typing.TypeVar):
        return value
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Annotated:
        return _convert(arguments[0], value, path, problems)
    if origin is typing.Union or origin is getattr(types, "UnionType", None):
        return _convert_union(arguments, value, path, problems)
    if origin is typing.Literal:
        if value not in arguments:
            problems.append(f"{path}: must be one of {', '.join(map(repr, arguments))}")
        return value
    if is_model(kind):
        make = _make_pydantic if _is_pydantic(kind) else _make_dataclass
        return make(kind, value, path, problems)
    if _is_typed_dict(kind):
        return _make_typed_dict(kind, value, path, problems)
    if origin is not None:
        return _convert_container(origin, arguments, value, path, problems)
    return _convert_plain(kind, value, path, problems)


def _convert_union(kinds: tuple[Any, ...], value: Any, path: str, problems: list[str]) -> Any:
    if value is None and _none in kinds:
        return None
    tried: list[list[str]] = []
    for kind in kinds:
        if kind is not _none:
            of_this: list[str] = []
            made = _convert(kind, value, path, of_this)
            if not of_this:
                return made
            tried.append(of_this)
    fewest: list[str] = min(tried, key=len)
    problems += fewest
    return None


def _make_dataclass(kind: Any, value: Any, path: str, problems: list[str]) -> Any:
    if not isinstance(value, dict):
        problems.append(f"{path}: must be an object, not {_said(value)}")
        return None
    hints = _hints(kind)
    before = len(problems)
    given: dict[str, Any] = {}
    for field in dataclasses.fields(kind):
        if not field.init:
            continue
        if field.name in value:
            of_field = f"{path}.{field.name}"
            given[field.name] = _convert(
                hints.get(field.name, typing.Any), value[field.name], of_field, problems
            )
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            problems.append(f"{path}.{field.name}: is missing")
    if len(problems) > before:
        return None
    try:
        return kind(**given)
    except (TypeError, ValueError) as refused:  # its __post_init__
        problems.append(f"{path}: {refused}")
        return None


@functools.lru_cache(maxsize=256)
def _hints(kind: Any) -> dict[str, Any]:
    return typing.get_type_hints(kind, include_extras=True)


def _is_typed_dict(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, dict) and hasattr(kind, "__required_keys__")


def _make_typed_dict(kind: Any, value: Any, path: str, problems: list[str]) -> Any:
    if not isinstance(value, dict):
        problems.append(f"{path}: must be an object, not {_said(value)}")
        return None
    problems += [f"{path}.{key}: is missing" for key in kind.__required_keys__ - value.keys()]
    hints = typing.get_type_hints(kind)
    return {
        key: _convert(hint, value[key], f"{path}.{key}", problems)
        for key, hint in hints.items()
        if key in value
    }


def _make_pydantic(kind: Any, value: Any, path: str, problems: list[str]) -> Any:
    validate = getattr(kind, "model_validate", None) or kind.parse_obj
    try:
        return validate(value)
    except ValueError as refused:  # pydantic's ValidationError is one
        errors = refused.errors() if hasattr(refused, "errors") else [{"msg": str(refused)}]
        for error in errors:
            where = "".join(
                f"[{part}]" if isinstance(part, int) else f".{part}"
                for part in error.get("loc", ())
                if part != "__root__"
            )
            problems.append(f"{path}{where}: {error.get('msg', '')}")
        return None


def _convert_container(
    origin: Any, arguments: tuple[Any, ...], value: Any, path: str, problems: list[str]
) -> Any:
    if origin in (dict, collections.abc.Mapping, collections.abc.MutableMapping):
        if not isinstance(value, dict):
            problems.append(f"{path}: must be an object, not {_said(value)}")
            return None
        of_values = arguments[1] if len(arguments) == 2 else typing.Any
        return {
            key: _convert(of_values, item, f"{path}.{key}", problems)
            for key, item in value.items()
        }
    if not isinstance(value, list):
        problems.append(f"{path}: must be a list, not {_said(value)}")
        return None
    if origin is tuple and not (len(arguments) == 2 and arguments[1] is Ellipsis):
        if len(value) != len(arguments):
            problems.append(f"{path}: must have {len(arguments)} elements, not {len(value)}")
            return None
        kinds: Iterable[Any] = arguments
    else:
        kinds = [arguments[0] if arguments else typing.Any] * len(value)
    made = [
        _convert(kind, item, f"{path}[{index}]", problems)
        for index, (kind, item) in enumerate(zip(kinds, value))
    ]
    if problems:
        return None
    return origin(made) if origin in (tuple, set, frozenset) else made


_from_text: dict[type, Callable[[str], Any]] = {
    datetime.datetime: lambda text: datetime.datetime.fromisoformat(text.replace("Z", "+00:00")),
    datetime.date: datetime.date.fromisoformat,
    datetime.time: datetime.time.fromisoformat,
    uuid.UUID: uuid.UUID,
    bytes: str.encode,
}


def _convert_plain(kind: Any, value: Any, path: str, problems: list[str]) -> Any:
    if kind is None:
        kind = _none
    if not isinstance(kind, type):
        return value  # an unknown form of annotation
    try:
        if kind in _from_text and isinstance(value, str):
            return _from_text[kind](value)
        if kind is decimal.Decimal and _is_number(value, str):
            return decimal.Decimal(str(value))
        if kind is datetime.timedelta and _is_number(value):
            return datetime.timedelta(seconds=value)
        if issubclass(kind, pathlib.PurePath) and isinstance(value, str):
            return kind(value)
        if kind is float and _is_number(value):
            return float(value)
        if issubclass(kind, enum.Enum):
            return kind(value)
    except (ValueError, ArithmeticError):
        problems.append(f"{path}: is not a valid {kind.__name__}: {value!r}")
        return None
    is_bool_for_int = isinstance(value, bool) and kind is int
    if not isinstance(value, kind) or is_bool_for_int:
        problems.append(f"{path}: must be {_names.get(kind, kind.__name__)}, not {_said(value)}")
    return value


def _is_number(value: Any, *others: type) -> bool:
    return isinstance(value, (int, float, *others)) and not isinstance(value, bool)


_names: dict[type, str] = {
    dict: "an object",
    list: "a list",
    str: "a string",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    _none: "null",
}


def _said(value: Any) -> str:
    return _names.get(type(value), type(value).__name__)
