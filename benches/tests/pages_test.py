#!/usr/bin/env python3
"""Tests of what tasker-bench writes: summaries, advice, plans, documents, drawings."""
import contextlib
import io
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest
import unittest.mock

from documents import Repository, document, row

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from runner import (
    advice,
    cli,
    flame,
    history,
    pages,
    profile,
    report,
    results,
    summary,
)
from runner.results import Run, load


class Pages(Repository):
    """The documents' figures, and what has changed since them."""

    PAGE = ("before\n<!-- figures: headlines -->\nold\n<!-- end of figures -->\nby hand\n"
            "<!-- figures: changed -->\nMeasured at commit COMMIT. Old.\n<!-- end of figures -->\n")

    def commit_files(self, **texts):
        for name, text in texts.items():
            file = self.top / name.replace("__", "/").replace("_sql", ".sql")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        results.git("add", ".")
        self.commit()
        return results.git("rev-parse", "HEAD").strip()[:12]

    def test_figures_are_replaced_between_the_marks_alone(self):
        commit = self.commit_files(worker__a="1")
        made = document([row("linear-3", [[4.0]])], suite="e2e_latency") | {"commit": commit}
        text = pages.rewritten(self.PAGE, pages.blocks(Run("run", [made]), None))
        self.assertTrue(text.startswith("before\n<!-- figures: headlines -->\n"))
        self.assertIn("| three steps in a row on an idle system | 4.000 ms | e2e_latency: linear-3",
                      text)
        self.assertNotIn("old\n", text)
        self.assertIn("<!-- end of figures -->\nby hand\n", text)
        self.assertIn(f"Measured at commit {commit}. Nothing that is measured has changed up to "
                      f"{commit}.", text)

    def test_what_has_changed_since_is_counted_and_functions_are_named(self):
        before = self.commit_files(worker__a="1", shared__sql__functions__claim_sql="1")
        page = pages.rewritten(self.PAGE.replace("COMMIT", before), {})
        self.assertIn("Nothing that is measured has changed", page)
        self.commit_files(worker__a="2", shared__sql__functions__claim_sql="2", docs__a="2",
                          worker__tests__a="2")
        page = pages.rewritten(page, {})
        self.assertIn(f"Measured at commit {before}. Changed between it and", page)
        self.assertIn("- SQL functions: claim\n- worker: 1 files\n", page)
        self.assertIn("old\n", page)

    def test_every_document_has_its_marks(self):
        texts = [(pathlib.Path(__file__).parents[2] / "docs" / each).read_text()
                 for each in pages.DOCUMENTS]
        found = [name for text in texts for _, name, _, _ in pages.BLOCK.findall(text)]
        known = set(pages.blocks(Run("run", [document([])]), pathlib.Path("/no/peers.md")))
        self.assertEqual(set(found), known)


class Advice(unittest.TestCase):
    """What limits a run, by its figures."""

    @staticmethod
    def drained(rate, **us):
        out = row("single step, 1 process", [[rate]], "/s")
        out["counters"] = {f"µs of {name} CPU per step": value for name, value in us.items()}
        made = document([out], suite="throughput")
        made["environment"]["processor"] = "some, 2 cores"
        return Run("run", [made])

    def test_a_busy_machine_is_limited_by_the_program_that_uses_it_most(self):
        found, = advice.limits(self.drained(40_000, PostgreSQL=36.0, worker=4.0))
        self.assertEqual(found.what, "the CPU of PostgreSQL, at full load")
        self.assertIn("40,000 /s; µs of CPU per step: PostgreSQL 36.0, worker 4.0; 80% of 2 cores",
                      found.measured)
        # Half of 36 of 40 µs saved leaves 22.
        self.assertEqual(found.gain, "half of it saved: 1.8 times the rate")
        found, = advice.limits(self.drained(40_000, PostgreSQL=4.0, worker=36.0))
        self.assertEqual(found.what, "the CPU of worker, at full load")

    def test_an_idle_machine_is_limited_by_waits(self):
        found, = advice.limits(self.drained(10_000, PostgreSQL=36.0, worker=4.0))
        self.assertEqual((found.what, found.gain), (
            "waits, at full load", "at most 5.0 times the rate with all cores busy"))

    def test_a_rule_without_its_figures_has_no_bottleneck(self):
        self.assertEqual(advice.limits(Run("run", [document([row("case", [[1]])])])), [])

    def test_a_plateau_and_growing_memory_are_named(self):
        rates = [row(f"2 ms, {n} {'workers'}", [[rate]], "/s")
                 for n, rate in ((1, 500), (2, 990), (4, 1500), (8, 1400))]
        sizes = [row("worker, after", [[15]], "MB"),
                 row("worker, after as many again", [[25]], "MB")]
        text = "\n".join(advice.interpretation(Run("run", [
            document(rates, suite="scalability"), document(sizes, suite="memory")])))
        self.assertIn("2 ms, workers: linear (90 %) up to 2, highest at 4 with 1,500 /s; a plateau",
                      text)
        calls = Run("run", [
            document([row("Python, payload 1kb each way", [[0.1]])], suite="handler_overhead"),
            document([row("total, no-op, batch 1", [[0.9]])], suite="worker_execution")])
        self.assertEqual(list(advice.interpretation(calls)), [
            "share of Python's call, 1 KB each way, in a step at batch 1: 10.0% of 1.000 ms"])
        loaded = Run("run", [document([row("linear-3", [[4.0]]), row(
            "under load, 75 % of capacity", [[12.0]])], suite="e2e_latency")])
        self.assertEqual(list(advice.interpretation(loaded)), [
            "linear-3 at 75 % of capacity: 12.000 ms, 3.0 times that of an idle system"])
        self.assertIn("memory of the worker: growing, 15 MB after a load and 25 MB after", text)


