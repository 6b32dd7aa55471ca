#!/usr/bin/env python3
"""Tests of tasker-bench compare that need no suite to run."""
import contextlib
import hashlib
import io
import json
import pathlib
import random
import sys
import tempfile
import unittest

from documents import document, noisy, paired, row

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from runner import cli, compare, difference, in_turn, run
from runner.results import Run


def states(base, new, **options):
    found = compare.compare(Run("base", [base]), Run("new", [new]), **options)
    return {each.base.name: each.status for each in found}


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

    def test_what_longer_waits_may_explain_is_neither_a_regression_nor_stable(self):
        source = random.Random(5)
        base = document([row("case", noisy(source, 0.7))], commit=[0.2])
        new = document([row("case", noisy(source, 3.8))], commit=[3.6])
        self.assertEqual(states(base, new)["case"], compare.NOT_JUDGED)
        same = document([row("case", noisy(source, 0.7))], commit=[3.6])
        self.assertEqual(states(base, same)["case"], compare.STABLE)
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

    def test_few_repetitions_are_not_judged_and_never_called_stable(self):
        base = document([row("case", [[10]]), row("rate", [[1000]], "/s")])
        new = document([row("case", [[90]]), row("rate", [[100]], "/s")])
        self.assertEqual(set(states(base, new).values()), {compare.NOT_JUDGED})

    def test_what_the_number_of_cases_makes_impossible_is_not_judged(self):
        """Four repetitions a side cannot be significant among twenty cases."""
        rows = [row(f"case {i}", [[10 + j / 100] for j in range(4)]) for i in range(20)]
        slow = [row(f"case {i}", [[20 + j / 100] for j in range(4)]) for i in range(20)]
        self.assertEqual(set(states(document(rows), document(slow)).values()),
                         {compare.NOT_JUDGED})
        self.assertEqual(set(states(document(rows[:1]), document(slow[:1])).values()),
                         {compare.REGRESSED})

    def test_what_scatters_more_than_a_regression_is_not_judged(self):
        wild = document([row("case", [[1], [9], [2], [20], [4], [1], [12]])])
        self.assertEqual(states(wild, wild)["case"], compare.NOT_JUDGED)

    def test_what_was_zero_can_regress(self):
        base = document([row("errors", [[0]] * 6, "%")])
        new = document([row("errors", [[50 + i] for i in range(6)], "%")])
        self.assertEqual(states(base, new)["errors"], compare.REGRESSED)
        self.assertEqual(states(new, base)["errors"], compare.IMPROVED)
        self.assertEqual(states(base, base)["errors"], compare.STABLE)

    def test_microseconds_are_judged(self):
        for before, after in ((0.0005, 0.05), (0.1, 0.2)):
            base = document([row("call", noisy(random.Random(1), before))])
            new = document([row("call", noisy(random.Random(2), after))])
            self.assertEqual(states(base, new)["call"], compare.REGRESSED)
            self.assertEqual(states(new, base)["call"], compare.IMPROVED)

    def test_the_metric_declares_which_way_is_better(self):
        few = document([row("idle: queries", [[0.5 + i / 100] for i in range(6)], "/s", "lower")])
        many = document([row("idle: queries", [[2 + i / 100] for i in range(6)], "/s", "lower")])
        self.assertEqual(states(many, few)["idle: queries"], compare.IMPROVED)
        self.assertEqual(states(few, many)["idle: queries"], compare.REGRESSED)

    def compare_files(self, base, new):
        with tempfile.TemporaryDirectory() as folder:
            for name, documents in (("base", base), ("new", new)):
                (pathlib.Path(folder) / name).mkdir()
                for each in documents:
                    file = pathlib.Path(folder) / name / f"{each['benchmark_suite']}.json"
                    file.write_text(json.dumps(each))
            with contextlib.redirect_stdout(io.StringIO()) as shown:
                code = cli.main(["compare", f"{folder}/base", f"{folder}/new"])
        return code, shown.getvalue()

    def test_what_was_not_judged_has_its_mark_count_and_exit_code(self):
        code, text = self.compare_files([document([row("case", [[3.6]])])],
                                        [document([row("case", [[36]])])])
        self.assertEqual(code, 3)
        self.assertIn("| some_suite: case | 3.600 ms | 36.000 ms | +900.0 % | ◌ Not judged |", text)
        self.assertIn("1 not judged", text)
        self.assertNotIn("Stable |", text)

    def test_suites_and_cases_of_one_side_are_named(self):
        steady = row("case", [[10 + i / 100] * 20 for i in range(7)])
        other = row("other", [[10 + i / 100] * 20 for i in range(7)])
        code, text = self.compare_files(
            [document([steady, other]), document([steady], suite="gone")],
            [document([steady]), document([steady], suite="fresh")])
        self.assertEqual(code, 3)
        self.assertIn("| some_suite: other | 10.030 ms | | | ◌ Missing |", text)
        self.assertIn("| gone: case | 10.030 ms | | | ◌ Missing |", text)
        self.assertIn("| fresh: case | | 10.030 ms | | ◌ New |", text)
        self.assertIn("Only in the baseline: suite gone.", text)
        self.assertIn("Only in the current run: suite fresh.", text)

    def test_a_case_that_the_filter_left_out_is_not_missing(self):
        steady = row("case", [[10 + i / 100] * 20 for i in range(7)])
        new = document([steady])
        new["settings"]["filter"] = "case"
        self.assertEqual(self.compare_files([document([steady, row("other", [[1]])])], [new])[0], 0)

    def test_a_failure_in_the_new_run_fails_the_comparison(self):
        steady = row("case", [[10 + i / 100] * 20 for i in range(7)])
        new = document([steady])
        new["failures"] = ["a task was lost"]
        code, text = self.compare_files([document([steady])], [new])
        self.assertEqual(code, 1)
        self.assertIn("some_suite failed: a task was lost", text)
        new["results"] = []
        self.assertEqual(self.compare_files([document([steady])], [new])[0], 1)

    def test_branch_stands_beside_commit_and_date(self):
        steady = row("case", [[10 + i / 100] * 20 for i in range(7)])
        _, text = self.compare_files([document([steady], branch="main")],
                                     [document([steady], branch="faster")])
        date = "2026-01-02T03:04:05.000000Z"
        self.assertIn(f"- Baseline: base, {date}, branch main, commit abc", text)
        self.assertIn(f"- Current: new, {date}, branch faster, commit abc", text)

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


