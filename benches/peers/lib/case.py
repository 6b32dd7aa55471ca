"""One case of one peer in Python: the protocol that case.mjs describes.

    run.py CASE COUNT WARM_UP
"""

import json
import sys
import time

WIDTH_OF_FAN = 1000
ELEMENTS_OF_MAP = 10_000
STEPS_OF = {"single": 1, "linear3": 3, "diamond4": 4, "fan1000": WIDTH_OF_FAN + 2,
            "map10000": ELEMENTS_OF_MAP + 2, "children1000": WIDTH_OF_FAN + 2}
DRAINED = ("single", "diamond4")  # the others are run one after the other


def latencies(peer, shape, count):
    if hasattr(peer, "latencies"):  # another program runs and times them
        return peer.latencies(shape, count)
    out = []
    for _ in range(count):
        start = time.perf_counter()
        peer.one(shape)
        out.append((time.perf_counter() - start) * 1000)
    return out


def serve(peer):
    """`peer` has open, one, load, drain and close, as in case.mjs, and keeps its own state."""
    name, count, warm_up = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    is_latency = name not in DRAINED
    peer.open(name, is_latency)
    try:
        if is_latency:
            latencies(peer, name, warm_up)
        else:
            peer.load(name, warm_up)
            peer.drain(name, warm_up)
            peer.load(name, count)
        print("ready", flush=True)
        sys.stdin.readline()
        start = time.perf_counter()
        each = []
        if is_latency:
            each = latencies(peer, name, count)
        else:
            peer.drain(name, count)
        seconds = time.perf_counter() - start
        seconds = getattr(peer, "measured_seconds", seconds)
        steps = count * getattr(peer, "steps_of", STEPS_OF)[name]
        print(json.dumps({"case": name, "count": count, "steps": steps, "seconds": seconds,
                          "latencies_ms": each}), flush=True)
        sys.stdin.readline()
    finally:
        peer.close()
