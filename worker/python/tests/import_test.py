"""The error of an import when the extension module is missing."""

import pathlib
import shutil
import subprocess
import sys

import tasker

OTHERS = "_native.cpython-36m-x86_64-linux-gnu.so"


def problem_of_import(folder):
    """The last lines that Python prints, for a copy of the package without its module."""
    here = pathlib.Path(tasker.__file__).resolve().parent
    without = shutil.ignore_patterns("*.so", "__pycache__")
    shutil.copytree(here, folder / "tasker", ignore=without, dirs_exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-c", "import tasker"],
        env={"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"},
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "During handling" not in done.stderr
    return done.stderr.strip().splitlines()[-1]


def test_module_that_was_built_for_another_python_is_reported(tmp_path):
    (tmp_path / "tasker").mkdir()
    (tmp_path / "tasker" / OTHERS).touch()
    this = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert problem_of_import(tmp_path) == (
        f"ImportError: tasker in {tmp_path}/tasker was built for another Python ({OTHERS}), "
        f"not for {this}; build it for this one: pip install worker/python"
    )


def test_module_that_was_not_built_is_reported(tmp_path):
    assert problem_of_import(tmp_path) == (
        f"ImportError: tasker in {tmp_path}/tasker has no extension module _native; "
        "build it: pip install worker/python"
    )


def test_module_that_cannot_be_loaded_is_reported_unchanged(tmp_path):
    (tmp_path / "tasker").mkdir()
    suffix = pathlib.Path(tasker._native.__file__).name.partition(".")[2]
    (tmp_path / "tasker" / f"_native.{suffix}").write_text("no library")
    assert "file too short" in problem_of_import(tmp_path)
