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


def judging(command):
    """How two runs are compared."""
    command.add_argument("--ratios", action="store_true",
                         help="runs of different machines: compare by ratios within each run alone")
    command.add_argument("--fail", type=float, default=20, metavar="PERCENT",
                         help="how much slower is a regression (default: 20)")
    command.add_argument("--recorded", action="store_true",
                         help="by the recorded figures alone: nothing is measured again")
    command.add_argument("--programs", type=pathlib.Path,
                         default=CHECKOUT / "build" / "release" / "bin")


def parser():
    out = argparse.ArgumentParser(prog="tasker-bench", description="Benchmarks of Tasker.")
    commands = out.add_subparsers(dest="command", required=True)

    one = commands.add_parser("run", help="run suites, store their output in a run folder")
    one.add_argument("--type", help=", ".join(run.TYPES) + "; quick, or with --suite: in full")
    one.add_argument("--suite", action="append", default=[], help="only this one; may be repeated")
    one.add_argument("--workers", type=at_least(1), metavar="N")
    one.add_argument("--tasks", type=at_least(10), metavar="N")
    one.add_argument("--duration", type=at_least(1), metavar="S")
    one.add_argument("--payload", type=at_least(1), metavar="BYTES")
    one.add_argument("--config", type=configuration, metavar="NAME",
                     help="settings of the services: a name below config/, or a folder")
    one.add_argument("--repetitions", type=at_least(1), metavar="N")
    one.add_argument("--length", choices=["smoke", "quick", "full"])
    one.add_argument("--filter", help="only cases whose name holds this text; a|b: a or b")
    one.add_argument("--against", metavar="BASE",
                     help="measure the SQL functions of this run, baseline or commit in turn with "
                     "ours, and compare: exit 1 if something got slower")
    one.add_argument("--base-programs", type=pathlib.Path, metavar="FOLDER",
                     help="of --against: its programs, for the suites that measure more than SQL")
    judging(one)
    one.add_argument("--strict", action="store_true", help="exit 1 if a required target is missed")
    one.add_argument("--name", help="keep the run as benches/baselines/NAME as well")
    one.add_argument("--cpuprofile", type=pathlib.Path, metavar="FILE", help="by perf")
    one.add_argument("--memprofile", type=pathlib.Path, metavar="FILE", help="by heaptrack")
    one.add_argument("--output", type=pathlib.Path, default=CHECKOUT / "tmp" / "benchmarks")
    one.set_defaults(do=run.main)

    two = commands.add_parser("compare", help="two runs; exit 1 if something got slower")
    two.add_argument("base", help="a run folder, a JSON file, or a name below benches/baselines")
    two.add_argument("new")
    judging(two)
    two.add_argument("--output", type=pathlib.Path, help="write the Markdown here as well")
    two.set_defaults(do=compare.main)

    three = commands.add_parser("history", help="how the figures went over the runs")
    three.add_argument("--suite")
    three.add_argument("--case", help="only cases whose name holds this text")
    three.add_argument("--output", type=pathlib.Path, default=CHECKOUT / "tmp" / "benchmarks")
    three.set_defaults(do=history.main)

    four = commands.add_parser("report", help="draw a run folder: report.html")
    four.add_argument("run", type=pathlib.Path, nargs="?", help="the latest, unless given")
    four.add_argument("--output", type=pathlib.Path, default=CHECKOUT / "tmp" / "benchmarks")
    four.set_defaults(do=report.main)
    five = commands.add_parser("plan", help="workers and database for a load, by measured figures")
    five.add_argument("run", type=pathlib.Path, nargs="?", help="the latest full one, unless given")
    five.add_argument("--rate", type=at_least(1), required=True, metavar="N", help="tasks a second")
    five.add_argument("--handler-ms", type=float, required=True, metavar="MS",
                      help="how long a handler takes")
    five.add_argument("--handler-cpu-ms", type=float, default=0, metavar="MS",
                      help="the part of it that is CPU time (default: 0)")
    five.add_argument("--steps", type=at_least(1), default=1, metavar="N",
                      help="of a task (default: 1)")
    five.add_argument("--config", type=configuration, metavar="NAME",
                      help="a name below config/, or a folder")
    five.add_argument("--output", type=pathlib.Path, default=CHECKOUT / "tmp" / "benchmarks")
    five.set_defaults(do=capacity.main)

    six = commands.add_parser("docs", help="write a full run's figures into the documents, and "
                              "what has changed since (without a run: only that)")
    six.add_argument("run", type=pathlib.Path, nargs="?")
    six.add_argument("--peers", type=pathlib.Path, metavar="FILE", help="peers.md of make peers")
    six.set_defaults(do=pages.main)

    seven = commands.add_parser("profile", help="CPU and memory of running processes, by perf")
    seven.add_argument("pid", type=at_least(1), nargs="+")
    seven.add_argument("--seconds", type=at_least(1), default=10, metavar="S")
    seven.add_argument("--output", type=pathlib.Path, required=True, metavar="FOLDER")
    seven.add_argument("--against", type=pathlib.Path, metavar="FOLDER",
                       help="of an earlier profile: shows which functions use more or less")
    seven.set_defaults(do=profile.main)

    eight = commands.add_parser("begin", help="for suites: the facts of this machine, as JSON")
    nine = commands.add_parser("judge", help="for suites: their samples, against the targets")
    nine.add_argument("samples", type=pathlib.Path, help="OUTPUT/samples/SUITE.json")
    for command in (eight, nine):
        command.add_argument("--targets", type=pathlib.Path,
                             default=CHECKOUT / "config" / "benchmarks" / "targets.toml")
    for option in ("--suite", "--build", "--compiler", "--libpq"):
        eight.add_argument(option, required=True)
    eight.set_defaults(do=suite.begin)
    nine.set_defaults(do=suite.main)
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
