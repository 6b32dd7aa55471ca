"""Proves from the database, the journal of the handlers and the answers to clients that faults did
no harm: every task ended, each result counts once, no step began before its parents were complete,
nothing is left in queues and timers, and every request that waited was answered."""

from __future__ import annotations

import collections
import dataclasses
import json
import pathlib
from typing import Optional

from chaos import journal
from chaos.load import Load
from chaos.servers import Cluster
from chaos.templates import may_fail

# Which steps became complete, how often, and when: noted in the transaction that stores the result.
_observe = """
create schema chaos;
create table chaos.changes (
    change_id bigint generated always as identity, task_id uuid not null, step_no int not null,
    completed boolean not null, run text, at timestamptz not null default clock_timestamp());
create function chaos.note() returns trigger language plpgsql as $$
begin
    insert into chaos.changes (task_id, step_no, completed, run)
    values (new.task_id, new.step_no, new.state = 'complete', new.result ->> 'run');
    return null;
end $$;
create trigger began after insert on tasker.steps for each row
    when (new.state = 'complete') execute function chaos.note();
create trigger changed after update on tasker.steps for each row
    when ((new.state = 'complete') <> (old.state = 'complete')) execute function chaos.note();
"""
_open_tasks = """
select count(*) from tasker.tasks
where state in ('pending', 'running', 'waiting') or compensation = 'running'"""
# What remains of tasks that have ended. Any other table of the schemas must be empty.
_kept = {
    "attempts", "child_tasks", "function_set", "idempotency_keys", "maps", "migrations",
    "namespaces", "repetitions", "signals", "steps", "task_events", "tasks", "template_steps",
    "templates", "unsuccessful_tasks", "workers",
}
_tables = """
select n.nspname || '.' || c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind = 'r' and (n.nspname = 'tasker' or n.nspname = 'pgmq' and c.relname ~ '^[qa]_')"""
_steps = """
select s.task_id, s.step_no, s.state, s.result, d.name, d.kind, s.failures, s.error ->> 'type'
from tasker.steps s
join tasker.template_steps d
    on d.template_id = s.template_id and d.step_no = s.step_no % 10000"""
_parents = """
select t.task_id, d.name, p.name
from tasker.tasks t join tasker.template_steps d using (template_id)
cross join unnest(d.parents) n join tasker.template_steps p
    on p.template_id = t.template_id and p.step_no = n
where d.undoes is null"""


@dataclasses.dataclass
class Report:
    """What the checker counted."""

    tasks: int = 0
    steps: int = 0
    runs: int = 0
    # Runs that ended neither with the stored result nor with a failure.
    wasted_runs: list[journal.Run] = dataclasses.field(default_factory=list, repr=False)
    doubled: int = 0
    lost: int = 0
    latest_answer: float = 0.0  # of a request that waited, after the end of its task, in seconds
    # When steps became complete, in order.
    progress: list[float] = dataclasses.field(default_factory=list, repr=False)

    @property
    def wasted(self) -> int:
        return len(self.wasted_runs)


def observe(cluster: Cluster) -> None:
    cluster.rows(_observe)


def open_tasks(cluster: Cluster) -> Optional[int]:
    """None: the database does not answer."""
    rows = cluster.try_rows(_open_tasks)
    return int(rows[0][0] or 0) if rows else None


def leftovers(cluster: Cluster) -> dict[str, int]:
    """Rows in working tables, by table."""
    found = {}
    for (table,) in cluster.rows(_tables):
        assert table is not None
        if table.removeprefix("tasker.") not in _kept:
            found[table] = int(cluster.value(f"select count(*) from {table}"))
    found["steps in progress"] = int(cluster.value(
        "select count(*) from tasker.steps s join tasker.tasks t using (task_id) where s.state in "
        "('enqueued', 'in_progress', 'waiting', 'waiting_for_retry')"))
    found["counters"] = int(cluster.value(
        "select count(*) from tasker.tasks where steps_active <> 0 or steps_waiting <> 0"))
    return {table: count for table, count in found.items() if count}


