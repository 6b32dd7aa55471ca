"""What becomes of an exception that leaves a handler."""

from __future__ import annotations

import traceback

from .errors import Permanent, Retry

_most_traceback = 12_000  # characters; its end tells most


def describe(raised):
    """(message, type, is permanent, milliseconds until the next attempt or None, traceback)."""
    if isinstance(raised, Permanent):
        return _text(raised), raised.type or _type_name(raised), True, None, _traceback(raised)
    if isinstance(raised, Retry):
        after = None if raised.after is None else round(raised.after * 1000)
        return _text(raised), raised.type or _type_name(raised), False, after, _traceback(raised)
    return _text(raised), _type_name(raised), False, None, _traceback(raised)


def _type_name(raised):
    kind = type(raised)
    if kind.__module__ in ("builtins", "tasker.errors", "__main__"):
        return kind.__qualname__
    return f"{kind.__module__}.{kind.__qualname__}"


def _text(raised):
    try:
        message = str(raised)
    except Exception:  # a broken __str__ must not hide the failure
        message = "(its text cannot be told)"
    message = message or type(raised).__qualname__
    return message.encode("utf-8", "replace").decode()


def _traceback(raised):
    if raised.__traceback__ is None:
        return None
    try:
        text = "".join(traceback.format_exception(type(raised), raised, raised.__traceback__))
    except Exception:
        text = "".join(traceback.format_tb(raised.__traceback__))
    if len(text) > _most_traceback:
        text = "…" + text[-_most_traceback:]
    return text.encode("utf-8", "replace").decode()