class MeasuredInTurn(unittest.TestCase):
    def judge(self, case):
        found = difference.InTurn(Run("new", [document([case])]).find("some_suite", case["name"]))
        found.judge(difference.FAIL)
        return found

    def test_unchanged_is_stable_however_fast_the_machine_is(self):
        for seed in range(300):
            found = self.judge(paired("case", random.Random(seed)))
            self.assertNotIn(found.status, (compare.SLOWER, compare.REGRESSED), f"seed {seed}")
            self.assertLess(abs(float(found.change.split(" ")[0])), 15, f"seed {seed}")

    def test_a_third_more_work_is_named_though_it_is_a_tenth_of_the_duration(self):
        for seed in range(100):
            found = self.judge(paired("case", random.Random(seed), factor=1.4))
            self.assertEqual(found.status, compare.REGRESSED, f"seed {seed}")
            self.assertIn("server CPU", found.change)

    def test_sleeping_is_named_though_it_is_no_work(self):
        found = self.judge(paired("case", random.Random(1), sleep=0.12))
        self.assertEqual(found.status, compare.REGRESSED)
        self.assertNotIn("server CPU", found.change)

    def test_less_work_is_improved(self):
        found = self.judge(paired("case", random.Random(1), factor=0.6))
        self.assertEqual(found.status, compare.IMPROVED)

    def test_too_few_repetitions_are_not_paired(self):
        case = paired("case", random.Random(1), repetitions=6)
        self.assertFalse(difference.InTurn.is_possible(
            Run("new", [document([case])]).find("some_suite", "case")))

    def test_least_data_is_measured_again(self):
        cases = ["a, 1, 1 K tasks", "a, 1, 10 K tasks", "b", "c, 5 K tasks"]
        self.assertEqual(in_turn.smallest(cases), ["a, 1, 1 K tasks", "b", "c, 5 K tasks"])


