"""Webhooks of templates, delivered to a real HTTP server by a real worker."""

import contextlib
import hashlib
import hmac
import http.server
import json
import pathlib
import re
import signal
import threading

import pytest
from worker_program import running, until

import tasker

CODE = """
import tasker


@tasker.step("unused")
def unused():
    pass
"""
SECRET = "a secret of 32 bytes for the test"
SETTINGS = {
    "TASKER_WEBHOOK_SECRETS": f"billing={SECRET}",
    "TASKER_HTTP_PRIVATE_ADDRESSES": "allow",
}
AGAIN = ("503 Busy", {"Retry-After": "0"})
OK: tuple = ("204 OK", {})


class Receiver:
    """Keeps the requests, and answers them in order as given; the last answer is repeated.

    None: no answer, until the receiver is closed.
    """

    def __init__(self, *answers):
        self.requests: list = []
        self.closed = threading.Event()
        left = list(answers)
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                answer = left.pop(0) if len(left) > 1 else left[0]
                receiver.requests.append((self.headers, body))
                if answer is None:
                    receiver.closed.wait(60)
                    return
                (status, reason), fields = answer[0].split(" "), answer[1]
                self.send_response(int(status), reason)
                for name, value in fields.items():
                    self.send_header(name, value)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hooks?key=1"

    def __enter__(self):
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.closed.set()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


def in_the_document():
    """The check that docs/handlers.md gives to receivers."""
    page = pathlib.Path(__file__).resolve().parents[3] / "docs/handlers.md"
    (code,) = [
        each for each in re.findall(r"^```python\n(.*?)^```$", page.read_text(), re.M | re.S)
        if "hmac" in each
    ]
    names: dict = {}
    exec(code, names)
    return names["is_genuine"]


def hooked(engine, receiver, callable="tasker.noop", **hook):
    engine.template(
        "hooked", [("only", callable)],
        on_failure={"webhook": receiver.url, **hook},
        on_complete={"webhook": receiver.url, **hook},
    )
    return engine.create("hooked", {"n": 1}, labels={"team": "a"})


@contextlib.contextmanager
def worker(engine, folder):
    with running(engine, folder, CODE, "--lease-seconds", "3", env=SETTINGS) as program:
        yield program


def delivery_of(engine, task):
    """The end of the hook task of a task."""
    task = engine.client.wait(task, timeout=60)
    assert task.hook_task
    return engine.client.wait(task.hook_task, timeout=60)


def test_a_receiver_that_fails_twice_gets_the_signed_end_of_the_task(engine, tmp_path):
    with Receiver(AGAIN, AGAIN, OK) as receiver, worker(engine, tmp_path) as program:
        task = hooked(engine, receiver, secret="billing")
        delivery = delivery_of(engine, task)
        assert delivery.is_complete
        assert delivery.name == "tasker.webhook"
        assert delivery.labels == {"tasker.hook_of": task.task_id}
        assert delivery.result == {"deliver": {"status": 204}}
        assert SECRET not in program.output
    assert engine.client.step(delivery, "deliver").attempts == 3
    assert len(receiver.requests) == 3
    is_genuine = in_the_document()
    for headers, body in receiver.requests:
        assert headers["Tasker-Event"] == "task.complete"
        assert headers["Tasker-Delivery"] == delivery.task_id
        assert is_genuine(headers, body, SECRET.encode())
        assert not is_genuine(headers, body + b" ", SECRET.encode())
        assert not is_genuine(headers, body, b"another secret")
        old = dict(headers, **{"Tasker-Timestamp": str(int(headers["Tasker-Timestamp"]) - 301)})
        signed = hmac.new(
            SECRET.encode(), f"{old['Tasker-Timestamp']}.".encode() + body, hashlib.sha256
        )
        old["Tasker-Signature"] = "sha256=" + signed.hexdigest()
        assert not is_genuine(old, body, SECRET.encode())
        assert not is_genuine({}, body, SECRET.encode())
        shown = json.loads(body)
        assert shown["task_id"] == task.task_id
        assert shown["template"] == {
            "name": "hooked", "namespace": engine.namespace, "version": "1.0.0"
        }
        assert shown["state"] == "complete"
        assert shown["result"] == {"only": None}
        assert shown["labels"] == {"team": "a"}


def test_a_failed_task_is_delivered_with_its_error(engine, tmp_path):
    with Receiver(OK) as receiver, worker(engine, tmp_path):
        steps = {"name": "only", "handler": {"callable": "tasker.fail", "initialization": {
            "permanent": True, "message": "no money"}}}
        engine.template("hooked", [steps], on_failure={"webhook": receiver.url})
        assert delivery_of(engine, engine.create("hooked")).is_complete
    ((headers, body),) = receiver.requests
    assert headers["Tasker-Event"] == "task.failed"
    assert headers["Tasker-Signature"] is None
    error = {"step": "only", "type": "on_purpose", "message": "no money"}
    assert json.loads(body)["error"] == error


def test_a_killed_worker_delivers_again(engine, tmp_path):
    with Receiver(None, OK) as receiver:
        with worker(engine, tmp_path) as doomed:
            task = hooked(engine, receiver, secret="billing")
            until(lambda: receiver.requests)
            doomed.signal(signal.SIGKILL)
            doomed.wait()
        (tmp_path / "ready").unlink()
        with worker(engine, tmp_path):
            delivery = delivery_of(engine, task)
        assert delivery.is_complete
    first, second = receiver.requests
    assert first[1] == second[1]
    assert first[0]["Tasker-Delivery"] == second[0]["Tasker-Delivery"] == delivery.task_id
    step = engine.client.step(delivery, "deliver")
    assert (step.attempts, step.deliveries, step.lost_leases) == (1, 2, 1)


def test_a_refused_webhook_fails_and_is_not_delivered_again(engine, tmp_path):
    with Receiver(("410 Gone", {})) as receiver, worker(engine, tmp_path):
        task = hooked(engine, receiver)
        delivery = delivery_of(engine, task)
    assert delivery.state == "failed"
    assert len(receiver.requests) == 1
    assert engine.client.get(task).is_complete
    error = engine.client.step(delivery, "deliver").error
    assert error and error.type == "http_status"


def test_labels_of_tasker_are_refused(engine):
    engine.template("plain", [("only", "tasker.noop")])
    with pytest.raises(tasker.ApiError, match='names that begin with "tasker." are reserved'):
        engine.create("plain", labels={"tasker.hook_of": "x"})
