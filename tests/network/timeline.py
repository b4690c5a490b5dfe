"""timeline: draws what was captured of a dying connection, with and without the shim, as SVG.

timeline.py DIRECTORY >timeline.svg, from DIRECTORY/timeline-with.json and timeline-without.json (the
group timeline of cases.py). The picture has its own background, one for light and one for dark.
"""
import json
import os
import sys

WIDTH, HEIGHT = 960, 480
LEFT, RIGHT = 36, 924
FROM, TO = -12.0, 146.0  # seconds since the last packet
LANES = {"without": 152, "with": 318}
AXIS = 420

STYLE = """
    .back { fill: #ffffff; stroke: #d0d7de }
    text { font: 15px system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif; fill: #1f2328 }
    .title { font-size: 21px; font-weight: 600 }
    .lane { font-size: 16px; font-weight: 600; stroke: #ffffff; stroke-width: 6; paint-order: stroke }
    .small { font-size: 13.5px; fill: #59636e }
    .middle { text-anchor: middle }
    .end { text-anchor: end }
    .time { stroke: #818b98; stroke-width: 2; fill: none }
    .waits { stroke: #818b98; stroke-width: 2; stroke-dasharray: 2 5; fill: none }
    .tick { stroke: #b7bfc8; fill: none }
    .said { stroke: #0969da; stroke-width: 4 }
    .cut { stroke: #8250df; stroke-width: 2; stroke-dasharray: 6 4 } .cut-text { fill: #8250df }
    .probe { stroke: #bc4c00; stroke-width: 3; fill: #bc4c00 } .probe-text { fill: #bc4c00 }
    .reset { stroke: #cf222e; stroke-width: 4; fill: none }
    .waiting { font-weight: 600 }
    .dies { fill: #cf222e; font-weight: 600 }
    .span { stroke: #59636e; stroke-width: 1.2; fill: none }
    @media (prefers-color-scheme: dark) {
        .back { fill: #0d1117; stroke: #3d444d }
        text { fill: #f0f6fc } .lane { stroke: #0d1117 } .small { fill: #9198a1 }
        .time, .waits { stroke: #9198a1 } .tick { stroke: #3d444d } .span { stroke: #9198a1 }
        .said { stroke: #4493f8 }
        .cut { stroke: #ab7df8 } .cut-text { fill: #ab7df8 }
        .probe { stroke: #f0883e; fill: #f0883e } .probe-text { fill: #f0883e }
        .reset { stroke: #f85149 } .dies { fill: #f85149 }
    }
"""


def x(seconds):
    return round(LEFT + (seconds - FROM) * (RIGHT - LEFT) / (TO - FROM), 1)


def text(at_x, y, words, kind=""):
    words = words.replace("&", "&amp;").replace("<", "&lt;")
    return f'<text x="{at_x}" y="{y}" class="{kind}">{words}</text>'


def line(x1, y1, x2, y2, kind):
    return f'<path d="M{x1} {y1} L{x2} {y2}" class="{kind}"/>'


def span(first, last, y, words):
    """A measure between two moments, with its name above."""
    a, b = x(first), x(last)
    return [f'<path d="M{a} {y - 4} v8 M{a} {y} H{b} M{b} {y - 4} v8" class="span"/>',
            text((a + b) / 2, y - 7, words, "small middle")]


def data(report, y):
    """The packets of the conversation before."""
    return [*(line(x(at), y - 13, x(at), y + 13, "said") for at in report["data"]),
            text(LEFT + 2, y + 30, "packets", "small")]


def arrow(at, y):
    """A packet that leaves and arrives nowhere."""
    place = x(at)
    return (f'<path d="M{place} {y} V{y - 24}" class="probe"/>'
            f'<path d="M{place - 5} {y - 22} L{place} {y - 33} L{place + 5} {y - 22} Z" class="probe"/>')


