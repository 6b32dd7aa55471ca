"""The program tasker-worker-py: signals, exit codes, several processes, reloading."""

import os
import signal
import subprocess
import sys
import time
import urllib.request

import pytest
from worker_program import running, until

CODE = """
import logging
import pathlib
import threading
import time

import tasker


@tasker.step("pid")
def pid():
    import os
    return os.getpid()


@tasker.step("slow")
def slow(context, step):
    pathlib.Path(context["started"]).touch()
    print("printed by the handler")
    step.logger.warning("about to sleep")
    logging.getLogger("shop").info("from the module's logger")
    if context["polite"]:
        step.wait(context["seconds"])
    else:
        threading.Event().wait(context["seconds"])
    return "done"


@tasker.step("busy")
def busy(context):
    pathlib.Path(context["started"]).touch()
    end = time.monotonic() + context["seconds"]
    while time.monotonic() < end:
        pass
"""


def start_slow(engine, folder, seconds, polite=True, handler="slow"):
    engine.template("slow", [("only", handler)])
    started = folder / "started"
    task = engine.create(
        "slow", {"started": str(started), "seconds": seconds, "polite": polite}
    )
    until(started.exists)
    return task


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_lets_a_handler_finish(engine, tmp_path, number):
    with running(engine, tmp_path, CODE) as program:
        task = start_slow(engine, tmp_path, seconds=0.7)
        program.signal(number)
        assert program.wait() == 0
        assert engine.client.wait(task, 10).result == {"only": "done"}
        assert "Traceback" not in program.output
        assert "printed by the handler" in program.output


def test_handler_is_cancelled_when_the_grace_period_ends(engine, tmp_path):
    with running(engine, tmp_path, CODE, "--shutdown-grace", "0.3") as program:
        start_slow(engine, tmp_path, seconds=60)
        before = time.monotonic()
        program.signal()
        assert program.wait() == 0
        assert time.monotonic() - before < 10


def test_handler_that_does_not_stop_is_abandoned_and_its_step_runs_again(engine, tmp_path):
    with running(engine, tmp_path, CODE, "--shutdown-grace", "0.2") as program:
        task = start_slow(engine, tmp_path, seconds=60, polite=False)
        program.signal()
        assert program.wait() == 3
        assert "printed by the handler" in program.output  # buffered output is written
    assert engine.client.step(task, "only").state != "failed"


def test_second_signal_ends_immediately(engine, tmp_path):
    with running(engine, tmp_path, CODE) as program:
        start_slow(engine, tmp_path, seconds=60, polite=False)
        before = time.monotonic()
        program.signal()
        until(lambda: "stopping" in program.output)
        program.signal()
        assert program.wait() == 3
        assert time.monotonic() - before < 10


def test_logs_of_handlers_name_task_and_step(engine, tmp_path):
    with running(engine, tmp_path, CODE, "--log-format", "json") as program:
        task = start_slow(engine, tmp_path, seconds=0)
        engine.client.wait(task, 20)
        lines = program.output.splitlines()
    (line,) = (each for each in lines if "about to sleep" in each)
    assert '"event":"handler_log"' in line and '"level":"warn"' in line
    assert f'"task":"{task.task_id}"' in line and '"step":"only"' in line
    (line,) = (each for each in lines if "from the module's logger" in each)
    assert '"logger":"shop"' in line and '"event":"python_log"' in line


def test_health_port_answers_while_python_is_busy(engine, tmp_path):
    with running(engine, tmp_path, CODE):
        start_slow(engine, tmp_path, seconds=2, handler="busy")
        address = (tmp_path / "ready").read_text().strip()
        with urllib.request.urlopen(f"http://{address}/metrics", timeout=5) as answer:
            assert b"tasker_" in answer.read()


@pytest.mark.parametrize(
    ("code", "arguments", "message"),
    [
        ("import no_such_module", [], "cannot be imported"),
        ("def broken(:", [], "SyntaxError"),
        ("x = 1", [], "no handlers"),
        (CODE, ["--slots", "0"], "concurrency"),
        (CODE, ["--slots", "many"], "invalid int value"),
        (CODE, ["--processes", "0"], "1 to 256"),
        ("import no_such_module", ["--processes", "2"], "cannot be imported"),
        (CODE, ["--slots", "0", "--processes", "2"], "concurrency"),
    ],
)
def test_invalid_settings_and_modules_exit_with_2(engine, tmp_path, code, arguments, message):
    with running(engine, tmp_path, code, *arguments) as program:
        assert program.wait() == 2
        assert message in program.output


@pytest.mark.parametrize(
    ("module", "reported"),
    [
        ("nosuch.py", "nosuch.py: no such file"),
        ("nosuch", "nosuch: no such module, not in {} and not on Python's path"),
        ("json.nosuch", "json.nosuch: no such module, not in {} and not on Python's path"),
    ],
)
def test_missing_module_is_reported_in_one_line(tmp_path, module, reported):
    done = outcome_of(tmp_path, module)
    assert (done.returncode, done.stderr) == (2, f"tasker-worker-py: {reported.format(tmp_path)}\n")


def test_traceback_of_an_import_begins_in_the_module(tmp_path):
    tmp_path.joinpath("shop.py").write_text("import orders\n")
    tmp_path.joinpath("orders.py").write_text("import no_such_thing\n")
    for module in "shop", "shop.py":
        done = outcome_of(tmp_path, module)
        lines = [line.strip() for line in done.stderr.splitlines()]
        assert lines[:2] == [
            "Traceback (most recent call last):",
            f'File "{tmp_path}/shop.py", line 1, in <module>',
        ]
        assert lines[-2:] == [
            "ModuleNotFoundError: No module named 'no_such_thing'",
            f"tasker-worker-py: {module}: cannot be imported",
        ]


