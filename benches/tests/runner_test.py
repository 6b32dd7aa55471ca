#!/usr/bin/env python3
"""Tests of tasker-bench that need no suite to run."""
import contextlib
import io
import json
import pathlib
import random
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from runner import cli, compare, flame, history, report, run, statistics, summary  # noqa: E402
from runner.results import Run, load  # noqa: E402


def quantile(ordered, share):
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def row(name, repetitions, unit="ms"):
    """A case as a suite writes it."""
    everything = sorted(each for one in repetitions for each in one)
    parts = []
    for one in repetitions:
        ordered = sorted(one)
        parts.append({"samples": len(one), "mean": sum(one) / len(one), "min": ordered[0],
                      "p10": quantile(ordered, 0.1), "p50": quantile(ordered, 0.5),
                      "p95": quantile(ordered, 0.95), "max": ordered[-1]})
    value = quantile(everything, 0.5)
    return {"name": name, "unit": unit, "value": value, "status": "pass", "repetitions": parts,
            "samples": len(everything), "median_low": value * 0.9, "median_high": value * 1.1,
            "mean_ms": value, "p95_ms": value, "p99_ms": value, "targets": [], "counters": {},
            "quantiles": [quantile(everything, i / 50) for i in range(51)]}


def document(rows, calibration=(1.0,), suite="some_suite", commit=(0.2,)):
    return {"benchmark_suite": suite, "timestamp": "2026-01-02T03:04:05.000000Z", "commit": "abc",
            "environment": {"processor": "one"}, "settings": {}, "prerequisites": [],
            "calibration_ms": list(calibration), "round_trip_ms": [0.05],
            "commit_ms": list(commit), "results": rows, "findings": ["found <it>"],
            "failures": [],
            "summary": {"total_tests": len(rows), "passed": len(rows), "failed": 0, "warnings": 0}}


def noisy(source, median, repetitions=10, samples=60, noise=0.05):
    """Repetitions that each have a shift of their own, and samples with a tail."""
    out = []
    for _ in range(repetitions):
        shift = median * (1 + source.gauss(0, noise))
        out.append([shift * (1 + abs(source.gauss(0, 0.1))) for _ in range(samples)])
    return out


def states(base, new, **options):
    found = compare.compare(Run("base", [base]), Run("new", [new]), **options)
    return {each.base.name: each.status for each in found}


class MannWhitney(unittest.TestCase):
    def test_known_probabilities(self):
        self.assertAlmostEqual(statistics.mann_whitney([1, 2, 3], [4, 5, 6]), 1 / 20)
        self.assertAlmostEqual(statistics.mann_whitney([4, 5, 6], [1, 2, 3]), 1)
        self.assertAlmostEqual(statistics.mann_whitney([1, 2, 3, 4, 5], [6, 7, 8, 9, 10]), 1 / 252)
        self.assertAlmostEqual(statistics.mann_whitney([1, 3, 5, 7, 9], [4, 6, 8, 10, 12]),
                               self.by_enumeration([1, 3, 5, 7, 9], [4, 6, 8, 10, 12]))

    @staticmethod
    def by_enumeration(base, new):
        import itertools
        values = sorted(base + new)
        observed = sum(b > a for a in base for b in new)
        count = total = 0
        for chosen in itertools.combinations(range(len(values)), len(new)):
            b = [values[i] for i in chosen]
            a = [values[i] for i in range(len(values)) if i not in chosen]
            total += 1
            count += sum(y > x for x in a for y in b) >= observed
        return count / total

    def test_ties_are_even(self):
        self.assertAlmostEqual(statistics.mann_whitney([1, 1, 1], [1, 1, 1]), 0.5, delta=0.2)

    def test_holm_is_stricter_with_more_tests(self):
        self.assertEqual(statistics.holm([0.005], 0.01), [True])
        self.assertEqual(statistics.holm([0.005, 0.9, 0.9], 0.01), [False] * 3)
        self.assertEqual(statistics.holm([0.001, 0.004, 0.9], 0.01), [True, True, False])