def lane_without(report):
    y = LANES["without"]
    assert report["open"] and not report["probes"], "the control has not waited"
    return [
        text(LEFT, y - 38, "Without libkeepalive-shim.so: the server waits", "lane"),
        line(x(FROM), y, x(report["dark"]), y, "time"),
        line(x(report["dark"]), y, x(TO), y, "waits"),
        f'<path d="M{RIGHT - 9} {y - 6} L{RIGHT + 1} {y} L{RIGHT - 9} {y + 6}" class="time"/>',
        *data(report, y),
        text(x(64), y - 12, "nobody sends anything, so nobody can notice anything", "small middle"),
        text(RIGHT, y + 28, f"after {report['watched']:.0f} s still waiting, and so for ever", "waiting end"),
    ]


def lane_with(report):
    y, probes, reset = LANES["with"], report["probes"], report["reset"][0]
    found = report["error"]
    settings = report["socket"]
    drawn = [
        text(LEFT, y - 72, "With libkeepalive-shim.so: the kernel asks, and tells the server", "lane"),
        line(x(FROM), y, x(reset), y, "time"),
        *data(report, y),
        *(arrow(at, y) for at in probes),
        *span(0, probes[0], y + 20, f"idle: {settings['idle']} s without a packet"),
        *span(probes[0], probes[1], y + 20, ""),
        text((x(probes[0]) + x(probes[1])) / 2, y + 41, f"interval: {settings['interval']} s",
             "small middle"),
        text((x(probes[0]) + x(probes[-1])) / 2, y - 42,
             f"count: {len(probes)} probes, “still there?”, no answer", "probe-text middle"),
        f'<path d="M{x(reset) - 8} {y - 8} l16 16 m0 -16 l-16 16" class="reset"/>',
        text(x(reset) + 14, y + 5, f"{found['at']:.0f} s: RST", "dies"),
        text(RIGHT, y + 28, f"the server reads “{found['text']}”", "dies end"),
        text(RIGHT, y + 48, "connection, descriptor and worker are free", "small end"),
    ]
    return drawn


def axis():
    drawn = [line(LEFT, AXIS, RIGHT, AXIS, "tick")]
    for seconds in range(0, int(TO), 20):
        drawn += [line(x(seconds), AXIS, x(seconds), AXIS + 6, "tick"),
                  text(x(seconds), AXIS + 22, str(seconds), "small middle")]
    return drawn


def picture(without, with_shim, kernel):
    dark = x(max(without["dark"], with_shim["dark"]))
    title = "A client loses power. When does the server notice?"
    drawn = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        'aria-labelledby="title description">',
        f'<title id="title">{title}</title>',
        '<desc id="description">Without the shim nothing is sent and the server waits for ever. '
        f'With it, keepalive probes leave {", ".join(f"{at:.0f}" for at in with_shim["probes"])} '
        f'seconds after the last packet, and at {with_shim["error"]["at"]:.0f} seconds the program '
        f'sees "{with_shim["error"]["text"]}".</desc>',
        f"<style>{STYLE}</style>",
        f'<rect x="1" y="1" width="{WIDTH - 2}" height="{HEIGHT - 2}" rx="10" class="back"/>',
        text(LEFT, 42, title, "title"),
        line(dark, 66, dark, AXIS, "cut"),
        text(dark + 8, 78, "the client loses power", "cut-text"),
        *lane_without(without),
        *lane_with(with_shim),
        *axis(),
        text(LEFT, HEIGHT - 15, "seconds since the last packet from the client", "small"),
        text(RIGHT, HEIGHT - 15, f"default settings, captured on Linux {kernel}", "small end"),
        "</svg>",
    ]
    return "\n".join(drawn) + "\n"


def main():
    reports = {}
    for name in LANES:
        with open(os.path.join(sys.argv[1], f"timeline-{name}.json"), encoding="ascii") as file:
            reports[name] = json.load(file)
        if "near" not in reports[name]:
            sys.exit(f"timeline.py: {reports[name].get('skip') or reports[name]['failure']}")
    kernel = ".".join(reports["with"]["kernel"].split(".")[:2])
    sys.stdout.write(picture(reports["without"]["near"], reports["with"]["near"], kernel))


main()
