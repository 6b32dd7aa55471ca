"""The pure parts of the runner: run by `python3 -m unittest` in the folder above."""

import unittest

from runner import figures, plan, table


def run(case, count, steps, seconds, latencies=(), **samples):
    return {"case": case, "count": count, "steps": steps, "seconds": seconds,
            "latencies_ms": list(latencies), **samples}


class Percentiles(unittest.TestCase):
    def test_lie_between_the_closest_ranks(self):
        self.assertEqual(figures.percentile([4, 1, 3, 2], 50), 2.5)
        self.assertAlmostEqual(figures.percentile(range(1, 101), 95), 95.05)

    def test_of_one_sample_are_that_sample(self):
        self.assertEqual(figures.percentile([7], 95), 7)


class Runs(unittest.TestCase):
    def test_without_time_or_steps_are_refused(self):
        for bad in (run("single", 5, 5, 0), run("single", 0, 0, 1)):
            with self.assertRaises(figures.BadRun):
                figures.check(bad)

    def test_with_a_missing_or_zero_latency_are_refused(self):
        for latencies in ([1.0], [1.0, 0.0]):
            with self.assertRaises(figures.BadRun):
                figures.check(run("linear3", 2, 6, 1, latencies))


class Summaries(unittest.TestCase):
    def test_are_medians_over_the_repetitions_with_their_spread(self):
        of = figures.summarise([run("diamond4", 10, 40, seconds) for seconds in (1, 2, 4)])
        self.assertEqual(of["diamond_steps_per_s"],
                         {"median": 20, "lowest": 10, "highest": 40})

    def test_take_samples_by_step_from_the_diamonds(self):
        of = figures.summarise([run("single", 10, 10, 1, log_bytes=10, round_trips=10),
                                run("diamond4", 10, 40, 1, log_bytes=8000, round_trips=20)])
        self.assertEqual((of["log_bytes_per_step"], of["round_trips_per_step"]), (200, 0.5))
        self.assertEqual(of["samples_of"], "diamond4")

    def test_take_samples_from_single_tasks_where_there_are_no_diamonds(self):
        of = figures.summarise([run("single", 10, 10, 1, log_bytes=None, round_trips=5)])
        self.assertIsNone(of["log_bytes_per_step"])
        self.assertEqual((of["round_trips_per_step"], of["samples_of"]), (0.5, "single"))


class Ratios(unittest.TestCase):
    tasker = {"linear3_p50_ms": {"median": 2}, "single_tasks_per_s": {"median": 1000}}

    def test_above_one_mean_better_whether_low_or_high_is(self):
        peer = {"linear3_p50_ms": {"median": 1}, "single_tasks_per_s": {"median": 500}}
        against = figures.ratios(self.tasker, peer)
        self.assertEqual((against["linear3_p50_ms"], against["single_tasks_per_s"]), (2, 0.5))

    def test_are_missing_where_either_figure_is(self):
        against = figures.ratios(self.tasker, {"diamond_steps_per_s": {"median": 1}})
        self.assertEqual(set(against.values()), {None})


class Tables(unittest.TestCase):
    def test_have_a_row_for_each_peer_that_was_measured(self):
        peers = [each for each in plan.PEERS if each.name in ("tasker", "pgmq", "river")]
        of = {"tasker": figures.summarise([run("single", 10, 10, 1, log_bytes=10, round_trips=5)]),
              "pgmq": figures.summarise([run("single", 40, 40, 1, log_bytes=40, round_trips=4)])}
        text = table.markdown(peers, of, {"river": "go is not installed"})
        rows = [line for line in text.splitlines() if line.startswith("| ")]
        self.assertEqual(len(rows), 3)
        self.assertIn("| PGMQ alone (floor) [1] | PostgreSQL, fsync | – | – | 40.0 | – | 1.00 |",
                      rows[2])
        self.assertIn("–, –, 4.00×, –", rows[2])
        self.assertIn("[1] messages without a workflow.", text)
        self.assertIn("- river: go is not installed", text)

    def test_show_the_latencies_of_the_repetitions(self):
        runs = [run("linear3", 2, 6, 1, each) for each in ([1, 2], [3, 4])]
        text = table.markdown(plan.PEERS[:1], {"tasker": figures.summarise(runs)}, {})
        self.assertIn("| 2.50 (1.50–3.50) / 2.95 |", text)

    def test_numbers_have_three_figures(self):
        self.assertEqual([table.number(value) for value in (12345.6, 12.345, 0.5, 0.01234, None)],
                         ["12,346", "12.3", "0.50", "0.0123", "–"])

    def test_show_the_spread_where_there_is_one(self):
        self.assertEqual(table.with_spread({"median": 2.0, "lowest": 1.5, "highest": 3.0}),
                         "2.00 (1.50–3.00)")
        self.assertEqual(table.with_spread({"median": 2.0, "lowest": 2.0, "highest": 2.0}), "2.00")


class Plans(unittest.TestCase):
    def test_take_turns_and_go_backwards_every_other_round(self):
        peers = [each for each in plan.PEERS if each.name in ("tasker", "dbos")]
        order = [(repetition, peer.name)
                 for repetition, _, peer in plan.interleave(peers, 2, ["single"])]
        self.assertEqual(order, [(0, "tasker"), (0, "dbos"), (1, "dbos"), (1, "tasker")])

    def test_leave_out_what_a_peer_cannot_do(self):
        graphile = [each for each in plan.PEERS if each.name == "graphile-worker"]
        cases = [case for _, case, _ in plan.interleave(graphile, 1)]
        self.assertEqual(cases, ["linear3", "single", "fan1000"])

    def test_scale_the_counts_but_never_to_nothing(self):
        tasker = plan.PEERS[0]
        self.assertEqual(plan.sizes(tasker, "linear3", 1), (500, 50))
        self.assertEqual(plan.sizes(tasker, "fan1000", 0.001), (1, 1))


if __name__ == "__main__":
    unittest.main()
