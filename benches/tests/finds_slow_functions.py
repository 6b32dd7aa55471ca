#!/usr/bin/env python3
"""Does `tasker-bench compare` name each SQL function that became slower, and nothing else, ever?

usage: finds_slow_functions.py PROGRAMS OUTPUT [--reruns N] [--by PERCENT] [--functions A,B]
                               [--suites A,B] [--how busy|sleep]

Measures some suites once, the baseline. Then N times again, unchanged: compare must name nothing.
Then with one function at a time slowed down, in the bench's own database, by a busy loop (or a
sleep) of so many percent of the CPU time of its quickest case: compare must exit 1 and name a case
of that function, and no other function's. Exits 1 if one of all these is not so; prints a line for
each.
"""
import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time
from statistics import median

BENCHES = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(BENCHES))

from runner.results import load  # noqa: E402

# Cases whose timed call is of this function. Others that are slowed down with it are no false
# alarm: the case of a function that calls it, or of another suite.
CASES = {
    "create_tasks": ["create_tasks, 1", "create_tasks, 100", "enqueue"],
    "claim_steps": ["claim_steps, 1", "claim_steps, 10", "claim_steps, 50", "claim_steps, 100",
                    "claim"],
    "finish_steps": ["finish_steps, 100", "finish_steps, failure to retry", "finish_steps, 1",
                     "finish_steps, 1 with continuation", "fail, to be retried", "fail permanently",
                     "fail, last attempt",
                     "total, 3-step template", "total, 10-step template", "total, 50-step template",
                     "total, fan-out 1,000"],
    "finish_step": ["finish_step, one child",
                    "finish_steps, 1", "finish_steps, 1 with continuation",
                    "transition refused by finish_step", "complete", "total, 3-step template",
                    "total, 10-step template", "total, 50-step template", "total, fan-out 1,000"],
    "extend_leases": ["extend_leases, 10"],
    "release_steps": ["transition by release_steps"],
    "finished_tasks": ["finished_tasks, 1"],
    "list_tasks": ["list_tasks, 50"],
    "get_tasks": ["task status by get_tasks"],
    "list_steps": ["step readiness by list_steps"],
    "claimed_rows": ["step context by claimed_rows", "claim_steps, 1", "claim_steps, 10",
                     "claim_steps, 50", "claim_steps, 100", "claim",
                     "finish_steps, 1 with continuation"],
    "get_templates": ["get_templates"],
    "cancel_tasks": ["cancel_tasks, 1"],
}
LENGTHS = {"sql_functions": ["--filter", "1 K tasks"], "queue_operations": [],
           "step_enqueueing": ["--filter", "total"]}


class Bench:
    def __init__(self, chosen):
        self.chosen = chosen
        self.environment = {**os.environ, "TASKER_BENCH_OUTPUT": str(chosen.output)}

    def call(self, *arguments, inject=None):
        environment = dict(os.environ)
        if inject:
            environment["TASKER_BENCH_INJECT_SQL"] = str(inject)
        return subprocess.run([str(BENCHES / "tasker-bench"), *map(str, arguments)], text=True,
                              capture_output=True, check=False, env=environment)

    def measure(self, suite, inject=None, against=None, options=()):
        """Measures one suite; returns its run folder, exit code and what it named as slower."""
        folder = self.chosen.output / f"{suite}-{time.monotonic_ns()}"
        arguments = ["run", "--type", "ci", "--suite", suite, "--programs", self.chosen.programs,
                     "--output", folder, *LENGTHS[suite], *options]
        if against:
            arguments += ["--against", against]
        done = self.call(*arguments, inject=inject)
        runs = sorted(folder.glob("run_*"))
        if not runs or done.returncode not in (0, 1, 3):
            sys.exit(f"tasker-bench {' '.join(map(str, arguments))}:\n{done.stdout}{done.stderr}")
        return runs[-1], done.returncode, named(done.stdout)

    def compare(self, base, new):
        done = self.call("compare", base, new, "--programs", self.chosen.programs)
        if done.returncode not in (0, 1, 3):
            sys.exit(done.stdout + done.stderr)
        return done.returncode, named(done.stdout)


def named(text):
    return re.findall(r"^regressed: \w+: (.*)$", text, re.MULTILINE)


def functions_of(case):
    plain = re.sub(r", \d+ K tasks$", "", case)
    return {function for function, cases in CASES.items() if plain in cases}