class LooksAgain(unittest.TestCase):
    """compare, with a suite that announces its figures."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.top = pathlib.Path(folder.name)

    def keep(self, name, value, functions, tables="-- on tables 1"):
        folder = self.top / name
        folder.mkdir()
        rows = [row("claim", [[value + i / 100] * 20 for i in range(7)])]
        (folder / "queue_operations.json").write_text(
            json.dumps(document(rows, suite="queue_operations")))
        (folder / "functions.sql").write_text(f"{tables}\n{functions}\n")
        return str(folder)

    def will_measure(self, factor):
        found = document([paired("claim", random.Random(1), factor)], suite="queue_operations")
        program = self.top / "bench_queue_operations"
        program.write_text("#!/bin/sh\necho measured >> \"$0.log\"\n"
                           "while [ $1 != --output ]; do shift; done\n"
                           f"cat > $2/queue_operations.json <<'END'\n{json.dumps(found)}\nEND\n")
        program.chmod(0o755)

    def compare(self, base, new, *options):
        with contextlib.redirect_stdout(io.StringIO()) as shown, \
                contextlib.redirect_stderr(io.StringIO()):
            code = cli.main(["compare", base, new, "--programs", str(self.top), *options])
        return code, shown.getvalue(), (self.top / "bench_queue_operations.log").exists()

    def test_what_looks_slower_is_cleared_if_it_is_not_so_in_turn(self):
        self.will_measure(1.0)
        code, text, measured = self.compare(self.keep("a", 10, "f"), self.keep("b", 14, "f"))
        self.assertTrue(measured)
        self.assertEqual(code, 0, text)

    def test_a_function_that_differs_is_measured_though_the_figures_are_alike(self):
        self.will_measure(1.4)
        code, text, _ = self.compare(self.keep("a", 10, "f"), self.keep("b", 10, "g"))
        self.assertEqual(code, 1, text)
        self.assertIn("regressed: queue_operations: claim\n", text)

    def test_nothing_is_measured_where_nothing_differs_or_looks_slower(self):
        self.will_measure(1.4)
        code, _, measured = self.compare(self.keep("a", 10, "f"), self.keep("b", 10, "f"))
        self.assertEqual((code, measured), (0, False))

    def test_files_of_two_folders_will_do_and_of_one_will_not(self):
        self.will_measure(1.0)
        base, new = (pathlib.Path(self.keep(name, value, "f")) / "queue_operations.json"
                     for name, value in (("a", 10), ("b", 14)))
        self.assertEqual(self.compare(str(base), str(new))[0], 0)
        beside = new.with_name("before.json")
        beside.write_text(base.read_text())
        self.assertEqual(self.compare(str(beside), str(new))[0], 1)

    def test_recorded_figures_decide_if_asked_or_if_tables_differ(self):
        self.will_measure(1.0)
        base, new = self.keep("a", 10, "f"), self.keep("b", 14, "f")
        self.assertEqual(self.compare(base, new, "--recorded")[::2], (1, False))
        moved = self.keep("c", 14, "f", tables="-- on tables 2")
        self.assertEqual(self.compare(base, moved)[::2], (1, False))

    def test_what_was_measured_in_turn_is_slower_only_if_it_is_so_again(self):
        self.will_measure(1.0)
        base, new = self.keep("a", 10, "f"), self.keep("b", 10, "f")
        slow = document([paired("claim", random.Random(2), 1.4)], suite="queue_operations")
        (pathlib.Path(new) / "queue_operations.json").write_text(json.dumps(slow))
        digest = hashlib.sha256((pathlib.Path(base) / "functions.sql").read_bytes()).hexdigest()
        (pathlib.Path(new) / "against.sha256").write_text(digest)
        self.assertEqual(self.compare(base, new, "--recorded")[0], 1)
        code, text, measured = self.compare(base, new)
        self.assertEqual((code, measured), (0, True), text)
        self.will_measure(1.4)
        self.assertEqual(self.compare(base, new)[0], 1)


class BuildsInTurn(unittest.TestCase):
    """run --against COMMIT --base-programs, for a suite without SQL functions."""

    def program(self, folder, microseconds):
        source = random.Random(microseconds)
        folder.mkdir()
        program = folder / "bench_event_propagation"
        for number in range(40):  # of the calls, each with a speed of the machine
            found = document([row("NOTIFY to listener", noisy(source, microseconds / 1000, 1))],
                             suite="event_propagation")
            (folder / f"{number}.json").write_text(json.dumps(found))
        program.write_text("#!/bin/sh\nwhile [ \"$1\" != --output ]; do shift; done\n"
                           f"n=$(cat {folder}/n || echo 0)\necho $((n + 1)) > {folder}/n\n"
                           f"cp {folder}/$n.json $2/event_propagation.json\n")
        program.chmod(0o755)

    def run_against(self, before, after):
        with tempfile.TemporaryDirectory() as name:
            top = pathlib.Path(name)
            self.program(top / "old", before)
            self.program(top / "new", after)
            (top / "base").mkdir()
            (top / "base" / "functions.sql").write_text("-- of a commit\n")
            (top / "base" / "event_propagation.json").write_text(
                (top / "old" / "0.json").read_text())
            with contextlib.redirect_stdout(io.StringIO()) as shown, \
                    contextlib.redirect_stderr(shown):
                code = cli.main(["run", "--type", "ci", "--suite", "event_propagation", "--against",
                                 f"{name}/base", "--base-programs", f"{name}/old", "--programs",
                                 f"{name}/new", "--output", f"{name}/out"])
            return code, shown.getvalue()

    def test_a_listener_that_became_twice_as_slow_is_named(self):
        code, text = self.run_against(100, 200)
        self.assertEqual(code, 1, text)
        self.assertIn("regressed: event_propagation: NOTIFY to listener\n", text)

    def test_an_unchanged_listener_is_stable(self):
        code, text = self.run_against(100, 101)
        self.assertEqual(code, 0, text)
        self.assertIn("| ✅ Stable |", text)

    def test_every_component_suite_is_in_the_gate_of_ci(self):
        self.assertEqual({name for name, _ in run.TYPES["ci"]}, {
            "sql_functions", "queue_operations", "step_enqueueing", "queue_depth",
            "event_propagation", "handler_overhead", "worker_execution", "task_initialization"})


if __name__ == "__main__":
    unittest.main()
