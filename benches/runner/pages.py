"""tasker-bench docs: writes the figures of a run into the documents, and what changed since.

A document marks what is generated, and this replaces the lines between:

    <!-- figures: NAME -->
    <!-- end of figures -->
"""
import json
import pathlib
import re
import textwrap
from statistics import median

from . import advice, capacity, summary
from .results import CHECKOUT, FUNCTIONS, git, load, show, table
from .targets import times_better

DOCUMENTS = ("performance.md", "capacity-planning.md", "peers.md")
BLOCK = re.compile(r"(<!-- figures: ([a-z-]+) -->\n)(.*?)(<!-- end of figures -->)", re.DOTALL)
MEASURED = re.compile(r"(?m)^Measured at commit ([0-9a-f]+)")
# What is measured: a change elsewhere changes no figure.
ROOMS = ("client", "config", "orchestration", "shared", "worker")
SUITES = ("benches/suites", "benches/measure")


HEADLINES = (
    ("diamonds from a backlog, one worker process", "throughput", "diamond-4 steps, 1 process"),
    ("diamonds from a backlog, two worker processes", "throughput", "diamond-4 steps, 2 processes"),
    ("single steps from a backlog, one worker process", "throughput", "single step, 1 process"),
    ("tasks created one by one by 100 clients", "concurrent_clients", "submit, 100 clients"),
    ("tasks created in batches", "concurrent_clients", "submit in batches, 2 clients"),
    ("one creation on an idle system", "task_initialization", "linear-3, 1 KB"),
    ("three steps in a row on an idle system", "e2e_latency", "linear-3"),
    ("40 steps in a row on an idle system", "e2e_latency", "chain-40"),
    ("memory of a worker", "memory", "worker, processing"),
    ("memory of an orchestrator", "memory", "orchestrator, processing"),
)


def headlines(run):
    rows = [[what, show(case.row["value"], case.unit), f"{suite}: {name}"]
            for what, suite, name in HEADLINES if (case := run.find(suite, name))]
    missed = [f"{case.name} ({target['statistic']} {times_better(target)}"
              f"{', own bar' if target['bar'] == 'own' else ''})" for case in run.cases()
              for target in case.row["targets"]
              if not target["met"] and target["value"] is not None]
    return [*table(["", "Median", "Case"], rows), "",
            f"Missed targets: {'; '.join(missed) or 'none'}."]


def machine(run):
    facts = {name: value for each in run.documents for name, value in each["environment"].items()}
    loads = [document["environment"]["load average at start"].split()[0]
             for document in run.documents]
    rows = [[name, facts.get(name, "unknown")] for name in (
        "processor", "memory", "system", "PostgreSQL", "durability", "compiler", "libraries")]
    rows += [["run", run.origin], ["suites", ", ".join(
        f"{each['benchmark_suite']} ({each['settings']['length']})" for each in run.documents)],
             ["load average when the suites began", f"{min(loads)} to {max(loads)}"]]
    for name in ("calibration_ms", "commit_ms"):
        values = [value for each in run.documents for value in each[name]]
        if values:
            rows.append([name.replace("_ms", ", by repetition"), f"{show(min(values), 'ms')} to "
                         f"{show(max(values), 'ms')}, median {show(median(values), 'ms')}"])
    return table(["", ""], rows)


def results(run):
    for document in run.documents:
        name = document["benchmark_suite"]
        cases = [case for case in run.cases() if case.suite == name]
        yield from ("", f"### {name}", "", *summary.figures(document, cases))
        if any(case.row["targets"] for case in cases):
            yield from ("", *summary.targets(cases))
        yield from (f"\n{each}." for each in document["findings"])


def letters(run):
    of = capacity.measured(run, 4)
    rows = [["d", "CPU of PostgreSQL per step", f"{of['d']:.1f} µs"],
            ["w", "CPU of the worker per step, without the handler", f"{of['w']:.1f} µs"],
            ["l", "write-ahead log per step", f"{of['l']:,.0f} bytes"],
            ["k", "storage per task of four steps", show(of["k"], "KB")],
            ["m", "memory of a worker", show(of["m"], "MB")]]
    return table(["letter", "meaning", "here"], rows)


def example(run):
    config = CHECKOUT / "config" / "io_bound"
    return table(["resource", "calculation", "amount"],
                 capacity.plan(capacity.measured(run, 1), 10_000, 20, config=config))


def changed(commit):
    """What was changed since the commit, of what is measured and of what measures."""
    head = git("rev-parse", "--short=12", "HEAD").strip()
    files = git("diff", "--name-only", commit, "HEAD").splitlines()
    files = [each for each in files if not re.search(r"/tests?/|\.md$", each)]
    functions = sorted(pathlib.Path(each).stem for each in files if each.startswith(FUNCTIONS))
    lines = []
    if functions:
        lines += textwrap.wrap(f"- SQL functions: {', '.join(functions)}", 115,
                               subsequent_indent="  ")
    for room in (*ROOMS, *SUITES):
        count = sum(each.startswith(room + "/") and not each.startswith(FUNCTIONS)
                    for each in files)
        if count:
            lines.append(f"- {room}: {count} files")
    since = f"Measured at commit {commit}. "
    if not lines:
        return [f"{since}Nothing that is measured has changed up to {head}."]
    return [f"{since}Changed between it and {head}:", "", *lines]


def peers(file):
    """The table of make peers, with its own head."""
    text = file.read_text().removeprefix("# Peers\n\n")
    return [text.rstrip()]


def blocks(run, peers_file):
    """By name, what a document may ask for."""
    out = {}
    if run:
        commit = run.commit.removesuffix("-dirty")
        out = {"headlines": lambda: headlines(run), "machine": lambda: machine(run),
               "results": lambda: results(run), "bottlenecks": lambda: summary.bottlenecks(run),
               "interpretation": lambda: [f"- {each}" for each in advice.interpretation(run)],
               "letters": lambda: letters(run), "example": lambda: example(run),
               "changed": lambda: changed(commit)}
    if peers_file:
        out |= {"peers": lambda: peers(peers_file), "peers-changed": lambda: changed(json.loads(
            peers_file.with_suffix(".json").read_text())["commit"].removesuffix("-dirty"))}
    return out


def rewritten(text, known):
    """The document with its blocks anew. A block of changes keeps its commit unless it is new."""
    def replace(found):
        start, name, old, end = found.groups()
        if name in known:
            lines = known[name]()
        elif name.endswith("changed") and (measured := MEASURED.search(old)):
            lines = changed(measured[1])
        else:
            return found[0]
        return start + "\n".join(["", *lines, "", end]).replace("\n\n\n", "\n\n")
    return BLOCK.sub(replace, text)


def main(chosen):
    run = load(str(chosen.run)) if chosen.run else None
    if run and any(each["settings"]["length"] != "full" for each in run.documents):
        raise ValueError(f"{run.name} was not measured at full length: run --type all")
    known = blocks(run, chosen.peers)
    for name in DOCUMENTS:
        file = CHECKOUT / "docs" / name
        text = file.read_text()
        new = rewritten(text, known)
        if new != text:
            file.write_text(new)
            print(f"written: {file}")
    return 0
