"""What a suite has measured, judged and written: its JSON, its log, and what it prints.

A suite writes its samples to FOLDER/samples/SUITE.json and calls `tasker-bench judge` with it.
"""
import itertools
import json
import pathlib

from . import machine
from .results import documents_in, show, table
from .samples import has_enough, median, median_interval, percentile, summarise
from .targets import Targets, bound, mark, ratio, times_better

RULE = "═" * 79
MARKS = {"pass": "✅", "warn": "⚠️", "fail": "❌"}
STATES = ("pass", "warn", "fail")


def judge(case, aims):
    """A case as the JSON has it, and the summary of its samples in its own unit."""
    name, unit = case["name"], case["unit"]
    samples = list(itertools.chain(*case["repetitions"]))
    total, is_rate = summarise(samples), unit == "/s"
    samples.sort()
    if samples[0] == 0 and not case["may_be_zero"]:
        raise ValueError(f'"{name}" has a sample of zero: nothing was measured')
    judged, state = [], "pass"
    for aim in aims:
        if (aim["direction"] == "at_least") != (case["better"] == "higher"):
            raise ValueError(f'"{name}" is better if it is {case["better"]}, but its target in '
                             "targets.toml bounds it from the other side")
        enough = unit != "ms" or has_enough(aim["statistic"], len(samples))
        value = total[aim["statistic"]] if enough else None
        met = enough and (value >= aim["bound"] if aim["direction"] == "at_least"
                          else value < aim["bound"])
        judged.append({**aim, "value": value, "met": met})
        if not met:
            missed = "fail" if enough and aim["bar"] == "required" else "warn"
            state = max(state, missed, key=STATES.index)

    def ms(value):
        """A rate as the time for one, so that lower is better in every file."""
        if is_rate and value:
            return 1_000 / value
        return value if unit == "ms" else None

    def tail(statistic):
        return None if is_rate or not has_enough(statistic, len(samples)) else ms(total[statistic])

    mean, first = total["mean"], judged[0] if judged and judged[0]["value"] is not None else None
    low, high = median_interval(case["repetitions"])
    beside = case["beside"] or [{}] * len(case["repetitions"])
    return {
        "name": name, "unit": unit, "better": case["better"], "mean_ms": ms(mean),
        "std_dev_ms": 1_000 / mean * total["std_dev"] / mean if is_rate and mean
        else ms(total["std_dev"]),
        "target_ms": first and ms(first["bound"]), "status": state,
        "performance_ratio": first and ratio(first),
        "p50_ms": ms(total["p50"]), "p95_ms": tail("p95"), "p99_ms": tail("p99"),
        "min_ms": ms(total["max" if is_rate else "min"]),
        "max_ms": ms(total["min" if is_rate else "max"]),
        "samples": total["samples"], "outliers": total["outliers"],
        "throughput_per_s": total["p50"] if is_rate
        else 1_000 / mean if unit == "ms" and mean else None,
        "value": total["p50"], "median_low": low, "median_high": high, "targets": judged,
        "repetitions": [part(*each) for each in zip(case["repetitions"], beside)],
        # Enough of the distribution to draw it.
        "quantiles": [percentile(samples, max(percent, 1)) for percent in range(0, 101, 2)],
        "counters": counters(case),
    }, total


def part(samples, beside):
    """A repetition, and what was measured in turn with it (medians; of the twin's durations the
    tenth percentile, too)."""
    of = summarise(samples)
    out = {each: of[each] for each in ("samples", "mean", "min", "p10", "p50", "p95", "max")}
    out |= {name: median(beside[name]) for name in ("work_ms", "twin_work_ms") if name in beside}
    if "twin_ms" in beside:
        twin = summarise(beside["twin_ms"])
        out |= {"twin_p10_ms": twin["p10"], "twin_p50_ms": twin["p50"]}
    return out


def counters(case):
    """By name, the median of the reports; of allocations, over repetitions of medians."""
    out = {name: median(values) for name, values in case["counters"].items()}
    for counter, name in (("allocations by operation", "allocations"),
                          ("bytes allocated by operation", "allocated_bytes")):
        values = [median(each[name]) for each in case["beside"] if name in each]
        if values:
            out[counter] = median(values)
    return out


def document(raw, targets):
    """The JSON of a suite, and the summaries of its cases."""
    rows, totals, failures = [], [], list(raw["failures"])
    for case in raw["cases"]:
        try:
            row, total = judge(case, targets.find(case["name"]))
        except ValueError as problem:
            failures.append(str(problem))
        else:
            rows.append(row)
            totals.append(total)
    if not rows:
        failures.append("nothing was measured")
    if raw["settings"].get("length") == "full" and "filter" not in raw["settings"]:
        failures += [f"targets.toml names a case that was not measured: {each}" for each in
                     targets.unused([each["name"] for each in raw["cases"]])]
    states = [each["status"] for each in rows]
    environment = raw["environment"]
    return {
        "benchmark_suite": raw["suite"], "timestamp": environment["date"],
        "commit": environment["commit"].split(" ", 1)[0], "environment": environment,
        "settings": raw["settings"], "prerequisites": raw["prerequisites"],
        **{each: list(map(median, raw[each])) for each in
           ("calibration_ms", "round_trip_ms", "commit_ms")},
        "tasks": raw["tasks"], "results": rows, "findings": raw["findings"], "failures": failures,
        "summary": {"total_tests": len(rows), "passed": states.count("pass"),
                    "failed": states.count("fail"), "warnings": states.count("warn")},
    }, totals


def outcome(row):
    """The first target's, in words."""
    if not row["targets"]:
        return "no target"
    first = row["targets"][0]
    if first["value"] is None:
        return "n/a (too few samples)"
    if first["value"] == 0:
        return "zero, as good as it can be" if first["met"] else "zero"
    return f"{times_better(first)} than target"


