"""What a suite and the programs that it starts use, sampled from /proc once a second."""
import collections
import os
import pathlib
import threading

from .results import table

INTERVAL_S = 1.0
TICKS = os.sysconf("SC_CLK_TCK")
PAGE_MB = os.sysconf("SC_PAGE_SIZE") / 1e6


def descendants(root):
    """The process and all below it, by their parents: {pid: fields of /proc/PID/stat}."""
    seen, out = {}, {}
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            name, rest = (folder / "stat").read_text().split("(", 1)[1].rsplit(") ", 1)
        except OSError:
            continue  # ended in between
        seen[int(folder.name)] = (name, rest.split())
    below = collections.defaultdict(list)
    for pid, (_, fields) in seen.items():
        below[int(fields[1])].append(pid)
    todo = [root]
    while todo:
        pid = todo.pop()
        if pid in seen:
            out[pid] = seen[pid]
            todo += below[pid]
    return out


def usage(pid, fields):
    """CPU in s, private memory in MB, threads, MB read from and written to disks."""
    folder = pathlib.Path(f"/proc/{pid}")
    resident, shared = map(int, (folder / "statm").read_text().split()[1:3])
    disk = dict(line.split(": ") for line in (folder / "io").read_text().splitlines())
    return ((int(fields[11]) + int(fields[12])) / TICKS, (resident - shared) * PAGE_MB,
            int(fields[17]), int(disk["read_bytes"]) / 1e6, int(disk["write_bytes"]) / 1e6)


def by_program() -> collections.defaultdict[str, list[float]]:
    """Processes, MB, threads."""
    return collections.defaultdict(lambda: [0, 0, 0])


class Sampler(threading.Thread):
    """Between start and finish. A process that lives for less than the interval may be missed."""

    def __init__(self, root):
        super().__init__(daemon=True)
        self.root = root
        self.ended = threading.Event()
        self.last = {}  # by process: program and usage, as last seen
        self.peaks = by_program()
        self.parents: set[int] = set()

    def run(self):
        while not self.ended.wait(INTERVAL_S):
            self.sample()

    def sample(self):
        now = by_program()
        found = descendants(self.root)
        # The traffic of a parent includes that of its ended children, so it is not counted.
        self.parents |= {int(fields[1]) for _, fields in found.values()}
        for pid, (name, fields) in found.items():
            try:
                used = usage(pid, fields)
                self.last[pid] = (name, (*used[:3], 0, 0) if pid in self.parents else used)
            except OSError:
                continue
            now[name] = [sum(pair) for pair in zip(now[name], (1, *self.last[pid][1][1:3]))]
        for name, values in now.items():
            self.peaks[name] = list(map(max, self.peaks[name], values))

    def finish(self):
        """By program: its greatest number of processes, private memory and threads, and its CPU and
        disk traffic in all."""
        self.ended.set()
        self.join()
        out = {}
        for name, (processes, memory, threads) in self.peaks.items():
            of = [used for each, used in self.last.values() if each == name]
            out[name] = {"processes": processes, "cpu_s": sum(each[0] for each in of),
                         "private_mb": memory, "threads": threads,
                         "read_mb": sum(each[3] for each in of),
                         "written_mb": sum(each[4] for each in of)}
        return out


def rows(used):
    """{suite: what finish() returns} as Markdown, without what used no CPU worth showing."""
    head = ["Suite", "Program", "Processes", "CPU, s", "Private memory, MB", "Threads", "Read, MB",
            "Written, MB"]
    return table(head, [
        [suite, name, of["processes"], f"{of['cpu_s']:.1f}", f"{of['private_mb']:.0f}",
         of["threads"], f"{of['read_mb']:.0f}", f"{of['written_mb']:.0f}"]
        for suite, programs in used.items()
        for name, of in sorted(programs.items(), key=lambda each: -each[1]["cpu_s"])
        if of["cpu_s"] >= 0.1])
