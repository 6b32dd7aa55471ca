"""Faults: each does one thing to a system, ends it, and notes from when to when it was."""

from __future__ import annotations

import contextlib
import functools
import signal
from typing import Optional

import tasker
from chaos.libpq import DatabaseError, Session
from chaos.programs import lease
from chaos.system import System
from chaos.templates import namespace


def kill(system: System) -> None:
    """SIGKILL for one or two programs, which are started again."""
    for each in system.random.sample(system.programs.all, system.random.choice([1, 1, 2])):
        is_worker = each in system.programs.all_workers
        with system.fault("kill of a worker" if is_worker else "kill of an orchestrator"):
            each.kill()
        each.start(wait=False)


def freeze(system: System) -> None:
    """SIGSTOP for a worker until its leases have ended and others may have run its steps."""
    chosen = system.random.choice(system.programs.all_workers)
    with system.fault("worker stopped beyond its lease"):
        chosen.signal(signal.SIGSTOP)
        system.rest(lease + system.random.uniform(0.3, 1.5))
        chosen.signal(signal.SIGCONT)


def end_sessions(system: System) -> None:
    """pg_terminate_backend for a random part of the sessions."""
    share = system.random.choice([0.3, 0.6, 1.0])
    with system.fault("sessions terminated"):
        system.cluster.rows(
            "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() "
            f"and backend_type = 'client backend' and random() < {share}")


def restart(system: System) -> None:
    """The database ends, or crashes, and starts again."""
    mode = system.random.choice(["fast", "immediate"])
    with system.fault(f"restart of the database ({mode})"):
        system.cluster.primary.stop(mode)
        system.cluster.primary.start()


def fail_over(system: System, frozen: Optional[bool] = None) -> None:
    """The primary crashes, or (`frozen`) does not answer any more, and its standby becomes the
    primary. Then it gets a new standby; until then, commits wait. By default one of both."""
    if frozen is None:
        frozen = system.random.random() < 0.5
    with system.fault("failover (frozen primary)" if frozen else "failover (crashed primary)"):
        system.cluster.fail_over(frozen)
        system.cluster.add_standby()


def send_twice(system: System) -> None:
    """Messages of steps are sent again: of those that wait, and of those that are in progress."""
    with system.fault("messages sent twice"):
        for (queue,) in system.cluster.rows("select queue_name from pgmq.meta"):
            system.cluster.rows(f"select pgmq.send('{queue}', message) from pgmq.q_{queue} "
                                "where random() < 0.5")


def exhaust(system: System) -> None:
    """Other programs take all connections while those of Tasker are terminated."""
    taken: list[Session] = []
    dsn = system.cluster.primary.dsn()
    with Session(dsn) as own, system.fault("connections exhausted"):
        for _ in range(3):
            with contextlib.suppress(DatabaseError):
                while True:
                    taken.append(Session(dsn + " application_name=taken"))
            own.rows("select pg_terminate_backend(pid) from pg_stat_activity where pid <> "
                     "pg_backend_pid() and backend_type = 'client backend' and "
                     "application_name <> 'taken'")
        system.rest(system.random.uniform(0.5, 1.5))
        for each in taken:
            each.close()


def roll(system: System) -> None:
    """SIGTERM for each program, one after the other; the next one when it is ready again."""
    for each in system.programs.all:
        each.until_ready()
        with system.fault("restart of a program (SIGTERM)"):
            code = each.stop()
            assert code == 0, f"{each.name} ended with {code}:\n{each.log()}"
            each.start()


def operate(system: System) -> None:
    """An operator cancels, retries, pauses and resumes recent tasks, and requeues failed ones."""
    chance = system.random
    for _ in range(6):
        recent = [*system.load.created][-10:]
        if not recent:
            continue
        task = chance.choice(recent)
        action = chance.choice([_cancel, _undo, _retry, _pause, _pause_template, _requeue])
        kind = action.__name__.strip("_").replace("_", " ")
        with system.fault(kind), contextlib.suppress(tasker.Conflict):
            action(system, task)


def _cancel(system: System, task: str) -> None:
    system.touched.add(task)
    system.load.call(lambda client: client.cancel(task))


def _undo(system: System, task: str) -> None:
    system.touched.add(task)
    system.load.call(lambda client: client.cancel(task, compensate=True))


def _retry(system: System, task: str) -> None:
    failed = system.load.call(
        lambda client: list(client.list(namespace=namespace, state="failed", limit=5)))
    system.touched.update(each.task_id for each in failed)
    for each in failed:
        with contextlib.suppress(tasker.Conflict):
            system.load.call(functools.partial(tasker.Client.retry, task=each))


def _pause(system: System, task: str) -> None:
    try:
        system.load.call(lambda client: client.pause(task, "chaos"))
        system.rest(system.random.uniform(0.1, 0.6))
    finally:
        system.load.call(lambda client: client.resume(task))


def _pause_template(system: System, task: str) -> None:
    name = system.load.created[task]
    system.load.call(lambda client: client.pause_all(namespace, name, reason="chaos"))
    system.rest(system.random.uniform(0.1, 0.6))
    system.load.call(lambda client: client.resume_all(namespace, name))


def _requeue(system: System, task: str) -> None:
    letters = system.load.call(lambda client: list(client.dead_letters(
        tasker.DeadLetterFilter(namespace=namespace), limit=20)))
    system.touched.update(each.task_id for each in letters)
    if letters:
        system.load.call(lambda client: client.requeue(letters, reason="chaos"))


def disturb(system: System) -> None:
    """Cuts connections, loses answers, or delays everything for a second."""
    share = system.random.choice([0.3, 0.6, 1.0])
    kind = system.random.choice(["cut", "delayed", "answer lost", "cut after the request"])
    with system.fault(f"connections {kind}"):
        for proxy in system.proxies:
            if kind == "cut":
                proxy.cut(share)
            elif kind == "answer lost":
                proxy.lose_answers(share)
            elif kind == "cut after the request":
                proxy.cut_after_requests(share)
            else:
                proxy.delay(0.2)
        if kind == "delayed":
            system.rest(1.0)
            for proxy in system.proxies:
                proxy.delay(0.0)


def silence(system: System) -> None:
    """Open connections never get an answer again. New ones work."""
    with system.fault("connections silenced"):
        for proxy in system.proxies:
            proxy.silence(1.0)