def case_log(row, total):
    unit = row["unit"]
    yield f"### {row['name']}\n"
    for title, statistic in (("Mean", "mean"), ("Std Dev", "std_dev"), ("Min", "min"),
                             ("Max", "max"), ("p50", "p50"), ("p95", "p95"), ("p99", "p99")):
        known = statistic == "p50" or has_enough(statistic, total["samples"])
        yield f"- {title}: {show(total[statistic], unit) if known else 'n/a (too few samples)'}"
    for each in row["targets"]:
        own = " (own bar)" if each["bar"] == "own" else ""
        yield f"- Target{own}: {each['statistic']} {bound(each, unit)} {mark(each)}"
    yield f"- Status: {MARKS[row['status']]} {row['status'].upper()} ({outcome(row)})"
    yield (f"- Outliers: {row['outliers']}/{row['samples']} "
           f"({row['outliers'] / row['samples']:.1%})")
    count = len(row["repetitions"])
    yield (f"- Median, 95 % confidence: {show(row['median_low'], unit)} … "
           f"{show(row['median_high'], unit)}, "
           + (f"between {count} repetitions" if count > 1 else "within one repetition"))
    yield from (f"- {name}: {show(value, '')}" for name, value in row["counters"].items())
    yield ""


def log(of, totals):
    """In Markdown."""
    facts = "; ".join(f"{name} {value}" for name, value in of["environment"].items()
                      if name not in ("date", "commit"))
    date = of["timestamp"][:19].replace("T", " ")
    counts, tasks = of["summary"], of["tasks"]
    return "\n".join([
        f"# Benchmark Run: {of['benchmark_suite']}\n", f"Date: {date} UTC",
        f"Commit: {of['commit']}", f"Environment: {facts}\n", "## Prerequisites\n",
        *(f"- {'✅' if each['met'] else '❌'} {each['name']}: {each['detail']}"
          for each in of["prerequisites"]),
        *(f"- {name}: {value}" for name, value in of["settings"].items()),
        f"- tasks: {tasks['complete']} complete, {tasks['failed']} failed, {tasks['other']} in "
        "another state", "\n## Results\n",
        *(line for each in zip(of["results"], totals) for line in case_log(*each)),
        "## Summary\n", f"- Total: {counts['total_tests']}", f"- Passed: {counts['passed']}",
        f"- Failed: {counts['failed']}", f"- Warnings: {counts['warnings']}",
        *(f"- {each}" for each in of["findings"]),
        *(f"- ❌ FAILED: {each}" for each in of["failures"]), ""])


def case_line(row):
    """The statistic that each target names, and the target; the median where there is none."""
    unit, several = row["unit"], len(row["targets"]) > 1
    parts = []
    for each in row["targets"]:
        value, statistic = each["value"], f" at {each['statistic']}" if several else ""
        if value is None:
            value, statistic = row["value"], " at p50"
        parts.append(f"{show(value, unit)}{statistic} ("
                     f"{'Own bar' if each['bar'] == 'own' else 'Target'}: {bound(each, unit)}) "
                     f"{mark(each)}")
    return f"  • {row['name']}: {', '.join(parts) or show(row['value'], unit)}"


def printed(of):
    counts = of["summary"]
    return "\n".join([
        RULE, f"RESULTS {of['benchmark_suite']}", RULE, *map(case_line, of["results"]),
        *(["\nKey findings:", *(f"  • {each}" for each in of["findings"])]
          if of["findings"] else []),
        *(f"  ❌ FAILED: {each}" for each in of["failures"]),
        f"\n{counts['total_tests']} cases: {counts['passed']} passed, {counts['failed']} failed, "
        f"{counts['warnings']} warnings", RULE])


def latest_summary(folder):
    """A table over the latest run of every suite."""
    rows = []
    for each in documents_in(folder):
        name = each["benchmark_suite"].replace("_", "-")
        rows.append([f"[{name}]({name}.log)", each["timestamp"], each["commit"],
                     *map(str, each["summary"].values())])
    return "\n".join(["# Latest results\n", *table(
        ["Suite", "Date", "Commit", "Cases", "Passed", "Failed", "Warnings"], rows), ""])


def write(of, totals, folder):
    """FOLDER/SUITE.json, the dated log, the links below latest/ and latest/summary.md."""
    name = of["benchmark_suite"].replace("_", "-")
    latest = folder / "latest"
    latest.mkdir(parents=True, exist_ok=True)
    dated = f"{of['timestamp'][:10]}-{name}.log"
    (folder / f"{of['benchmark_suite']}.json").write_text(
        json.dumps(of, indent=2, ensure_ascii=False) + "\n")
    (folder / dated).write_text(log(of, totals))
    (latest / f"{name}.log").unlink(missing_ok=True)
    (latest / f"{name}.log").symlink_to(f"../{dated}")
    (latest / "summary.md").write_text(latest_summary(folder))
    return latest / f"{name}.log"


def begin(chosen):
    """Prints the facts of the machine as JSON. Refuses targets that are wrong before the suite
    measures anything."""
    Targets(chosen.targets, chosen.suite)
    print(json.dumps(machine.facts(chosen.build, chosen.compiler, chosen.libpq)))
    return 0


def main(chosen):
    raw = json.loads(chosen.samples.read_text())
    of, totals = document(raw, Targets(chosen.targets, raw["suite"]))
    print(printed(of))
    folder = pathlib.Path(chosen.samples).parents[1]
    print(f"written: {folder}/{raw['suite']}.json, {write(of, totals, folder)}")
    return 1 if of["failures"] else 0