class Checker:
    """`touched`: tasks that operators cancelled, retried or requeued, so they may end otherwise."""

    def __init__(
        self, cluster: Cluster, file: pathlib.Path, load: Load, touched: set[str]
    ) -> None:
        self._cluster, self._load, self._touched = cluster, load, touched
        self._runs = journal.read(file)
        self._report = Report(runs=len(self._runs))
        self._problems: list[str] = list(load.problems)

    def check(self) -> Report:
        """Raises AssertionError with all that it found."""
        self._read()
        self._check_tasks()
        self._check_results()
        self._check_order()
        self._check_answers()
        self._count_waste()
        left = leftovers(self._cluster)
        if left:
            self._problems.append(f"left over: {left}")
        shown = "\n".join(self._problems[:20])
        assert not self._problems, f"{len(self._problems)} problems:\n{shown}"
        return self._report

    def _read(self) -> None:
        rows = self._cluster.rows("select task_id, state, extract(epoch from finished_at), "
                                  "idempotency_key, parent_task from tasker.tasks")
        self._states = {str(row[0]): str(row[1]) for row in rows}
        self._ended = {str(row[0]): float(row[2]) for row in rows if row[2]}
        self._keys = collections.Counter(row[3] for row in rows if row[3])
        self._family = {str(row[0]): str(row[4] or row[0]) for row in rows}
        self._steps = self._cluster.rows(_steps)
        self._report.tasks, self._report.steps = len(self._states), len(self._steps)
        self._changes = self._cluster.rows(
            "select task_id, step_no, completed, run, extract(epoch from at) from chaos.changes "
            "order by change_id")
        self._report.progress = sorted(float(row[4] or 0) for row in self._changes)
        self._completed_at = {row[3]: float(row[4] or 0) for row in self._changes
                              if row[3] and row[2] == "t"}

    def _check_tasks(self) -> None:
        for task, name in self._load.created.items():
            state = self._states.get(task)
            if state is None:
                self._report.lost += 1
                self._problems.append(f"task {task} ({name}) was answered and is gone")
            elif state != "complete" and name not in may_fail and task not in self._touched:
                why = [row for row in self._steps if row[0] == task and row[2] == "failed"]
                self._problems.append(f"task {task} ({name}) is {state}: {why}")
        for key, count in self._keys.items():
            if count > 1:
                self._report.doubled += 1
                self._problems.append(f"key {key} has {count} tasks")

    def _check_results(self) -> None:
        """A step becomes complete once, unless a retry of its task undid that."""
        history: dict[tuple[str, str], list[str]] = collections.defaultdict(list)
        runs = collections.Counter(row[3] for row in self._changes if row[3] and row[2] == "t")
        for task, step, completed, _run, _at in self._changes:
            history[str(task), str(step)].append(str(completed))
        for which, changes in history.items():
            if any(before == after for before, after in zip(changes, changes[1:])):
                self._report.doubled += 1
                self._problems.append(f"step {which} became complete more than once: {changes}")
        for run, count in runs.items():
            if count > 1:
                self._report.doubled += 1
                self._problems.append(f"run {run} was accepted {count} times")
            if run not in self._runs:
                self._problems.append(f"run {run} was accepted and is not in the journal")
            elif self._runs[str(run)].outcome != "ok":
                self._problems.append(f"run {run} was accepted before its end")
        for task, number, state, *_ in self._steps:
            if (state == "complete") != (history[str(task), str(number)][-1:] == ["t"]):
                self._report.lost += 1
                self._problems.append(f"step {number} of {task} is {state}, which was not seen")

    def _check_order(self) -> None:
        """Each run saw the stored results of its parents, and began after they were stored."""
        parents: dict[tuple[str, str], list[str]] = collections.defaultdict(list)
        for task, step, parent in self._cluster.rows(_parents):
            parents[str(task), str(step)].append(str(parent))
        results = {(str(row[0]), str(row[4])): row[3] for row in self._steps
                   if row[2] == "complete" and int(row[1] or 0) < 10000}
        for run in self._runs.values():
            if run.step.endswith(":undo") or run.task in self._touched:
                continue
            expected: list[str] = []
            name = run.step.partition("[")[0]
            for parent in parents[run.task, name]:
                if (run.task, parent) not in results:
                    self._problems.append(f"{run.task} {run.step} ran, though {parent} is not "
                                          "complete")
                stored = results.get((run.task, parent))
                expected += journal.runs_in(json.loads(stored)) if stored else []
            # Items of a map do not get the results of the parents.
            if "[" not in run.step and sorted(expected) != run.saw:
                self._report.lost += 1
                self._problems.append(f"{run.task} {run.step} saw {run.saw}, stored: {expected}")
            for each in expected:
                if self._completed_at.get(each, 0.0) > run.started:
                    self._problems.append(f"{run.task} {run.step} began before {each} was stored")

    def _check_answers(self) -> None:
        for task in self._load.waiting - self._load.answers.keys():
            self._problems.append(f"a request that waited for {task} was not answered")
        for task, answer in self._load.answers.items():
            if task in self._touched:
                continue
            if answer.task.state != self._states.get(task):
                self._report.lost += 1
                self._problems.append(f"{task} was answered as {answer.task.state}, and is "
                                      f"{self._states.get(task)}")
            elif task in self._ended:
                late = answer.at - self._ended[task]
                self._report.latest_answer = max(self._report.latest_answer, late)

    def _count_waste(self) -> None:
        """Of a step with `repeat`, as many other runs are useful as it needed."""
        accepted = {row[3] for row in self._changes if row[2] == "t"}
        rows = self._cluster.rows(
            "select n.task_id, d.name, n.finished from tasker.repetitions n join tasker.tasks t "
            "using (task_id) join tasker.template_steps d using (template_id, step_no)")
        repeated = {(str(row[0]), str(row[1])): int(row[2] or 0) for row in rows}
        for run in sorted(self._runs.values(), key=lambda each: each.started):
            if run.id in accepted or run.outcome == "fails":
                continue
            if run.outcome == "ok" and repeated.get((run.task, run.step), 0) > 0:
                repeated[run.task, run.step] -= 1
            else:
                self._report.wasted_runs.append(run)
