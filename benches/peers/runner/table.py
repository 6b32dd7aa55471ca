"""The one table, as Markdown."""

from .figures import ratios

HEAD = ("system", "durability", "linear-3 p50 / p95 (ms)", "diamond steps/s", "single-step tasks/s",
        "fan-out 1,000 (ms)", "log bytes per step", "round trips per step",
        "ratio to Tasker: linear-3, diamond, single, fan-out", "map of 10,000 (ms)",
        "1,000 children (ms)")
NONE = "–"


def number(value):
    """Three figures that mean something."""
    if value is None:
        return NONE
    if value >= 100:
        return f"{value:,.0f}"
    if value >= 10:
        return f"{value:.1f}"
    return f"{value:.2f}" if value >= 0.1 else f"{value:.4f}"


def median(figure):
    return number(figure and figure["median"])


def with_spread(figure):
    if not figure:
        return NONE
    if figure["lowest"] == figure["highest"]:
        return number(figure["median"])
    return f"{median(figure)} ({number(figure['lowest'])}–{number(figure['highest'])})"


def times(value):
    return NONE if value is None else f"{number(value)}×"


def row(peer, of, tasker, mark):
    latency = NONE
    if of.get("linear3_p50_ms"):
        latency = f"{with_spread(of['linear3_p50_ms'])} / {median(of['linear3_p95_ms'])}"
    against = ratios(tasker, of) if tasker else {}
    return (peer.system + mark, peer.durability, latency,
            with_spread(of.get("diamond_steps_per_s")), with_spread(of.get("single_tasks_per_s")),
            with_spread(of.get("fan1000_ms")), number(of.get("log_bytes_per_step")),
            number(of.get("round_trips_per_step")),
            ", ".join(times(each) for each in against.values()) or NONE,
            with_spread(of.get("map10000_ms")), with_spread(of.get("children1000_ms")))


def markdown(peers, figures, failures):
    """`figures` and `failures` by the peers' names."""
    tasker = figures.get("tasker")
    lines = ["| " + " | ".join(HEAD) + " |", "|" + "---|" * len(HEAD)]
    notes = []
    for peer in peers:
        mark = ""
        if peer.note and peer.name in figures:
            notes.append(peer.note)
            mark = f" [{len(notes)}]"
        if peer.name in figures:
            cells = row(peer, figures[peer.name], tasker, mark)
            lines.append("| " + " | ".join(cells) + " |")
    lines += ["", *(f"[{i}] {note}." for i, note in enumerate(notes, 1))]
    if failures:
        lines += ["", "Not measured, or failed in a repetition and left out from then on:", ""]
        lines += [f"- {name}: {why}" for name, why in failures.items()]
    return "\n".join(lines) + "\n"
