"""Measures a suite again, the SQL functions of two runs in turn: sample by sample, side by side."""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

from .difference import InTurn
from .results import load

# Suites that can measure a baseline's SQL functions in turn with ours.
PAIRED = {"sql_functions", "queue_operations", "step_enqueueing"}
REPETITIONS = 10
SIZE = re.compile(r"^(.*), (\d+) K tasks$")


def functions_of(run):
    """The script of the SQL core's functions that a run keeps, or None."""
    file = run.folder / "functions.sql"
    return file if file.exists() else None


def tables_of(script):
    """The digest of the tables in the first line. None if it is missing."""
    with script.open() as file:
        first = file.readline()
    return first if first.startswith("-- on tables ") else None


def is_paired(case):
    return case.suite in PAIRED and case.unit == "ms"


def smallest(names):
    """Of cases that differ by the amount of data alone, those of the least: the quickest."""
    least: dict[str, tuple[int, str]] = {}
    for each in names:
        found = SIZE.match(each)
        key, size = (found[1], int(found[2])) if found else (each, 0)
        if key not in least or size < least[key][0]:
            least[key] = (size, each)
    return [each for _, each in least.values()]


def measure(suite, names, base, new, programs):
    """{case: InTurn} of these cases, base's functions beside new's."""
    program = pathlib.Path(programs) / f"bench_{suite}"
    with tempfile.TemporaryDirectory() as folder:
        print(f"measuring {suite} again, the functions of both runs in turn: {len(names)} cases",
              file=sys.stderr, flush=True)
        done = subprocess.run(
            [str(program), "--length", "quick", "--repetitions", str(REPETITIONS), "--filter",
             "|".join(names), "--against", str(base), "--output", folder],
            env={**os.environ, "TASKER_BENCH_INJECT_SQL": str(new)}, check=False,
            capture_output=True, text=True)
        if done.returncode != 0:
            raise ValueError(f"{program} failed:\n{(done.stdout + done.stderr)[-2000:]}")
        found = load(folder)
    return {each.name: InTurn(each) for each in found.cases()
            if each.name in names and InTurn.is_possible(each)}
