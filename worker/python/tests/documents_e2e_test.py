"""The commands and programs in the docs work, in the order of the pages, on one server."""

import json
import os
import pathlib
import re
import subprocess
import sys
import textwrap
import types
from typing import Any

import pytest

import tasker
from tasker import testing

top = pathlib.Path(__file__).resolve().parents[3]

# Blocks with these lines set up or start what the test starts itself, or change this machine.
set_up = re.compile(
    r"make (demo|build)|tasker dev|export PATH|tasker-(orchestrator|worker) --config"
    r"|tasker completion|docker |package_report"
)
refused = "# refused"  # the pages' mark for a command that must fail


def blocks(page, language):
    """The code of the page's blocks in this language, without their indentation."""
    text = (top / page).read_text()
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def commands(page):
    return [block for block in blocks(page, "sh") if not set_up.search(block)]


def curl_commands(page):
    """The commands of a page that indents its code."""
    text = (top / page).read_text()
    paragraphs = [textwrap.dedent(each) for each in text.split("\n\n") if each.startswith("    ")]
    return [
        command
        for each in paragraphs
        if each.startswith("curl ")
        for command in re.split(r"\n(?=curl )", each)
    ]


def psql(database, *more):
    """The command of a session."""
    return ["psql", "-qAtX", "-v", "ON_ERROR_STOP=1", "-d", database, *more]


