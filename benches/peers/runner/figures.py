"""From the runs of a case to its figures, and from these to the table. Pure: no clock, no files."""

import statistics
from typing import Any

from .plan import LATENCY_CASES


class BadRun(ValueError):
    """A run whose figures cannot be true."""


def percentile(samples, p):
    """By linear interpolation between the closest ranks."""
    ordered = sorted(samples)
    at = (len(ordered) - 1) * p / 100
    low = int(at)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (at - low)


def check(run):
    """A zero, a missing value or a wrong count is a failure, not a figure."""
    if run["seconds"] <= 0 or run["steps"] <= 0:
        raise BadRun(f"{run['case']}: {run['steps']} steps in {run['seconds']} s")
    latencies = run["latencies_ms"]
    if run["case"] in LATENCY_CASES and len(latencies) != run["count"]:
        raise BadRun(f"{run['case']}: {len(latencies)} latencies of {run['count']} tasks")
    if any(each <= 0 for each in latencies):
        raise BadRun(f"{run['case']}: a task took no time")
    return run


def spread(values):
    return {"median": statistics.median(values), "lowest": min(values), "highest": max(values)}


def per_step(runs, field):
    """The median over the runs, of a sample that not every store has."""
    values = [run[field] / run["steps"] for run in runs if run.get(field) is not None]
    return statistics.median(values) if values else None


def summarise(runs):
    """The figures of one peer: `runs` are those of all its cases and repetitions."""
    of: dict[str, list[dict[str, Any]]] = {}
    for run in runs:
        of.setdefault(check(run)["case"], []).append(run)
    out = {}
    if "linear3" in of:
        out["linear3_p50_ms"] = spread([percentile(r["latencies_ms"], 50) for r in of["linear3"]])
        out["linear3_p95_ms"] = spread([percentile(r["latencies_ms"], 95) for r in of["linear3"]])
    if "diamond4" in of:
        out["diamond_steps_per_s"] = spread([r["steps"] / r["seconds"] for r in of["diamond4"]])
    if "single" in of:
        out["single_tasks_per_s"] = spread([r["count"] / r["seconds"] for r in of["single"]])
    for case in ("fan1000", "map10000", "children1000"):
        if case in of:
            out[f"{case}_ms"] = spread([percentile(r["latencies_ms"], 50) for r in of[case]])
    # Of the diamonds where there are any, else of single tasks.
    drained = of.get("diamond4") or of.get("single") or []
    out["log_bytes_per_step"] = per_step(drained, "log_bytes")
    out["round_trips_per_step"] = per_step(drained, "round_trips")
    out["samples_of"] = drained[0]["case"] if drained else None
    return out


def ratio(mine, theirs, higher_is_better):
    """How many times better `theirs` is than `mine`; None where either is missing."""
    if not mine or not theirs:
        return None
    return theirs["median"] / mine["median"] if higher_is_better \
        else mine["median"] / theirs["median"]


RATIOS = (("linear3_p50_ms", False), ("diamond_steps_per_s", True), ("single_tasks_per_s", True),
          ("fan1000_ms", False))


def ratios(tasker, peer):
    """Of each figure, the peer to Tasker: 0.5 is half as good, whatever is better, low or high."""
    return {field: ratio(tasker.get(field), peer.get(field), higher)
            for field, higher in RATIOS}
