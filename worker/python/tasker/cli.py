"""The program ``tasker-worker-py``, also ``python -m tasker``."""

from __future__ import annotations

import argparse
import ctypes
import importlib
import importlib.util
import logging
import os
import pathlib
import signal
import sys
import traceback
import types
from collections.abc import Iterable, Sequence
from typing import Any, Callable, NoReturn, Optional

from . import __version__, _logging, _supervisor
from .errors import WorkerError
from .worker import Worker

_failed, _wrong = 1, 2
_pr_set_pdeathsig = 1

_settings = (
    "config",
    "database_url",
    "namespaces",
    "slots",
    "name",
    "listen",
    "lease_seconds",
    "shutdown_grace",
    "log_level",
    "log_format",
)


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Runs the program; returns the exit code: 0 stopped, 1 failed, 2 wrong settings, 3 handlers
    abandoned."""
    parser = _parser("tasker-worker-py")
    parser.add_argument(
        "modules", nargs="+", metavar="MODULE", help="with handlers: package.module or file.py"
    )
    options = parser.parse_args(arguments)
    options.program = _this_program()
    options.module_arguments = options.modules
    return _run(options, lambda: [load(each) for each in options.modules])


def run_program(handlers: Optional[Iterable[Any]] = None) -> NoReturn:
    """Turns the calling script into a worker program, and ends the process:

        if __name__ == "__main__":
            tasker.run_program()

    It takes the arguments of ``tasker-worker-py``, and ``handlers`` as ``Worker`` does.
    """
    options = _parser(pathlib.Path(sys.argv[0]).name).parse_args()
    options.program, options.modules, options.module_arguments = _this_program(), [sys.argv[0]], []
    sys.exit(_run(options, lambda: handlers))


def _this_program() -> list[str]:
    """The command that restarts it: as a script, or as a module with ``python -m``."""
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    if spec is None:
        return [sys.executable, sys.argv[0]]
    return [sys.executable, "-m", spec.name.removesuffix(".__main__")]


def _run(
    options: argparse.Namespace, get_handlers: Callable[[], Optional[Iterable[Any]]]
) -> int:
    given = {name: getattr(options, name) for name in _settings}
    is_supervised = options.processes is not None or options.reload
    options.processes = options.processes or 1
    if is_supervised:
        try:
            return _supervisor.run(given, options)
        except ValueError as problem:
            print(f"tasker-worker-py: {problem}", file=sys.stderr)
            return _wrong
    _end_with_supervisor()
    try:
        handlers = get_handlers()
    except _NotLoaded as problem:
        print(f"tasker-worker-py: {problem}", file=sys.stderr)
        return _wrong
    try:
        worker = Worker(handlers=handlers, **given)
    except (TypeError, ValueError) as problem:
        print(f"tasker-worker-py: {problem}", file=sys.stderr)
        return _wrong
    level = options.log_level or os.environ.get("TASKER_LOG_LEVEL")
    # All of the program's loggers; details of libraries only if requested.
    _logging.show_by_default("", logging.DEBUG if level == "debug" else logging.INFO)
    try:
        worker.run(ready=lambda address: _tell(options.ready_file, address))
    except WorkerError as problem:
        print(f"tasker-worker-py: {problem}", file=sys.stderr)
        return _failed
    return 0


def load(name: str) -> types.ModuleType:
    """Loads a module by its dotted name, also from the working directory, or by its file.

    Raises _NotLoaded, after printing the traceback if code of the module failed.
    """
    try:
        return _load_file(name) if name.endswith(".py") else _load_module(name)
    except _NotLoaded:
        raise
    except Exception as problem:
        trace = _from_module_on(problem.__traceback__)
        traceback.print_exception(type(problem), problem, trace)
        raise _NotLoaded(f"{name}: cannot be imported") from None


class _NotLoaded(Exception):
    """Why a module with handlers cannot be loaded."""


def _load_module(name: str) -> types.ModuleType:
    if os.getcwd() not in sys.path and "" not in sys.path:
        sys.path.insert(0, os.getcwd())
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as problem:
        if problem.name is None or not f"{name}.".startswith(f"{problem.name}."):
            raise  # a module that this one imports is missing
        where = f"not in {os.getcwd()} and not on Python's path"
        raise _NotLoaded(f"{name}: no such module, {where}") from None


def _load_file(name: str) -> types.ModuleType:
    path = pathlib.Path(name).resolve()
    if not path.is_file():
        raise _NotLoaded(f"{name}: no such file")
    sys.path.insert(0, str(path.parent))
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"no module: {path}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


def _from_module_on(trace: Optional[types.TracebackType]) -> Optional[types.TracebackType]:
    """The trace without the leading frames of this program and of Python's import."""
    own = (__name__, "importlib", "importlib._bootstrap", "importlib._bootstrap_external")
    while trace is not None and trace.tb_frame.f_globals.get("__name__") in own:
        trace = trace.tb_next
    return trace


def _tell(path: Optional[str], address: str) -> None:
    if path:
        _supervisor.write_ready_file(path, address + "\n")


def _end_with_supervisor() -> None:
    """Ends the worker if its supervisor is killed."""
    supervisor = os.environ.pop(_supervisor.mark, None)
    if supervisor is not None:
        ctypes.CDLL(None).prctl(_pr_set_pdeathsig, signal.SIGTERM, 0, 0, 0)
        if os.getppid() != int(supervisor):  # it ended earlier
            sys.exit(_failed)


def _parser(program: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=program,
        description="Runs the steps of Tasker's workflows with handlers written in Python.",
        epilog="Other settings come from --config, DATABASE_URL, TASKER_NAMESPACES, "
        "TASKER_WORKER_LISTEN, TASKER_WORKER_ALLOWED_HOSTS, TASKER_HTTP_PRIVATE_ADDRESSES, "
        "TASKER_LOG_LEVEL and TASKER_LOG_FORMAT.",
    )
    parser.add_argument("--config", metavar="FILE", help="settings in TOML; see config/worker.toml")
    parser.add_argument("--database-url", metavar="URL", help="instead of DATABASE_URL")
    parser.add_argument(
        "--namespaces", metavar="NAME,...", type=_names, help="namespaces to serve, comma-separated"
    )
    parser.add_argument(
        "--slots", metavar="N", type=int, help="handlers that run at a time, in each process"
    )
    parser.add_argument("--name", help="unique among workers; default: host name and process")
    parser.add_argument(
        "--listen",
        metavar="IP:PORT",
        help="address of /health and /metrics; with --processes the others use the next ports; "
        "port 0 is any free port",
    )
    parser.add_argument(
        "--lease-seconds",
        metavar="N",
        type=int,
        help="lease time: how long a step waits for a silent worker",
    )
    parser.add_argument(
        "--shutdown-grace", metavar="S", type=float, help="seconds that handlers have to finish"
    )
    parser.add_argument("--log-level", choices=("debug", "info", "warn", "error"))
    parser.add_argument("--log-format", choices=("console", "json"))
    parser.add_argument(
        "--processes",
        metavar="N",
        type=_count,
        help="run N worker processes and replace one that dies (default: one worker, which is "
        "this process)",
    )
    parser.add_argument(
        "--reload", action="store_true", help="restart when a Python file changes"
    )
    parser.add_argument(
        "--ready-file", metavar="PATH", help="write the addresses to this file once ready"
    )
    parser.add_argument("--version", action="version", version=__version__)
    return parser


def _names(text: str) -> list[str]:
    return [name for name in text.split(",") if name]


def _count(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 256:
        raise argparse.ArgumentTypeError("1 to 256")
    return number


if __name__ == "__main__":
    sys.exit(main())
