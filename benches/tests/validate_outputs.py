#!/usr/bin/env python3
"""Validate every suite's JSON in a folder, and the log and link that belong to it.

usage: validate_outputs.py FOLDER SUITE...

Needs python3-jsonschema (scripts/setup installs it for /usr/bin/python3).
"""
import json
import os
import pathlib
import sys

try:
    import jsonschema
except ImportError:
    if sys.executable == "/usr/bin/python3":
        raise
    os.execv("/usr/bin/python3", ["/usr/bin/python3", *sys.argv])

SCHEMA = pathlib.Path(__file__).parents[2] / "docs" / "benchmark-results.schema.json"


def problems_of(folder, suite, validator):
    file = folder / f"{suite}.json"
    if not file.exists():
        yield f"{file} is missing"
        return
    results = json.loads(file.read_text())
    for problem in validator.iter_errors(results):
        yield f"{file}: {problem.json_path}: {problem.message}"
    if results["benchmark_suite"] != suite:
        yield f"{file} is of suite {results['benchmark_suite']}"
    counted = results["summary"]
    states = [each["status"] for each in results["results"]]
    expected = {"total_tests": len(states), "passed": states.count("pass"),
                "failed": states.count("fail"), "warnings": states.count("warn")}
    if counted != expected:
        yield f"{file}: the summary is {counted}, the results are {expected}"
    name = suite.replace("_", "-")
    link = folder / "latest" / f"{name}.log"
    log = f"{results['timestamp'][:10]}-{name}.log"
    if not link.is_symlink() or os.readlink(link) != f"../{log}" or not link.exists():
        yield f"{link} does not lead to {log}"
    elif not link.read_text().startswith(f"# Benchmark Run: {suite}\n\nDate: "):
        yield f"{log} has another head"


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    folder = pathlib.Path(sys.argv[1])
    schema = json.loads(SCHEMA.read_text())
    jsonschema.Draft7Validator.check_schema({k: v for k, v in schema.items() if k != "$schema"})
    # Draft 2020-12 where the library knows it; what is used of it is the same in draft 7.
    draft = getattr(jsonschema, "Draft202012Validator", jsonschema.Draft7Validator)
    check = draft(schema)
    problems = [text for suite in sys.argv[2:] for text in problems_of(folder, suite, check)]
    print("\n".join(problems) or f"{len(sys.argv) - 2} suites: all outputs are as described")
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
