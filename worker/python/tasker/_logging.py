"""The logger of a step, and Python's logging in the worker's log."""

from __future__ import annotations

import logging
from collections.abc import MutableMapping
from typing import TYPE_CHECKING, Any

from . import _native

_step_logger = logging.getLogger("tasker.step")


if TYPE_CHECKING:
    _Adapter = logging.LoggerAdapter[logging.Logger]
else:
    _Adapter = logging.LoggerAdapter  # not generic before Python 3.11


class StepLogger(_Adapter):
    """A logger whose records carry ``task_id``, ``step``, ``attempt`` and ``correlation_id``."""

    def __init__(self, step: _native.Step) -> None:
        origin = {
            "task_id": step.task_id,
            "step": step.name,
            "attempt": step.attempt,
            "correlation_id": step.task_id,
        }
        super().__init__(_step_logger, origin)

    def process(
        self, msg: Any, kwargs: MutableMapping[str, Any]
    ) -> tuple[Any, MutableMapping[str, Any]]:
        kwargs["extra"] = {**(self.extra or {}), **(kwargs.get("extra") or {})}
        return msg, kwargs


class LogHandler(logging.Handler):
    """Writes records into the worker's log: the same stream, the same format."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            if not _native.is_logged(record.levelno):
                return
            message = self.format(record).encode("utf-8", "replace").decode()
            if hasattr(record, "task_id") and hasattr(record, "step"):
                attempt = getattr(record, "attempt", 0)
                origin = (str(record.task_id), str(record.step), attempt)
                _native.log(record.levelno, record.name, message, *origin)
            else:
                _native.log(record.levelno, record.name, message)
        except Exception:
            self.handleError(record)


def log_of_step(step: _native.Step) -> StepLogger:
    """``step.logger``: created at the first use."""
    logger = step.__dict__.get("_logger")
    if not isinstance(logger, StepLogger):
        logger = step.__dict__["_logger"] = StepLogger(step)
    return logger


def show_by_default(logger: str = "tasker", level: int = logging.DEBUG) -> None:
    """Shows the records of this logger and its children if the program has not configured
    logging."""
    ours = logging.getLogger(logger)
    if not logging.getLogger().handlers and not ours.handlers:
        ours.addHandler(LogHandler())
        ours.setLevel(level)


_logger = property(log_of_step, doc="A logger that knows task, step and attempt.")
setattr(_native.Step, "logger", _logger)  # noqa: B010  a class from C++
