#!/usr/bin/env python3
"""Search all executions of steps.pml with Spin.

usage: shared/sql/spin/check.py [--write] [BUDGET=N...]

With every guard, no execution may break a promise, stop before the task has ended, or go round in a
circle. Without one of the guards, an execution must break a promise: the shortest one must be the
text in counterexamples/, and --write writes these texts anew. BUDGET=N (CRASHES, SLOW or DOUBTS)
replaces a budget of the first search; CRASHES=2 SLOW=2 takes half a minute and 2 GB.

Needs spin and gcc.
"""
from __future__ import annotations

import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOM = pathlib.Path(__file__).resolve().parent
MODEL = ROOM / "steps.pml"
COUNTEREXAMPLES = ROOM / "counterexamples"
# Each guard with its place, and the budgets that an execution needs to break a promise without it.
GUARDS = {
    "LEASE_CHECK": {},  # read_<queue>: vt <= clock_timestamp()
    "DELIVERY_FENCE": {"SLOW": 1},  # accept_reports, fail_steps, finish_step: s.delivery = …
    "STATE_CHECK": {"DOUBTS": 1},  # the same: s.state = 'in_progress'
    "SKIP_LOCKED": {"SLOW": 1},  # unlocked_messages
    "ONE_TRANSACTION": {"CRASHES": 1},  # finish_steps: all of its parts in one call
    "COUNT_UNDER_LOCK": {},  # advance_steps, finish_step: on conflict do update
    "TIMER_DELETE": {},  # fire_timers, in the transaction that enqueues the step
}
NO_FAULTS = {"CRASHES": 0, "SLOW": 0, "DOUBTS": 0}


class Search:
    """One search of the model, in its own folder."""

    def __init__(self, defines: list[str], options: list[str], arguments: list[str]) -> None:
        with tempfile.TemporaryDirectory() as folder:
            (pathlib.Path(folder) / MODEL.name).write_text(MODEL.read_text())
            self._folder = folder
            self._defines = [f"-D{define}" for define in defines]
            self._run("spin", *self._defines, "-a", MODEL.name)
            self._run("gcc", "-w", "-DMEMLIM=4000", *options, "-o", "pan", "pan.c")
            self.log = self._run("./pan", "-m100000", *arguments)
            trail = pathlib.Path(folder) / f"{MODEL.name}.trail"
            self.counterexample = self._replay() if trail.exists() else None
        for sign in ("error: max search depth too small", "out of memory", "Search not completed"):
            if sign in self.log and self.counterexample is None:
                sys.exit(f"the search was not complete:\n{self.log}")

    def _run(self, *command: str) -> str:
        done = subprocess.run(command, cwd=self._folder, text=True, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode != 0 and command[1:2] != ("-t",):
            sys.exit(f"{' '.join(command)}: exit code {done.returncode}\n{done.stdout}")
        return done.stdout

    def _replay(self) -> str:
        text = self._run("spin", "-t", "-T", *self._defines, MODEL.name).partition("#processes")[0]
        lines = [line for line in text.splitlines() if line and not line.startswith("spin:")]
        if ": invalid end state" in self.log:
            lines.append("broken: the task ends (no process can continue)")
        return "\n".join(lines) + "\n"

    def states(self) -> str:
        found = re.search(r"(\d+) states, stored", self.log)
        return f"{int(found[1]):,} states" if found else sys.exit(f"no states:\n{self.log}")


def budgets(numbers: dict[str, int]) -> list[str]:
    return [f"{name}={number}" for name, number in numbers.items()]


def problem_with_all_guards(what: str, search: Search) -> str | None:
    if search.counterexample:
        return f"with every guard, {what}:\n{search.counterexample}"
    print(f"with every guard: no execution {what} ({search.states()})")
    return None


def problem_without(guard: str, numbers: dict[str, int], write: bool) -> str | None:
    found = Search([f"WITHOUT_{guard}", *budgets(NO_FAULTS | numbers)],
                   ["-DSAFETY", "-DBFS"], []).counterexample
    if not found:
        return f"without {guard}, no execution breaks a promise: does the model need the guard?"
    kept = COUNTEREXAMPLES / f"{guard.lower()}.txt"
    if write:
        kept.parent.mkdir(exist_ok=True)
        kept.write_text(found)
    elif not kept.exists() or kept.read_text() != found:
        return (f"without {guard}, the shortest execution is not that of {kept.name}: run "
                f"shared/sql/spin/check.py --write and read what has changed\n{found}")
    print(f"without {guard}: {found.splitlines()[-1]}")
    return None


def main() -> None:
    write = "--write" in sys.argv[1:]
    given = [argument for argument in sys.argv[1:] if argument != "--write"]
    if not all(re.fullmatch(r"(CRASHES|SLOW|DOUBTS)=\d", argument) for argument in given):
        sys.exit(__doc__)
    unknown = set(re.findall(r"\bWITHOUT_(\w+)", MODEL.read_text())) ^ GUARDS.keys()
    if unknown:
        sys.exit(f"in steps.pml or in GUARDS, but not in both: {', '.join(sorted(unknown))}")
    for program in ("spin", "gcc"):
        if not shutil.which(program):
            sys.exit(f"{program} is missing: run scripts/setup")
    first = {"CRASHES": 2} | {name: int(number) for name, _, number in
                              (argument.partition("=") for argument in given)}
    problems = [
        problem_with_all_guards("breaks a promise or stops",
                                Search(budgets(first), ["-O1", "-DSAFETY", "-DCOLLAPSE"], [])),
        # A state that is reached again without progress; the model marks nothing as progress.
        problem_with_all_guards("goes round in a circle", Search([], ["-O1", "-DNP"], ["-l"])),
        *(problem_without(guard, numbers, write) for guard, numbers in GUARDS.items()),
    ]
    found = [problem for problem in problems if problem]
    print("\n".join(found), file=sys.stderr, end="\n" if found else "")
    sys.exit(1 if found else 0)


main()
