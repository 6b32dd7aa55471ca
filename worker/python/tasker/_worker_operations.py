"""The operations of a client on workers, and the doctor; see ``_operations``."""

from __future__ import annotations

from typing import Optional

from . import _http
from ._operations import Operation, page_size
from .models import Finding, WorkerView


def workers(namespace: Optional[str], state: Optional[str]) -> Operation[list[WorkerView]]:
    found: list[WorkerView] = []
    cursor = None
    while True:
        query = {"namespace": namespace, "state": state, "cursor": cursor, "limit": page_size}
        answer = yield _http.get("/v1/workers", query)
        found += [WorkerView.of(each) for each in answer["workers"]]
        cursor = answer["next_cursor"]
        if cursor is None:
            return found


def worker(name: str) -> Operation[WorkerView]:
    return WorkerView.of((yield _http.get(f"/v1/workers/{_http.quoted(name)}")))


def command(name: str, command: str) -> Operation[WorkerView]:
    path = f"/v1/workers/{_http.quoted(name)}/{command}"
    return WorkerView.of((yield _http.post(path, None)))


def doctor() -> Operation[list[Finding]]:
    answer = yield _http.get("/v1/doctor")
    return [Finding.of(each) for each in answer["findings"]]
