"""tasker-bench plan: how many workers and how much database a load needs, by measured figures.

The formulas are those of docs/capacity-planning.md.
"""
import math

import tomllib

from .results import CHECKOUT, load, show, table

RESERVE = 0.7  # of a core: the rest is for vacuum, checkpoints and peaks
MEASURE = "tasker-bench run --suite throughput --suite memory --suite concurrent_clients"


def measured(run, steps):
    """The letters of docs/capacity-planning.md, of a run at full length."""
    for suite in ("throughput", "memory"):
        document = run.suite(suite)
        if document is None:
            raise ValueError(f"{run.name} has no suite {suite}: {MEASURE}")
        if document["settings"].get("length") != "full":
            raise ValueError(f"{run.name} measured {suite} at length "
                             f"{document['settings'].get('length')}, which is too short: {MEASURE}")
    drain = run.find("throughput", "single step, 1 process" if steps == 1 else
                     "diamond-4 steps, 1 process")
    stored, worker = (run.find("memory", name) for name in ("stored by task", "worker, processing"))
    if not drain or not stored or not worker:
        raise ValueError(f"{run.name} was filtered: {MEASURE}")
    counters = drain.row["counters"]
    creations = run.find("concurrent_clients", "submit, 100 clients")
    return {"d": counters["µs of PostgreSQL CPU per step"],
            "w": counters["µs of worker CPU per step"], "l": counters["WAL bytes per step"],
            "k": stored.row["value"], "m": worker.row["value"],
            "c": creations.row["value"] if creations else None}


def settings(config):
    """Of a folder, or the defaults."""
    out: dict[str, int] = {}
    for folder in (CHECKOUT / "config", *([config] if config else [])):
        for file in ("orchestrator.toml", "worker.toml"):
            if (folder / file).exists():
                read = tomllib.loads((folder / file).read_text())
                out |= {key: value for key, value in (read | read.get("database", {})).items()
                        if isinstance(value, int)}
    return out


def plan(of, rate, handler_ms, steps=1, handler_cpu_ms=0.0, config=None):
    """Rows of resource, calculation, amount. `rate`: tasks a second, each of so many steps."""
    have = settings(config)
    r = rate * steps
    at_a_time = r * handler_ms / 1_000
    workers = max(2, math.ceil(at_a_time / have["concurrency"]))
    orchestrators = max(2, math.ceil(rate / of["c"])) if of["c"] else 2
    by_worker, by_orchestrator = have["report_connections"] + 3, have["pool_size"] + 1
    cpu_us = of["w"] + handler_cpu_ms * 1_000
    stored_gb = rate * 86_400 * of["k"] * max(steps, 4) / 4 / 1e6
    return [
        ("steps a second", f"{rate:,} tasks · {steps}", f"{r:,}"),
        ("cores of the database", f"{r:,} · {of['d']:.1f} µs / {RESERVE}",
         f"{r * of['d'] / 1e6 / RESERVE:.2f}"),
        ("handlers at a time", f"{r:,} · {handler_ms} ms", f"{at_a_time:,.0f}"),
        ("worker processes", f"{at_a_time:,.0f} / {have['concurrency']} slots, at least 2",
         f"{workers:,}"),
        ("cores for the workers", f"{r:,} · {cpu_us:.1f} µs / {RESERVE}",
         f"{r * cpu_us / 1e6 / RESERVE:.2f}"),
        ("memory of the workers", f"{workers:,} · {show(of['m'], 'MB')}",
         f"{workers * of['m']:,.0f} MB"),
        ("orchestrators", f"{rate:,} / {of['c']:,.0f} creations/s, at least 2" if of["c"] else
         "creations were not measured; at least 2", f"{orchestrators:,}"),
        ("WAL", f"{r:,} · {of['l']:,.0f} bytes", f"{r * of['l'] / 1e6:.1f} MB/s"),
        ("storage a day", f"{rate * 86_400:,} tasks · {show(of['k'], 'KB')} per 4 steps, at most",
         f"{stored_gb:,.0f} GB"),
        ("connections", f"{workers:,} · {by_worker} + {orchestrators} · {by_orchestrator}",
         f"{workers * by_worker + orchestrators * by_orchestrator:,}"),
    ]


def latest_full_run(output):
    """The latest run that measured what a plan needs, at full length."""
    problem = ValueError(f"there is no run in {output}: {MEASURE}")
    for folder in sorted((each for each in output.glob("run_*") if each.is_dir()), reverse=True):
        try:
            run = load(str(folder))
            measured(run, 4)
            return run
        except ValueError as found:
            problem = found
    raise problem


def main(chosen):
    run = load(str(chosen.run)) if chosen.run else latest_full_run(chosen.output)
    rows = plan(measured(run, chosen.steps), chosen.rate, chosen.handler_ms, chosen.steps,
                chosen.handler_cpu_ms, chosen.config)
    print(f"By the figures of {run.origin}:\n")
    print("\n".join(table(["Resource", "Calculation", "Amount"], rows)))
    return 0
