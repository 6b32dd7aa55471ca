"""report.html of a run: one file without scripts or references, with the plots as SVG inside."""
import html

from . import advice, history, svg
from .results import latest_run, load, show

STYLE = """
:root { --ink: #1c2330; --quiet: #667085; --line: #e3e7ee; --paper: #fff; --ground: #f6f7f9;
  --good: #16794c; --bad: #b42318; --mild: #b54708; --one: #2f6feb; --two: #9a5bd0; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ef; --quiet: #98a2b3; --line: #333a47;
  --paper: #1b202a; --ground: #12161d; --good: #4ec38a; --bad: #f97066; --mild: #fdb022;
  --one: #6ea1ff; --two: #c49bea; } }
* { box-sizing: border-box }
body { margin: 0; background: var(--ground); color: var(--ink);
  font: 15px/1.5 system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif }
main { max-width: 1080px; margin: 0 auto; padding: 32px 20px 64px }
h1 { font-size: 26px; margin: 0 0 4px } h2 { font-size: 19px; margin: 40px 0 12px }
.quiet { color: var(--quiet) }
section, .cards > div { background: var(--paper); border: 1px solid var(--line);
  border-radius: 10px; padding: 16px 18px; overflow-x: auto }
section + section { margin-top: 16px }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px;
  margin: 20px 0 }
.cards b { display: block; font-size: 24px; font-weight: 600 }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums }
th { text-align: left; font-weight: 600; color: var(--quiet); font-size: 13px }
td, th { padding: 5px 10px 5px 0; border-bottom: 1px solid var(--line); vertical-align: top }
tr:last-child td { border-bottom: 0 }
td.n, th.n { text-align: right; white-space: nowrap }
.pass { color: var(--good) } .fail { color: var(--bad) } .warn { color: var(--mild) }
details summary { cursor: pointer; font-weight: 600 }
svg { max-width: 100%; height: auto; display: block } svg text { fill: var(--ink) }
svg .axis { stroke: var(--line) } svg .faint { fill: var(--quiet) }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 2px 16px; margin: 0 }
dt { color: var(--quiet) } dd { margin: 0; overflow-wrap: anywhere }
"""

WORDS = {"pass": "met", "fail": "missed", "warn": "own bar missed"}


def _row(case):
    unit = case.unit
    target = (case.row.get("targets") or [None])[0]
    bound = ""
    if target:
        sign = "≥" if target["direction"] == "at_least" else "<"
        bound = f"{target['statistic']} {sign} {show(target['bound'], unit)}"
    low, high = case.row.get("median_low"), case.row.get("median_high")
    word = WORDS[case.row["status"]] if target else "–"
    if target and target["value"] is None:
        word = "too few samples"
    return (f"<tr><td>{html.escape(case.name)}</td>"
            f"<td class=n>{show(case.row['value'], unit)}</td>"
            f"<td class='n quiet'>{show(low, unit)} … {show(high, unit)}</td>"
            f"<td class=n>{case.row['samples']:,}</td><td class=n>{bound}</td>"
            f"<td class='{case.row['status'] if target else 'quiet'}'>{word}</td></tr>")


def _suite(run, document):
    name = document["benchmark_suite"]
    cases = [each for each in run.cases() if each.suite == name]
    parts = [f"<h2 id='{name}'>{name.replace('_', ' ')}</h2>"]
    timed = [each for each in cases if each.unit == "ms" and each.row.get("quantiles")]
    # As many as can be distinguished; those with targets first.
    timed.sort(key=lambda each: not each.row.get("targets"))
    if timed:
        shown = [(each.name, each.row["quantiles"]) for each in timed[:16]]
        parts.append("<section><p class=quiet>Distribution of the latencies in ms, on a "
                     "logarithmic scale: line 1st to 99th percentile, box 25th to 75th, "
                     f"mark median</p>{svg.distributions(shown)}</section>")
    rates = [each for each in cases if each.unit == "/s"]
    if rates:
        parts.append("<section><p class=quiet>Rates per second; the thin line is the 95 % interval "
                     "of the median</p>"
                     + svg.bars([(each.name, each.row["value"], each.row["median_low"],
                                  each.row["median_high"]) for each in rates]) + "</section>")
    parts.append("<section><details" + ("" if len(cases) > 40 else " open") + "><summary>"
                 f"{len(cases)} cases</summary><table><tr><th>Case<th class=n>Median"
                 "<th class=n>95 % of the median<th class=n>Samples<th class=n>Target<th></tr>"
                 + "".join(map(_row, cases)) + "</table></details></section>")
    notes = document["findings"] + [f"❌ {each}" for each in document["failures"]]
    if notes:
        parts.append("<section><ul>" + "".join(f"<li>{html.escape(each)}" for each in notes)
                     + "</ul></section>")
    return "\n".join(parts)


def _scaling(run):
    lines = {kind: list(rates.items()) for kind, rates in advice.scaling(run).items()}
    if not lines:
        return ""
    return ("<h2>Throughput by workers</h2><section>" +
            svg.lines(lines, "workers, slots or processes", "per second") + "</section>")


def _trend(output):
    shown = []
    for (suite, case), entries in history.read(output).items():
        if len(entries) > 1 and entries[-1]["status"] and entries[-1]["unit"] in ("ms", "/s"):
            values = [each["value"] for each in entries[-30:]]
            shown.append((f"{suite}: {case}", values, entries[-1]["unit"]))
    if not shown:
        return ""
    rows = "".join(f"<tr><td>{html.escape(name)}</td><td>{svg.sparkline(values)}</td>"
                   f"<td class=n>{show(values[0], unit)}</td><td class=n>{show(values[-1], unit)}"
                   f"</td></tr>" for name, values, unit in shown)
    return ("<h2>Trend</h2><section><details><summary>" + f"{len(shown)} cases over their last runs"
            "</summary><table><tr><th>Case<th><th class=n>First<th class=n>Last</tr>" + rows
            + "</table></details></section>")


def render(run, output):
    counts = {key: sum(each["summary"][key] for each in run.documents)
              for key in ("total_tests", "passed", "failed", "warnings")}
    facts = {**run.documents[0]["environment"], **run.documents[-1]["environment"]}
    facts.pop("date", None)
    cards = [("cases", counts["total_tests"], ""),
             ("targets met, or none set", counts["passed"], "pass"),
             ("required targets missed", counts["failed"], "fail"),
             ("own bars missed, or too few samples", counts["warnings"], "warn")]
    return (f"<!doctype html><html lang=en><meta charset=utf-8><title>{run.name}</title>"
            "<meta name=viewport content='width=device-width'>"
            f"<style>{STYLE}</style><main><h1>Tasker benchmarks</h1>"
            f"<p class=quiet>{run.name} · {run.timestamp[:19].replace('T', ' ')} UTC · commit "
            f"{html.escape(run.commit)}</p><div class=cards>"
            + "".join(f"<div><b class='{style}'>{value}</b>{name}</div>"
                      for name, value, style in cards)
            + "</div><section><dl>"
            + "".join(f"<dt>{html.escape(name)}<dd>{html.escape(value)}"
                      for name, value in facts.items())
            + "</dl></section>" + _scaling(run)
            + "".join(_suite(run, each) for each in run.documents) + _trend(output)
            + "</main></html>\n")


def write(folder, output):
    file = folder / "report.html"
    file.write_text(render(load(str(folder)), output))
    return file


def main(chosen):
    folder = chosen.run or latest_run(chosen.output)
    print(f"written: {write(folder, chosen.output)}")
    return 0