class Listener:
    """A session that listens to a channel."""

    def __init__(self, database, listen):
        self._psql = subprocess.Popen(
            psql(database), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        assert self._answer(listen + "select 'listens';") == "listens\n"

    def _answer(self, statements):
        """A line of what psql prints."""
        assert self._psql.stdin and self._psql.stdout
        self._psql.stdin.write(statements + "\n")
        return self._psql.stdout.readline()

    def next(self):
        """The next notification, which psql prints after a statement."""
        for _ in range(6000):
            got = re.search(r'with payload "(.*)" received', self._answer("select pg_sleep(0.01);"))
            if got:
                return json.loads(got[1])
        raise AssertionError("no notification came")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._psql.communicate()


class Reader:
    """Runs the commands of the pages, in one folder and against one server."""

    def __init__(self, folder, server):
        self.folder = folder
        self.url = server.url
        self.database = server.database_url
        self.environment = {**os.environ, "TASKER_URL": server.url, "TASKER": server.url}
        self.environment["PATH"] = os.environ["TASKER_BIN"] + os.pathsep + os.environ["PATH"]

    def save(self, name, text):
        (self.folder / name).write_text(text)

    def run(self, *command):
        return subprocess.run(
            command, cwd=self.folder, env=self.environment, capture_output=True, text=True,
            timeout=120,
            check=False,
        )

    def shell(self, block):
        """The output of the block. A command must fail if the page says so, else succeed."""
        script = block.replace("http://127.0.0.1:8080", self.url)
        script = re.sub(rf"^(.*?)\s*{refused}.*$", r"! \1 || exit 99", script, flags=re.MULTILINE)
        script = re.sub(r"\bcurl -s", "curl --fail-with-body -s", script)
        done = self.run("bash", "-euo", "pipefail", "-c", script)
        assert done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def complete(self, task_id):
        """Whether the task is complete within a minute."""
        return tasker.Client(self.url).wait(task_id, timeout=60).state == "complete"

    def failed_task(self):
        client = tasker.Client(self.url)
        fail = {"callable": "tasker.fail", "initialization": {"permanent": True}}
        client.register_template(
            {"name": "fails", "version": "1.0.0", "steps": [{"name": "a", "handler": fail}]}
        )
        return client.wait(client.create_task("fails"), timeout=60).task_id

    def waiting_task(self):
        """A task that no worker claims."""
        self.register("unserved", "waits")
        return tasker.Client(self.url).create_task("waits", namespace="unserved").task_id

    def register(self, namespace, name):
        steps = [{"name": "a", "handler": {"callable": "tasker.noop"}}]
        tasker.Client(self.url).register_template(
            {"namespace_name": namespace, "name": name, "version": "1.0.0", "steps": steps}
        )

    def signalled_task(self):
        """A task of a template of docs/workflows.md that waits for signals."""
        (template,) = [each for each in blocks("docs/workflows.md", "yaml") if "signal:" in each]
        client = tasker.Client(self.url)
        name = client.register_template(template).name
        return client.create_task(name, {"order": "order-17"}).task_id

    def python(self, code):
        done = self.run(sys.executable, "-c", code)
        assert done.returncode == 0, f"{code}\n{done.stdout}\n{done.stderr}"
        return done.stdout


@pytest.fixture(scope="module")
def reader(tmp_path_factory, tasker_server):
    folder = tmp_path_factory.mktemp("reader")
    (folder / "config").symlink_to(top / "config")
    typed = Reader(folder, tasker_server)
    typed.save("orders.py", blocks("README.md", "python")[0])
    typed.save("greet.py", blocks("docs/python.md", "python")[0])
    program = [os.path.join(os.environ["TASKER_BIN"], "tasker-worker-py")]
    examples = str(top / "worker/python/examples/handlers.py")
    program = [sys.executable, *program, "orders.py", "greet.py", examples]
    program += ["--listen", "127.0.0.1:0"]
    program += ["--database-url", tasker_server.database_url, "--ready-file", "ready"]
    log = folder / "worker.log"
    environment = {**os.environ, "TASKER_HTTP_PRIVATE_ADDRESSES": "allow"}  # as with tasker dev
    with log.open("wb") as output:
        worker = subprocess.Popen(
            program, cwd=folder, env=environment, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        yield typed
    finally:
        worker.terminate()
        assert worker.wait(60) == 0, log.read_text()


class TestDocuments:
    """A test for each page, in the order in which a new user reads them."""

    def test_readme(self, reader):
        printed = reader.python(blocks("README.md", "python")[1])
        assert printed.endswith("{'bill': {'total': 45.0}}\n")
        (block,) = commands("README.md")
        printed = reader.shell(block)
        assert "bill" in printed and '"state":"complete"' in printed

    def test_getting_started(self, reader):
        reader.save("greet.yaml", blocks("docs/getting-started.md", "yaml")[0])
        first, second, greet, result, http = commands("docs/getting-started.md")
        assert "valid" in reader.shell(first)
        assert "complete" in reader.shell(second)
        assert "luck" in reader.shell(greet)
        assert '"failures"' in reader.shell(result)
        assert '"openapi"' in reader.shell(http)
        (sql,) = blocks("docs/getting-started.md", "sql")
        done = reader.run(*psql(reader.database, "-c", sql))
        assert done.returncode == 0, done.stderr
        task = re.search(r"[0-9a-f-]{36}", done.stdout)
        assert task and reader.complete(task[0])

    def test_python(self, reader):
        assert reader.python(blocks("docs/python.md", "python")[1]) == "Hello, Ada!\n"
        (refunds,) = [each for each in blocks("docs/python.md", "python") if "to_yaml" in each]
        reader.save("refunds.yaml", reader.python(refunds))
        assert "valid" in reader.shell("tasker template validate refunds.yaml")

    def test_http_api(self, reader):
        for_open_tasks = ("cancel", "pause", "steps/a/resolve", "priority")
        for command in curl_commands("docs/http-api.md"):
            complete = reader.environment.get("ID")
            if "&cursor=" in command:
                page = json.loads(reader.shell("curl -s $TASKER/v1/tasks?limit=1"))
                reader.environment["CURSOR"] = page["next_cursor"]
            elif "TASKER/v1/pause" in command:
                reader.register("shop", "order")
            elif "workers/shop-1" in command:
                sql = "select tasker.register_worker('shop-1', '{shop}')"
                assert reader.run(*psql(reader.database, "-c", sql)).returncode == 0
            elif any(f"$ID/{action}" in command for action in for_open_tasks):
                reader.environment["ID"] = reader.waiting_task()
            elif "/retry" in command or "$ID/edit" in command or "-X DELETE" in command:
                reader.environment["ID"] = reader.failed_task()
            elif "/rerun" in command:
                client = tasker.Client(reader.url)
                parcel = client.create_task("parcel", {"order_id": 17})
                reader.environment["ID"] = client.wait(parcel, timeout=60).task_id
            elif "/signals/approve" in command:
                reader.environment["ID"] = reader.signalled_task()
            printed = reader.shell(command)
            if printed.startswith('{"task_id"') and not complete:
                reader.environment["ID"] = json.loads(printed)["task_id"]
            elif complete:
                reader.environment["ID"] = complete

    @pytest.mark.parametrize("language", ["yaml", "json"])
    def test_templates(self, reader, language):
        for block in blocks("docs/templates.md", language):
            reader.save("page." + language, block)
            done = reader.run("tasker", "template", "validate", "page." + language)
            assert done.returncode == 0, block + done.stderr

    @pytest.mark.parametrize(
        ("index", "context", "states", "end"),
        [
            (0, {"total": 120}, {"approve": "complete", "pay": "complete"}, "complete"),
            (0, {"total": 80}, {"approve": "skipped", "pay": "complete"}, "complete"),
            (1, {}, {"upload": "pending", "alert": "complete", "clean_up": "complete"}, "failed"),
            (-1, {}, {"load": "complete", "answer": "complete", "archive": "complete"}, "complete"),
        ],
    )
    def test_workflows(self, reader, index, context, states, end):
        client = tasker.Client(reader.url)
        template = client.register_template(blocks("docs/workflows.md", "yaml")[index])
        task = client.wait(client.create_task(template.name, context), timeout=60)
        assert task.state == end
        shown = {step.name: step.state for step in client.steps(task)}
        assert shown.items() >= states.items()

    def test_compensation_of_workflows(self, reader):
        client = tasker.Client(reader.url)
        (text,) = [each for each in blocks("docs/workflows.md", "yaml") if "compensate:" in each]
        template = client.register_template(text)
        task = client.wait(client.create_task(template.name, {}), timeout=60)
        assert (task.state, task.compensation) == ("failed", "complete")
        undone = client.compensation(task)
        assert undone[0].step == "charge"
        assert {each.step for each in undone} == {"flight", "hotel", "charge"}
        assert {each.state for each in undone} == {"complete"}

    def test_time_limit_of_workflows(self, reader):
        client = tasker.Client(reader.url)
        (text,) = [each for each in blocks("docs/workflows.md", "yaml")
                   if "\ntimeout_seconds:" in each]
        template = client.register_template(text)
        client.wait(client.create_task(template.name, {}), timeout=60, check=True)
        late = client.register_template(
            text.replace("name: quote", "name: late_quote").replace("3600", "0.3")
            .replace("tasker.echo}", "tasker.sleep, initialization: {ms: 60000}}")
        )
        task = client.wait(client.create_task(late.name, {}), timeout=60)
        assert task.state == "failed"
        assert task.error and task.error.type == "deadline"

    def test_hooks_of_workflows(self, reader):
        client = tasker.Client(reader.url)
        hooked, on_call = (
            each for each in blocks("docs/workflows.md", "yaml") if re.search("on_call", each)
        )
        client.register_template(on_call)
        failing = "tasker.fail, initialization: {permanent: true, message: no money}}"
        client.register_template(hooked.replace("tasker.echo}", failing))
        task = client.wait(client.create_task("charge_cards", {}), timeout=60)
        assert task.state == "failed" and task.hook_task
        hook = client.wait(task.hook_task, timeout=60, check=True)
        assert hook.result["page"]["inputs"] == {
            "subject": "charge_cards failed", "reason": "charge no money",
        }
        (block,) = [each for each in blocks("docs/workflows.md", "json") if "finished_at" in each]
        assert json.loads(block).keys() == hook.context.keys()

    def test_events_of_workflows(self, reader):
        client = tasker.Client(reader.url)
        (text,) = [each for each in blocks("docs/workflows.md", "yaml") if "publishes_e" in each]
        client.register_template(text)
        listen, read = (each for each in blocks("docs/workflows.md", "sql") if "events" in each)
        (shown,) = [each for each in blocks("docs/workflows.md", "json") if "is_cut" in each]
        with Listener(reader.database, listen) as session:
            task = client.wait(client.create_task("capture_payment", {}), timeout=60, check=True)
            heard = [session.next(), session.next()]
        assert [each["event"] for each in heard] == ["payment.processed", "payment.over"]
        assert heard[0].keys() == json.loads(shown).keys()
        assert (heard[0]["task_id"], heard[0]["state"]) == (task.task_id, "complete")
        assert heard[0]["result"] == client.step(task, "charge_card").result
        done = reader.run(*psql(reader.database, "-c", read))
        (line,) = done.stdout.splitlines()
        assert line.split("|")[1] == "payment.processed"
        assert json.loads(line.split("|")[2]) == heard[0]["result"]

    def test_budget_of_workflows(self, reader):
        client = tasker.Client(reader.url)
        (text,) = [each for each in blocks("docs/workflows.md", "yaml") if "\nbudget:" in each]
        template = client.register_template(text)
        task = client.create_task(template.name, {"questions": ["who", "why"]})
        task = client.wait(task, timeout=60, check=True)
        assert (task.budget, task.spent) == ({"tokens": 100000, "cents": 500}, {})
        (code,) = [each for each in blocks("docs/workflows.md", "python") if "step.spend" in each]
        answer = types.SimpleNamespace(tokens=60000, cents=1, text="ada")
        names: dict[str, Any] = {"tasker": tasker, "ask": lambda item: answer}
        exec(code, names)
        stubs = dict.fromkeys(("tasker.echo", "tasker.noop"), lambda step: {
            "context": step.context})
        searched = text.replace("map: {", "map: {max_parallel: 1, ").replace(
            ", max_parallel: 4", "")
        searched = searched.replace("callable: tasker.noop}\n    dependencies: [plan]",
                                    "callable: search}\n    dependencies: [plan]")
        run = testing.run(searched, [names["search"]], {"questions": ["who", "why", "no"]},
                          stubs=stubs)
        assert (run.state, run.spent) == ("failed", {"tokens": 120000, "cents": 2})
        assert run.steps["search"].error is not None
        assert run.steps["search"].error.type == "budget_exhausted"

    def test_checkpoints_of_workflows(self):
        (code,) = [each for each in blocks("docs/workflows.md", "python") if "checkpoint" in each]
        loaded: list[int] = []
        names: dict[str, Any] = {"tasker": tasker, "rows": 4, "load": loaded.append}
        exec(code, names)
        _, failure = testing.call(names["import_rows"], checkpoint=2)
        assert failure is None
        assert loaded == [2, 3]

    def test_early_ends_of_workflows(self):
        (text,) = [each for each in blocks("docs/workflows.md", "yaml") if "signup" in each]
        (code,) = [each for each in blocks("docs/workflows.md", "python") if "FailTask" in each]
        names: dict[str, Any] = {"tasker": tasker}
        exec(code, names)

        def run(email):
            return testing.run(text, [names["look_up"]], {"email": email},
                               stubs={"tasker.noop": lambda: None})

        known = run("ada@example.org")
        assert known.result == {"customer": 17, "is_new": False}
        assert known.steps["create_account"].state == known.steps["welcome"].state == "skipped"
        blocked = run("bob@spam.example")
        assert (blocked.state, blocked.steps["welcome"].state) == ("failed", "skipped")
        assert blocked.steps["look_up"].error.type == "blocked_address"
        assert run("eve@example.org").result == {"welcome": None}

    def test_signals_of_workflows(self, reader):
        client = tasker.Client(reader.url)
        refused = reader.signalled_task()
        client.signal(refused, "approve", {"approved": False}, by="ada")
        client.wait(refused, timeout=60, check=True)
        assert client.step(refused, "pay").state == "skipped"
        approved = reader.signalled_task()
        client.signal(approved, "approve", {"approved": True}, by="ada")
        client.signal(approved, "payment", {"amount": 30})
        done = client.wait(approved, timeout=60, check=True)
        assert done.result["paid"]["payload"] == {"amount": 30}

    def test_examples(self, reader):
        page = (top / "docs/examples.md").read_text()
        assert set(re.findall(r"^\| \[(\w+)\]", page, re.MULTILINE)) == {
            path.stem for path in (top / "config/templates").glob("*.yaml")
        }
        register, *others = commands("docs/examples.md")
        reader.shell(register)
        in_table = re.findall(r"^\|.*`(tasker task create .*)` \|$", page, re.MULTILINE)
        for command in [*in_table, *others]:
            command = command.replace("/tmp/", f"{reader.folder}/")
            printed = reader.shell(command.replace("8080", reader.url.rpartition(":")[2]))
            for backup in re.findall(r"/tmp/snapshot-[\w-]+\.tar", printed):
                pathlib.Path(backup).unlink()
            assert re.search(r"\b(complete|cancelled)\b", printed), command
