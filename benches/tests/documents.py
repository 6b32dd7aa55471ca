"""What suites write, made up for tests, and a clone to try on."""
import pathlib
import sys
import tempfile
import unittest
import unittest.mock

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from runner import results


def quantile(ordered, share):
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def row(name, repetitions, unit="ms", better=None):
    """A case as a suite writes it."""
    everything = sorted(each for one in repetitions for each in one)
    parts = []
    for one in repetitions:
        ordered = sorted(one)
        parts.append({"samples": len(one), "mean": sum(one) / len(one), "min": ordered[0],
                      "p10": quantile(ordered, 0.1), "p50": quantile(ordered, 0.5),
                      "p95": quantile(ordered, 0.95), "max": ordered[-1]})
    value = quantile(everything, 0.5)
    better = better or ("higher" if unit == "/s" else "lower")
    return {"name": name, "unit": unit, "better": better, "value": value, "status": "pass",
            "repetitions": parts,
            "samples": len(everything), "median_low": value * 0.9, "median_high": value * 1.1,
            "throughput_per_s": value and 1000 / value,
            "mean_ms": value, "p50_ms": value, "p95_ms": value, "p99_ms": value,
            "targets": [], "counters": {},
            "quantiles": [quantile(everything, i / 50) for i in range(51)]}


def document(rows, calibration=(1.0,), suite="some_suite", commit=(0.2,), branch="main"):
    return {"benchmark_suite": suite, "timestamp": "2026-01-02T03:04:05.000000Z", "commit": "abc",
            "environment": {"processor": "one", "branch": branch}, "settings": {},
            "prerequisites": [],
            "calibration_ms": list(calibration), "round_trip_ms": [0.05],
            "commit_ms": list(commit), "results": rows, "findings": ["found <it>"],
            "failures": [],
            "summary": {"total_tests": len(rows), "passed": len(rows), "failed": 0, "warnings": 0}}


def noisy(source, median, repetitions=10, samples=60, noise=0.05):
    """Repetitions that each have their own shift, and samples with a tail."""
    out = []
    for _ in range(repetitions):
        shift = median * (1 + source.gauss(0, noise))
        out.append([shift * (1 + abs(source.gauss(0, 0.1))) for _ in range(samples)])
    return out


def paired(name, source, factor=1.0, sleep=0.0, repetitions=10, noise=0.08):
    """A case measured in turn: the machine's speed changes by the repetition, for both alike."""
    out = row(name, [[0.3]] * repetitions)
    for part in out["repetitions"]:
        speed = source.uniform(1, 3)

        def scattered(value, speed=speed):
            return value * speed * (1 + source.gauss(0, noise))

        part.update({"work_ms": scattered(0.1 * factor), "twin_work_ms": scattered(0.1),
                     "p50": scattered(0.2 + 0.1 * factor + sleep), "twin_p50_ms": scattered(0.3),
                     "p10": scattered(0.2 + 0.1 * factor + sleep), "twin_p10_ms": scattered(0.3)})
    return out


class Repository(unittest.TestCase):
    """An empty clone in place of this one."""

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
