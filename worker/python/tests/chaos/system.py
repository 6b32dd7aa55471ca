"""A database, its programs and their load, for one test; and what a test does to them."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import pathlib
import random
import subprocess
import threading
import time
from collections.abc import Iterator
from typing import Any, Callable, Optional

import pytest

import tasker
from chaos import checker, templates
from chaos.load import Load
from chaos.programs import Programs, find, lease
from chaos.proxy import Proxy
from chaos.servers import Cluster, can_copy
from chaos.waiting import until

_settle_limit = 180.0
needs_copies = pytest.mark.skipif(not can_copy(), reason="PostgreSQL has no pg_basebackup")


@dataclasses.dataclass
class Done:
    """A fault that was done: from when to when, in seconds since the epoch."""

    kind: str
    began: float
    ended: float


class System:
    def __init__(
        self, folder: pathlib.Path, seed: int, has_standby: bool = False, rate: float = 12.0,
        lease_seconds: float = lease,
    ) -> None:
        self.seed, self.folder = seed, folder
        self.random = random.Random(f"faults {seed}")
        self.cluster = Cluster(has_standby)
        self.touched: set[str] = set()
        self.faults: list[Done] = []
        self.proxies: list[Proxy] = []
        self._rate, self._lease = rate, lease_seconds

    def start(self, dsn: Optional[Callable[[Cluster], str]] = None) -> None:
        """`dsn`: how the programs reach the database, if not directly."""
        self.cluster.start()
        subprocess.run([find("tasker"), "migrate", "--database-url", self.cluster.dsn],
                       check=True, stdout=subprocess.DEVNULL, timeout=60)
        checker.observe(self.cluster)
        reached = dsn(self.cluster) if dsn else self.cluster.dsn
        self.programs = Programs(self.folder, reached, self.seed, self._lease)
        self.load = Load(self.programs.orchestrators, self.seed, self._rate)
        # The namespaces first, since workers look for work in those that exist.
        self.programs.orchestrators[0].start()
        for each in templates.made(self.seed, self.folder / "journal"):
            self.register(each)
        for program in self.programs.all[1:]:
            program.start(wait=False)
        for program in self.programs.all[1:]:
            program.until_ready()
        self.load.start()

    def register(self, template: dict[str, Any]) -> None:
        self.load.call(lambda client: client.register_template(template))

    def stop(self) -> None:
        if hasattr(self, "programs"):
            self.programs.kill()
        self.cluster.stop()

    @contextlib.contextmanager
    def fault(self, kind: str) -> Iterator[None]:
        """Notes a fault that the block does, and undoes."""
        began = time.time()
        yield
        self.faults.append(Done(kind, began, time.time()))

    def rest(self, seconds: float) -> None:
        """The time between two faults, in which work continues."""
        threading.Event().wait(seconds)

    def settle(self) -> checker.Report:
        """Ends the load, waits until all tasks have ended, and returns what the checker counted."""
        self.load.stop()
        until(lambda: checker.open_tasks(self.cluster) == 0, _settle_limit, self._what_is_open)
        self.load.join(_settle_limit)
        # Messages of cancelled tasks go when a worker next reads them.
        with contextlib.suppress(AssertionError):
            until(lambda: not checker.leftovers(self.cluster), 60.0)
        journal = self.folder / "journal"
        report = checker.Checker(self.cluster, journal, self.load, self.touched).check()
        found = [each for each in self.load.call(tasker.Client.doctor) if each.severity == "error"]
        assert not found, found
        for each in self.programs.all:
            assert each.exit_code() is None, f"{each.name} ended:\n{each.log()}"
        return report

    def _what_is_open(self) -> str:
        rows = self.cluster.try_rows(
            "select t.task_id, t.state, t.compensation, "
            "(select json_agg(e) from tasker.explain_task(t.task_id) e) from tasker.tasks t "
            "where t.state in ('pending', 'running', 'waiting') or t.compensation = 'running' "
            "order by t.task_id limit 5")
        logs = "\n".join(f"{each.name}: {each.log(1500)}" for each in self.programs.all)
        return f"open tasks: {rows}\n{logs}\nthe end of all tasks"


@contextlib.contextmanager
def running(folder: pathlib.Path, seed: int, has_standby: bool = False,
            dsn: Optional[Callable[[Cluster], str]] = None,
            lease_seconds: float = lease) -> Iterator[System]:
    """A system under load, removed at the end."""
    system = System(folder, seed, has_standby, lease_seconds=lease_seconds)
    try:
        system.start(dsn)
        yield system
    finally:
        system.stop()


def chosen_seed(default: int) -> int:
    return int(os.environ.get("TASKER_CHAOS_SEED", default))

