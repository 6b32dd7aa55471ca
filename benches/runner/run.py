"""tasker-bench run: runs the suites one after the other, and writes the files of a complete run."""
import datetime
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

from . import compare, history, in_turn, profile, report, resources, summary
from .results import BASELINES, Revision, documents_in, load, read_document

ALL = ["sql_functions", "queue_operations", "queue_depth", "step_enqueueing", "event_propagation",
       "handler_overhead", "worker_execution", "task_initialization", "e2e_latency",
       "concurrent_clients", "payload_size", "throughput", "scalability", "memory", "stress",
       "fairness", "graph_size", "conditions", "timers", "maps", "children", "statistics",
       "history", "soak"]

# Suites with their own arguments, by the type of a run.
TYPES = {
    "quick": [("throughput", ["--length", "smoke", "--tasks", "1000", "--workers", "4",
                              "--repetitions", "10", "--filter", "process|single steps"]),
              ("e2e_latency", ["--length", "quick", "--repetitions", "20", "--filter", "linear-3"]),
              ("memory", ["--length", "smoke", "--tasks", "1000"])],
    "scalability": [("scalability", ["--length", "full", "--tasks", "2000", "--repetitions", "1"]),
                    ("throughput", ["--length", "full", "--tasks", "2000", "--repetitions", "3"])],
    "profiled": [("throughput", ["--length", "quick", "--tasks", "5000", "--workers", "8",
                                 "--repetitions", "1"])],
    # What CI measures in turn with an older commit: the core's functions on little data, and the
    # programs of the other component suites.
    "ci": [("sql_functions", ["--length", "quick", "--repetitions", "10", "--filter", "1 K tasks"]),
           ("queue_operations", ["--length", "quick", "--repetitions", "10"]),
           ("step_enqueueing", ["--length", "quick", "--repetitions", "10", "--filter", "total"]),
           ("queue_depth", ["--length", "smoke"]),
           *((each, ["--length", "quick"]) for each in (
               "event_propagation", "handler_overhead", "worker_execution",
               "task_initialization"))],
    "custom": [("throughput", ["--length", "quick"]), ("e2e_latency", ["--length", "quick"])],
    "all": [(each, ["--length", "full"]) for each in ALL],
}


def plan(chosen):
    """Suites and their arguments. The command line's own arguments come last, and win."""
    kind = chosen.type or ("custom" if chosen.suite else "quick")
    if kind not in TYPES:
        raise ValueError(f"unknown type \"{kind}\": it is one of {', '.join(TYPES)}")
    unknown = [each for each in chosen.suite if each not in ALL]
    if unknown:
        raise ValueError(f"unknown suite {', '.join(unknown)}: they are {', '.join(ALL)}")
    steps = dict(TYPES[kind])
    if kind == "custom" and chosen.suite:
        steps = {each: ["--length", "full"] for each in chosen.suite}
    for each in chosen.suite:
        if each not in steps:
            raise ValueError(f"type {kind} has no suite {each}: it has {', '.join(steps)}")
    if chosen.suite:
        steps = {each: steps[each] for each in chosen.suite}
    return [(suite, replace(arguments, options)) for (suite, arguments), options
            in zip(steps.items(), options_of(kind, list(steps), chosen))]


def options_of(kind, suites, chosen):
    """The command line's options that each suite uses. It refuses those that a suite named there,
    or every suite of the type, does not use."""
    everywhere = {each: getattr(chosen, each) for each in ("length", "repetitions", "filter")}
    asked = {each: value for each in ("workers", "tasks", "duration", "payload", "config")
             if (value := getattr(chosen, each)) is not None}
    used = {suite: used_by(chosen.programs / f"bench_{suite}", asked) for suite in suites}
    for option in asked:
        refusing = [suite for suite in suites if option not in used[suite]]
        text = f"suite {', '.join(refusing)} does not use --{option}"
        if refusing and chosen.suite:
            raise ValueError(text)
        if refusing == suites:
            raise ValueError(f"no suite of type {kind} uses --{option}")
        if refusing:
            print(text)
    return [everywhere | {each: asked[each] for each in used[suite]} for suite in suites]


def used_by(program, options):
    """Those of the options that the program knows."""
    if not options or not program.exists():
        return list(options)
    text = subprocess.run([program, "--help"], capture_output=True, text=True, check=True).stdout
    return [each for each in options if f"--{each} " in text]


def replace(arguments, options):
    out = list(arguments)
    for option, value in options.items():
        flag = f"--{option}"
        if value is None:
            continue
        if flag in out:
            out[out.index(flag) + 1] = str(value)
        else:
            out += [flag, str(value)]
    return out


def base_of(chosen):
    """What to measure in turn with: a run, or else a commit. None if nothing is asked."""
    if not chosen.against:
        return None
    if not pathlib.Path(chosen.against).exists() and not (BASELINES / chosen.against).exists():
        try:
            return Revision(chosen.against)
        except ValueError:
            raise ValueError(f"{chosen.against} is no run folder, no name below {BASELINES} and no "
                             "commit of this clone") from None
    base = load(chosen.against)
    if not (base.folder / "functions.sql").exists():
        raise ValueError(f"{chosen.against} holds no functions.sql")
    return base


