#!/usr/bin/env python3
"""Does `tasker-bench compare` find one SQL function that became slower, and nothing else?

usage: finds_a_slow_function.py PROGRAMS OUTPUT [--reruns N] [--by PERCENT]

Measures some functions of the core, then again unchanged (N times), then with claim_steps slowed down
by a busy loop inside of the function. compare must exit 0 each time and 1 at the end, and name it.
"""
import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

BENCHES = pathlib.Path(__file__).resolve().parents[1]
FUNCTIONS = BENCHES.parent / "shared" / "sql" / "functions"
SLOWED = "claim_steps"
ATTEMPTS = 3  # what a busy machine hides is looked for again
CASES = "claim_steps, 100, 1 K tasks"
# Some that read, some that write.
MEASURED = ["list_tasks, 50", "task status", "step readiness", "settled_tasks, 1", "get_templates",
            "transitive dependencies", "transition, refused", "claim_steps, 10", "claim_steps, 100",
            "finish_steps, 1", "create_tasks, 100"]


def measure(programs, folder, arguments, inject=None):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    environment = {"TASKER_BENCH_INJECT_SQL": str(inject)} if inject else {}
    subprocess.run([str(programs / "bench_sql_functions"), "--output", str(folder), *arguments],
                   check=True, stdout=subprocess.DEVNULL, env={**os.environ, **environment})
    return json.loads((folder / "sql_functions.json").read_text())


def compare(base, new):
    done = subprocess.run([str(BENCHES / "tasker-bench"), "compare", str(base), str(new)],
                          capture_output=True, text=True, check=False)
    print(done.stdout + done.stderr, flush=True)
    return done.returncode, re.findall(r"^regressed: (.*)$", done.stdout, re.MULTILINE)


def slowed(by_ms):
    """The function as it is, with a loop in front that is busy for so long."""
    text = (FUNCTIONS / f"{SLOWED}.sql").read_text()
    loop = (f"begin\n    declare\n        v_end timestamptz := clock_timestamp() + "
            f"interval '{by_ms * 1000:.0f} microseconds';\n    begin\n"
            "        while clock_timestamp() < v_end loop\n            null;\n        end loop;\n"
            "    end;\n")
    out, count = re.subn(r"^begin\n", loop, text, count=1, flags=re.MULTILINE)
    if count != 1:
        sys.exit(f"{SLOWED}.sql has no body to put the loop into")
    return out


def main():
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("programs", type=pathlib.Path)
    asked.add_argument("output", type=pathlib.Path)
    asked.add_argument("--reruns", type=int, default=1)
    asked.add_argument("--by", type=float, default=30, help="percent")
    asked.add_argument("suite_arguments", nargs="*",
                       default=["--length", "quick", "--repetitions", "10", "--filter",
                                "|".join(f"{each}, 1 K" for each in MEASURED)])
    chosen = asked.parse_args()
    program, output, arguments = chosen.programs, chosen.output, chosen.suite_arguments
    wrong = 0
    # Runs are compared with the one just before, since a shared machine is another one later.
    measure(program, output / "base", arguments)
    for number in range(1, chosen.reruns + 1):
        base = measure(program, output / "again", arguments)
        code, named = compare(output / "base", output / "again")
        print(f"unchanged, {number} of {chosen.reruns}: exit {code}, named: {named}", flush=True)
        wrong += code != 0
        shutil.rmtree(output / "base")
        (output / "again").rename(output / "base")
    found = False
    for attempt in range(1, ATTEMPTS + 1):
        before = next(each["value"] for each in base["results"] if each["name"] == CASES)
        script = output / "slowed.sql"
        script.write_text(slowed(before * chosen.by / 100))
        measure(program, output / "slowed", arguments, script)
        code, named = compare(output / "base", output / "slowed")
        print(f"slowed by {chosen.by:.0f} %, {attempt}: exit {code}, named: {named}", flush=True)
        wrong += any(SLOWED not in each for each in named)
        found = code == 1 and bool(named)
        if found:
            break
        base = measure(program, output / "base", arguments)
    print("found" if found else "NOT FOUND", f"; {wrong} false alarms")
    sys.exit(0 if found and wrong == 0 else 1)


if __name__ == "__main__":
    main()
