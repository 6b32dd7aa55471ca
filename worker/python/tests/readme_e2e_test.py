"""The Python examples of README.md and docs/python.md, run as they stand there."""

import json
import os
import pathlib
import re
import signal
import subprocess
import sys

import pytest
from worker_program import until

TOP = pathlib.Path(__file__).resolve().parents[3]


def blocks(document, after):
    """The Python code blocks behind a heading."""
    text = (TOP / document).read_text()
    section = text[text.index(f"\n## {after}\n") :]
    return re.findall(r"```python\n(.*?)```", section, re.DOTALL)


@pytest.mark.parametrize(
    ("document", "heading", "handlers_file", "printed"),
    [
        ("README.md", "A worked example", "orders.py", "{'bill': {'total': 45.0}}"),
        ("docs/python.md", "A first workflow", "greet.py", "Hello, Ada!"),
    ],
)
def test_example_prints_what_it_says(tmp_path, document, heading, handlers_file, printed):
    handlers, program = blocks(document, heading)[:2]
    tmp_path.chmod(0o711)
    for folder in tmp_path.parents[:2]:
        folder.chmod(0o711)  # PostgreSQL has to get in
    (tmp_path / handlers_file).write_text(handlers)
    (tmp_path / "program.py").write_text(program)
    tasker = os.path.join(os.environ.get("TASKER_BIN", ""), "tasker")
    dev = subprocess.Popen(
        [tasker, "dev", "--json", "--worker-program", handlers_file]
        + ["--data", str(tmp_path / "data"), "--port", "0", "--worker-port", "0"],
        cwd=tmp_path,
        stdout=(tmp_path / "dev.json").open("wb"),
        stderr=(tmp_path / "dev.log").open("wb"),
        start_new_session=True,
    )
    try:
        until(lambda: "\n" in (tmp_path / "dev.json").read_text() or dev.poll() is not None, 120)
        assert dev.poll() is None, (tmp_path / "dev.log").read_text()
        url = json.loads((tmp_path / "dev.json").read_text())["url"]
        done = subprocess.run(
            [sys.executable, "program.py"],
            cwd=tmp_path,
            env={**os.environ, "TASKER_URL": url},
            capture_output=True,
            text=True,
            timeout=60,
        )
    finally:
        dev.send_signal(signal.SIGINT)
        dev.wait(60)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == printed