def run_suite(programs, suite, arguments, folder, environment, wrapper=()):
    """Shows what the suite prints, keeps it, and returns its exit code and what it used."""
    program = programs / f"bench_{suite}"
    if not program.exists():
        print(f"{suite}: {program} is not there: build it first", file=sys.stderr)
        return 127, {}
    command = [*wrapper, str(program), *arguments, "--output", str(folder)]
    with (folder / f"{suite}_output.log").open("w") as log:
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              env=environment) as process:
            sampler = resources.Sampler(process.pid)
            sampler.start()
            for line in process.stdout or ():
                sys.stdout.write(line)
                sys.stdout.flush()
                log.write(line)
            used = sampler.finish()
        return process.returncode, used


def adopt(folder, output):
    """Copies the suites' JSON, logs and links beside the latest ones."""
    (output / "latest").mkdir(parents=True, exist_ok=True)
    for file in [*folder.glob("*.json"), *folder.glob("????-??-??-*.log")]:
        shutil.copy(file, output / file.name)
    for link in (folder / "latest").glob("*.log"):
        target = output / "latest" / link.name
        target.unlink(missing_ok=True)
        target.symlink_to(os.readlink(link))


def main(chosen):
    steps = plan(chosen)
    stamp = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%d_%H%M%S")
    base = base_of(chosen)
    folder = chosen.output / f"run_{stamp}"
    folder.mkdir(parents=True)
    if isinstance(base, Revision):
        (folder / "against").mkdir()
        base.write_functions(folder / "against" / "functions.sql")
    against = base and (base.folder / "functions.sql").resolve()
    started = time.monotonic()
    profiler = profile.Profiler(chosen, folder)
    codes, used = {}, {}
    for number, (suite, arguments) in enumerate(steps, 1):
        print(f"\n[{number}/{len(steps)}] {suite}, {time.monotonic() - started:.0f} s", flush=True)
        if against and suite in in_turn.PAIRED:
            arguments += ["--against", str(against)]
            if "--repetitions" not in arguments:
                arguments += ["--repetitions", str(in_turn.REPETITIONS)]
        elif chosen.base_programs:
            document = in_turn.take_turns(suite, arguments, chosen.base_programs, chosen.programs)
            (folder / f"{suite}.json").write_text(json.dumps(document))
            codes[suite] = 0
            continue
        codes[suite], used[suite] = run_suite(chosen.programs, suite, arguments, folder,
                                              profiler.environment(),
                                              profiler.wrapper(suite))
    profiler.finish()
    if not documents_in(folder):
        print("tasker-bench: no suite wrote any results", file=sys.stderr)
        return 1
    adopt(folder, chosen.output)
    if against:
        digest = hashlib.sha256(against.read_bytes()).hexdigest()
        (folder / "against.sha256").write_text(digest + "\n")
    found = load(str(folder))
    history.append(chosen.output, found)
    combined = folder / f"benchmark_results_{stamp}.json"
    combined.write_text(json.dumps(summary.combined(found), indent=2, ensure_ascii=False) + "\n")
    (folder / "resources.json").write_text(json.dumps(used, indent=1) + "\n")
    text = summary.markdown(found, codes, time.monotonic() - started)
    text += "\n".join(["", "## Resources", "", *resources.rows(used), ""])
    (folder / "SUMMARY.md").write_text(text)
    (chosen.output / "latest" / "summary.md").write_text(text)
    report.write(folder, chosen.output)
    if chosen.name:
        keep(folder, chosen.name)
    print(f"{text}\nall results are in {folder}, with charts in report.html\n"
          f"next: benches/tasker-bench compare BASE {folder} shows what changed since another run\n"
          f"      benches/tasker-bench plan --rate N --handler-ms MS {folder} sizes a system")
    skipped = 77
    failed = any(code not in (0, skipped) for code in codes.values())
    if chosen.strict:
        missed = sum(each["summary"]["failed"] for each in found.documents)
        print(f"required targets missed: {missed}")
        failed |= missed > 0
    judged = 0
    if against:
        print()
        base.documents = [each for each in base.documents if each["benchmark_suite"] in codes]
        judged = compare.verdict(base, found, chosen, folder / "comparison.md")
        shutil.copy(folder / "comparison.md", chosen.output / "latest" / "comparison.md")
    return 1 if failed else judged


def keep(folder, name):
    target = BASELINES / pathlib.Path(name).name
    target.mkdir(parents=True, exist_ok=True)
    for old in target.glob("*.json"):
        old.unlink()
    for file in folder.glob("*.json"):
        if read_document(file) is None:
            continue
        document = json.loads(file.read_text())
        for each in document["results"]:
            del each["quantiles"]  # half of the file, and only for drawing
        (target / file.name).write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n")
    if (folder / "functions.sql").exists():
        shutil.copy(folder / "functions.sql", target / "functions.sql")
    print(f"kept as {target}")
