"""Two runs side by side: what got faster, what got slower, and is it more than noise?

A case is called slower only if all of this holds, so that noise never is:
- its median over the repetitions got worse by more than a threshold (look: 10 %, fail: 20 %);
- so did the quick end of its samples (their tenth percentile), which what else the machine does
  reaches last;
- both also hold after dividing by each run's calibration (its quick end, too);
- of a duration, more remains than what an empty statement and the smallest durable commit, timed
  beside each repetition, have become slower by: on a busy machine every wait lasts longer; and more
  than 0.1 ms in any case, which is what waking processes scatters by;
- a one-sided Mann-Whitney U test over the repetitions' quick ends says so, at 5 % for all cases of a
  suite together (Holm). Six repetitions a side can say so of 46 cases, ten of thousands.

With --ratios, for runs of different machines, what was measured is left out and only ratios count: to
the run's own calibration, and to the other cases of the suite, whose median change is taken for the
machine's.
"""
import math

from .results import load, show
from .statistics import holm, mann_whitney, median

LOOK = 0.10
FAIL = 0.20
LEVEL = 0.05
# Waking an idle core costs 15 or 75 us here, and a call wakes two: less than this is no difference.
RESOLUTION_MS = 0.1
FEWEST_REPETITIONS = 4
FEWEST_PEERS = 8  # cases, to speak of what a suite's have in common

IMPROVED, STABLE, SLOWER, REGRESSED = "✅ Improved", "✅ Stable", "⚠️ Slower", "❌ Regressed"


def quick_end(values):
    """The lower quartile: what it takes when the machine has little else to do."""
    return sorted(values)[(len(values) - 1) // 4]


class Difference:
    """A case in both runs."""

    def __init__(self, base, new, ratios=False):
        self.base, self.new, self.ratios = base, new, ratios
        self.status = STABLE
        self.longer_waits = self._longer_waits()
        self.worse_by = self._worse_by()
        self.chance_worse = self._chances()

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

    def lift(self, common):
        """Takes off what all cases of the suite have in common: a factor."""
        self.worse_by = min(self.worse_by, (1 + self.worse_by) / common - 1)

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
    def shown_change(self):
        """Of the median, in the case's own direction."""
        base, new = self.base.row["value"], self.new.row["value"]
        return (new / base - 1) * 100 if base else 0.0

    @property
    def has_enough(self):
        return min(len(self.base.row["repetitions"]),
                   len(self.new.row["repetitions"])) >= FEWEST_REPETITIONS


def judge(differences, fail=FAIL):
    """Sets every difference's status."""
    for suite in {each.base.suite for each in differences}:
        ours = [each for each in differences if each.base.suite == suite and each.has_enough]
        if len(ours) >= FEWEST_PEERS and ours[0].ratios:
            common = median([1 + each.worse_by for each in ours])
            for each in ours:
                each.lift(max(common, 1.0))
        judge_suite(ours, fail)


def judge_suite(tested, fail):
    worse = holm([each.chance_worse for each in tested], LEVEL)
    # Better is what would be worse the other way round.
    others = [Difference(each.new, each.base, each.ratios) for each in tested]
    better = holm([each.chance_worse for each in others], LEVEL)
    for each, other, is_worse, is_better in zip(tested, others, worse, better):
        if is_worse and each.worse_by > fail:
            each.status = REGRESSED
        elif is_worse and each.worse_by > LOOK:
            each.status = SLOWER
        elif is_better and other.worse_by > LOOK:
            each.status = IMPROVED


def compare(base, new, ratios=False, fail=FAIL):
    known = {(each.suite, each.name): each for each in base.cases()}
    out = [Difference(known[each.suite, each.name], each, ratios) for each in new.cases()
           if (each.suite, each.name) in known and known[each.suite, each.name].unit == each.unit]
    if not out:
        raise ValueError("the two runs have no case in common")
    judge(out, fail)
    return out


def markdown(base, new, differences, missing=()):
    lines = [f"# {base.name} → {new.name}", "",
             f"- Baseline: {base.name}, {base.timestamp}, commit {base.commit}",
             f"- Current: {new.name}, {new.timestamp}, commit {new.commit}", "",
             "| Benchmark | Baseline | Current | Change | Status |", "|---|---|---|---|---|"]
    for each in differences:
        unit = each.base.unit
        lines.append(f"| {each.base.title} | {show(each.base.row['value'], unit)} "
                     f"| {show(each.new.row['value'], unit)} | {each.shown_change:+.1f} % "
                     f"| {each.status} |")
    for title in missing:
        lines.append(f"| {title} | | | | not measured this time |")
    busy = sorted({each.new.suite for each in differences
                   if each.longer_waits > RESOLUTION_MS and
                   each.longer_waits > 0.1 * quick_end(each.base.waits[1] or [math.inf])})
    if busy:
        lines += ["", f"The machine was busier the second time ({', '.join(busy)}): durations that "
                      "grew by as much as its waits did are not called slower. Run again."]
    too_few = sum(not each.has_enough for each in differences)
    if too_few:
        lines += ["", f"{too_few} cases have fewer than {FEWEST_REPETITIONS} repetitions in a run: "
                      "they are shown and not judged."]
    return "\n".join(lines) + "\n"


def main(chosen):
    base, new = load(chosen.base), load(chosen.new)
    differences = compare(base, new, chosen.ratios, chosen.fail / 100)
    measured = {each.new.title for each in differences}
    suites = {each["benchmark_suite"] for each in new.documents}
    missing = [each.title for each in base.cases()
               if each.suite in suites and each.title not in measured]
    text = markdown(base, new, differences, missing)
    print(text)
    if chosen.output:
        chosen.output.write_text(text)
    regressed = [each.base.title for each in differences if each.status == REGRESSED]
    for title in regressed:
        print(f"regressed: {title}")
    return 1 if regressed else 0