class Plan(unittest.TestCase):
    """Capacity by the figures of the last full run."""

    @staticmethod
    def keep(folder, name, length="full"):
        drained = row("single step, 1 process", [[30_000]], "/s")
        drained["counters"] = {"µs of PostgreSQL CPU per step": 35.0,
                               "µs of worker CPU per step": 7.0, "WAL bytes per step": 1_000}
        diamonds = drained | {"name": "diamond-4 steps, 1 process"}
        documents = [document([drained, diamonds], suite="throughput"),
                     document([row("worker, processing", [[17]], "MB"),
                               row("stored by task", [[2.5]], "KB")], suite="memory"),
                     document([row("submit, 100 clients", [[4_000]], "/s")],
                              suite="concurrent_clients")]
        (folder / name).mkdir()
        for each in documents:
            each["settings"]["length"] = length
            (folder / name / f"{each['benchmark_suite']}.json").write_text(json.dumps(each))

    def plan(self, folder, *arguments):
        with contextlib.redirect_stdout(io.StringIO()) as shown, \
                contextlib.redirect_stderr(shown):
            code = cli.main(["plan", "--output", str(folder), *arguments])
        return code, shown.getvalue()

    def test_ten_thousand_jobs_a_second_of_20_ms(self):
        with tempfile.TemporaryDirectory() as folder:
            self.keep(pathlib.Path(folder), "run_1")
            self.keep(pathlib.Path(folder), "run_2", "smoke")
            code, text = self.plan(folder, "--rate", "10000", "--handler-ms", "20",
                                   "--config", "io_bound")
        self.assertEqual(code, 0, text)
        self.assertIn("By the figures of run_1, 2026-01-02", text)
        for line in ("| cores of the database | 10,000 · 35.0 µs / 0.7 | 0.50 |",
                     "| handlers at a time | 10,000 · 20.0 ms | 200 |",
                     "| worker processes | 200 / 256 slots, at least 2 | 2 |",
                     "| cores for the workers | 10,000 · 7.0 µs / 0.7 | 0.10 |",
                     "| memory of the workers | 2 · 17 MB | 34 MB |",
                     "| orchestrators | 10,000 / 4,000 creations/s, at least 2 | 3 |",
                     "| WAL | 10,000 · 1,000 bytes | 10.0 MB/s |",
                     "| storage a day | 864,000,000 tasks · 2.500 KB per 4 steps, at most "
                     "| 2,160 GB |"):
            self.assertIn(line, text)

    def test_a_run_of_too_little_work_is_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            self.keep(pathlib.Path(folder), "run_1", "smoke")
            code, text = self.plan(folder, "--rate", "100", "--handler-ms", "1")
        self.assertEqual(code, 2)
        self.assertIn("measured throughput at length smoke, which is too short: tasker-bench run",
                      text)


