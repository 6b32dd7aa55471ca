"""What the engine computes in SQL, for ``testing.run``: by the same SQL functions, on a private
PostgreSQL that starts when it is first needed and ends with the process."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
import threading
from typing import Any, Dict, List, Optional, Tuple

from . import _native
from ._trial_runs import Failure


class _Server:
    """The private server of this process."""

    def __init__(self) -> None:
        self._starting = threading.Lock()
        self._running: Optional[_native.PrivateServer] = None
        self._folder = ""
        self._owner = 0

    def dsn(self) -> str:
        """Starts it first, if it does not run yet."""
        with self._starting:
            if self._running is None:
                self._folder = tempfile.mkdtemp(prefix="tasker-")
                os.chmod(self._folder, 0o711)  # PostgreSQL does not run as root, but needs access
                try:
                    self._running = _native.PrivateServer(self._folder)
                except RuntimeError as problem:
                    shutil.rmtree(self._folder, ignore_errors=True)
                    raise RuntimeError(
                        f"this template has conditions, lists or placeholders that PostgreSQL "
                        f"reads, so tasker.testing starts a private server: {problem}"
                    ) from None
                self._owner = os.getpid()
                atexit.register(self._stop)
            return self._running.dsn

    def _stop(self) -> None:
        if self._running is not None and self._owner == os.getpid():
            self._running.stop()
            shutil.rmtree(self._folder, ignore_errors=True)


_server = _Server()
_own = threading.local()  # the session of this thread, and the process that opened it


def _row(query: str, *values: Optional[str]) -> List[Optional[str]]:
    """The only row of a query. Raises ValueError if PostgreSQL refuses it."""
    if getattr(_own, "process", None) != os.getpid():
        _own.session = _native.DatabaseSession(_server.dsn())
        _own.process = os.getpid()
    session: _native.DatabaseSession = _own.session
    return session.row(query, values)


def _failure(error: Optional[str]) -> Optional[Failure]:
    """The error of a step, as SQL functions return it."""
    if error is None:
        return None
    value = _native.read_json(error)
    return Failure(value["message"], value["type"], permanent=True)


def check_paths(steps: List[Dict[str, Any]]) -> None:
    """Raises ValueError if an SQL/JSON path of these steps has a mistake."""
    keys = ("condition", "repeat", "map", "signal")
    with_paths = [
        {"name": step["name"], **{key: step[key] for key in keys}}
        for step in steps
        if step["condition"] or step["repeat"] or step["map"]
        or (step["signal"] and "key" in step["signal"])
    ]
    if with_paths:
        _row("select tasker.check_conditions($1)", _native.write_json(with_paths))


def judge(
    declared: Dict[str, Any], parents: Optional[str], context: str
) -> Tuple[str, Optional[Failure]]:
    """``run``, ``skip`` or ``fail`` and why: what judge_steps makes of ``when``."""
    (unmet,) = _row(
        "select tasker.check_condition($1, $2, json_build_object('context', $3::json))",
        declared["condition"], parents, context,
    )
    if unmet is None:
        return "run", None
    if unmet != "{}":
        return "fail", _failure(unmet)
    if declared["otherwise"] == "skip":
        return "skip", None
    return "fail", Failure("the condition is not met", "condition", permanent=True)


def judge_run(
    repeat: Dict[str, Any], finished: int, result: str, parents: Optional[str], context: str
) -> Tuple[bool, Optional[Failure]]:
    """Whether a step with ``repeat`` is complete after this run, or its error."""
    is_met, error = _row(
        "select is_met, error from tasker.judge_run($1, $2::text::int, $3, $4, $5)",
        _native.write_json(repeat), str(finished), result, parents, context,
    )
    return is_met == "t", _failure(error)


def elements(
    over: str, parents: Optional[str], context: str
) -> Tuple[List[Any], Optional[Failure]]:
    """The list of a step with ``map``, or the error of the step."""
    found, error = _row(
        "select elements, error from tasker.map_elements($1, $2, $3)", over, parents, context
    )
    problem = _failure(error)
    return [] if problem or found is None else _native.read_json(found), problem


def key_problem(path: str, parents: Optional[str], context: str) -> Optional[Failure]:
    """Why the correlation key of a signal cannot be read."""
    (error,) = _row(
        "select error from tasker.read_signal_key($1, $2, $3)", path, parents, context
    )
    return _failure(error)


def sleep_problem(sleep: Dict[str, Any], parents: Optional[str], context: str) -> Optional[Failure]:
    """Why the end of a sleep cannot be read."""
    (error,) = _row(
        "select error from tasker.sleep_end($1, tasker.clock(), $2, $3)",
        _native.write_json(sleep), context, parents,
    )
    return _failure(error)


def child_context(
    declared: Dict[str, Any], parents: Optional[str], context: str, item: Optional[Dict[str, Any]]
) -> Tuple[str, Optional[Failure]]:
    """The context of a child task as JSON, or the error of its step or item."""
    text = _native.write_json(declared["workflow"].get("context") or {})
    if "${" not in text:
        return text, None
    made, error = _row(
        "select c.context, coalesce(v.error, c.error)"
        " from tasker.placeholder_values($1::json, $2, $3) v"
        " cross join lateral tasker.child_context($1::json, v.known, $4) c",
        text, context, parents, None if item is None else _native.write_json(item),
    )
    return made or "", _failure(error)
