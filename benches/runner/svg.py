"""Plots as SVG text. Colours and fonts are those of the page that holds them."""
import html
import math

WIDTH = 1000
LABELS = 290
COLOURS = ["var(--one)", "var(--two)", "var(--good)", "var(--mild)", "var(--bad)", "var(--quiet)"]


def _open(height):
    return (f'<svg viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" font-size="12" '
            'font-family="inherit" role="img">')


def _text(x, y, content, anchor="start", style=""):
    return (f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{style}>'
            f'{html.escape(content)}</text>')


def _number(value):
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def _decades(low, high):
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    return [10.0 ** power for power in range(first, max(last, first + 1) + 1)]


def distributions(rows):
    """rows: (name, 51 quantiles). A line each, on one logarithmic scale."""
    # A logarithmic scale has no zero: zero values are drawn at its left end.
    least = min((each for _, values in rows for each in values if each > 0), default=1e-3)
    ticks = _decades(min(max(values[1], least) for _, values in rows),
                     max(max(values[49], least) for _, values in rows))
    height, step = 34 + 24 * len(rows), 24
    span = math.log10(ticks[-1] / ticks[0])

    def at(value):
        share = math.log10(min(max(value, ticks[0]), ticks[-1]) / ticks[0]) / span
        return LABELS + share * (WIDTH - LABELS - 90)

    out = [_open(height)]
    for tick in ticks:
        out.append(f'<line class="axis" x1="{at(tick):.1f}" x2="{at(tick):.1f}" y1="4" '
                   f'y2="{height - 24}"/>')
        out.append(_text(at(tick), height - 8, _number(tick), "middle", ' class="faint"'))
    for number, (name, values) in enumerate(rows):
        y = 18 + number * step
        # Every second percent: 12 and 38 are the 24th and 76th.
        low, first, middle, last, high = (at(values[i]) for i in (1, 12, 25, 38, 49))
        out += [_text(LABELS - 10, y + 4, name[:44], "end"),
                f'<line x1="{low:.1f}" x2="{high:.1f}" y1="{y}" y2="{y}" stroke="var(--one)"/>',
                f'<rect x="{first:.1f}" y="{y - 6}" width="{max(last - first, 1):.1f}" height="12" '
                'fill="var(--one)" opacity=".35" rx="2"/>',
                f'<line x1="{middle:.1f}" x2="{middle:.1f}" y1="{y - 7}" y2="{y + 7}" '
                'stroke="var(--one)" stroke-width="2.5"/>',
                _text(WIDTH - 4, y + 4, f"{_number(values[25])} ms", "end")]
    return "".join(out) + "</svg>"


def lines(series, across, up):
    """series: {name: [(x, y), …]}, from zero."""
    height, left, bottom, right = 340, 80, 300, WIDTH - 250
    most_x = max(x for points in series.values() for x, _ in points)
    most_y = max(y for points in series.values() for _, y in points) * 1.05 or 1
    step = 10 ** math.floor(math.log10(most_y))
    step = step / 2 if most_y / step < 3 else step

    def at(x, y):
        return left + x / most_x * (right - left), bottom - y / most_y * (bottom - 16)

    out = [_open(height)]
    for i in range(int(most_y / step) + 1):
        _, y = at(0, i * step)
        out += [f'<line class="axis" x1="{left}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}"/>',
                _text(left - 8, y + 4, _number(i * step) if i else "0", "end", ' class="faint"')]
    for x in sorted({x for points in series.values() for x, _ in points}):
        out.append(_text(at(x, 0)[0], bottom + 18, str(x), "middle", ' class="faint"'))
    out += [_text((left + right) / 2, height - 4, across, "middle", ' class="faint"'),
            _text(left, 10, up, "start", ' class="faint"')]
    for number, (name, points) in enumerate(series.items()):
        colour = COLOURS[number % len(COLOURS)]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in (at(*each) for each in points))
        out.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        for each in points:
            x, y = at(*each)
            out.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>')
        y = 24 + number * 20
        out += [f'<rect x="{right + 24}" y="{y - 9}" width="12" height="12" fill="{colour}"'
                ' rx="2"/>',
                _text(right + 42, y + 1, name[:34])]
    return "".join(out) + "</svg>"
