"""Statistics of samples."""
import itertools
import math
import random

ENOUGH = {"p99": 100, "p95": 60, "p50": 20}


def percentile(ordered, percent):
    """The value below which so many percent of the sorted samples lie (nearest rank)."""
    return ordered[max(math.ceil(percent / 100 * len(ordered)), 1) - 1]


def has_enough(statistic, samples):
    """Whether so many durations are enough for the statistic."""
    return samples >= ENOUGH.get(statistic, 1)


def median(values):
    return percentile(sorted(values), 50)


def summarise(samples):
    """Outliers lie beyond 1.5 quartile distances from the quartiles (Tukey)."""
    if not samples:
        raise ValueError("no sample was taken")
    if not all(each is not None and math.isfinite(each) and each >= 0 for each in samples):
        raise ValueError("a sample is not a number, or negative")
    ordered, count = sorted(samples), len(samples)
    mean = math.fsum(ordered) / count
    low, high = percentile(ordered, 25), percentile(ordered, 75)
    fence = 1.5 * (high - low)
    return {
        "samples": count, "mean": mean,
        "std_dev": math.sqrt(math.fsum((each - mean) ** 2 for each in ordered)
                             / max(count - 1, 1)),
        "min": ordered[0], "max": ordered[-1],
        **{f"p{each}": percentile(ordered, each) for each in (10, 50, 95, 99)},
        "outliers": sum(not low - fence <= each <= high + fence for each in ordered),
    }


def median_interval(repetitions):
    """The confidence interval (95 %) of the median over all samples.

    By bootstrap, seeded: whole repetitions are drawn, because the samples of one depend on each
    other. From a single repetition it is that of the order statistics, of this repetition only.
    """
    ordered = [sorted(each) for each in repetitions]
    count = sum(map(len, ordered))
    if len(ordered) == 1:
        reach = 0.98 * math.sqrt(count)  # 1.96 standard deviations of the binomial rank
        return (ordered[0][max(math.floor(count / 2 - reach) - 1, 0)],
                ordered[0][min(math.ceil(count / 2 + reach), count - 1)])
    source = random.Random(17)  # the same samples give the same interval
    draws = min(max(500_000 // count, 50), 1_000)  # so that many samples do not take minutes
    medians = sorted(median(itertools.chain(*source.choices(ordered, k=len(ordered))))
                     for _ in range(draws))
    return percentile(medians, 2.5), percentile(medians, 97.5)
