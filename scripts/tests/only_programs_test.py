"""With TASKER_ONLY_PROGRAMS, cmake finds and builds nothing but what the programs are made of.

usage: only_programs_test.py SOURCE BUILD PRESET     (BUILD is removed and made again)
"""
from __future__ import annotations

import pathlib
import re
import shutil
import subprocess
import sys

source, build, preset = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3]
# Packages of the tests, benchmarks and Python module, which scripts/setup --demo does not install.
NOT_FOUND = ("GTest", "benchmark", "Python3", "Python", "pybind11")


def output(*argv: str | pathlib.Path) -> str:
    return subprocess.run(argv, check=True, capture_output=True, text=True, cwd=source).stdout


shutil.rmtree(build, ignore_errors=True)
output("cmake", "--preset", preset, "-B", build, "-D", "TASKER_ONLY_PROGRAMS=ON",
       *(f"-DCMAKE_DISABLE_FIND_PACKAGE_{name}=ON" for name in NOT_FOUND))
commands = output("ninja", "-C", build, "-t", "commands", "tasker", "tasker-orchestrator",
                  "tasker-demo-worker")
compiled = re.findall(r" -c (\S+)", commands)
assert len(compiled) > 100, compiled
wrong = [path for path in compiled
         if re.search(r"/tests/|/benches/|/shared/testing/|/python/|verify_interface", path)]
assert not wrong, wrong
shutil.rmtree(build)