class Compare(unittest.TestCase):
    def test_slow_down_of_a_third_is_named(self):
        source = random.Random(1)
        names = [f"case {i}" for i in range(40)]
        base = document([row(each, noisy(source, 10)) for each in names])
        new = document([row(each, noisy(source, 13.3 if each == "case 7" else 10))
                        for each in names])
        found = states(base, new)
        self.assertEqual(found.pop("case 7"), compare.REGRESSED)
        self.assertEqual(set(found.values()), {compare.STABLE})

    def test_noise_is_never_a_regression(self):
        for seed in range(100):
            source = random.Random(seed)
            base = document([row(f"case {i}", noisy(source, 10, noise=0.1)) for i in range(20)])
            new = document([row(f"case {i}", noisy(source, 10, noise=0.1)) for i in range(20)])
            self.assertNotIn(compare.REGRESSED, states(base, new).values(), f"seed {seed}")

    def test_slower_machine_is_no_regression(self):
        source = random.Random(2)
        base = document([row("case", noisy(source, 10))], calibration=[1.0] * 10)
        new = document([row("case", noisy(source, 20))], calibration=[2.0] * 10)
        self.assertEqual(states(base, new)["case"], compare.STABLE)

    def test_longer_waits_of_a_busy_machine_are_no_regression(self):
        source = random.Random(5)
        base = document([row("case", noisy(source, 0.7))], commit=[0.2])
        new = document([row("case", noisy(source, 3.8))], commit=[3.6])
        self.assertEqual(states(base, new)["case"], compare.STABLE)
        self.assertEqual(states(base, document([row("case", noisy(source, 4.0))]))["case"],
                         compare.REGRESSED)

    def test_ratios_find_what_a_faster_machine_hides(self):
        source = random.Random(3)
        base = document([row("case", noisy(source, 10))], calibration=[2.0] * 10)
        new = document([row("case", noisy(source, 10))], calibration=[1.0] * 10)
        self.assertEqual(states(base, new)["case"], compare.STABLE)
        self.assertEqual(states(base, new, ratios=True)["case"], compare.REGRESSED)

    def test_ratios_take_off_what_all_cases_have_in_common(self):
        source = random.Random(4)
        names = [f"case {i}" for i in range(20)]
        base = document([row(each, noisy(source, 10)) for each in names])
        slow_disk = document([row(each, noisy(source, 40 if each == "case 7" else 20))
                              for each in names])
        found = states(base, slow_disk, ratios=True)
        self.assertEqual(found.pop("case 7"), compare.REGRESSED)
        self.assertEqual(set(found.values()), {compare.STABLE})

    def test_lower_rate_is_slower(self):
        base = document([row("rate", [[1000 + i] for i in range(7)], "/s")])
        new = document([row("rate", [[700 + i] for i in range(7)], "/s")])
        self.assertEqual(states(base, new)["rate"], compare.REGRESSED)
        self.assertEqual(states(new, base)["rate"], compare.IMPROVED)

    def test_between_look_and_fail_is_shown_as_slower(self):
        base = document([row("case", [[10 + i / 100] * 20 for i in range(7)])])
        new = document([row("case", [[11.6 + i / 100] * 20 for i in range(7)])])
        self.assertEqual(states(base, new)["case"], compare.SLOWER)

    def test_few_repetitions_are_not_judged(self):
        base = document([row("case", [[10], [10]])])
        new = document([row("case", [[90], [90]])])
        self.assertEqual(states(base, new)["case"], compare.STABLE)

    def test_exit_code_and_table(self):
        with tempfile.TemporaryDirectory() as folder:
            files = [pathlib.Path(folder) / name for name in ("base.json", "new.json")]
            for file, value in zip(files, (10, 14)):
                rows = [row("case", [[value + i / 100] * 20 for i in range(7)])]
                file.write_text(json.dumps(document(rows)))
            shown = io.StringIO()
            with contextlib.redirect_stdout(shown):
                code = cli.main(["compare", str(files[0]), str(files[1])])
            self.assertEqual(code, 1)
            self.assertIn("| Benchmark | Baseline | Current | Change | Status |", shown.getvalue())
            self.assertIn("| some_suite: case | 10.030 ms | 14.030 ms | +39.9 % | ❌ Regressed |",
                          shown.getvalue())
            self.assertIn("regressed: some_suite: case", shown.getvalue())
            with contextlib.redirect_stdout(io.StringIO()):
                self.assertEqual(cli.main(["compare", str(files[0]), str(files[0])]), 0)


