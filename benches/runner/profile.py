"""Where the time and the memory go: perf and heaptrack around a suite, their top 20 as text."""
import collections
import os
import shutil
import subprocess
import sys

from . import flame

TOP = 20
PRELOAD = "/usr/lib/heaptrack/libheaptrack_preload.so"


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
            self._finish_cpu()
        if self.heap:
            self._finish_heap()

    def _finish_cpu(self):
        script = subprocess.run(["perf", "script", "-i", str(self.cpu), "-F", "comm,ip,sym"],
                                capture_output=True, text=True, check=False)
        stacks = flame.fold(script.stdout)
        if not stacks:
            self._leave_out(f"perf recorded nothing: {script.stderr.strip()[:300]}")
            return
        total = sum(stacks.values())
        own: collections.Counter[str] = collections.Counter()
        for stack, count in stacks.items():
            program, *frames = stack.split(";")
            own[f"{program}: {frames[-1] if frames else '?'}"] += count
        title = (f"CPU, {total} samples of all programs; "
                 f"the {TOP} functions with the highest self time")
        lines = [title, ""]
        lines += [f"{100 * count / total:6.2f} %  {name}" for name, count in own.most_common(TOP)]
        (self.folder / "cpu_analysis.txt").write_text("\n".join(lines) + "\n")
        (self.folder / "flamegraph.svg").write_text(flame.svg(stacks))

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
