"""Waiting for a condition, with a deadline."""

from __future__ import annotations

import threading
import time
from typing import Any, Callable

_pause = 0.02


def until(condition: Callable[[], Any], seconds: float = 30.0, what: Any = "it") -> Any:
    """Waits until `condition` returns a true value, and returns that value. `what` describes what
    did not happen: a text, or a function that returns one."""
    end = time.monotonic() + seconds
    rest = threading.Event()
    while not (found := condition()):
        if time.monotonic() >= end:
            described = what() if callable(what) else what
            raise AssertionError(f"{described} did not happen within {seconds:g} s")
        rest.wait(_pause)
    return found