def outcome_of(folder, module):
    return subprocess.run(
        [sys.executable, "-m", "tasker", module],
        cwd=folder,
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
        check=False,
    )


def test_unreachable_database_exits_with_1(tmp_path):
    tmp_path.joinpath("shop.py").write_text(CODE)
    tmp_path.joinpath("worker.toml").write_text("[database]\nstartup_timeout_ms = 300\n")
    done = subprocess.run(
        [sys.executable, "-m", "tasker", "shop.py", "--config", "worker.toml",
         "--listen", "", "--database-url", f"host={tmp_path} dbname=nothing"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert "cannot_start" in done.stderr and "Traceback" not in done.stderr


def seen_with(engine, seen):
    seen.add(engine.run("pid").result["only"])
    return seen


def test_processes_share_the_work_and_a_dead_one_is_replaced(engine, tmp_path):
    engine.template("pid", [("only", "pid")])
    with running(engine, tmp_path, CODE, "--processes", "2", "--slots", "1") as program:
        first = set(program.children())
        assert len(first) == 2
        assert len((tmp_path / "ready").read_text().split()) == 2
        seen: set[int] = set()
        until(lambda: seen_with(engine, seen) == first)
        victim = min(first)
        os.kill(victim, signal.SIGKILL)
        until(lambda: len(set(program.children()) - {victim}) == 2)
        until(lambda: len(seen_with(engine, seen)) == 3)
        program.signal()
        assert program.wait() in (0, 1)
        assert program.children() == []


def test_the_only_process_is_replaced(engine, tmp_path):
    engine.template("pid", [("only", "pid")])
    with running(engine, tmp_path, CODE, "--processes", "1") as program:
        (victim,) = program.children()
        assert engine.run("pid").result == {"only": victim}
        os.kill(victim, signal.SIGKILL)
        assert engine.run("pid").result["only"] != victim
        program.signal()
        assert program.wait() == 0


def test_processes_of_a_supervisor_block_no_signal(engine, tmp_path):
    with running(engine, tmp_path, CODE, "--processes", "1") as program:
        (worker,) = program.children()
        with open(f"/proc/{worker}/status") as status:
            (blocked,) = (line.split()[1] for line in status if line.startswith("SigBlk"))
        assert int(blocked, 16) == 0


SCRIPT = """
import tasker


class Greets:
    def __init__(self, greeting):
        self.greeting = greeting

    @tasker.step("greet")
    def greet(self):
        return self.greeting


tasker.run_program(handlers=[Greets("hello")])
"""


@pytest.mark.parametrize("program", [("shop.py",), ("-m", "shop")], ids=["script", "module"])
def test_script_with_its_own_handlers_runs_in_several_processes(engine, tmp_path, program):
    engine.template("greet", [("only", "greet")])
    with running(engine, tmp_path, SCRIPT, "--processes", "2", program=program) as worker:
        assert engine.run("greet").result == {"only": "hello"}
        worker.signal()
        assert worker.wait() == 0, worker.output


LEAVES = """
import os
import sys
import threading

import tasker


@tasker.step("answer")
def answer():
    return 42


@tasker.step("hangs")
def hangs(step):
    started.set()
    step.wait(600)


started = threading.Event()
worker = tasker.Worker(
    handlers=[answer, hangs],
    database_url=os.environ["DATABASE_URL"],
    namespaces=[sys.argv[1]],
    listen="",
)
threading.Thread(target=worker.run, daemon=True).start()
with tasker.Client(os.environ["TASKER_URL"]) as client:
    task = client.create_task("answer", namespace=sys.argv[1])
    print(client.wait(task, 30, check=True).result["only"], flush=True)
    if sys.argv[2] == "busy":
        client.create_task("hangs", namespace=sys.argv[1])
        started.wait(30)
sys.exit(5)
"""


@pytest.mark.parametrize("state", ["idle", "busy"])
def test_program_can_exit_with_a_worker_on_a_daemon_thread(engine, tmp_path, state):
    engine.template("answer", [("only", "answer")])
    engine.template("hangs", [("only", "hangs")])
    script = tmp_path / "leaves.py"
    script.write_text(LEAVES)
    done = subprocess.run(
        [sys.executable, str(script), engine.namespace, state],
        env={
            **os.environ,
            "DATABASE_URL": engine.server.database_url,
            "TASKER_URL": engine.server.url,
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (5, "42\n"), done.stderr


def test_processes_end_with_their_supervisor(engine, tmp_path):
    with running(engine, tmp_path, CODE, "--processes", "2") as program:
        workers = program.children()
        assert len(workers) == 2
        program.process.kill()
        until(lambda: not any(os.path.exists(f"/proc/{each}/fd/0") for each in workers))


def test_changed_code_is_reloaded(engine, tmp_path):
    engine.template("answer", [("only", "answer")])
    code = 'import tasker\n\n@tasker.step("answer")\ndef answer():\n    return %s\n'
    with running(engine, tmp_path, code % 1, "--reload") as program:
        assert engine.run("answer").result == {"only": 1}
        tmp_path.joinpath("shop.py").write_text("broken code")
        until(lambda: "SyntaxError" in program.output)
        tmp_path.joinpath("shop.py").write_text(code % 42)
        assert engine.run("answer").result == {"only": 42}
        program.signal()
        assert program.wait() == 0