def slowed(script, function, microseconds, how):
    """The unchanged functions, this one with a loop or a sleep at its start."""
    text = script.read_text()
    at = re.search(rf"^CREATE OR REPLACE FUNCTION tasker\.{function}\(", text, re.MULTILINE)
    if at is None:
        sys.exit(f"there is no function {function}")
    delay = (f"    perform pg_sleep({microseconds / 1e6:.6f});\n" if how == "sleep" else
             "    declare\n        v_until timestamptz := clock_timestamp() + "
             f"interval '{microseconds:.0f} microseconds';\n    begin\n"
             "        while clock_timestamp() < v_until loop\n            null;\n"
             "        end loop;\n    end;\n")
    body = re.compile(r"^begin\n", re.MULTILINE).search(text, at.start())
    assert body, f"{function} has no body"
    end = text.index("$function$\n;\n", body.end())
    return text[at.start():body.end()] + delay + text[body.end():end] + "$function$;\n"


def own_time(run, function):
    """The server's CPU time of the function's fastest case, in ms."""
    return min(median([part.get("work_ms", part["p50"]) for part in each.row["repetitions"]])
               for each in run.cases() if function in functions_of(each.name))


def try_unchanged(bench, suite, base):
    """How many false alarms."""
    wrong = 0
    for number in range(1, bench.chosen.reruns + 1):
        run, code, names = bench.measure(suite, against=base if bench.chosen.in_turn else None)
        if not bench.chosen.in_turn:
            code, names = bench.compare(base, run)
        print(f"{suite}, unchanged, {number} of {bench.chosen.reruns}: exit {code}"
              f"{''.join(f', names {each}' for each in names)}", flush=True)
        wrong += code == 1
        shutil.rmtree(run.parent)
    return wrong


def try_slowed(bench, suite, base, function):
    """True if it was named, and it alone."""
    chosen = bench.chosen
    script = chosen.output / f"slowed_{function}.sql"
    # Measured now, on one core as `compare` does: a shared machine's memory is at times half as
    # quick.
    now, _, _ = bench.measure(suite, against=base, options=["--filter", "|".join(CASES[function])])
    delay = own_time(load(str(now)), function) * chosen.by / 100 * 1_000
    shutil.rmtree(now.parent)
    script.write_text(slowed(base / "functions.sql", function, delay, chosen.how))
    run, code, names = bench.measure(suite, script, base if chosen.in_turn else None)
    if not chosen.in_turn:
        code, names = bench.compare(base, run)
    strangers = [each for each in names if function not in functions_of(each)]
    right = code == 1 and any(function in functions_of(each) for each in names) and not strangers
    print(f"{suite}, {function} slowed down by {delay:.0f} µs ({chosen.how}): exit {code}, names "
          f"{'; '.join(names) or 'nothing'}: {'right' if right else 'WRONG'}", flush=True)
    shutil.rmtree(run.parent)
    return right


def main():
    asked = argparse.ArgumentParser(description=__doc__,
                                    formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("programs", type=pathlib.Path)
    asked.add_argument("output", type=pathlib.Path)
    asked.add_argument("--reruns", type=int, default=1)
    asked.add_argument("--by", type=float, default=30, help="percent")
    asked.add_argument("--how", choices=["busy", "sleep"], default="busy")
    asked.add_argument("--suites", default="sql_functions")
    asked.add_argument("--functions", default="extend_leases")
    asked.add_argument("--in-turn", action="store_true",
                       help="run --against the baseline, as CI does, instead of compare")
    chosen = asked.parse_args()
    chosen.output = chosen.output.resolve()
    shutil.rmtree(chosen.output, ignore_errors=True)
    chosen.output.mkdir(parents=True)
    bench = Bench(chosen)
    wrong = tried = 0
    for suite in chosen.suites.split(","):
        # In turn, only its functions are of use.
        base, _, _ = bench.measure(suite, options=["--repetitions", "1"] if chosen.in_turn else [])
        wrong += try_unchanged(bench, suite, base)
        tried += chosen.reruns
        known = {function for each in load(str(base)).cases()
                 for function in functions_of(each.name)}
        for function in filter(None, chosen.functions.split(",")):
            if function in known:
                wrong += not try_slowed(bench, suite, base, function)
                tried += 1
    print(f"{tried - wrong} of {tried} are right")
    sys.exit(1 if wrong or not tried else 0)


if __name__ == "__main__":
    main()
