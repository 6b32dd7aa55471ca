"""What limits the system, by the figures of one run: each with its measurement and what it costs.

A rule reads cases by name and says nothing if they were not measured. An expected gain is what
Amdahl's law allows, or the ratio of two measured figures; none is an estimate by hand.
"""
import re
from statistics import median
from typing import NamedTuple

from .results import show


class Bottleneck(NamedTuple):
    what: str
    measured: str
    gain: str
    remedy: str


def limits(run):
    """The bottlenecks, in the order of the rules."""
    rules = (full_load, commits, processes, contexts, single_requests, ffi)
    return [found for rule in rules if (found := rule(run))]


def times(value):
    return f"{value:.1f} times" if value < 10 else f"{value:.0f} times"


def cores(run):
    found = re.search(r"(\d+) cores", run.documents[0]["environment"].get("processor", ""))
    return int(found[1]) if found else None


def costs(case):
    """CPU per step by program, in µs, the highest first."""
    pattern = re.compile(r"µs of (.*) CPU per step")
    found = [(value, match[1]) for name, value in case.row["counters"].items()
             if (match := pattern.fullmatch(name))]
    return sorted(found, reverse=True)


def full_load(run):
    drains = [each for each in run.cases() if each.suite == "throughput" and costs(each)]
    if not drains or not cores(run):
        return None
    best = max(drains, key=lambda each: each.row["value"])
    spent = costs(best)
    total = sum(each for each, _ in spent)
    busy = best.row["value"] * total / 1e6 / cores(run)
    most, program = spent[0]
    text = ", ".join(f"{name} {value:.1f}" for value, name in spent)
    measured = (f"{best.title}: {show(best.row['value'], '/s')}; µs of CPU per step: {text}; "
                f"{busy:.0%} of {cores(run)} cores")
    if busy < 0.7:
        return Bottleneck("waits, at full load", measured,
                          f"at most {times(1 / busy)} the rate with all cores busy",
                          "more work at a time: more slots or processes")
    return Bottleneck(f"the CPU of {program}, at full load", measured,
                      f"half of it saved: {times(1 / (1 - most / total / 2))} the rate",
                      "fewer rows written per step, larger batches; more cores"
                      if program == "PostgreSQL" else f"profile {program}: --type profiled")


def commits(run):
    total = run.find("worker_execution", "total, no-op, batch 1")
    waits = (run.suite("worker_execution") or {}).get("commit_ms")
    if not total or not waits:
        return None
    each, whole = median(waits), total.row["value"]
    share = min(each / whole, 0.99)
    return Bottleneck("durable commits, at low load",
                      f"{total.title}: {show(whole, 'ms')}; the smallest durable commit took "
                      f"{show(each, 'ms')} beside it",
                      f"without it: {times(1 / (1 - share))} as fast",
                      "a faster disk for WAL; fewer statements for one step")


def processes(run):
    rows = scaling(run)
    slots, workers = rows.get("2 ms, slots"), rows.get("2 ms, workers")
    if not slots or not workers:
        return None
    count = min(max(slots), max(workers))
    if slots[count] < 1.1 * workers[count]:
        return None
    return Bottleneck("many processes with one slot each",
                      f"scalability, {count} at a time, 2 ms handler: {workers[count]:,.0f} "
                      f"steps/s as processes, {slots[count]:,.0f} as slots of one",
                      f"{times(slots[count] / workers[count])} the rate",
                      "several slots per process: their claims and reports form batches")


def contexts(run):
    small, large = (run.find("task_initialization", f"linear-3, {size} KB") for size in (1, 100))
    if not small or not large or large.row["value"] < 1.2 * small.row["value"]:
        return None
    return Bottleneck("large contexts", f"{large.title}: {show(large.row['value'], 'ms')}; with "
                      f"1 KB {show(small.row['value'], 'ms')}",
                      f"{times(large.row['value'] / small.row['value'])} as fast to create",
                      "pass a reference to data that is stored elsewhere")


