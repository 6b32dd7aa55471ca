#!/usr/bin/env python3
"""Tests of what becomes of a suite's samples: statistics, targets, log and JSON."""
import contextlib
import io
import json
import os
import pathlib
import random
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from runner import cli, samples, suite, targets


def case(repetitions, unit="ms", **others):
    return {"name": "case", "unit": unit, "better": "higher" if unit == "/s" else "lower",
            "may_be_zero": False, "repetitions": repetitions, "beside": [], "counters": {},
            **others}


def raw(*cases, **others):
    return {"suite": "some_suite",
            "environment": {"date": "2026-01-02T03:04:05Z", "commit": "abc (1, optimised)",
                            "processor": "one"},
            "settings": {"length": "full"},
            "prerequisites": [{"name": "PostgreSQL", "met": True, "detail": "15"}],
            "calibration_ms": [[1.0]], "round_trip_ms": [], "commit_ms": [],
            "tasks": {"complete": 3, "failed": 0, "other": 0}, "findings": ["a finding"],
            "failures": [], "cases": cases, **others}


def judged(repetitions, *aims, **others):
    row, _ = suite.judge(case(repetitions, **others), [targets.parse(each) for each in aims])
    return row


class Statistics(unittest.TestCase):
    def test_percentile_is_the_nearest_rank(self):
        numbers = range(1, 201)
        self.assertEqual([samples.percentile(numbers, each) for each in (50, 99)], [100, 198])
        self.assertEqual([samples.percentile([1, 2, 3], each) for each in (1, 100)], [1, 3])

    def test_summary_of_known_samples(self):
        found = samples.summarise([4, 2, 4, 4, 5, 5, 7, 9])
        self.assertAlmostEqual(found.pop("std_dev"), 2.138, places=3)
        self.assertEqual(found, {"samples": 8, "mean": 5, "min": 2, "max": 9, "p10": 2, "p50": 4,
                                 "p95": 9, "p99": 9, "outliers": 3})
        self.assertEqual(samples.summarise([3])["std_dev"], 0)

    def test_percentiles_need_enough_samples(self):
        for statistic, count in (("p99", 100), ("p95", 60), ("p50", 20), ("mean", 1)):
            self.assertTrue(samples.has_enough(statistic, count))
            self.assertFalse(samples.has_enough(statistic, count - 1))

    def test_outliers_lie_beyond_the_fences(self):
        numbers = list(range(1, 21))
        self.assertEqual(samples.summarise(numbers)["outliers"], 0)
        self.assertEqual(samples.summarise([*numbers, 100])["outliers"], 1)

    def test_interval_holds_the_median_and_narrows_with_samples(self):
        source = random.Random(1)
        many = [source.gauss(100, 10) for _ in range(2_000)]
        (low, high), (least, most) = (samples.median_interval([each])
                                      for each in (many, many[:30]))
        self.assertTrue(99 < low < 100.6 and 99.4 < high < 101)
        self.assertLess(high - low, most - least)

    def test_interval_of_one_repetition_misses_the_median_one_time_in_twenty(self):
        source = random.Random(2)
        draws = [samples.median_interval([[source.random() for _ in range(100)]])
                 for _ in range(1_000)]
        missed = sum(not low <= 0.5 <= high for low, high in draws)
        self.assertLess(missed, 70)
        self.assertGreater(missed, 10)

    def test_interval_is_as_wide_as_the_repetitions_differ(self):
        self.assertEqual(samples.median_interval([[3.0] * 100, [3.7] * 100] * 3), (3.0, 3.7))

    def test_same_samples_give_the_same_interval(self):
        repetitions = [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
        self.assertEqual(samples.median_interval(repetitions), samples.median_interval(repetitions))

    def test_what_is_no_measurement_is_refused(self):
        for wrong in ([], [1, -1], [float("nan")], [None]):
            with self.assertRaises(ValueError):
                samples.summarise(wrong)


class Bounds(unittest.TestCase):
    def load(self, text):
        with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
            file.write(text)
            file.flush()
            return targets.Targets(pathlib.Path(file.name), "suite")

    def test_bounds_are_read(self):
        self.assertEqual(targets.parse("p99 < 50"), {
            "bar": "required", "statistic": "p99", "direction": "below", "bound": 50})
        self.assertEqual(targets.parse("own: mean >= 2.5"), {
            "bar": "own", "statistic": "mean", "direction": "at_least", "bound": 2.5})

    def test_a_bound_itself_is_met_from_above_alone(self):
        self.assertTrue(judged([[2.5]], "mean >= 2.5", better="higher")["targets"][0]["met"])
        self.assertFalse(judged([[2.4]], "mean >= 2.5", better="higher")["targets"][0]["met"])
        self.assertTrue(judged([[49]], "mean < 50")["targets"][0]["met"])
        self.assertFalse(judged([[50]], "mean < 50")["targets"][0]["met"])

    def test_ratio_is_how_many_times_better(self):
        self.assertEqual(judged([[10] * 20], "p50 < 30")["performance_ratio"], 3)
        self.assertEqual(judged([[250]], "p50 >= 100", unit="/s")["performance_ratio"], 2.5)

    def test_nonsense_is_refused(self):
        for text in ("", "p99", "p98 < 5", "p99 > 5", "p99 < five", "p99 <", "< 5", "p99 < 1.2.3",
                     3):
            with self.assertRaisesRegex(ValueError, "is not a target"):
                targets.parse(text)

    def test_a_star_matches_anything(self):
        for pattern, name, matches in (
                ("claim, *tasks", "claim, 10 K tasks", True), ("*", "", True),
                ("a*b*c", "a-b-b-c", True), ("a*b", "a-b-c", False), ("a", "ab", False),
                ("a.c", "abc", False)):
            self.assertEqual(targets.fits(pattern, name), matches)

    def test_exact_name_goes_before_pattern_and_longer_before_shorter(self):
        table = self.load('[suite]\n"*" = "p50 < 1"\n"a*" = "p50 < 2"\n'
                          'ab = ["own: p50 < 4", "p50 < 3"]\n')
        self.assertEqual([each["bound"] for each in table.find("ab")], [3, 4])
        self.assertEqual(table.find("ax")[0]["bound"], 2)
        self.assertEqual(table.find("x")[0]["bound"], 1)

    def test_an_entry_that_matches_nothing_is_named(self):
        table = self.load('[suite]\n"a*" = "p50 < 1"\nb = "p50 < 2"\n[other]\nc = "p50 < 3"\n')
        self.assertEqual(table.unused(["ab"]), ["b"])
        self.assertEqual(table.find("c"), [])
        of, _ = suite.document(raw(case([[1]], name="ab")), table)
        self.assertEqual(of["failures"], ["targets.toml names a case that was not measured: b"])
        for shorter in ({"length": "quick"}, {"length": "full", "filter": "ab"}):
            of, _ = suite.document(raw(case([[1]], name="ab"), settings=shorter), table)
            self.assertEqual(of["failures"], [])

    def test_a_wrong_file_is_refused_by_name(self):
        for text in ("[suite]\na = 3\n", "[suite\n"):
            with self.assertRaisesRegex(ValueError, r"\.toml, suite suite: "):
                self.load(text)


class Judging(unittest.TestCase):
    def test_a_required_target_decides_and_an_own_bar_warns(self):
        self.assertEqual(judged([[1, 3]], "mean < 3", "own: min < 2")["status"], "pass")
        self.assertEqual(judged([[5, 5]], "mean < 9", "own: min < 2")["status"], "warn")
        self.assertEqual(judged([[5, 5]], "mean < 3", "own: min < 2")["status"], "fail")
        self.assertEqual(judged([[5, 5]])["status"], "pass")

    def test_a_statistic_of_too_few_samples_is_no_pass(self):
        for aim in ("p99 < 50", "p95 < 50", "p50 < 50"):
            row = judged([[1, 2]], aim)
            self.assertEqual((row["targets"][0]["value"], row["status"]), (None, "warn"))

    def test_zero_is_no_measurement_unless_it_may_be(self):
        with self.assertRaisesRegex(ValueError, "nothing was measured"):
            judged([[0, 1]])
        self.assertEqual(judged([[0, 1]], may_be_zero=True)["min_ms"], 0)
        of, _ = suite.document(raw(case([[0, 1]])), targets_of())
        self.assertEqual(of["failures"], ['"case" has a sample of zero: nothing was measured',
                                          "nothing was measured"])

    def test_a_target_bounds_a_case_from_the_side_that_its_direction_declares(self):
        with self.assertRaisesRegex(ValueError, "bounds it from the other side"):
            judged([[99]], "p50 >= 90", unit="%")
        self.assertEqual(judged([[99]], "p50 >= 90", unit="%", better="higher")["status"], "pass")
        with self.assertRaisesRegex(ValueError, "bounds it from the other side"):
            judged([[99]], "p50 < 90", unit="%", better="higher")


def targets_of(*aims):
    out = targets.Targets.__new__(targets.Targets)
    out.entries = {"case": [targets.parse(each) for each in aims]} if aims else {}
    return out


def log_of(one, *aims):
    return suite.log(*suite.document(raw(one), targets_of(*aims)))


class Outputs(unittest.TestCase):
    def test_the_log_has_every_figure_of_a_case(self):
        text = log_of(case([[10, 10, 10], [10, 10, 10]]), "mean < 30")
        self.assertTrue(text.startswith(
            "# Benchmark Run: some_suite\n\nDate: 2026-01-02 03:04:05 UTC\nCommit: abc\n"
            "Environment: processor one\n\n## Prerequisites\n\n- ✅ PostgreSQL: 15\n"
            "- length: full\n- tasks: 3 complete, 0 failed, 0 in another state\n\n"), text)
        self.assertIn("### case\n\n- Mean: 10.000 ms\n- Std Dev: 0.000 ms\n- Min: 10.000 ms\n"
                      "- Max: 10.000 ms\n- p50: 10.000 ms\n- p95: n/a (too few samples)\n"
                      "- p99: n/a (too few samples)\n- Target: mean < 30.000 ms ✅\n"
                      "- Status: ✅ PASS (3.0x better than target)\n- Outliers: 0/6 (0.0%)\n"
                      "- Median, 95 % confidence: 10.000 ms … 10.000 ms, between 2 repetitions\n",
                      text)
        self.assertTrue(text.endswith("\n\n## Summary\n\n- Total: 1\n- Passed: 1\n- Failed: 0\n"
                                      "- Warnings: 0\n- a finding\n"), text)

    def test_a_counter_may_be_below_zero(self):
        self.assertIn("- difference, ms: -2\n",
                      log_of(case([[1]], counters={"difference, ms": [-2, -3, 1]})))

    def test_zero_errors_have_no_factor(self):
        errors = case([[0], [0]], unit="%", may_be_zero=True)
        self.assertIn("- Status: ✅ PASS (zero, as good as it can be)\n",
                      log_of(errors, "max < 0.1"))
        row, _ = suite.judge(errors, [targets.parse("max < 0.1")])
        self.assertIsNone(row["performance_ratio"])

    def test_what_is_printed_names_the_statistic_and_the_target(self):
        of, _ = suite.document(raw(case([[10] * 20]), failures=["lost"]),
                               targets_of("p50 < 30", "own: mean < 5"))
        self.assertIn("  • case: 10.000 ms at p50 (Target: < 30.000 ms) ✅, "
                      "10.000 ms at mean (Own bar: < 5.000 ms) ❌\n", suite.printed(of))
        self.assertIn("\nKey findings:\n  • a finding\n  ❌ FAILED: lost\n\n1 cases: 0 passed, "
                      "0 failed, 1 warnings\n", suite.printed(of))

    def test_what_was_taken_in_turn_is_beside_its_repetition(self):
        row = judged([[2, 2], [4, 4]], beside=[
            {"work_ms": [1, 1, 9], "twin_work_ms": [0.5], "allocations": [3]},
            {"work_ms": [3], "twin_work_ms": [1.5], "twin_ms": [*range(1, 11)],
             "allocations": [5]}])
        first, second = row["repetitions"]
        self.assertEqual(first["work_ms"], 1)
        self.assertNotIn("twin_p50_ms", first)
        self.assertEqual((second["twin_work_ms"], second["twin_p10_ms"], second["twin_p50_ms"]),
                         (1.5, 1, 5))
        self.assertEqual(row["counters"], {"allocations by operation": 3})

    def test_a_rate_is_given_as_the_time_for_one_as_well(self):
        row = judged([[2_000], [2_000]], "p50 >= 1000", unit="/s")
        self.assertEqual([row[each] for each in (
            "throughput_per_s", "mean_ms", "target_ms", "performance_ratio", "p95_ms")],
            [2_000, 0.5, 1.0, 2.0, None])

    def test_other_units_have_no_time(self):
        row = judged([[5], [7]], unit="MB")
        self.assertEqual((row["value"], row["mean_ms"], row["std_dev_ms"], row["max_ms"]),
                         (5, None, None, None))

    def test_files_and_links_are_written(self):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            file = folder / "samples" / "some_suite.json"
            file.parent.mkdir()
            (folder / "targets.toml").write_text("[some_suite]\n")
            for failures in ([], ["lost"]):  # again: links are replaced
                file.write_text(json.dumps(raw(case([[2, 2]]), failures=failures)))
                with contextlib.redirect_stdout(io.StringIO()):
                    self.assertEqual(cli.main(["judge", str(file), "--targets",
                                               str(folder / "targets.toml")]), len(failures))
            self.assertEqual(os.readlink(folder / "latest" / "some-suite.log"),
                             "../2026-01-02-some-suite.log")
            self.assertIn("| [some-suite](some-suite.log) | 2026-01-02T03:04:05Z | abc | 1 |",
                          (folder / "latest" / "summary.md").read_text())
            self.assertEqual(json.loads((folder / "some_suite.json").read_text())["failures"],
                             ["lost"])


if __name__ == "__main__":
    unittest.main()
