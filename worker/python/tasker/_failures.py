"""What becomes of an exception that leaves a handler."""

from __future__ import annotations

import traceback

from .errors import Permanent, Retry

_most_message = 16_000  # characters; the end of a traceback tells most


def describe(raised):
    """(message, type, is permanent, milliseconds until the next attempt or None)."""
    if isinstance(raised, Permanent):
        return str(raised), raised.type or _type_name(raised), True, None
    if isinstance(raised, Retry):
        after = None if raised.after is None else round(raised.after * 1000)
        return str(raised), raised.type or _type_name(raised), False, after
    return _message(raised), _type_name(raised), False, None


def _type_name(raised):
    kind = type(raised)
    if kind.__module__ in ("builtins", "tasker.errors", "__main__"):
        return kind.__qualname__
    return f"{kind.__module__}.{kind.__qualname__}"


def _message(raised):
    try:
        message = str(raised)
    except Exception:  # a broken __str__ must not hide the failure
        message = "(its text cannot be told)"
    return message or type(raised).__qualname__
