#!/usr/bin/env python3
"""Tests of tasker-bench that need no suite to run."""
import contextlib
import io
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import unittest
import unittest.mock

from documents import Repository, document, row

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from runner import cli, in_turn, resources, results, run


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

    def test_a_suite_without_a_type_runs_in_full(self):
        for suite in run.ALL:
            self.assertEqual(run.plan(self.choose("--suite", suite)),
                             [(suite, ["--length", "full"])])
        with self.assertRaisesRegex(ValueError, "type quick has no suite soak: it has throughput,"):
            run.plan(self.choose("--type", "quick", "--suite", "soak"))

    def with_programs(self, **helps):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        for suite, text in helps.items():
            program = pathlib.Path(folder.name) / f"bench_{suite}"
            program.write_text(f"#!/bin/sh\n[ $1 = --help ] && echo '{text}' && exit\nexit 9\n")
            program.chmod(0o755)
        return folder.name

    def test_an_option_that_a_suite_does_not_use_is_refused_by_name(self):
        programs = self.with_programs(soak="--duration INT", throughput="--workers INT --tasks INT",
                                      e2e_latency="--workers INT")
        for option, value in (("--workers", "20"), ("--tasks", "20"), ("--payload", "20"),
                              ("--config", "low_latency")):
            shown = io.StringIO()
            with contextlib.redirect_stderr(shown):
                code = cli.main(["run", "--suite", "soak", option, value, "--programs", programs])
            self.assertEqual(code, 2)
            self.assertIn(f"suite soak does not use {option}", shown.getvalue())

    def test_a_suite_of_a_type_runs_without_the_options_that_it_does_not_use(self):
        programs = self.with_programs(throughput="--workers INT --tasks INT",
                                      e2e_latency="--workers INT")
        chosen = self.choose("--type", "custom", "--tasks", "77", "--workers", "3",
                             "--programs", programs)
        with contextlib.redirect_stdout(io.StringIO()) as shown:
            steps = dict(run.plan(chosen))
        self.assertEqual(steps["throughput"][-4:], ["--workers", "3", "--tasks", "77"])
        self.assertEqual(steps["e2e_latency"][-2:], ["--workers", "3"])
        self.assertIn("suite e2e_latency does not use --tasks", shown.getvalue())
        with self.assertRaisesRegex(ValueError, "no suite of type custom uses --payload"):
            run.plan(self.choose("--type", "custom", "--payload", "5", "--programs", programs))

    def test_all_runs_every_suite_that_is_built(self):
        cmake = (pathlib.Path(__file__).parents[1] / "CMakeLists.txt").read_text()
        built = {line.split("(")[1].split()[0].rstrip(")") for line in cmake.splitlines()
                 if line.startswith("tasker_suite(")}
        self.assertEqual(set(dict(run.plan(self.choose("--type", "all")))), built)

    def test_a_missed_target_fails_a_strict_run_alone(self):
        missed = document([row("case", [[1]])], suite="memory")
        missed["summary"]["failed"] = 1
        with tempfile.TemporaryDirectory() as folder:
            program = pathlib.Path(folder) / "bench_memory"
            program.write_text("#!/bin/sh\nwhile [ $1 != --output ]; do shift; done\nmkdir $2\n"
                               f"cat > $2/memory.json <<'END'\n{json.dumps(missed)}\nEND\n")
            program.chmod(0o755)
            for strict in (["--strict"], []):
                with contextlib.redirect_stdout(io.StringIO()):
                    code = cli.main(["run", "--suite", "memory", "--programs", folder, "--output",
                                     f"{folder}/out{len(strict)}", *strict])
                self.assertEqual(code, len(strict))

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
            self.assertIn("## Resources", shown.getvalue())
            self.assertEqual(len((top / "out" / "history.jsonl").read_text().splitlines()), 1)


class Resources(unittest.TestCase):
    def test_programs_below_the_suite_are_counted(self):
        with subprocess.Popen(["sh", "-c", "sleep 60 & sleep 60 & wait"]) as shell:
            self.addCleanup(shell.kill)
            sampler = resources.Sampler(shell.pid)
            while sampler.peaks["sleep"][0] < 2:
                sampler.sample()
            sampler.start()
            used = sampler.finish()
            for pid in sampler.last:
                os.kill(pid, signal.SIGKILL)
        self.assertEqual((used["sleep"]["processes"], used["sleep"]["threads"]), (2, 2))
        self.assertGreater(used["sh"]["private_mb"], 0)


class Revisions(Repository):
    """A commit in place of a run."""

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


if __name__ == "__main__":
    unittest.main()
