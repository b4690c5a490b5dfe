"""Panels of lines over a logarithmic axis, as an SVG with a light ground and a dark one of its own: a page
may be dark where the system, which the picture goes by, is light."""
import dataclasses
import math

COLUMNS, WIDTH, HEIGHT = 3, 320, 250  # of a panel
LEFT, RIGHT, TOP, BOTTOM = 52, 16, 44, 44  # its margins
# Wide and pale below, thin and strong above, so that lines that coincide are both seen.
STYLES = {"no shim": ("none", 2), "four setsockopts by hand": ("hand", 7), "keepalive-shim": ("ours", 2),
          "the cheapest system call": ("limit", 2)}
DOTTED = ("none", "ours")
STYLE = """
.back { fill: #ffffff; stroke: #d0d7de }
text { font: 12px system-ui, sans-serif; fill: #57606a }
.title { font-size: 15px; font-weight: 600; fill: #1f2328 }
.name { font-weight: 600; fill: #1f2328 }
.grid { stroke: #d0d7de; stroke-width: 1 }
path { fill: none; stroke-linejoin: round; stroke-linecap: round }
.none { stroke: #8c959f } .hand { stroke: #f2a65a; opacity: .6 } .ours { stroke: #0969da }
.limit { stroke: #cf222e; stroke-dasharray: 5 4 }
circle.none { fill: #8c959f } circle.ours { fill: #0969da }
@media (prefers-color-scheme: dark) {
.back { fill: #0d1117; stroke: #3d444d }
text { fill: #9198a1 } .title, .name { fill: #f0f6fc } .grid { stroke: #3d444d }
.ours { stroke: #58a6ff } circle.ours { fill: #58a6ff } .limit { stroke: #ff7b72 }
}
"""


@dataclasses.dataclass
class Panel:
    over: str  # what grows
    unit: str  # of what is shown
    series: dict  # {name: [(number, figure)]}
    divisor: float  # figures are divided by it


def round_up(figure):
    """A little above, and with ticks that are round numbers: (top, step)."""
    step = 10 ** math.floor(math.log10(figure / 4))
    step *= next(factor for factor in (1, 2, 5, 10) if factor * step * 5 >= figure * 1.05)
    return step * math.ceil(figure * 1.05 / step), step


def short(number):
    superscript = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
    power = round(math.log10(number))
    return f"10{str(power).translate(superscript)}" if number >= 100 and number == 10 ** power else f"{number:g}"


def draw_panel(panel, x, y):
    points = [point for line in panel.series.values() for point in line]
    least, most = min(n for n, _ in points), max(n for n, _ in points)
    top, step = round_up(max(figure for _, figure in points) / panel.divisor)
    width, height = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM

    def across(number):
        return x + LEFT + width * math.log(number / least) / math.log(most / least)

    def up(figure):
        return y + TOP + height * (1 - figure / top)

    parts = [f'<text class="name" x="{x + LEFT}" y="{y + 18}">{panel.over}</text>',
             f'<text x="{x + LEFT}" y="{y + 34}">{panel.unit}</text>']
    for tick in range(round(top / step) + 1):
        parts.append(f'<line class="grid" x1="{x + LEFT}" x2="{x + WIDTH - RIGHT}" y1="{up(tick * step):.1f}" '
                     f'y2="{up(tick * step):.1f}"/><text x="{x + LEFT - 8}" y="{up(tick * step) + 4:.1f}" '
                     f'text-anchor="end">{tick * step:g}</text>')
    powers = [n for n in sorted({n for n, _ in points}) if most <= 64 or n == 10 ** round(math.log10(n))]
    for number in powers:
        parts.append(f'<text x="{across(number):.1f}" y="{y + HEIGHT - BOTTOM + 18}" '
                     f'text-anchor="middle">{short(number)}</text>')
    for name, line in panel.series.items():
        style, thickness = STYLES[name]
        places = [(across(number), up(figure / panel.divisor)) for number, figure in line]
        path = " L".join(f"{px:.1f} {py:.1f}" for px, py in places)
        parts.append(f'<path class="{style}" stroke-width="{thickness}" d="M{path}"/>')
        dots = places if style in DOTTED else []
        parts += [f'<circle class="{style}" cx="{px:.1f}" cy="{py:.1f}" r="3"/>' for px, py in dots]
    return parts


def draw_legend(names, x, y):
    parts = []
    for number, name in enumerate(names):
        style, thickness = STYLES[name]
        line = y + TOP + 28 * number
        parts += [f'<path class="{style}" stroke-width="{thickness}" d="M{x + LEFT} {line} h36"/>',
                  f'<text x="{x + LEFT + 48}" y="{line + 4}">{name}</text>']
    return parts


def draw(path, title, panels):
    rows = math.ceil((len(panels) + 1) / COLUMNS)
    across, down = COLUMNS * WIDTH, 40 + rows * HEIGHT
    parts = [f'<rect class="back" x="1" y="1" width="{across - 2}" height="{down - 2}" rx="10"/>',
             f'<text class="title" x="{LEFT}" y="28">{title}</text>']
    names = {}
    for number, panel in enumerate(panels):
        parts += draw_panel(panel, number % COLUMNS * WIDTH, 40 + number // COLUMNS * HEIGHT)
        names.update(panel.series)
    parts += draw_legend([name for name in STYLES if name in names], len(panels) % COLUMNS * WIDTH,
                         40 + len(panels) // COLUMNS * HEIGHT)
    with open(path, "w") as file:
        file.write(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {across} {down}" '
                   f'role="img" aria-label="{title}">\n<style>{STYLE}</style>\n' + "\n".join(parts) + "\n</svg>\n")