class Runs(unittest.TestCase):
    def choose(self, *arguments):
        return cli.parser().parse_args(["run", *arguments])

    def test_unknown_type_lists_the_choices_and_exits_2(self):
        shown = io.StringIO()
        with contextlib.redirect_stderr(shown):
            self.assertEqual(cli.main(["run", "--type", "slow"]), 2)
        for each in run.TYPES:
            self.assertIn(each, shown.getvalue())

    def test_quick_is_a_thousand_tasks_on_four_workers(self):
        steps = dict(run.plan(self.choose()))
        self.assertIn("1000", steps["throughput"])
        self.assertEqual(steps["throughput"][steps["throughput"].index("--workers") + 1], "4")

    def test_command_line_wins(self):
        (suite, arguments), = run.plan(self.choose("--suite", "throughput", "--tasks", "77"))
        self.assertEqual(suite, "throughput")
        self.assertEqual(arguments[arguments.index("--tasks") + 1], "77")

    def test_all_runs_every_suite_that_is_built(self):
        cmake = (pathlib.Path(__file__).parents[1] / "CMakeLists.txt").read_text()
        built = {line.split("(")[1].split()[0].rstrip(")") for line in cmake.splitlines()
                 if line.startswith("tasker_suite(")}
        self.assertEqual(set(dict(run.plan(self.choose("--type", "all")))), built)

    def test_one_failing_suite_does_not_stop_the_rest(self):
        with tempfile.TemporaryDirectory() as folder:
            top = pathlib.Path(folder)
            results = json.dumps(document([row("case", [[1]])], suite="memory"))
            for suite, body in (("stress", "exit 3"),
                                ("memory", "while [ $1 != --output ]; do shift; done\n"
                                           "mkdir -p $2/latest\n"
                                           f"cat > $2/memory.json <<'END'\n{results}\nEND")):
                program = top / f"bench_{suite}"
                program.write_text(f"#!/bin/sh\n{body}\n")
                program.chmod(0o755)
            with contextlib.redirect_stdout(io.StringIO()) as shown:
                code = cli.main(["run", "--suite", "stress", "--suite", "memory", "--programs",
                                 folder, "--output", str(top / "out")])
            self.assertEqual(code, 1)
            self.assertIn("| memory | 1 |", shown.getvalue())
            folder, = (top / "out").glob("run_*")
            for name in ("SUMMARY.md", "report.html", "memory_output.log", "stress_output.log",
                         "memory.json"):
                self.assertTrue((folder / name).exists(), name)
            self.assertEqual(len(list(folder.glob("benchmark_results_*.json"))), 1)
            self.assertEqual(len((top / "out" / "history.jsonl").read_text().splitlines()), 1)


class Rendering(unittest.TestCase):
    def test_combined_has_the_nested_fields(self):
        drained = row("single step, 1 process", [[9000]], "/s")
        drained["counters"] = {"tasks": 1000, "seconds": 0.1, "worker processes": 1}
        several = row("single step, 4 processes", [[9900]], "/s")
        several["counters"] = {"tasks": 1000, "seconds": 0.1, "worker processes": 4}
        found = summary.combined(Run("run", [
            document([drained, several], suite="throughput"),
            document([row("enqueue to start", [[2.0]])], suite="e2e_latency"),
            document([row("worker, baseline", [[13]], "MB"), row("worker, after", [[15]], "MB"),
                      row("stored by task", [[2.5]], "KB")], suite="memory")]))
        self.assertEqual(found["throughput"]["single_worker"],
                         {"num_tasks": 1000, "process_rate": 9000, "process_time": 0.1})
        self.assertEqual(found["throughput"]["multi_worker"]["num_workers"], 4)
        self.assertEqual(set(found["latency"]["enqueue_to_start"]),
                         {"avg_latency_ms", "p95_latency_ms", "p99_latency_ms"})
        self.assertEqual(found["memory"]["worker"]["worker_overhead_mb"], 2)
        self.assertEqual(found["memory"]["store"]["memory_per_task_kb"], 2.5)

    def test_report_is_one_file_that_refers_to_nothing(self):
        with tempfile.TemporaryDirectory() as folder:
            output = pathlib.Path(folder)
            (output / "a.json").write_text(json.dumps(document(
                [row("latency <1>", [[1.0, 2.0, 3.0]]), row("rate", [[5.0], [7.0]], "/s")])))
            one = load(folder)
            history.append(output, one)
            history.append(output, one)
            text = report.render(one, output)
        self.assertIn("latency &lt;1&gt;", text)
        self.assertIn("<svg", text)
        self.assertIn("Trend", text)
        for reference in ("http:", "https:", "src=", "<script", "@import"):
            self.assertNotIn(reference, text)

    def test_flame_graph_of_folded_stacks(self):
        stacks = flame.fold("worker \n  1f inner+0x1\n  2f outer\n\nworker \n  3f outer\n\n")
        self.assertEqual(stacks, {"worker;outer;inner": 1, "worker;outer": 1})
        drawn = flame.svg(stacks)
        self.assertIn("<title>inner: 50.00 %</title>", drawn)
        self.assertIn("<title>outer: 100.00 %</title>", drawn)

    def test_sparks_span_the_range(self):
        self.assertEqual(history.spark([1, 2, 3])[0], "▁")
        self.assertEqual(history.spark([1, 2, 3])[-1], "█")
        self.assertEqual(history.spark([5, 5]), "▁▁")


if __name__ == "__main__":
    unittest.main()
