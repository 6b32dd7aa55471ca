"""Is the difference of two sets of repetitions more than noise?"""
import math
from functools import cache


@cache
def _arrangements(first, second, statistic):
    """In how many orders of so many values of each kind U is exactly `statistic`."""
    if statistic < 0 or statistic > first * second:
        return 0
    if first == 0 or second == 0:
        return int(statistic == 0)
    return (_arrangements(first - 1, second, statistic - second)
            + _arrangements(first, second - 1, statistic))


def mann_whitney(base, new):
    """The probability that `new` lies above `base` this clearly by chance (one-sided U test).

    Exact for up to 20 values a side without ties, else by the normal approximation with the
    correction for ties and for continuity.
    """
    first, second = len(base), len(new)
    if first == 0 or second == 0:
        raise ValueError("a side has no value")
    above = sum((b > a) + 0.5 * (b == a) for a in base for b in new)
    values = list(base) + list(new)
    has_ties = len(set(values)) < len(values)
    if not has_ties and first <= 20 and second <= 20:
        at_least = sum(_arrangements(first, second, u)
                       for u in range(int(above), first * second + 1))
        return at_least / math.comb(first + second, first)
    total = first + second
    ties = sum(n ** 3 - n for n in (values.count(each) for each in set(values)))
    variance = first * second / 12 * (total + 1 - ties / (total * (total - 1)))
    if variance <= 0:
        return 0.5
    z = (above - first * second / 2 - 0.5) / math.sqrt(variance)
    return 0.5 * math.erfc(z / math.sqrt(2))


def sign_flips(values):
    """The probability that differences of either sign would sum to so much by chance (one-sided).

    Exact up to 14 values; of more, by the normal approximation.
    """
    observed = sum(values)
    if len(values) > 14:
        spread = math.sqrt(sum(each * each for each in values))
        return 0.5 * math.erfc(observed / spread / math.sqrt(2)) if spread else 0.5
    sums = [0.0]
    for each in values:
        sums = [one + sign * abs(each) for one in sums for sign in (-1, 1)]
    slack = 1e-9 * sum(map(abs, values))  # the order of adding is no difference
    return sum(one >= observed - slack for one in sums) / len(sums)


def holm(chances, level):
    """Which of several tests are significant if all together may err with probability `level`."""
    order = sorted(range(len(chances)), key=lambda i: chances[i])
    out = [False] * len(chances)
    for rank, index in enumerate(order):
        if chances[index] > level / (len(chances) - rank):
            break
        out[index] = True
    return out
