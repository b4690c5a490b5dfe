"""Panels of lines over a logarithmic axis, as an SVG. It has a background of its own, light or dark, because it follows
the system's setting and the page around it may not. One column, 360 pixels wide, so that a phone shows it in full size.
Each point has its figure as a title, which browsers show, and which tests compare with the text."""
import dataclasses
import math

WIDTH, HEIGHT = 360, 230  # of a panel
LEFT, RIGHT, TOP, BOTTOM = 44, 20, 44, 40  # its margins
HEAD, LINE = 40, 22  # heights of the title and of a line of the legend
# Wide and pale below, thin and strong above, so that lines that coincide are both seen.
STYLES = {"no shim": ("none", 2), "four setsockopts by hand": ("hand", 7), "keepalive-shim": ("ours", 2),
          "the cheapest system call": ("limit", 2)}
STYLE = """
.back { fill: #ffffff; stroke: #d0d7de }
text { font: 12px system-ui, sans-serif; fill: #57606a }
.title { font-size: 15px; font-weight: 600; fill: #1f2328 }
.name { font-weight: 600; fill: #1f2328 }
.grid { stroke: #d0d7de; stroke-width: 1 }
path { fill: none; stroke-linejoin: round; stroke-linecap: round }
path.none { stroke: #8c959f } path.hand { stroke: #f2a65a; opacity: .6 } path.ours { stroke: #0969da }
path.limit { stroke: #cf222e; stroke-dasharray: 5 4 }
circle { stroke: none; fill: none; pointer-events: all } circle.none { fill: #8c959f } circle.ours { fill: #0969da }
@media (prefers-color-scheme: dark) {
.back { fill: #0d1117; stroke: #3d444d }
text { fill: #9198a1 } .title, .name { fill: #f0f6fc } .grid { stroke: #3d444d }
path.ours { stroke: #58a6ff } circle.ours { fill: #58a6ff } path.limit { stroke: #ff7b72 }
}
"""


@dataclasses.dataclass
class Panel:
    over: str  # what grows
    unit: str  # of what is shown
    series: dict  # {name: [(number, figure)]}
    divisor: float  # figures are divided by it

    def shown(self, figure):
        """The figure with three digits."""
        figure = max(figure / self.divisor, 0)
        return f"{figure:,.0f}" if figure >= 100 else f"{figure:.1f}" if figure >= 10 else f"{figure:.2f}"


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
        parts += [f'<circle class="{style}" cx="{px:.1f}" cy="{py:.1f}" r="3">'
                  f'<title>{panel.over}, {number:,}, {name}: {panel.shown(figure)} {panel.unit}</title></circle>'
                  for (px, py), (number, figure) in zip(places, line)]
    return parts


def draw_legend(names, y):
    parts = []
    for number, name in enumerate(names):
        style, thickness = STYLES[name]
        line = y + LINE * number
        parts += [f'<path class="{style}" stroke-width="{thickness}" d="M16 {line} h36"/>',
                  f'<text x="62" y="{line + 4}">{name}</text>']
    return parts


def draw(path, title, panels):
    names = [name for name in STYLES if any(name in panel.series for panel in panels)]
    top = HEAD + LINE * len(names)
    down = top + len(panels) * HEIGHT
    parts = [f'<rect class="back" x="1" y="1" width="{WIDTH - 2}" height="{down - 2}" rx="10"/>',
             f'<text class="title" x="16" y="26">{title}</text>', *draw_legend(names, HEAD + 8)]
    for number, panel in enumerate(panels):
        parts += draw_panel(panel, 0, top + number * HEIGHT)
    with open(path, "w") as file:
        file.write(f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{down}" viewBox="0 0 {WIDTH} {down}" '
                   f'role="img" aria-label="{title}">\n<style>{STYLE}</style>\n' + "\n".join(parts) + "\n</svg>\n")
