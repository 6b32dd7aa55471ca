#!/usr/bin/env python3
"""Does each suite of CI's gate measure a case that is chosen by its name?

usage: finds_cases.py PROGRAMS FOLDER

FOLDER holds the results of a smoke run of every suite. Chooses one duration of each kind: the
first word of its name. Exits 1 if a suite does not measure it.
"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from runner.in_turn import PAIRED
from runner.run import TYPES


def names_of(folder, suite):
    results = json.loads((pathlib.Path(folder) / f"{suite}.json").read_text())["results"]
    return [each["name"] for each in results if each["unit"] == "ms"]


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    programs, results = sys.argv[1:]
    missing = []
    for suite in sorted({each for each, _ in TYPES["ci"]} - PAIRED):
        for name in {re.split("[ ,]", each)[0]: each for each in names_of(results, suite)}.values():
            with tempfile.TemporaryDirectory() as folder:
                subprocess.run([f"{programs}/bench_{suite}", "--length", "smoke", "--filter", name,
                                "--output", folder], check=False, stdout=subprocess.DEVNULL)
                file = pathlib.Path(folder) / f"{suite}.json"
                found = file.exists() and name in names_of(folder, suite)
            print(f"{suite}: {name}: {'measured' if found else 'NOT MEASURED'}", flush=True)
            missing += [] if found else [name]
    sys.exit(bool(missing))


if __name__ == "__main__":
    main()
