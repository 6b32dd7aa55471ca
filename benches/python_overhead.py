#!/usr/bin/python3
"""The cost of a call of a Python handler, from a leased step to its result as JSON text.

usage: PYTHONPATH=build/release/python benches/python_overhead.py [--calls N] [--warm-up N]
           [--samples N] [--throughput TASKS] [--json FILE]

Calls are made as a thread of the worker's pool makes them: it takes the GIL, reads the JSON that
the handler asks for, calls it, writes what it returns, and lets go of the GIL. --throughput also
drains a backlog of diamond tasks of four no-op steps with one worker process, on a private server
with fsync on (needs TASKER_BIN, or tasker on PATH). Prints JSON:

    {"suite": "python_overhead", "unit": "us", "calls": 20000, "cases": [{"name": "noop",
      "mean": …, "p50": …, "p95": …, "p99": …, "min": …, "max": …, "target": 15,
      "samples": [mean of each of N equal parts, in their order]}, …],
     "throughput": {"tasks": …, "steps_per_s": …, "target": 8000}}
"""

import argparse
import asyncio
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import uuid

from tasker import NewTask, _binding, _native, testing

PAYLOAD_OF_1_KB = 1024
PAYLOAD_OF_10_KB = 10240


def payload(size):
    """An object of about ``size`` bytes, of the kind that workflows hand on."""
    items: list[dict[str, object]] = []
    while len(_native.write_json({"items": items})) < size:
        n = len(items)
        items.append({"id": n, "name": f"product {n}", "price": n * 1.25, "tags": ["a", "b"]})
    return {"items": items}


def noop():
    return None


def takes_context(context):
    return None


def takes_step(step):
    return None


def gives_back(context):
    return context


def joins(left, right):
    return right


def progress():
    yield 0.5
    return None


async def coroutine():
    return None


async def coroutine_that_waits():
    await asyncio.sleep(0)


def cases():
    """name, handler, context, parents, target in microseconds or None"""
    small, kilobyte, ten = {"n": 1}, payload(PAYLOAD_OF_1_KB), payload(PAYLOAD_OF_10_KB)
    yield "noop", noop, small, {}, 15
    yield "noop_with_context", takes_context, small, {}, 15
    yield "noop_with_step", takes_step, small, {}, 15
    yield "payload_1kb_in", takes_context, kilobyte, {}, None
    yield "payload_1kb_each_way", gives_back, kilobyte, {}, 40
    yield "payload_1kb_of_parents", joins, small, {"left": 1, "right": kilobyte}, 40
    yield "payload_10kb_each_way", gives_back, ten, {}, None
    yield "coroutine", coroutine, small, {}, None
    yield "coroutine_that_waits", coroutine_that_waits, small, {}, None


def direct(calls):
    """The same no-op called from Python, for comparison."""
    took = []
    for _ in range(calls):
        before = time.perf_counter_ns()
        noop()
        took.append(time.perf_counter_ns() - before)
    return took


def figures(name, nanoseconds, target, samples):
    ordered = sorted(nanoseconds)
    size = len(nanoseconds) // samples

    def at(share):
        return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))] / 1000, 3)

    return {
        "name": name,
        "mean": round(statistics.fmean(ordered) / 1000, 3),
        "p50": at(0.50),
        "p95": at(0.95),
        "p99": at(0.99),
        "min": at(0),
        "max": at(1),
        "target": target,
        "samples": [
            round(statistics.fmean(nanoseconds[part * size : (part + 1) * size]) / 1000, 4)
            for part in range(samples)
        ],
    }


def measure(calls, warm_up, samples):
    yield figures("python_calls_python", direct(calls), None, samples)
    for name, handler, context, parents, target in cases():
        arguments = (
            handler,
            _binding.parameters(handler),
            _native.write_json(context),
            _native.write_json(parents),
        )
        _native.time_calls(*arguments, warm_up)
        yield figures(name, _native.time_calls(*arguments, calls), target, samples)


WORKER = """
import tasker

@tasker.step("noop")
def noop():
    return None
"""


def throughput(tasks):
    namespace = "b_" + uuid.uuid4().hex[:8]
    steps = [("a", []), ("b", ["a"]), ("c", ["a"]), ("d", ["b", "c"])]
    folder = tempfile.TemporaryDirectory()
    with testing.DevServer() as server, server.client() as client, folder as d:
        client.register_template(
            {
                "name": "diamond",
                "namespace_name": namespace,
                "version": "1.0.0",
                "steps": [
                    {"name": name, "handler": {"callable": "noop"}, "dependencies": parents}
                    for name, parents in steps
                ],
            }
        )
        ids = []
        for start in range(0, tasks, 2000):
            count = min(2000, tasks - start)
            ids += client.create_tasks([NewTask("diamond", {}, namespace)] * count)
        path = os.path.join(d, "noop_worker.py")
        with open(path, "w") as file:
            file.write(WORKER)
        worker = subprocess.Popen(
            [sys.executable, "-m", "tasker", path, "--namespaces", namespace, "--listen", "",
             "--database-url", server.database_url, "--log-level", "error"]
        )
        ends = [client.wait(each, 300, check=True) for each in ids]
        worker.send_signal(signal.SIGTERM)
        if worker.wait(30) != 0:
            raise SystemExit("the worker did not end well")
        first = min(each.started_at for each in ends)
        last = max(each.finished_at for each in ends)
        seconds = (last - first).total_seconds()
    return {
        "tasks": tasks,
        "seconds": round(seconds, 3),
        "steps_per_s": round(tasks * len(steps) / seconds),
        "target": 8000,
    }


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--calls", type=int, default=20_000)
    parser.add_argument("--warm-up", type=int, default=2_000)
    parser.add_argument("--samples", type=int, default=10)
    parser.add_argument("--throughput", type=int, metavar="TASKS", default=0)
    parser.add_argument("--json", metavar="FILE")
    options = parser.parse_args()
    if not 1 <= options.samples <= options.calls:
        parser.error("--samples: from 1 to the number of calls")
    told = {
        "suite": "python_overhead",
        "unit": "us",
        "python": sys.version.split()[0],
        "calls": options.calls,
        "cases": list(measure(options.calls, options.warm_up, options.samples)),
    }
    if options.throughput:
        told["throughput"] = throughput(options.throughput)
    text = json.dumps(told, indent=1)
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            file.write(text + "\n")
    print(text)


if __name__ == "__main__":
    main()
