"""How a case differs between two runs, and whether that is more than noise.

Two kinds of evidence, the better one first:

- in turn: the new run measured the baseline's SQL functions (its "twin") sample by sample next to
  its functions. Other load affects both equally, so that the ratio by repetition is stable even on
  a busy machine (3 % at a load of 6 on 2 cores). Judged by the server's CPU time, or by duration,
  median and quick end alike: worse by more than the bound, and an exact sign-flip test over the
  repetitions at 1 %.
- recorded: two runs of different moments. See `Recorded`.
"""
import math

from .statistics import mann_whitney, median, sign_flips

LOOK = 0.10
FAIL = 0.20
LEVEL = 0.05
LEVEL_IN_TURN = 0.01
# Waking an idle core costs 15 or 75 us, and a call wakes two: less than this is no difference
# between runs of different moments. In turn, both wake as often.
RESOLUTION_MS = 0.1
RESOLUTION_IN_TURN_MS = 0.02
FEWEST_REPETITIONS = 4
FEWEST_IN_TURN = 7  # of which a sign-flip test can say 1 %
FEWEST_PEERS = 8  # cases, to estimate the common change of a suite

IMPROVED, STABLE, SLOWER, REGRESSED = "✅ Improved", "✅ Stable", "⚠️ Slower", "❌ Regressed"


