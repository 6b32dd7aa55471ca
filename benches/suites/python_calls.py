#!/usr/bin/python3
"""The cost of a call of a Python handler, from a leased step to its result as JSON text.

usage: PYTHONPATH=build/release/python benches/suites/python_calls.py SAMPLES CALLS WARM_UP FILTER

Calls are made as a thread of the worker's pool makes them: it takes the GIL, reads the JSON that
the handler asks for, calls it, writes what it returns, and lets go of the GIL. Prints JSON: for
each case whose name holds one of the parts of FILTER (a|b), SAMPLES means of CALLS calls each,
in µs.
"""

import asyncio
import json
import statistics
import sys
import time

from tasker import _binding, _native

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
    """name, handler, context, parents"""
    small, kilobyte, ten = {"n": 1}, payload(PAYLOAD_OF_1_KB), payload(PAYLOAD_OF_10_KB)
    yield "noop", noop, small, {}
    yield "noop_with_context", takes_context, small, {}
    yield "noop_with_step", takes_step, small, {}
    yield "payload_1kb_in", takes_context, kilobyte, {}
    yield "payload_1kb_each_way", gives_back, kilobyte, {}
    yield "payload_1kb_of_parents", joins, small, {"left": 1, "right": kilobyte}
    yield "payload_10kb_each_way", gives_back, ten, {}
    yield "coroutine", coroutine, small, {}
    yield "coroutine_that_waits", coroutine_that_waits, small, {}


def direct(calls):
    """The same no-op called from Python, for comparison."""
    took = []
    for _ in range(calls):
        before = time.perf_counter_ns()
        noop()
        took.append(time.perf_counter_ns() - before)
    return took


def means(nanoseconds, samples):
    size = len(nanoseconds) // samples
    return [
        statistics.fmean(nanoseconds[part * size : (part + 1) * size]) / 1000
        for part in range(samples)
    ]


def main():
    samples, calls, warm_up = map(int, sys.argv[1:4])
    parts = sys.argv[4].split("|")
    measured = {"Python, python calls python": means(direct(samples * calls), samples)}
    for key, handler, context, parents in cases():
        name = "Python, " + key.replace("_", " ")
        if not any(part in name for part in parts):
            continue
        arguments = (
            handler,
            _binding.parameters(handler),
            _native.write_json(context),
            _native.write_json(parents),
        )
        _native.time_calls(*arguments, warm_up)
        measured[name] = means(_native.time_calls(*arguments, samples * calls), samples)
    print(json.dumps(measured))


if __name__ == "__main__":
    main()
