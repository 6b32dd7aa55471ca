"""Turns an exception of a handler into a failure."""

from __future__ import annotations

import traceback
from typing import Optional

from .errors import FailTask, Permanent, Retry, seconds_of

_most_traceback = 12_000  # characters; the end is the most useful part
_longest_pause = 10 * 365 * 86_400.0  # seconds


def describe(
    raised: BaseException,
) -> tuple[str, str, bool, Optional[int], Optional[str], bool]:
    """(message, type, is permanent, milliseconds until the next attempt or None, traceback,
    fails the task)."""
    is_permanent = isinstance(raised, Permanent)
    given = raised.type if isinstance(raised, (Permanent, Retry)) else None
    kind = _type_name(raised) if given is None else str(given)
    fails_task = isinstance(raised, FailTask)
    return (
        _text(raised),
        _sent(kind),
        is_permanent,
        _after_ms(raised),
        _traceback(raised),
        fails_task,
    )


def _after_ms(raised: BaseException) -> Optional[int]:
    if not isinstance(raised, Retry) or raised.after is None:
        return None
    try:
        return round(min(seconds_of(raised.after), _longest_pause) * 1000)
    except (TypeError, ValueError):  # a subclass has an invalid attribute ``after``
        return None


def _type_name(raised: BaseException) -> str:
    kind = type(raised)
    if kind.__module__ in ("builtins", "tasker.errors", "__main__"):
        return kind.__qualname__
    return f"{kind.__module__}.{kind.__qualname__}"


def _text(raised: BaseException) -> str:
    try:
        message = str(raised)
    except BaseException:  # a broken __str__ must not hide the failure
        message = "(its text cannot be printed)"
    if isinstance(raised, KeyError):
        message = f"KeyError: {message}"  # the text of a KeyError is the bare key
    return _sent(message or type(raised).__qualname__)


def _traceback(raised: BaseException) -> Optional[str]:
    if raised.__traceback__ is None:
        return None
    try:
        text = "".join(traceback.format_exception(type(raised), raised, raised.__traceback__))
    except BaseException:
        text = "".join(traceback.format_tb(raised.__traceback__))
    if len(text) > _most_traceback:
        text = "…" + text[-_most_traceback:]
    return _sent(text)


def _sent(text: str) -> str:
    """The text without characters that UTF-8 lacks."""
    return text.encode("utf-8", "replace").decode()
