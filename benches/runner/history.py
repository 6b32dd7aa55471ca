"""The figures of every run, a line a case, and how they went."""
import json
from typing import Any

from .results import show, table

MARKS = "▁▂▃▄▅▆▇█"


def append(output, run):
    """Adds a run to history.jsonl."""
    output.mkdir(parents=True, exist_ok=True)
    with (output / "history.jsonl").open("a") as file:
        for case in run.cases():
            file.write(json.dumps({"run": run.name, "timestamp": run.timestamp,
                                   "commit": run.commit, "suite": case.suite, "case": case.name,
                                   "unit": case.unit, "value": case.row["value"],
                                   "low": case.row.get("median_low"),
                                   "high": case.row.get("median_high"),
                                   "status": case.row["status"]}, ensure_ascii=False) + "\n")


def read(output):
    """Every case's entries in the order of the runs: {(suite, case): [entry, …]}."""
    file = output / "history.jsonl"
    out: dict[tuple[str, str], list[Any]] = {}
    if file.exists():
        for line in file.read_text().splitlines():
            entry = json.loads(line)
            out.setdefault((entry["suite"], entry["case"]), []).append(entry)
    return out


def spark(values):
    low, high = min(values), max(values)
    if high == low:
        return MARKS[0] * len(values)
    return "".join(MARKS[round((each - low) / (high - low) * (len(MARKS) - 1))] for each in values)


HEAD = ["Benchmark", "Runs", "First", "Last", "Change", "Trend"]


def rows(found):
    """A row for each case, of its entries."""
    out = []
    for (suite, case), entries in found.items():
        values = [each["value"] for each in entries]
        unit = entries[-1]["unit"]
        change = f"{(values[-1] / values[0] - 1) * 100:+.1f} %" if values[0] else ""
        out.append([f"{suite}: {case}", len(values), show(values[0], unit),
                    show(values[-1], unit), change, spark(values[-30:])])
    return out


def main(chosen):
    found = {key: entries for key, entries in read(chosen.output).items()
             if (not chosen.suite or key[0] == chosen.suite)
             and (not chosen.case or chosen.case in key[1])}
    if not found:
        raise ValueError(f"{chosen.output}/history.jsonl has no such case")
    print("\n".join(table(HEAD, rows(found))))
    return 0
