"""Two runs side by side: what got faster, what got slower, and is it more than noise?

Where the new run was measured in turn with the baseline's SQL functions (run --against), that
decides. Else the recorded figures do, except that they are not trusted where better can be had: if
both runs kept their functions, on the same tables, and these differ or something looks slower, then
both are measured now, in turn, on the machine at hand. See difference.py for what is called slower.
"""
from statistics import median

from . import in_turn, profile
from .chance import holm
from .difference import (
    FAIL,
    IMPROVED,
    LEVEL,
    LOOK,
    NOT_JUDGED,
    REGRESSED,
    SLOWER,
    STABLE,
    InTurn,
    Recorded,
    standing_out,
)
from .results import Case, load, show, table

WORSE = (SLOWER, REGRESSED)


def judge(differences, fail=FAIL):
    """Sets the status of every difference of recorded figures that can be judged."""
    for suite in {each.base.suite for each in differences}:
        all_cases = [each for each in differences if each.base.suite == suite]
        # With too few repetitions not even two sides that do not overlap are significant.
        judge_suite([each for each in all_cases
                     if each.smallest_chance <= LEVEL / len(all_cases)], fail)


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
        slack = 2 * max(spread, each.error)
        each.status = STABLE
        if is_worse and by > LOOK + slack:
            each.status = REGRESSED if by > fail + slack else SLOWER
        elif is_better and other.worse_by > LOOK + slack:
            each.status = IMPROVED
        elif slack > fail or is_excused(each, fail + slack):
            each.status = NOT_JUDGED


def is_excused(each, bound):
    """Worse only by as much as the machine's waits were longer."""
    bare = Recorded(each.base, each.new, each.ratios, excuses_waits=False)
    return each.worse_by <= bound < bare.worse_by


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
    if not out and not any(each["failures"] for each in new.documents):
        raise ValueError("the two runs have no case in common")
    judge([each for each in out if isinstance(each, Recorded)], fail)
    return out


def confirmed(differences, base_programs, programs, fail=FAIL):
    """What was measured with both builds in turn is slower only if it is so again."""
    found = {}
    for suite in sorted({each.case.suite for each in differences} - in_turn.PAIRED):
        names = [each.case.name for each in differences if each.case.suite == suite
                 and isinstance(each, InTurn) and each.status in WORSE]
        if names:
            again = in_turn.take_turns(suite, ["--length", "quick", "--filter", "|".join(names)],
                                       base_programs, programs)
            for row in again["results"]:
                found[suite, row["name"]] = each = InTurn(Case(again, row))
                each.judge(fail)
    return [found.get((each.case.suite, each.case.name), each) if each.status != STABLE else each
            for each in differences]


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
        names = {each.case.name for each in ours if each.status in WORSE}
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


def one_sided(base, new, differences):
    """Titles, figures and marks of what only one run has, and lines that name such suites."""
    judged = {each.case.title for each in differences}
    rows = [[each.title, show(each.row["value"], each.unit), "", "", "◌ Missing"]
            for each in base.cases() if each.title not in judged and new.should_have(each)]
    missing = len(rows)
    rows += [[each.title, "", show(each.row["value"], each.unit), "", "◌ New"]
             for each in new.cases() if each.title not in judged]
    suites = [{each["benchmark_suite"] for each in run.documents} for run in (base, new)]
    lines = [f"Only in the {side}: suite {', suite '.join(sorted(names))}." for side, names in
             (("baseline", suites[0] - suites[1]), ("current run", suites[1] - suites[0]))
             if names and suites[0]]  # a commit has no suites
    return rows, lines, missing


def count(differences):
    """"3 regressed, 12 stable, 1 not judged", without those of which there are none."""
    words = {state: state.split(" ", 1)[1].lower()
             for state in (REGRESSED, SLOWER, IMPROVED, STABLE, NOT_JUDGED)}
    states = [each.status for each in differences]
    return ", ".join(f"{states.count(state)} {word}" for state, word in words.items()
                     if state in states)


def markdown(base, new, differences, rows=(), notes=()):
    lines = [f"# {base.name} → {new.name}", "", f"- Baseline: {base.origin}",
             f"- Current: {new.origin}", f"- Cases: {count(differences)}", "",
             *table(["Benchmark", "Baseline", "Current", "Change", "Status"], [
                 *([each.case.title, show(each.baseline, each.case.unit),
                    show(each.current, each.case.unit), each.change, each.status]
                   for each in differences), *rows]),
             *(line for each in notes for line in ("", each))]
    recorded = [each for each in differences if isinstance(each, Recorded)]
    busy = sorted({each.new.suite for each in recorded if each.base.waits[1]
                   and each.longer_waits > 0.1 * median(each.base.waits[1])})
    if busy:
        lines += ["", f"The machine was busier the second time ({', '.join(busy)}): durations that "
                      "grew by as much as its waits did are not judged. Run again."]
    if any(each.status == NOT_JUDGED and each.case.suite not in busy for each in recorded):
        lines += ["", "Not judged: too few repetitions to distinguish a change from chance among "
                      "so many cases, or repetitions that differ too much. Measure with "
                      "--repetitions 10, without other load."]
    return "\n".join(lines) + "\n"


def verdict(base, new, chosen, file=None):
    """Prints the table and what regressed, and keeps it in the file. Returns the exit code: 1 if
    something regressed or failed; else 3 if something was not judged or is missing; else 0."""
    fail = chosen.fail / 100
    differences, notes = compare(base, new, chosen.ratios, fail), []
    if getattr(chosen, "base_programs", None):
        differences = confirmed(differences, chosen.base_programs, chosen.programs, fail)
    if not chosen.recorded:
        differences, notes = measure_again(base, new, differences, chosen.programs, fail)
    rows, lines, missing = one_sided(base, new, differences)
    profiles = profile.difference(base.folder, new.folder)
    text = markdown(base, new, differences, rows,
                    [*lines, *notes, *(["\n".join(profiles)] if profiles else [])])
    print(text)
    if file:
        file.write_text(text)
    wrong = [f"regressed: {each.case.title}" for each in differences if each.status == REGRESSED]
    wrong += [f"{each['benchmark_suite']} failed: {failure}"
              for each in new.documents for failure in each["failures"]]
    print("".join(f"{each}\n" for each in wrong), end="")
    if wrong:
        return 1
    return 3 if missing or any(each.status == NOT_JUDGED for each in differences) else 0


def main(chosen):
    return verdict(load(chosen.base), load(chosen.new), chosen, chosen.output)
