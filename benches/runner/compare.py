"""Two runs side by side: what got faster, what got slower, and is it more than noise?

Where the new run was measured in turn with the baseline's SQL functions (run --against), that
decides. Else the recorded figures do, except that they are not trusted where better can be had: if
both runs kept their functions, on the same tables, and these differ or something looks slower, then
both are measured now, in turn, on the machine at hand. See difference.py for what is called slower.
"""
from . import in_turn
from .difference import (
    FAIL,
    FEWEST_REPETITIONS,
    IMPROVED,
    LEVEL,
    LOOK,
    REGRESSED,
    RESOLUTION_MS,
    SLOWER,
    STABLE,
    InTurn,
    Recorded,
    quick_end,
    standing_out,
)
from .results import load, show
from .statistics import holm

__all__ = ["IMPROVED", "REGRESSED", "SLOWER", "STABLE", "compare", "main"]


def judge(differences, fail=FAIL):
    """Sets the status of every difference of recorded figures."""
    for suite in {each.base.suite for each in differences}:
        judge_suite([each for each in differences if each.base.suite == suite and each.has_enough],
                    fail)


def judge_suite(tested, fail):
    ratios = bool(tested) and tested[0].ratios
    common, spread = standing_out([each.raw_change for each in tested])
    worse = holm([each.chance_worse for each in tested], LEVEL)
    # Better is what would be worse the other way round.
    others = [Recorded(each.new, each.base, each.ratios) for each in tested]
    better = holm([each.chance_worse for each in others], LEVEL)
    for each, other, is_worse, is_better in zip(tested, others, worse, better):
        by = each.worse_by
        if ratios:
            by = min(by, (1 + by) / (1 + common) - 1)
        if is_worse and by > LOOK + 2 * spread:
            each.status = REGRESSED if by > fail + 2 * spread else SLOWER
        elif is_better and other.worse_by > LOOK + 2 * spread:
            each.status = IMPROVED
    judge_work([each for each in tested if each.has_work], fail)


def judge_work(tested, fail):
    common, spread = standing_out([each.work_change for each in tested])
    for each, is_worse in zip(tested, holm([each.work_chance for each in tested], LEVEL)):
        by = min(each.work_change, (1 + each.work_change) / (1 + common) - 1)
        if is_worse and by > LOOK + 2 * spread and each.status != REGRESSED:
            each.status = REGRESSED if by > fail + 2 * spread else SLOWER
            each.decided_by_work = True


def compare(base, new, ratios=False, fail=FAIL):
    """By the recorded figures of the two runs."""
    known = {(each.suite, each.name): each for each in base.cases()}
    out: list[InTurn | Recorded] = []
    for each in new.cases():
        before = known.get((each.suite, each.name))
        if new.was_measured_against(base) and InTurn.is_possible(each):
            found = InTurn(each)
            found.judge(fail)
            out.append(found)
        elif before is not None and before.unit == each.unit:
            out.append(Recorded(before, each, ratios))
    if not out:
        raise ValueError("the two runs have no case in common")
    judge([each for each in out if isinstance(each, Recorded)], fail)
    return out


def looks_slower(each):
    if each.status in (SLOWER, REGRESSED):
        return True
    return isinstance(each, Recorded) and each.has_work and each.work_change > LOOK


def measure_again(base, new, differences, programs, fail=FAIL):
    """Measures in turn what needs it and can be; returns the differences and notes on them."""
    scripts = in_turn.functions_of(base), in_turn.functions_of(new)
    # Two files of one folder: whose functions these are is not known.
    if None in scripts or scripts[0].resolve() == scripts[1].resolve():
        return differences, []
    tables = [in_turn.tables_of(each) for each in scripts]
    if None not in tables and tables[0] != tables[1]:
        return differences, ["The tables of both runs differ, so that their functions cannot be "
                             "measured in turn: the recorded figures decide."]
    differ = scripts[0].read_text() != scripts[1].read_text()
    found, notes = {}, []
    for suite in sorted({each.case.suite for each in differences}):
        ours = [each for each in differences
                if each.case.suite == suite and in_turn.is_paired(each.case)]
        recorded = [each.case.name for each in ours if isinstance(each, Recorded)]
        names = {each.case.name for each in ours if looks_slower(each)}
        if differ:
            names.update(in_turn.smallest(recorded))
        if not names:
            continue
        if not (programs / f"bench_{suite}").exists():
            notes.append(f"{programs}/bench_{suite} is not built: the recorded figures decide.")
            continue
        for name, again in in_turn.measure(suite, sorted(names), *scripts, programs).items():
            again.judge(fail)
            found[suite, name] = again
    if found:
        notes.append(f"{len(found)} cases were measured again, the SQL functions of both runs in "
                     "turn: baseline and current are of that measurement.")
    # A case that was already measured in turn is slower only if this confirms it.
    kept = [each if isinstance(each, InTurn) and each.status == STABLE
            else found.get((each.case.suite, each.case.name), each) for each in differences]
    return kept, notes


def markdown(base, new, differences, missing=(), notes=()):
    lines = [f"# {base.name} → {new.name}", "",
             f"- Baseline: {base.name}, {base.timestamp}, commit {base.commit}",
             f"- Current: {new.name}, {new.timestamp}, commit {new.commit}", "",
             "| Benchmark | Baseline | Current | Change | Status |", "|---|---|---|---|---|"]
    for each in differences:
        unit = each.case.unit
        lines.append(f"| {each.case.title} | {show(each.baseline, unit)} "
                     f"| {show(each.current, unit)} | {each.change} | {each.status} |")
    lines += [f"| {title} | | | | not measured this time |" for title in missing]
    lines += [line for each in notes for line in ("", each)]
    recorded = [each for each in differences if isinstance(each, Recorded)]
    busy = sorted({each.new.suite for each in recorded
                   if each.longer_waits > RESOLUTION_MS and
                   each.longer_waits > 0.1 * quick_end(each.base.waits[1] or [float("inf")])})
    if busy:
        lines += ["", f"The machine was busier the second time ({', '.join(busy)}): durations that "
                      "grew by as much as its waits did are not called slower. Run again."]
    too_few = sum(not each.has_enough for each in recorded)
    if too_few:
        lines += ["", f"{too_few} cases have fewer than {FEWEST_REPETITIONS} repetitions in a run: "
                      "they are shown and not judged."]
    return "\n".join(lines) + "\n"


def verdict(base, new, chosen, file=None):
    """Prints the table, and what regressed; keeps it in the file. Returns the exit code."""
    fail = chosen.fail / 100
    differences, notes = compare(base, new, chosen.ratios, fail), []
    if not chosen.recorded:
        differences, notes = measure_again(base, new, differences, chosen.programs, fail)
    measured = {each.case.title for each in differences}
    suites = {each["benchmark_suite"] for each in new.documents}
    missing = [each.title for each in base.cases()
               if each.suite in suites and each.title not in measured]
    text = markdown(base, new, differences, missing, notes)
    print(text)
    if file:
        file.write_text(text)
    regressed = [each.case.title for each in differences if each.status == REGRESSED]
    for title in regressed:
        print(f"regressed: {title}")
    return 1 if regressed else 0


def main(chosen):
    return verdict(load(chosen.base), load(chosen.new), chosen, chosen.output)
