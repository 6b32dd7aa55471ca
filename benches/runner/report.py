"""report.html of a run: one file without scripts or references, with the plots as SVG inside."""
import html

from . import advice, history, summary, svg
from .results import latest_run, load, table

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
.pass { color: var(--good) } .fail { color: var(--bad) } .warn { color: var(--mild) }
details summary { cursor: pointer; font-weight: 600 }
svg { max-width: 100%; height: auto; display: block } svg text { fill: var(--ink) }
svg .axis { stroke: var(--line) } svg .faint { fill: var(--quiet) }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 2px 16px; margin: 0 }
dt { color: var(--quiet) } dd { margin: 0; overflow-wrap: anywhere }
"""


def _table(lines):
    """Lines of a Markdown table as HTML."""
    rows = [line[1:-1].split("|") for line in lines if not line.startswith("|---")]
    cells = [[html.escape(cell.strip()) for cell in row] for row in rows]
    head, *body = cells
    return ("<table><tr>" + "".join(f"<th>{cell}" for cell in head) + "</tr>" + "".join(
        "<tr>" + "".join(f"<td>{cell}" for cell in row) + "</tr>" for row in body) + "</table>")


def _section(content, title=None, is_open=True):
    if title:
        content = (f"<details{' open' if is_open else ''}><summary>{title}</summary>{content}"
                   "</details>")
    return f"<section>{content}</section>"


def _suite(run, document):
    name = document["benchmark_suite"]
    cases = [each for each in run.cases() if each.suite == name]
    parts = [f"<h2 id='{name}'>{name.replace('_', ' ')}</h2>"]
    timed = [each for each in cases if each.unit == "ms" and each.row.get("quantiles")]
    # As many as can be distinguished; those with targets first.
    timed.sort(key=lambda each: not each.row.get("targets"))
    if timed:
        shown = [(each.name, each.row["quantiles"]) for each in timed[:16]]
        parts.append(_section("<p class=quiet>Distribution of the latencies in ms, on a "
                              "logarithmic scale: line 1st to 99th percentile, box 25th to 75th, "
                              f"mark median</p>{svg.distributions(shown)}"))
    settings, _, *lines = summary.figures(document, cases)
    figures, _, counters = "\n".join(lines).partition("\n\n")
    parts.append(_section(_table(figures.splitlines()), f"{len(cases)} cases", len(cases) <= 40))
    if counters:
        parts.append(_section(_table(counters.splitlines()), "counters", False))
    parts.append(f"<p class=quiet>{html.escape(settings)}</p>")
    if any(each.row.get("targets") for each in cases):
        parts.append(_section(_table(summary.targets(cases)), "targets"))
    notes = document["findings"] + [f"❌ {each}" for each in document["failures"]]
    if notes:
        parts.append(_section("<ul>" + "".join(f"<li>{html.escape(each)}" for each in notes)
                              + "</ul>"))
    return "\n".join(parts)


def _scaling(run):
    lines = {kind: list(rates.items()) for kind, rates in advice.scaling(run).items()}
    if not lines:
        return ""
    return ("<h2>Throughput by workers</h2><section>" +
            svg.lines(lines, "workers, slots or processes", "per second") + "</section>")


def _trend(output):
    rows = history.rows({key: entries for key, entries in history.read(output).items()
                         if len(entries) > 1 and entries[-1]["status"]})
    if not rows:
        return ""
    return "<h2>Trend</h2>" + _section(_table(table(history.HEAD, rows)),
                                       f"{len(rows)} cases over their last runs", False)


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
            + "</dl></section>"
            + (_section(_table(summary.bottlenecks(run)), "bottlenecks")
               if advice.limits(run) else "") + _scaling(run)
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
