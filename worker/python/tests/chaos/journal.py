"""What handlers did: a file to which each run of a handler appends a line when it starts, and one
when it ends. A line is one write with O_APPEND, so it survives the death of its process."""

from __future__ import annotations

import dataclasses
import json
import pathlib
from typing import Optional


@dataclasses.dataclass
class Run:
    """One run of a handler. Times are seconds since the epoch."""

    id: str
    task: str
    step: str
    delivery: int
    process: int
    saw: list[str]
    started: float
    ended: Optional[float] = None
    outcome: Optional[str] = None  # ok, fails; None: it did not end


def read(path: pathlib.Path) -> dict[str, Run]:
    runs: dict[str, Run] = {}
    if not path.exists():
        return runs
    for line in path.read_text().splitlines():
        entry = json.loads(line)
        if entry["event"] == "start":
            assert entry["run"] not in runs, line
            runs[entry["run"]] = Run(
                entry["run"], entry["task"], entry["step"], entry["delivery"], entry["process"],
                sorted(entry["saw"]), entry["at"],
            )
        else:
            run = runs[entry["run"]]
            assert run.outcome is None, line
            run.ended, run.outcome = entry["at"], entry["event"]
    return runs


def runs_in(value: object) -> list[str]:
    """The runs whose results are in this result."""
    if isinstance(value, dict):
        if isinstance(value.get("run"), str):
            return [value["run"]]
        return [run for each in value.values() for run in runs_in(each)]
    if isinstance(value, list):
        return [run for each in value for run in runs_in(each)]
    return []
