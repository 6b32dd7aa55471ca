"""Where the time and the memory go: perf and heaptrack around a suite, their top 20 as text."""
import collections
import json
import os
import pathlib
import shutil
import subprocess
import sys

from . import flame
from .results import table

TOP = 20
PRELOAD = "/usr/lib/heaptrack/libheaptrack_preload.so"


def analyse_cpu(recorded, folder):
    """Writes cpu_analysis.txt, flamegraph.svg and cpu.json. Returns why it cannot, or None."""
    script = subprocess.run(["perf", "script", "-i", str(recorded), "-F", "comm,ip,sym"],
                            capture_output=True, text=True, check=False)
    stacks = flame.fold(script.stdout)
    if not stacks:
        return f"perf recorded nothing: {script.stderr.strip()[:300]}"
    total = sum(stacks.values())
    programs: collections.Counter[str] = collections.Counter()
    own: collections.Counter[str] = collections.Counter()
    for stack, count in stacks.items():
        program, *frames = stack.split(";")
        programs[program] += count
        own[f"{program}: {frames[-1] if frames else '?'}"] += count
    lines = [f"CPU, {total} samples, by program", ""]
    lines += [f"{100 * count / total:6.2f} %  {name}" for name, count in programs.most_common(TOP)]
    lines += ["", f"The {TOP} functions with the highest self time", ""]
    lines += [f"{100 * count / total:6.2f} %  {name}" for name, count in own.most_common(TOP)]
    (folder / "cpu_analysis.txt").write_text("\n".join(lines) + "\n")
    (folder / "flamegraph.svg").write_text(flame.svg(stacks))
    (folder / "cpu.json").write_text(json.dumps(
        {name: count / total for name, count in own.items()}, indent=0))
    return None


def difference(base, new):
    """A table of the functions whose share of the CPU time differs by a tenth and by half a point;
    empty where a folder has no profile."""
    files = [folder / "cpu.json" for folder in (base, new)]
    if not all(file.exists() for file in files):
        return []
    before, after = (json.loads(file.read_text()) for file in files)
    rows = []
    for name in sorted(before | after, key=lambda each: -max(before.get(each, 0),
                                                            after.get(each, 0)))[:2 * TOP]:
        old, now = before.get(name, 0), after.get(name, 0)
        if abs(now - old) > max(0.005, 0.1 * old):
            mark = "⚠️ more" if now > 1.2 * old else "✅ less" if now < 0.8 * old else ""
            rows.append([name, f"{old:.1%}", f"{now:.1%}", f"{100 * (now - old):+.1f}", mark])
    return table(["Function, share of CPU time", "Baseline", "Current", "Points", ""], rows)


def memory(pid):
    """Of a running process, in MB: resident, its highest so far, and the part that is heap: written
    by it alone and of no file, which is malloc's and Python's."""
    folder = pathlib.Path(f"/proc/{pid}")
    status = dict(line.split(":", 1) for line in (folder / "status").read_text().splitlines())
    rollup = dict(line.split(":", 1) for line in
                  (folder / "smaps_rollup").read_text().splitlines()[1:])
    fields = {"resident": status["VmRSS"], "at most": status["VmHWM"],
              "heap": rollup["Anonymous"]}
    return {"program": status["Name"].strip()} | {
        name: int(text.split()[0]) * 1024 / 1e6 for name, text in fields.items()}


def memory_rows(before, after, base):
    """A table of each process; by program, how much more heap than in the earlier profile."""
    rows = []
    for pid, now in after.items():
        earlier = [each["heap"] for each in base.values() if each["program"] == now["program"]]
        rows.append([f"{now['program']}, {pid}", f"{before[pid]['heap']:.1f}", f"{now['heap']:.1f}",
                     f"{now['heap'] - max(earlier):+.1f}" if earlier else "",
                     f"{now['resident']:.1f}", f"{now['at most']:.1f}"])
    return table(["Process, MB", "Heap before", "Heap after", "Against", "Resident", "At most"],
                 rows)


def main(chosen):
    """The running processes: orchestrator, workers, Python workers, a server's session."""
    chosen.output.mkdir(parents=True, exist_ok=True)
    recorded = chosen.output / "cpu.perf"
    before = {str(pid): memory(pid) for pid in chosen.pid}
    done = subprocess.run(["perf", "record", "--quiet", "-e", "cpu-clock", "-F", "499", "-g",
                           "-o", str(recorded), "-p", ",".join(map(str, chosen.pid)), "--",
                           "sleep", str(chosen.seconds)], check=False)
    problem = analyse_cpu(recorded, chosen.output) if done.returncode == 0 else "perf failed"
    if problem:
        raise ValueError(problem)
    print((chosen.output / "cpu_analysis.txt").read_text())
    after = {pid: memory(pid) for pid in before}
    (chosen.output / "memory.json").write_text(json.dumps(after, indent=1))
    base = chosen.against and chosen.against / "memory.json"
    base = json.loads(base.read_text()) if base and base.exists() else {}
    print("\n".join(memory_rows(before, after, base)))
    if chosen.against:
        print("\n" + "\n".join(difference(chosen.against, chosen.output)))
    return 0


class Profiler:
    """Profiles the first suite of a run, if asked to; all programs that it starts with it."""

    def __init__(self, chosen, folder):
        wants_all = chosen.type == "profiled"
        self.folder = folder
        self.cpu = chosen.cpuprofile or (folder / "cpu.perf" if wants_all else None)
        self.heap = chosen.memprofile or (folder / "heap.raw" if wants_all else None)
        self.is_used = False
        if self.cpu and not shutil.which("perf"):
            self._leave_out("perf is not installed (linux-perf): no CPU profile")
            self.cpu = None
        if self.heap and not os.path.exists(PRELOAD):
            self._leave_out("heaptrack is not installed: no heap profile")
            self.heap = None

    @staticmethod
    def _leave_out(why):
        print(f"tasker-bench: {why}", file=sys.stderr)

    def environment(self):
        out = dict(os.environ)
        if self.heap:
            out["TASKER_BENCH_HEAP_PROFILE"] = str(self.heap.resolve())
        return out

    def wrapper(self, _suite):
        if not self.cpu or self.is_used:
            return ()
        self.is_used = True
        return ("perf", "record", "--quiet", "-e", "cpu-clock", "-F", "499", "-g",
                "-o", str(self.cpu), "--")

    def finish(self):
        if self.cpu and self.cpu.exists():
            problem = analyse_cpu(self.cpu, self.folder)
            if problem:
                self._leave_out(problem)
        if self.heap:
            self._finish_heap()

    def _finish_heap(self):
        raw = sorted(self.folder.glob(f"{self.heap.name}*")) or sorted(
            self.heap.parent.glob(f"{self.heap.name}*"))
        texts = []
        for file in raw:
            packed = file.with_name(file.name + ".gz")
            with file.open("rb") as data, packed.open("wb") as out:
                read = subprocess.Popen(["/usr/lib/heaptrack/libexec/heaptrack_interpret"],
                                        stdin=data, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL)
                subprocess.run(["gzip"], stdin=read.stdout, stdout=out, check=False)
                read.wait()
            shown = subprocess.run(["heaptrack_print", "-f", str(packed), "-n", str(TOP), "-s", "1",
                                    "-l", "0", "-T", "0"],
                                   capture_output=True, text=True, check=False)
            texts.append(f"== {file.name}\n{shown.stdout}")
            file.unlink()
        if texts:
            (self.folder / "heap_analysis.txt").write_text("\n".join(texts))
        else:
            self._leave_out("no heap profile was written")