def single_requests(run):
    alone = run.find("concurrent_clients", "submit, 100 clients")
    batches = run.find("concurrent_clients", "submit in batches, 2 clients")
    if not alone or not batches or batches.row["value"] < 1.1 * alone.row["value"]:
        return None
    return Bottleneck("one request for each task",
                      f"{alone.title}: {show(alone.row['value'], '/s')}; in batches "
                      f"{show(batches.row['value'], '/s')}",
                      f"{times(batches.row['value'] / alone.row['value'])} the creations",
                      "create tasks in batches")


def ffi(run):
    native = run.find("handler_overhead", "JSON round trip of a handler, 10 KB")
    bare = run.find("handler_overhead", "through the framework")
    if not native or not bare:
        return None
    return Bottleneck("values of handlers as JSON", f"{native.title}: "
                      f"{show(native.row['value'], 'ms')}; without a value "
                      f"{show(bare.row['value'], 'ms')}",
                      f"at most {show(native.row['value'] - bare.row['value'], 'ms')} per step",
                      "smaller inputs and results")


def scaling(run):
    """Rates by number of workers, for each kind: {"2 ms, slots": {1: 470, …}, …}."""
    out: dict[str, dict[int, float]] = {}
    for case in run.cases():
        found = re.fullmatch(r"(.*), (\d+) (?:worker )?(worker|slot|process)(?:e?s)?", case.name)
        if found and case.unit == "/s" and case.suite in ("scalability", "throughput"):
            kind = f"{found[1]}, {found[3]}{'e' * (found[3] == 'process')}s"
            out.setdefault(kind, {})[int(found[2])] = case.row["value"]
    return {kind: dict(sorted(rates.items())) for kind, rates in out.items() if len(rates) > 1}


def interpretation(run):
    """Sentences about shape: linear or plateau, growing or stable, targets missed."""
    for kind, rates in scaling(run).items():
        least, alone = next(iter(rates.items()))
        alone /= least
        linear = [count for count, rate in rates.items() if rate >= 0.9 * count * alone]
        best = max(rates, key=lambda count: rates[count])
        yield (f"{kind}: linear (90 %) up to {max(linear)}, highest at {best} with "
               f"{show(rates[best], '/s')}"
               + ("; a plateau or less beyond it" if best != max(rates) else ""))
    for program in ("worker", "orchestrator"):
        once = run.find("memory", f"{program}, after")
        twice = run.find("memory", f"{program}, after as many again")
        if once and twice:
            grown = twice.row["value"] - once.row["value"]
            word = "stable" if grown < 1 else "growing"
            yield (f"memory of the {program}: {word}, {show(once.row['value'], 'MB')} after a load "
                   f"and {show(twice.row['value'], 'MB')} after as much again")
    for case in run.cases():
        if case.suite == "sql_functions" and case.name.startswith("flatness") \
                and case.row["value"] > 1.2:
            yield f"{case.title}: {case.row['value']:.2f} times as long with the most tasks"
    idle = run.find("e2e_latency", "linear-3")
    for percent in (25, 50, 75):
        loaded = run.find("e2e_latency", f"under load, {percent} % of capacity")
        if idle and loaded:
            yield (f"linear-3 at {percent} % of capacity: {show(loaded.row['value'], 'ms')}, "
                   f"{times(loaded.row['value'] / idle.row['value'])} that of an idle system")
    call = run.find("handler_overhead", "Python, payload 1kb each way")
    for batch in (1, 100):
        step = run.find("worker_execution", f"total, no-op, batch {batch}")
        if call and step:
            whole = call.row["value"] + step.row["value"]
            yield (f"share of Python's call, 1 KB each way, in a step at batch {batch}: "
                   f"{call.row['value'] / whole:.1%} of {show(whole, 'ms')}")


def recommendations(run):
    """What to do about each bottleneck, and about each target that was missed."""
    yield from (f"{each.what}: {each.remedy} ({each.gain})." for each in limits(run))
    for case in run.cases():
        for target in case.row.get("targets", []):
            if not target["met"]:
                yield (f"{case.title}: " + (
                    "repeat it with more samples, there are too few for "
                    f"{target['statistic']}." if target["value"] is None else
                    f"{target['statistic']} is {show(target['value'], case.unit)}, the "
                    f"{'own bar' if target['bar'] == 'own' else 'target'} "
                    f"{show(target['bound'], case.unit)}: profile it "
                    f"(run --suite {case.suite} --cpuprofile FILE)."))
