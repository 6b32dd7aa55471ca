"""Conversions that the JSON writer needs for values that are not plain."""

from __future__ import annotations

import dataclasses
import datetime
import decimal
import enum
import inspect
import json
import os
import uuid
from typing import Any


class FloatWithDigits(float):
    """A float that also keeps its text, so that a Decimal can be made without loss."""

    __slots__ = ("_text",)
    _text: str

    def __new__(cls, text: str) -> FloatWithDigits:
        made = super().__new__(cls, text)
        made._text = text
        return made

    def __str__(self) -> str:
        return self._text


def loads_with_digits(text: str | bytes) -> Any:
    """As ``json.loads``, with FloatWithDigits for float."""
    return json.loads(text, parse_float=FloatWithDigits)


def plain(value: Any) -> Any:
    """Converts one level of ``value`` to plain values. The writer converts the rest."""
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, int):
        return int.__int__(value)
    if isinstance(value, float):
        return float.__float__(value)
    if isinstance(value, str):
        return str.__str__(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, (datetime.datetime, datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, datetime.timedelta):
        return value.total_seconds()
    if isinstance(value, (uuid.UUID, decimal.Decimal)):
        return str(value)
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, (set, frozenset, tuple)):
        return list(value)
    dump = getattr(value, "model_dump", None)  # pydantic 2
    if callable(dump):
        return dump(mode="json")
    if hasattr(value, "__fields__") and callable(getattr(value, "dict", None)):  # pydantic 1
        return value.dict()
    if inspect.isasyncgen(value):
        raise TypeError("an asynchronous generator has no result; return its items as a list")
    if inspect.isawaitable(value):
        raise TypeError(f"{type(value).__qualname__} cannot be written as JSON; await it first")
    raise TypeError(f"{type(value).__qualname__} cannot be written as JSON")


def key(value: Any) -> str:
    """The text of a dict's key in JSON, as in ``json.dumps``."""
    if isinstance(value, enum.Enum):
        value = value.value
    if isinstance(value, str):
        return str.__str__(value)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return int.__repr__(value)
    if isinstance(value, float):
        return float.__repr__(value)
    if isinstance(value, uuid.UUID):
        return str(value)
    raise TypeError(f"a key of type {type(value).__qualname__} cannot be written as JSON")
