"""The extension module, built from worker/python/src."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any, Callable, List, Optional, Tuple, overload

version: str

class Step:
    """A step as its handler sees it; the handler's parameter ``step``."""

    @property
    def task_id(self) -> str: ...
    @property
    def number(self) -> int:
        """Its place in the topological order of the template."""
    @property
    def name(self) -> str: ...
    @property
    def namespace(self) -> str: ...
    @property
    def template_name(self) -> str: ...
    @property
    def template_version(self) -> str: ...
    @property
    def handler(self) -> str:
        """The template's ``handler.callable``."""
    @property
    def method(self) -> str:
        """The template's ``handler.method``, or ""."""
    @property
    def attempt(self) -> int:
        """The number of this attempt, from 1 to max_attempts: the reported failures, plus 1."""
    @property
    def max_attempts(self) -> int: ...
    @property
    def failures(self) -> int:
        """Failures reported so far."""
    @property
    def delivery(self) -> int:
        """The number of this delivery, from 1; also counts those that ended without a report."""
    @property
    def idempotency_key(self) -> str:
        """Unique for a step of a task and the same on every attempt; for calls to other systems."""
    @property
    def context(self) -> Any:
        """The task's context."""
    @property
    def parents(self) -> dict[str, Any]:
        """The parents' results by step name; only those of complete parents."""
    @property
    def inputs(self) -> dict[str, Any]:
        """The step's ``inputs`` with their placeholders filled; empty for a step without."""
    @property
    def parent_states(self) -> dict[str, str]:
        """How each parent ended, by step name.

        ``complete``, ``skipped``, ``failed`` or ``not_run``.

        Empty in a template in which every step needs all its parents.
        """
    @property
    def initialization(self) -> dict[str, Any]:
        """The template's ``handler.initialization``."""
    @property
    def item(self) -> Any:
        """The element that this call handles; None without ``map``."""
    @property
    def index(self) -> Optional[int]:
        """The place of the item in its list, from 0; None without ``map``."""
    @property
    def items(self) -> Optional[list[dict[str, Any]]]:
        """With a ``batch_size`` above 1: ``[{"index": 17, "item": …}, …]``.

        The result must be a list of the same length.
        """
    @property
    def iteration(self) -> int:
        """The number of this run of a step with ``repeat``, from 1; 1 for other steps."""
    @property
    def previous(self) -> Any:
        """The result of the last run of a step with ``repeat``; None in the first run."""
    @property
    def deadline(self) -> Optional[float]:
        """When the time-out passes, in seconds since the epoch; None without a time-out."""
    @property
    def logger(self) -> logging.LoggerAdapter[logging.Logger]:
        """A logger that knows task, step and attempt."""
    def is_cancelled(self) -> bool:
        """Whether to stop: the time-out passed, the lease is lost, or the worker is stopping."""
    def wait(self, seconds: float) -> bool:
        """Sleeps. Returns False as soon as the step is cancelled."""
    @overload
    def checkpoint(self) -> Any:
        """The last checkpoint, of this attempt or an earlier one; None if there is none."""
    @overload
    def checkpoint(self, value: Any) -> None:
        """Keeps a JSON value for the next attempt of this step.

        It is stored within a second, and before this attempt ends without a result. Raises
        Permanent if it takes more than 1 MiB as JSON.
        """
    def progress(self, share: float, message: str = "") -> None:
        """Shows how far this step is: ``share`` from 0 to 1, and a message for people."""
    def spend(self, **amounts: int) -> None:
        """Adds to what this attempt has spent of units: ``step.spend(tokens=120)``.

        The template may set a ``budget``. Raises ValueError for an amount below 0 or above 10^15,
        and for more than 8 units.
        """

class Completion:
    def set(self) -> None: ...
    def wait(self, step: Step) -> bool: ...
    def wait_for_good(self) -> None: ...

_Parameters = Sequence[Tuple[str, str, Optional[Callable[[Any], Any]], bool, bool]]

class Worker:
    def __init__(self, options: dict[str, Any]) -> None: ...
    def handle(self, name: str, call: Callable[..., Any], parameters: _Parameters) -> None: ...
    def run(
        self,
        stops_on_signals: bool,
        leaves_behind: bool,
        ready: Optional[Callable[[str], None]],
    ) -> int: ...
    def stop(self) -> None: ...

class PrivateServer:
    """A private PostgreSQL with the schema of Tasker; it ends with the process."""

    def __init__(self, folder: str) -> None: ...
    @property
    def dsn(self) -> str: ...
    def stop(self) -> None:
        """Also removes its files."""

class DatabaseSession:
    def __init__(self, dsn: str) -> None: ...
    def row(self, query: str, parameters: Sequence[Optional[str]]) -> List[Optional[str]]:
        """The only row of a query. Raises ValueError if the server refuses it."""

def load_parts() -> None: ...
def read_settings(options: dict[str, Any]) -> dict[str, Any]: ...
def read_json(text: str | bytes) -> Any: ...
def write_json(value: Any) -> str: ...
def is_logged(level: int) -> bool: ...
def log(
    level: int, logger: str, message: str, task: str = ..., step: str = ..., attempt: int = ...
) -> None: ...
def compile_template(
    text: str, is_json: bool, environment: str
) -> Tuple[List[str], Optional[dict[str, Any]]]: ...
def check_context(schema: str, context: str, name: str = ...) -> List[str]: ...
def with_defaults(schema: str, context: str) -> str: ...
def fill_result(mapping: str, context: str, steps: str) -> str: ...
def try_handler(
    call: Callable[..., Any],
    parameters: _Parameters,
    name: str,
    method: str,
    context: str,
    parents: str,
    parent_states: str,
    item: str,
    inputs: str,
    initialization: str,
    settings: Optional[str],
    failures: int,
    max_attempts: int,
    checkpoint: Optional[str] = None,
    repetition: Optional[str] = None,
) -> Tuple[Any, ...]: ...
def time_calls(
    call: Callable[..., Any], parameters: _Parameters, context: str, parents: str, calls: int
) -> List[int]: ...