def quick_end(values):
    """The lower quartile: the duration with little other load."""
    return sorted(values)[(len(values) - 1) // 4]


class InTurn:
    """A case that was measured in turn with the baseline's functions."""

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
        return median([each["twin_p50_ms"] for each in self.case.row["repetitions"]])

    @property
    def current(self):
        return median([each["p50"] for each in self.case.row["repetitions"]])

    def _worse(self, what, columns, sign=1):
        """By how much at the least, if that is no chance; else 0. sign -1: better."""
        if what == "time" and sign * (self.current - self.baseline) < RESOLUTION_IN_TURN_MS:
            return 0.0
        if max(sign_flips([sign * math.log(each) for each in column])
               for column in columns) > LEVEL_IN_TURN:
            return 0.0
        # Better is what would be worse the other way round.
        return max(min(median([each ** sign for each in column]) for column in columns) - 1, 0.0)

    def judge(self, fail):
        # The figure of a stable case that scatters least.
        self.what, columns = self.ways[0]
        self.shown = median(columns[-1]) - 1
        worse = {what: self._worse(what, columns) for what, columns in self.ways}
        better = {what: self._worse(what, columns, -1) for what, columns in self.ways}
        what = max(worse, key=lambda name: worse[name])
        if worse[what] > LOOK:
            self.status = REGRESSED if worse[what] > fail else SLOWER
            self.shown, self.what = worse[what], what
        elif max(better.values()) > LOOK:
            self.status = IMPROVED

    @property
    def change(self):
        return f"{self.shown * 100:+.1f} %" + (" server CPU" if self.what != "time" else "")


class Recorded:
    """A case in two runs of different moments.

    It is called slower only if all of this holds, so that noise never is:
    - its median over the repetitions got worse by more than a threshold (look: 10 %, fail: 20 %);
    - so did the quick end of its samples (their tenth percentile), which what else the machine does
      reaches last;
    - both also hold after dividing by each run's calibration (its quick end, too);
    - of a duration, more remains than what an empty statement and the smallest durable commit,
      timed beside each repetition, have become slower by, and more than 0.1 ms in any case;
    - it differs from the other cases of its suite: their common change is the machine's, and the
      bound grows by twice what they scatter by;
    - a one-sided Mann-Whitney U test over the repetitions says so, at 5 % for all cases of a suite
      together (Holm). Six repetitions a side can say so of 46 cases, ten of thousands.

    Where the server's CPU time was measured, and a yardstick's beside it, the ratio of the two is
    looked at in the same way: it shows what is too short for the clock.
    """

    def __init__(self, base, new, ratios=False):
        self.base, self.new, self.ratios = base, new, ratios
        self.status = STABLE
        self.longer_waits = self._longer_waits()
        self.chance_worse = self._chances()
        self.worse_by = self._worse_by()
        base_work, new_work = self._work(base), self._work(new)
        self.has_work = bool(base_work and new_work)
        if self.has_work:
            self.work_change = median(new_work) / median(base_work) - 1
            self.work_chance = mann_whitney(base_work, new_work)

    @staticmethod
    def _work(case):
        """In units of the yardstick, by repetition."""
        parts = case.row["repetitions"]
        if not all(each.get("work_ms") and each.get("yardstick_ms") for each in parts):
            return []
        return [each["work_ms"] / each["yardstick_ms"] for each in parts]

    def _costs(self, case, statistic, divided):
        """Values by repetition, lower is better; in units of the calibration if `divided`."""
        values = case.by_repetition(statistic)
        if case.higher_is_better:
            values = [1 / each if each else math.inf for each in values]
        if case is self.new and case.unit == "ms":
            values = [max(each - self.longer_waits, 0) for each in values]
        if divided and self._depends_on_speed(case):
            speed = quick_end(case.calibration)
            values = [each / speed for each in values]
        return values

    def _longer_waits(self):
        """By how many ms waiting became slower from one run to the other, whatever is called."""
        grown = [quick_end(new) - quick_end(base)
                 for base, new in zip(self.base.waits, self.new.waits) if base and new]
        return max([*grown, RESOLUTION_MS])

    @staticmethod
    def _depends_on_speed(case):
        return case.unit in ("ms", "/s")

    def _relative(self, statistic, divided):
        base = median(self._costs(self.base, statistic, divided))
        new = median(self._costs(self.new, statistic, divided))
        if base == 0 or not math.isfinite(base):
            return 0.0 if new == base else math.inf
        return new / base - 1

    def _worse_by(self):
        """How much worse at the least, by median and quick end, as measured and by calibration."""
        ways = [True] if self.ratios else [False, True]
        quick = "p95" if self.base.higher_is_better else "p10"
        # A rate has one sample a repetition: its quick end is the best repetition.
        found = [self._relative("p50", way) for way in ways]
        if self.base.row["repetitions"][0]["samples"] >= 10:
            found += [self._relative(quick, way) for way in ways]
        else:
            found += [min(self._costs(self.new, "p50", way)) /
                      (min(self._costs(self.base, "p50", way)) or math.inf) - 1 for way in ways]
        return min(found) if min(found) > 0 else (max(found) if max(found) < 0 else 0.0)

    def _chances(self):
        ways = [True] if self.ratios else [False, True]
        # The quick end, where there is one: what else the machine does scatters it least.
        has_samples = self.base.row["repetitions"][0]["samples"] >= 10
        statistic = "p10" if has_samples and not self.base.higher_is_better else "p50"
        pairs = [(self._costs(self.base, statistic, way), self._costs(self.new, statistic, way))
                 for way in ways]
        return max(mann_whitney(base, new) for base, new in pairs)

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
        if self.status in (SLOWER, REGRESSED) and self.decided_by_work:
            return f"{self.work_change * 100:+.1f} % server CPU"
        return f"{(self.current / self.baseline - 1) * 100 if self.baseline else 0:+.1f} %"

    @property
    def raw_change(self):
        """Of the median, as it was recorded; higher is worse."""
        base, new = (median(case.by_repetition("p50")) for case in (self.base, self.new))
        if self.base.higher_is_better:
            base, new = new, base
        return new / base - 1 if base else 0.0

    @property
    def has_enough(self):
        return min(len(self.base.row["repetitions"]),
                   len(self.new.row["repetitions"])) >= FEWEST_REPETITIONS

    decided_by_work = False


def standing_out(changes):
    """Of relative changes: what all have in common (taken for the machine's, if it is for the
    worse), and how far they scatter around it (median absolute deviation, as a standard one)."""
    if len(changes) < FEWEST_PEERS:
        return 0.0, 0.0
    middle = median(changes)
    return max(middle, 0.0), 1.4826 * median([abs(each - middle) for each in changes])
