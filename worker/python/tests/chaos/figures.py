"""The table of a run: what each kind of fault cost."""

from __future__ import annotations

import collections
import statistics

from chaos.checker import Report
from chaos.system import Done, System


def _recovery(fault: Done, report: Report) -> float:
    """Seconds from the end of a fault to the next step that became complete."""
    later = [at for at in report.progress if at >= fault.ended]
    return later[0] - fault.ended if later else 0.0


def _wasted(system: System, report: Report) -> collections.Counter[str]:
    """Runs by the fault that came next after they started."""
    counted: collections.Counter[str] = collections.Counter()
    ordered = sorted(system.faults, key=lambda each: each.ended)
    for run in report.wasted_runs:
        counted[next((each.kind for each in ordered if each.ended >= run.started), "none")] += 1
    return counted


def table(system: System, report: Report) -> str:
    wasted = _wasted(system, report)
    lines = [
        "| fault | count | recovery, median / max (s) | wasted runs |",
        "| --- | --- | --- | --- |",
    ]
    for kind in sorted({each.kind for each in system.faults}):
        times = [_recovery(each, report) for each in system.faults if each.kind == kind]
        lines.append(f"| {kind} | {len(times)} | {statistics.median(times):.2f} / {max(times):.2f} "
                     f"| {wasted[kind]} |")
    lines.append("")
    lines.append(f"{report.tasks} tasks, {report.steps} steps, {report.runs} runs of handlers, "
                 f"{report.wasted} of them wasted; lost: {report.lost}, doubled: {report.doubled}; "
                 f"the latest answer to a waiting request: {report.latest_answer:.2f} s late")
    return "\n".join(lines)
