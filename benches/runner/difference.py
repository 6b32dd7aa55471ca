"""How a case differs between two runs, and whether that is more than noise.

Two kinds of evidence, the better one first:

- in turn: both sides were measured side by side, the old one as the "twin" of the new one. Other
  load affects both equally, so that the ratio by repetition is stable even on a busy machine (3 %
  at a load of 6 on 2 cores, where samples alternate). See `InTurn`.
- recorded: two runs of different moments. See `Recorded`.

A case that neither can judge is `NOT_JUDGED`, never `STABLE`.
"""
import math
from statistics import median, stdev

from .chance import mann_whitney, sign_flips

LOOK = 0.10
FAIL = 0.20
LEVEL = 0.05
LEVEL_IN_TURN = 0.01
FEWEST_IN_TURN = 7  # of which a sign-flip test can say 1 %
FEWEST_PEERS = 8  # cases, to estimate the common change of a suite

IMPROVED, STABLE, SLOWER, REGRESSED = "✅ Improved", "✅ Stable", "⚠️ Slower", "❌ Regressed"
NOT_JUDGED = "◌ Not judged"


def quick_end(values):
    """The lower quartile: the duration with little other load."""
    return sorted(values)[(len(values) - 1) // 4]


def relative(base, new):
    """The change from base to new. From nothing to something is infinitely more."""
    if base == new:
        return 0.0
    return new / base - 1 if base else math.inf


def percent(change):
    return "from 0" if math.isinf(change) else f"{change * 100:+.1f} %"


class InTurn:
    """A case that was measured in turn with its twin.

    Judged by the server's CPU time, or by the duration, median and quick end alike: worse by more
    than the bound, and an exact sign-flip test over the repetitions at 1 %.
    """

    def __init__(self, case):
        self.case = case
        self.status = STABLE
        parts = case.row["repetitions"]
        self.ways = []  # (what, ratios by repetition that must all agree)
        if all(each.get("work_ms") and each.get("twin_work_ms") for each in parts):
            self.ways.append(("server CPU", [[each["work_ms"] / each["twin_work_ms"]
                                              for each in parts]]))
        self.ways.append(("time", [[each[f"p{n}"] / each[f"twin_p{n}_ms"] for each in parts]
                                   for n in (10, 50)]))

    @staticmethod
    def is_possible(case):
        parts = case.row["repetitions"]
        return (case.unit == "ms" and len(parts) >= FEWEST_IN_TURN
                and all(each.get("twin_p50_ms") and each.get("twin_p10_ms") for each in parts))

    @property
    def baseline(self):
        return median(each["twin_p50_ms"] for each in self.case.row["repetitions"])

    @property
    def current(self):
        return median(each["p50"] for each in self.case.row["repetitions"])

    @staticmethod
    def _worse(columns, sign=1):
        """By how much at the least, if that is no chance; else 0. sign -1: better."""
        if max(sign_flips([sign * math.log(each) for each in column])
               for column in columns) > LEVEL_IN_TURN:
            return 0.0
        return max(min(median(each ** sign for each in column) for column in columns) - 1, 0.0)

    def judge(self, fail):
        # The figure of a stable case that scatters least.
        self.what, columns = self.ways[0]
        self.shown = median(columns[-1]) - 1
        worse = {what: self._worse(columns) for what, columns in self.ways}
        what = max(worse, key=lambda name: worse[name])
        if worse[what] > LOOK:
            self.status = REGRESSED if worse[what] > fail else SLOWER
            self.shown, self.what = worse[what], what
        elif max(self._worse(columns, -1) for _, columns in self.ways) > LOOK:
            self.status = IMPROVED

    @property
    def change(self):
        return percent(self.shown) + (" server CPU" if self.what != "time" else "")


class Recorded:
    """A case in two runs of different moments.

    It is called slower only if all of this holds, so that noise never is:
    - its median over the repetitions got worse by more than a threshold (look: 10 %, fail: 20 %);
    - so did the quick end of its samples (their tenth percentile), which what else the machine does
      reaches last;
    - both also hold after dividing by each run's calibration (its quick end, too);
    - of a duration, more remains than what an empty statement and the smallest durable commit,
      timed beside each repetition, have become slower by (if less remains, it is not judged);
    - it differs from the other cases of its suite: their common change is the machine's. The bound
      grows by twice what they scatter by, or by twice the error of the case's own medians;
    - a one-sided Mann-Whitney U test over the repetitions says so, at 5 % for all cases of a suite
      together (Holm). Six repetitions a side can say so of 46 cases, ten of thousands.
    """

    def __init__(self, base, new, ratios=False, excuses_waits=True):
        self.base, self.new, self.ratios = base, new, ratios
        self.status = NOT_JUDGED
        # Durations to subtract: by how much waiting became slower, whatever is called.
        self.longer_waits = max([0.0, *(quick_end(after) - quick_end(before) for before, after
                                        in zip(base.waits, new.waits) if before and after)])
        if not excuses_waits:
            self.longer_waits = 0.0
        self.chance_worse, self.worse_by = self._chances(), self._worse_by()

    def _costs(self, case, statistic, divided):
        """Values by repetition, lower is better; in units of the calibration if `divided`."""
        values = case.by_repetition(statistic)
        if case.higher_is_better:
            values = [1 / each if each else math.inf for each in values]
        if case is self.new and case.unit == "ms":
            values = [max(each - self.longer_waits, 0) for each in values]
        if divided and case.unit in ("ms", "/s"):
            speed = quick_end(case.calibration)
            values = [each / speed for each in values]
        return values

    def _pairs(self, statistic):
        """Both sides' costs, as measured and by calibration."""
        return [(self._costs(self.base, statistic, way), self._costs(self.new, statistic, way))
                for way in ([True] if self.ratios else [False, True])]

    @property
    def _has_samples(self):
        """A rate, for example, has one sample a repetition."""
        return self.base.row["repetitions"][0]["samples"] >= 10

    def _worse_by(self):
        """How much worse at the least, by median and quick end, as measured and by calibration."""
        found = [relative(median(base), median(new)) for base, new in self._pairs("p50")]
        if self._has_samples:
            quick = "p95" if self.base.higher_is_better else "p10"
            found += [relative(median(base), median(new)) for base, new in self._pairs(quick)]
        else:
            # Its quick end is the best repetition.
            found += [relative(min(base), min(new)) for base, new in self._pairs("p50")]
        return max(min(found), 0.0) or min(max(found), 0.0)

    def _chances(self):
        # The quick end, where there is one: what else the machine does scatters it least.
        quick = self._has_samples and not self.base.higher_is_better
        return max(mann_whitney(*pair) for pair in self._pairs("p10" if quick else "p50"))

    @property
    def smallest_chance(self):
        """What the test says of two sides that do not overlap at all."""
        sides = [len(each.row["repetitions"]) for each in (self.base, self.new)]
        return 1 / math.comb(sum(sides), sides[0])

    @property
    def error(self):
        """The standard error of the relative change of the median."""
        parts = [case.by_repetition("p50") for case in (self.base, self.new)]
        return 1.2533 * math.hypot(*(stdev(each) / median(each) / len(each) ** 0.5
                                     for each in parts if len(each) > 1 and median(each)), 0)

    @property
    def case(self):
        return self.new

    @property
    def baseline(self):
        return self.base.row["value"]

    @property
    def current(self):
        return self.new.row["value"]

    @property
    def change(self):
        """Of the median, in the case's own direction."""
        return percent(relative(self.baseline, self.current))

    @property
    def raw_change(self):
        """Of the median, as it was recorded; higher is worse."""
        base, new = (median(case.by_repetition("p50")) for case in (self.base, self.new))
        return relative(new, base) if self.base.higher_is_better else relative(base, new)


def standing_out(changes):
    """Of relative changes: what all have in common (taken for the machine's, if it is for the
    worse), and how far they scatter around it (median absolute deviation, as a standard one)."""
    finite = [each for each in changes if math.isfinite(each)]
    if len(finite) < FEWEST_PEERS:
        return 0.0, 0.0
    middle = median(finite)
    return max(middle, 0.0), 1.4826 * median(abs(each - middle) for each in finite)
