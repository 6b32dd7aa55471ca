#!/usr/bin/env python3
"""Tests of tasker-bench that need no suite to run."""
import contextlib
import io
import json
import pathlib
import sys
import tempfile
import unittest
import unittest.mock

from documents import document, row

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from runner import cli, flame, history, in_turn, report, results, run, summary
from runner.results import Run, load


class Runs(unittest.TestCase):
    def choose(self, *arguments):
        return cli.parser().parse_args(["run", *arguments])

    def test_unknown_type_lists_the_choices_and_exits_2(self):
        shown = io.StringIO()
        with contextlib.redirect_stderr(shown):
            self.assertEqual(cli.main(["run", "--type", "slow"]), 2)
        for each in run.TYPES:
            self.assertIn(each, shown.getvalue())

    def test_numbers_that_make_no_sense_exit_2(self):
        for wrong in (["--tasks", "-5"], ["--workers", "0"], ["--repetitions", "x"]):
            with contextlib.redirect_stderr(io.StringIO()), self.assertRaises(SystemExit) as ended:
                cli.main(["run", *wrong])
            self.assertEqual(ended.exception.code, 2)

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
            made, = (top / "out").glob("run_*")
            for name in ("SUMMARY.md", "report.html", "memory_output.log", "stress_output.log",
                         "memory.json"):
                self.assertTrue((made / name).exists(), name)
            self.assertEqual(len(list(made.glob("benchmark_results_*.json"))), 1)
            self.assertEqual(len((top / "out" / "history.jsonl").read_text().splitlines()), 1)


class Revisions(unittest.TestCase):
    """A commit in place of a run."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.top = pathlib.Path(self.folder.name)
        patch = unittest.mock.patch.object(results, "CHECKOUT", self.top)
        patch.start()
        self.addCleanup(patch.stop)
        results.git("init", "--quiet")

    def commit(self):
        results.git("-c", "user.name=a", "-c", "user.email=a@b", "commit", "--quiet",
                    "--allow-empty", "--message", "one")

    def test_its_functions_are_those_of_the_commit(self):
        functions = self.top / results.FUNCTIONS
        functions.mkdir(parents=True)
        (functions / "one.sql").write_text("select 1;\n")
        results.git("add", ".")
        self.commit()
        (functions / "one.sql").write_text("select 2;\n")
        base = results.Revision("HEAD")
        base.write_functions(self.top / "functions.sql")
        text = (self.top / "functions.sql").read_text()
        self.assertTrue(text.startswith(f"-- of {base.commit}\nset check_function_bodies = off;"))
        self.assertIn("select 1;", text)
        self.assertIsNone(in_turn.tables_of(self.top / "functions.sql"))

    def test_a_commit_without_functions_is_refused(self):
        self.commit()
        with self.assertRaisesRegex(ValueError, "HEAD has no shared/sql/functions/"):
            results.Revision("HEAD").write_functions(self.top / "functions.sql")

    def test_what_is_neither_run_nor_commit_is_refused(self):
        chosen = cli.parser().parse_args(["run", "--against", "nowhere"])
        with self.assertRaisesRegex(ValueError, "nowhere is no run folder, .* and no commit"):
            run.base_of(chosen)


class Rendering(unittest.TestCase):
    def test_skipped_suite_is_no_failure(self):
        text = summary.markdown(Run("run", [document([row("case", [[1]])], suite="memory")]),
                                {"memory": 0, "soak": 77, "stress": 3}, 1)
        self.assertIn("| soak | | | | | skipped |", text)
        self.assertIn("| stress | | | | | ❌ 3 |", text)

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
