"""The summary of a complete run: SUMMARY.md, and one JSON with its figures by kind."""
from .results import show

MARKS = {"pass": "✅", "warn": "⚠️", "fail": "❌"}


def _rate(case, workers=None):
    if case is None:
        return None
    counters = case.row.get("counters", {})
    out = {"num_tasks": int(counters.get("tasks", 0)), "process_rate": case.row["value"],
           "process_time": counters.get("seconds")}
    if workers is not None:
        out["num_workers"] = int(counters.get("worker processes", workers))
    return out


def combined(run):
    """throughput, latency and memory as those who draw them over time expect them."""
    multi = [each for each in run.cases() if each.suite == "throughput"
             and each.name.startswith("single step,") and each.name.endswith("processes")]
    waiting = run.find("e2e_latency", "enqueue to start")
    baseline = run.find("memory", "worker, baseline")
    after = run.find("memory", "worker, after")
    stored = run.find("memory", "stored by task")
    return {
        "timestamp": run.timestamp,
        "commit": run.commit,
        "throughput": {
            "single_worker": _rate(run.find("throughput", "single step, 1 process")),
            "multi_worker": _rate(multi[-1], 0) if multi else None,
        },
        "latency": {
            "enqueue_to_start": waiting and {
                "avg_latency_ms": waiting.row["mean_ms"],
                "p95_latency_ms": waiting.row["p95_ms"],
                "p99_latency_ms": waiting.row["p99_ms"],
            },
        },
        "memory": {
            "worker": {"worker_overhead_mb":
                       after.row["value"] - baseline.row["value"] if after and baseline else None},
            "store": {"memory_per_task_kb": stored.row["value"] if stored else None},
        },
        "suites": {each["benchmark_suite"]: each["summary"] for each in run.documents},
    }


def _environment(document):
    facts = document["environment"]
    shown = ("system", "processor", "memory", "PostgreSQL", "durability", "load average at start")
    return [f"- {name}: {facts[name]}" for name in shown if name in facts]


def markdown(run, codes, seconds):
    lines = [f"# Benchmarks: {run.name}", "", f"- Date: {run.timestamp}", f"- Commit: {run.commit}",
             f"- Took: {seconds:.0f} s", *_environment(run.documents[-1]), "",
             "| Suite | Cases | Passed | Failed | Warnings | Exit |", "|---|---|---|---|---|---|"]
    for suite, code in codes.items():
        document = run.suite(suite)
        word = {0: "✅", 77: "skipped"}.get(code, f"❌ {code}")
        if document is None:
            lines.append(f"| {suite} | | | | | {word} |")
            continue
        counts = document["summary"]
        lines.append(f"| {suite} | {counts['total_tests']} | {counts['passed']} "
                     f"| {counts['failed']} | {counts['warnings']} | {word} |")
    lines += ["", "## Against the targets", "", "| Benchmark | Statistic | Measured | Target | |",
              "|---|---|---|---|---|"]
    for case in run.cases():
        for target in case.row.get("targets", []):
            sign = "≥" if target["direction"] == "at_least" else "<"
            own = " (own bar)" if target["bar"] == "own" else ""
            mark = "✅" if target["met"] else ("n/a" if target["value"] is None else "❌")
            lines.append(f"| {case.title} | {target['statistic']} "
                         f"| {show(target['value'], case.unit)} "
                         f"| {sign} {show(target['bound'], case.unit)}{own} | {mark} |")
    for document in run.documents:
        if document["findings"] or document["failures"]:
            lines += ["", f"## {document['benchmark_suite']}", ""]
            lines += [f"- {each}" for each in document["findings"]]
            lines += [f"- ❌ {each}" for each in document["failures"]]
    return "\n".join(lines) + "\n"
