"""Bounds for statistics of cases, from config/benchmarks/targets.toml.

    [e2e_latency]
    "linear-3" = ["p99 < 500", "own: p50 < 2"]
    "single step*" = "p99 < 50"

A name may contain `*`, which matches anything. A name without `*` takes precedence, then the longer
name. A missed target is shown; it does not fail a run, because the machine may be shared.
"""
import re

import tomllib

from .results import show

TARGET = re.compile(r"(own:)? *(mean|min|max|p50|p95|p99) *(<|>=) *([0-9]+(?:\.[0-9]+)?)")


def parse(text):
    """As the JSON of a suite has it, not judged yet."""
    found = TARGET.fullmatch(str(text))
    if not found:
        raise ValueError(f'{text!r} is not a target: write "p99 < 50", "own: p50 < 1" or '
                         '"mean >= 100"')
    own, statistic, sign, limit = found.groups()
    return {"bar": "own" if own else "required", "statistic": statistic,
            "direction": "below" if sign == "<" else "at_least", "bound": float(limit)}


def fits(pattern, name):
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), name) is not None


class Targets:
    """Those of one suite."""

    def __init__(self, file, suite):
        try:
            entries = tomllib.loads(file.read_text()).get(suite, {})
            self.entries = {name: [parse(each) for each in
                                   (value if isinstance(value, list) else [value])]
                            for name, value in entries.items()}
        except ValueError as problem:
            raise ValueError(f"{file}, suite {suite}: {problem}") from None

    def find(self, name):
        """The required ones first; empty if there are none."""
        found = min((each for each in self.entries if fits(each, name)),
                    key=lambda each: ("*" in each, -len(each)), default=None)
        return sorted(self.entries.get(found, []), key=lambda each: each["bar"] == "own")

    def unused(self, names):
        """Entries that match none of the names: wrong in the file, or not measured."""
        return [each for each in self.entries if not any(fits(each, name) for name in names)]


def bound(target, unit):
    return f"{'≥' if target['direction'] == 'at_least' else '<'} {show(target['bound'], unit)}"


def mark(target):
    return "✅" if target["met"] else "⚠️" if target["value"] is None else "❌"


def ratio(target):
    """How many times better than the bound; below 1: missed. None: zero is infinitely better."""
    value, limit = target["value"], target["bound"]
    if target["direction"] == "at_least":
        return value / limit
    return limit / value if value else None


def times_better(target):
    """"3.0x better" or "1.5x worse" than the bound."""
    if not target["value"]:
        return "n/a" if target["value"] is None else "zero"
    better = ratio(target)
    return f"{better:.1f}x better" if better >= 1 else f"{1 / better:.1f}x worse"
