"""The package as ``make install`` installs it."""

import os
import pathlib
import subprocess
import sys

import pytest
from worker_program import running

import tasker


@pytest.fixture
def installed_program(tmp_path):
    """tasker-worker-py under a prefix that is not on Python's path."""
    build = pathlib.Path(os.environ["TASKER_BIN"]).parent
    prefix = tmp_path / "prefix"
    subprocess.run(
        ["cmake", "--install", build, "--component", "python", "--prefix", prefix],
        stdout=subprocess.DEVNULL,
        check=True,
    )
    return str(prefix / "bin" / "tasker-worker-py")


def test_installed_program_finds_its_package(installed_program):
    done = subprocess.run(
        [sys.executable, installed_program, "--version"],
        env={},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout.strip() == tasker.__version__


def test_processes_of_the_installed_program_find_its_package(engine, tmp_path, installed_program):
    code = 'import tasker\n\n@tasker.step("file")\ndef file():\n    return tasker.__file__\n'
    engine.template("file", [("only", "file")])
    program = (installed_program, "shop.py")
    with running(
        engine, tmp_path, code, "--processes", "2", program=program, env={"PYTHONPATH": ""}
    ) as worker:
        found = engine.run("file").result["only"]
        assert pathlib.Path(found).resolve().is_relative_to(tmp_path / "prefix")
        worker.signal()
        assert worker.wait() == 0
