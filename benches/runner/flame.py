"""A flame graph, as one SVG file without scripts."""
import collections
import html
from typing import Any

WIDTH = 1200
ROW = 17
SHOWN = 0.0015  # of the whole: narrower frames cannot be read


def fold(script):
    """perf script's stacks as {"program;outer;…;inner": samples}."""
    stacks: collections.Counter[str] = collections.Counter()
    program = None
    frames: list[str] = []
    for line in [*script.splitlines(), ""]:
        if not line.strip():
            if program:
                stacks[";".join([program, *reversed(frames)])] += 1
            program, frames = None, []
        elif program is None:
            program = line.split()[0]
        else:
            words = line.split(None, 1)
            frames.append(words[1].strip().split("+0x")[0] if len(words) > 1 else "?")
    return stacks


def _tree(stacks):
    root: dict[str, Any] = {"name": "all", "samples": 0, "below": {}}
    for stack, count in stacks.items():
        node = root
        node["samples"] += count
        for name in stack.split(";"):
            node = node["below"].setdefault(name, {"name": name, "samples": 0, "below": {}})
            node["samples"] += count
    return root


def svg(stacks):
    root = _tree(stacks)
    total = root["samples"]
    boxes = []

    def place(node, left, depth):
        share = node["samples"] / total
        if share < SHOWN:
            return
        boxes.append((node, left, depth, share))
        for name in sorted(node["below"]):
            below = node["below"][name]
            place(below, left, depth + 1)
            left += below["samples"] / total

    place(root, 0.0, 0)
    height = (max(each[2] for each in boxes) + 2) * ROW + 30
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
             f'font-family="sans-serif" font-size="11">',
             f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
             '<text x="8" y="18" font-size="14">CPU time by call, all programs</text>']
    for node, left, depth, share in boxes:
        x, width = left * WIDTH, share * WIDTH
        y = height - (depth + 1) * ROW - 6
        hue = sum(map(ord, node["name"])) % 45
        name = html.escape(node["name"])
        parts.append(f'<g><title>{name}: {100 * share:.2f} %</title>'
                     f'<rect x="{x:.1f}" y="{y}" width="{max(width - 0.4, 0.4):.1f}" '
                     f'height="{ROW - 1}" fill="hsl({hue},80%,68%)"/>')
        letters = int(width / 6.4)
        if letters > 3:
            shown = node["name"][:letters]
            parts.append(f'<text x="{x + 3:.1f}" y="{y + 12}">{html.escape(shown)}</text>')
        parts.append("</g>")
    return "\n".join(parts) + "\n</svg>\n"
