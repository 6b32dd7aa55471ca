"""Measures two sides in turn: SQL functions sample by sample, builds repetition by repetition."""
import os
import re
import subprocess
import sys
import tempfile
from statistics import median

from .difference import InTurn
from .results import load

# Suites that can measure a baseline's SQL functions in turn with ours.
PAIRED = {"sql_functions", "queue_operations", "step_enqueueing"}
REPETITIONS = 10
ROUNDS = 8
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


def run_once(program, arguments, environment=(), core=None):
    """The run that the program wrote, on this core if one is given."""
    pinned = ["taskset", "--cpu-list", str(core)] if core is not None else []
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([*pinned, str(program), *map(str, arguments), "--output", folder],
                              env={**os.environ, **dict(environment)}, check=False,
                              capture_output=True, text=True)
        if done.returncode != 0:
            raise ValueError(f"{program} failed:\n{(done.stdout + done.stderr)[-2000:]}")
        return load(folder)


def measure(suite, names, base, new, programs):
    """{case: InTurn} of these cases, base's functions beside new's."""
    print(f"measuring {suite} again, the functions of both runs in turn: {len(names)} cases",
          file=sys.stderr, flush=True)
    found = run_once(programs / f"bench_{suite}",
                     ["--length", "quick", "--repetitions", REPETITIONS, "--filter",
                      "|".join(names), "--against", base], {"TASKER_BENCH_INJECT_SQL": str(new)})
    return {each.name: InTurn(each) for each in found.cases()
            if each.name in names and InTurn.is_possible(each)}


def take_turns(suite, arguments, base_programs, programs):
    """The suite's document by the programs of two builds in turn, a repetition each: ours, with the
    durations of the other build as its twin's. Which build begins alternates."""
    sides = {False: base_programs, True: programs}
    turns = []
    for number in range(ROUNDS):
        print(f"{suite}: round {number + 1} of {ROUNDS}, both builds in turn", flush=True)
        runs = {is_ours: run_once(sides[is_ours] / f"bench_{suite}",
                                  [*arguments, "--repetitions", 1],
                                  core=min(os.sched_getaffinity(0)))
                for is_ours in ((False, True) if number % 2 else (True, False))}
        turns.append((runs[True], runs[False]))
    out = turns[-1][0].documents[0]
    for key in ("calibration_ms", "round_trip_ms", "commit_ms"):
        out[key] = [value for ours, _ in turns for value in ours.documents[0][key]]
    for row in out["results"]:
        pairs = [(ours.find(suite, row["name"]), theirs.find(suite, row["name"]))
                 for ours, theirs in turns]
        row["repetitions"] = [beside(ours, theirs) for ours, theirs in pairs if ours]
        row["value"] = median(each["p50"] for each in row["repetitions"])
    return out


def beside(ours, theirs):
    part = ours.row["repetitions"][0]
    if theirs and theirs.unit == "ms":
        twin = theirs.row["repetitions"][0]
        part |= {"twin_p10_ms": twin["p10"], "twin_p50_ms": twin["p50"]}
    return part
