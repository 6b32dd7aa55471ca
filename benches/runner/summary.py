"""The summary of a complete run: SUMMARY.md, and one JSON with its figures by kind."""
from . import advice
from .results import show, table
from .targets import bound, mark, times_better


def _rate(case, workers=None):
    if case is None:
        return None
    counters = case.row.get("counters", {})
    completed, failed = (counters.get(f"tasks {each}") for each in ("completed", "failed"))
    out = {"num_tasks": counters.get("tasks", completed), "completed": completed, "failed": failed,
           "process_rate": case.row["value"], "process_time": counters.get("seconds")}
    if workers is not None:
        out["num_workers"] = int(counters.get("worker processes", workers))
    return out


def _latency(case):
    return case and {f"{name}_latency_ms": case.row[f"{statistic}_ms"] for name, statistic in
                     (("avg", "mean"), ("p95", "p95"), ("p99", "p99"))}


def combined(run):
    """throughput, latency and memory as those who draw them over time expect them."""
    multi = [each for each in run.cases() if each.suite == "throughput"
             and each.name.startswith("single step,") and each.name.endswith("processes")]
    # What one more worker costs, not by how much it grew.
    worker = (run.find("memory", "one more worker, with its sessions")
              or run.find("memory", "worker, after"))
    stored = run.find("memory", "stored by task")
    return {
        "timestamp": run.timestamp,
        "commit": run.commit,
        "throughput": {
            "single_worker": _rate(run.find("throughput", "single step, 1 process")),
            "multi_worker": _rate(multi[-1], 0) if multi else None,
        },
        "latency": {
            name.replace(" ", "_"): _latency(run.find("e2e_latency", name))
            for name in ("enqueue to start", "start to complete")
        },
        "memory": {
            "worker": {"worker_overhead_mb": worker.row["value"] if worker else None},
            "store": {"memory_per_task_kb": stored.row["value"] if stored else None},
        },
        "suites": {each["benchmark_suite"]: each["summary"] for each in run.documents},
    }


def _environment(document):
    shown = ("branch", "compiler", "libraries", "system", "processor", "memory", "PostgreSQL",
             "durability", "load average at start")
    facts = document["environment"]
    return [f"- {name}: {facts[name]}" for name in shown if name in facts]


def targets(cases):
    """A criterion in each row."""
    rows = []
    for case in cases:
        for target in case.row.get("targets", []):
            own = " (own bar)" if target["bar"] == "own" else ""
            rows.append([case.title, target["statistic"], show(target["value"], case.unit),
                         bound(target, case.unit) + own, times_better(target), mark(target)])
    return table(["Benchmark", "Statistic", "Measured", "Target", "Times better", ""], rows)


def figures(document, cases):
    """Every case of a suite, with the suite's settings."""
    rows = []
    for case in cases:
        row, unit = case.row, case.unit
        if unit == "ms":
            shown = [show(row["throughput_per_s"], ""),
                     *(show(row[f"{each}_ms"], "ms") for each in ("mean", "p50", "p95", "p99"))]
        else:
            rate = show(row["value"], "") if unit == "/s" else ""
            shown = [rate, "", "" if rate else show(row["value"], unit), "", ""]
        rows.append([case.name, *shown, f"{row['samples']:,}"])
    counters = [[case.name, "; ".join(f"{name}: {show(value, '')}" for name, value
                                          in case.row["counters"].items())]
                for case in cases if case.row.get("counters")]
    return ["; ".join(f"{name}: {value}" for name, value in document["settings"].items()), "",
            *table(["Benchmark", "Ops/s", "Average", "p50", "p95", "p99", "Samples"], rows),
            *(["", *table(["Benchmark", "Counters"], counters)] if counters else [])]


def bottlenecks(run):
    return table(["Bottleneck", "Measured", "Expected gain", "Remedy"], advice.limits(run))


def _listed(title, lines):
    lines = list(dict.fromkeys(f"- {each}" for each in lines))
    return ["", f"## {title}", "", *lines] if lines else []


def _suites(run, codes):
    for suite, code in codes.items():
        document = run.suite(suite)
        counts = document["summary"].values() if document else [""] * 4
        yield [suite, *map(str, counts), {0: "✅", 77: "skipped"}.get(code, f"❌ {code}")]


def markdown(run, codes, seconds):
    lines = [f"# Benchmarks: {run.name}", "", f"- Date: {run.timestamp}", f"- Commit: {run.commit}",
             f"- Took: {seconds:.0f} s", *_environment(run.documents[-1]), "",
             *table(["Suite", "Cases", "Passed", "Failed", "Warnings", "Exit"],
                    _suites(run, codes)), "", "## Against the targets", "", *targets(run.cases())]
    if advice.limits(run):
        lines += ["", "## Bottlenecks", "", *bottlenecks(run)]
    lines += _listed("Interpretation", advice.interpretation(run))
    lines += _listed("Recommendations", advice.recommendations(run))
    for document in run.documents:
        name = document["benchmark_suite"]
        lines += ["", f"## {name}", "",
                  *figures(document, [each for each in run.cases() if each.suite == name])]
        notes = document["findings"] + [f"❌ {each}" for each in document["failures"]]
        lines += ["", *(f"- {each}" for each in notes)] if notes else []
    return "\n".join(lines) + "\n"