class Rendering(unittest.TestCase):
    def test_skipped_suite_is_no_failure(self):
        text = summary.markdown(Run("run", [document([row("case", [[1]])], suite="memory")]),
                                {"memory": 0, "soak": 77, "stress": 3}, 1)
        self.assertIn("| soak | | | | | skipped |", text)
        self.assertIn("| stress | | | | | ❌ 3 |", text)

    def test_combined_has_the_nested_fields(self):
        drained = row("single step, 1 process", [[9000]], "/s")
        drained["counters"] = {"tasks completed": 1000, "tasks failed": 0, "seconds": 0.1,
                               "worker processes": 1}
        several = row("single step, 4 processes", [[9900]], "/s")
        several["counters"] = {"tasks": 1000, "seconds": 0.1, "worker processes": 4}
        found = summary.combined(Run("run", [
            document([drained, several], suite="throughput"),
            document([row("enqueue to start", [[2.0]]), row("start to complete", [[3.0]])],
                     suite="e2e_latency"),
            document([row("worker, baseline", [[13]], "MB"), row("worker, after", [[15]], "MB"),
                      row("stored by task", [[2.5]], "KB")], suite="memory")]))
        self.assertEqual(found["throughput"]["single_worker"],
                         {"num_tasks": 1000, "completed": 1000, "failed": 0,
                          "process_rate": 9000, "process_time": 0.1})
        self.assertEqual(found["throughput"]["multi_worker"]["num_workers"], 4)
        self.assertEqual(set(found["latency"]["enqueue_to_start"]),
                         {"avg_latency_ms", "p95_latency_ms", "p99_latency_ms"})
        self.assertEqual(found["latency"]["start_to_complete"],
                         dict.fromkeys(["avg_latency_ms", "p95_latency_ms", "p99_latency_ms"], 3.0))
        # Not by how much it grew.
        self.assertEqual(found["memory"]["worker"]["worker_overhead_mb"], 15)
        self.assertEqual(found["memory"]["store"]["memory_per_task_kb"], 2.5)

    def test_summary_has_every_figure_and_how_many_times_better_it_is(self):
        quick, rate = row("linear-3", [[4.0] * 3]), row("drain", [[2000.0]], "/s")
        quick["targets"] = [{"statistic": "p99", "direction": "below", "bound": 500, "value": 4.0,
                             "bar": "required", "met": True}]
        rate["targets"] = [{"statistic": "p50", "direction": "at_least", "bound": 4000,
                            "value": 2000.0, "bar": "own", "met": False}]
        made = document([quick, rate, row("untargeted", [[7.0]])], suite="e2e_latency")
        rate["counters"] = {"WAL bytes per step": 1000.0}
        made["settings"] = {"length": "full", "connections before": "9"}
        made["environment"]["compiler"] = "GNU 12.2"
        text = summary.markdown(Run("run", [made]), {"e2e_latency": 0}, 1)
        self.assertIn("| e2e_latency: linear-3 | p99 | 4.000 ms | < 500.000 ms | 125.0x better |",
                      text)
        self.assertIn("| 2,000 /s | ≥ 4,000 /s (own bar) | 2.0x worse | ❌ |", text)
        self.assertIn("| Benchmark | Ops/s | Average | p50 | p95 | p99 | Samples |", text)
        self.assertIn("| linear-3 | 250 | 4.000 ms | 4.000 ms | 4.000 ms | 4.000 ms | 3 |", text)
        self.assertIn("| drain | 2,000 | | | | | 1 |", text)
        self.assertIn("| drain | WAL bytes per step: 1,000 |", text)
        self.assertIn("| untargeted | 142.9 | 7.000 ms |", text)
        self.assertIn("length: full; connections before: 9", text)
        self.assertIn("- branch: main\n- compiler: GNU 12.2\n", text)
        self.assertIn("- e2e_latency: drain: p50 is 2,000 /s, the own bar 4,000 /s: profile", text)

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

    def test_profiles_before_and_after_name_what_uses_more(self):
        with tempfile.TemporaryDirectory() as name:
            folders = [pathlib.Path(name) / each for each in ("before", "after")]
            for folder, shares in zip(folders, ({"worker: parse": 0.2, "worker: wait": 0.5},
                                                {"worker: parse": 0.4, "worker: wait": 0.5})):
                folder.mkdir()
                (folder / "cpu.json").write_text(json.dumps(shares))
            text = "\n".join(profile.difference(*folders))
            self.assertEqual(profile.difference(folders[0], folders[0] / "none"), [])
        self.assertIn("| worker: parse | 20.0% | 40.0% | +20.0 | ⚠️ more |", text)
        self.assertNotIn("wait", text)

    @unittest.skipUnless(shutil.which("perf") and subprocess.run(
        ["perf", "record", "-e", "cpu-clock", "-o", "/dev/null", "true"], capture_output=True,
        check=False).returncode == 0, "perf is not installed, or not allowed")
    def test_a_running_process_is_profiled(self):
        with tempfile.TemporaryDirectory() as name, subprocess.Popen(
                [sys.executable, "-c", "while True: pass"]) as busy, \
                contextlib.redirect_stdout(io.StringIO()) as shown:
            self.addCleanup(busy.kill)
            code = cli.main(["profile", str(busy.pid), "--seconds", "1", "--output", name])
            busy.kill()
        self.assertEqual(code, 0)
        self.assertRegex(shown.getvalue(), r"100\.00 %  python")
        self.assertRegex(shown.getvalue(), rf"\| python.*, {busy.pid} \| [\d.]+ \| [\d.]+ \|")

    def test_heap_of_a_process_before_and_after(self):
        before = profile.memory(os.getpid())
        kept = bytearray(b"x") * 30_000_000
        after = profile.memory(os.getpid())
        self.assertGreater(after["heap"] - before["heap"], 25)
        self.assertGreater(after["resident"], len(kept) / 1e6)
        base = {"7": before | {"heap": after["heap"] - 12}}
        text = "\n".join(profile.memory_rows({"9": before}, {"9": after}, base))
        self.assertIn(f"| {before['heap']:.1f} | {after['heap']:.1f} | +12.0 |", text)

    def test_sparks_span_the_range(self):
        self.assertEqual(history.spark([1, 2, 3])[0], "▁")
        self.assertEqual(history.spark([1, 2, 3])[-1], "█")
        self.assertEqual(history.spark([5, 5]), "▁▁")


if __name__ == "__main__":
    unittest.main()
