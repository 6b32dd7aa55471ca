"""The command line of tasker-bench."""
import argparse
import pathlib
import sys

from . import capacity, compare, history, pages, profile, report, run, suite
from .results import CHECKOUT


def at_least(least):
    def number(text):
        value = int(text)
        if value < least:
            raise argparse.ArgumentTypeError(f"{value} is less than {least}")
        return value
    return number


def configuration(name):
    """A folder of settings."""
    for folder in (CHECKOUT / "config" / name, pathlib.Path(name).resolve()):
        if folder.is_dir():
            return folder
    raise argparse.ArgumentTypeError(f"there is no {CHECKOUT / 'config' / name}")


def judging():
    """How two runs are compared."""
    out = argparse.ArgumentParser(add_help=False)
    out.add_argument("--ratios", action="store_true",
                     help="runs of different machines: compare by ratios within each run alone")
    out.add_argument("--fail", type=float, default=20, metavar="PERCENT",
                     help="how much slower is a regression (default: 20)")
    out.add_argument("--recorded", action="store_true",
                     help="by the recorded figures alone: nothing is measured again")
    out.add_argument("--programs", type=pathlib.Path,
                     default=CHECKOUT / "build" / "release" / "bin")
    return out


def parser():
    out = argparse.ArgumentParser(prog="tasker-bench", description="Benchmarks of Tasker.")
    commands = out.add_subparsers(dest="command", required=True)
    output = argparse.ArgumentParser(add_help=False)
    output.add_argument("--output", type=pathlib.Path, default=CHECKOUT / "tmp" / "benchmarks")

    def command(name, do, text, *parents):
        made = commands.add_parser(name, help=text, parents=parents)
        made.set_defaults(do=do)
        return made.add_argument

    add = command("run", run.main, "run suites, store their output in a run folder", output,
                  judging())
    add("--type", help=", ".join(run.TYPES) + "; quick, or with --suite: in full")
    add("--suite", action="append", default=[], help="only this one; may be repeated")
    add("--workers", type=at_least(1), metavar="N")
    add("--tasks", type=at_least(10), metavar="N")
    add("--duration", type=at_least(1), metavar="S")
    add("--payload", type=at_least(1), metavar="BYTES")
    add("--config", type=configuration, metavar="NAME",
        help="settings of the services: a name below config/, or a folder")
    add("--repetitions", type=at_least(1), metavar="N")
    add("--length", choices=["smoke", "quick", "full"])
    add("--filter", help="only cases whose name holds this text; a|b: a or b")
    add("--against", metavar="BASE",
        help="measure the SQL functions of this run, baseline or commit in turn with ours, and "
        "compare: exit 1 if something got slower")
    add("--base-programs", type=pathlib.Path, metavar="FOLDER",
        help="of --against: its programs, for the suites that measure more than SQL")
    add("--strict", action="store_true", help="exit 1 if a required target is missed")
    add("--name", help="keep the run as benches/baselines/NAME as well")
    add("--cpuprofile", type=pathlib.Path, metavar="FILE", help="by perf")
    add("--memprofile", type=pathlib.Path, metavar="FILE", help="by heaptrack")

    add = command("compare", compare.main, "two runs; exit 1 if something got slower", judging())
    add("base", help="a run folder, a JSON file, or a name below benches/baselines")
    add("new")
    add("--output", type=pathlib.Path, help="write the Markdown here as well")

    add = command("history", history.main, "how the figures went over the runs", output)
    add("--suite")
    add("--case", help="only cases whose name holds this text")

    add = command("report", report.main, "draw a run folder: report.html", output)
    add("run", type=pathlib.Path, nargs="?", help="the latest, unless given")

    add = command("plan", capacity.main, "workers and database for a load, by measured figures",
                  output)
    add("run", type=pathlib.Path, nargs="?", help="the latest full one, unless given")
    add("--rate", type=at_least(1), required=True, metavar="N", help="tasks a second")
    add("--handler-ms", type=float, required=True, metavar="MS", help="how long a handler takes")
    add("--handler-cpu-ms", type=float, default=0, metavar="MS",
        help="the part of it that is CPU time (default: 0)")
    add("--steps", type=at_least(1), default=1, metavar="N", help="of a task (default: 1)")
    add("--config", type=configuration, metavar="NAME", help="a name below config/, or a folder")

    add = command("docs", pages.main, "write a full run's figures into the documents, and what has "
                  "changed since (without a run: only that)")
    add("run", type=pathlib.Path, nargs="?")
    add("--peers", type=pathlib.Path, metavar="FILE", help="peers.md of make peers")

    add = command("profile", profile.main, "CPU and memory of running processes, by perf")
    add("pid", type=at_least(1), nargs="+")
    add("--seconds", type=at_least(1), default=10, metavar="S")
    add("--output", type=pathlib.Path, required=True, metavar="FOLDER")
    add("--against", type=pathlib.Path, metavar="FOLDER",
        help="of an earlier profile: shows which functions use more or less")

    targets = argparse.ArgumentParser(add_help=False)
    targets.add_argument("--targets", type=pathlib.Path,
                         default=CHECKOUT / "config" / "benchmarks" / "targets.toml")
    add = command("begin", suite.begin, "for suites: the facts of this machine, as JSON", targets)
    for option in ("--suite", "--build", "--compiler", "--libpq"):
        add(option, required=True)
    add = command("judge", suite.main, "for suites: their samples, against the targets", targets)
    add("samples", type=pathlib.Path, help="OUTPUT/samples/SUITE.json")
    return out


def main(arguments):
    chosen = parser().parse_args(arguments)
    try:
        return chosen.do(chosen)
    except KeyboardInterrupt:
        return 130
    except (OSError, ValueError) as problem:
        print(f"tasker-bench: {problem}", file=sys.stderr)
        return 2
