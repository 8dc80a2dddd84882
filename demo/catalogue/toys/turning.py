"""Balls and tops."""

import math
from itertools import pairwise
from random import Random

from demo.catalogue import palette, svg
from demo.catalogue.toys.plush import Colours
from demo.catalogue.toys.sketch import Sketch


def ball(sketch: Sketch, colours: Colours, pieces: int, rng: Random) -> float:
    """Draw a ball of bright gores, or with stars."""
    main, second, third, light = colours
    cx, cy, r = 270.0, 292.0, 148.0
    sketch.ellipse((cx, cy), r, r, light)
    if rng.random() < 0.65:
        tilt = rng.uniform(-30, 30)
        for i, colour in enumerate((main, second, third)):
            first, last = math.radians(tilt + i * 120), math.radians(tilt + i * 120 + 62)
            sketch.shape(_gore(cx - 26, cy - 40, (cx, cy, r), (first, last)), colour, "flat", rim=False)
        sketch.ellipse((cx - 26, cy - 40), 20, 18, light)
    else:
        for i in range(9):
            angle, away = i * 2.4, r * math.sqrt(i / 9.5)
            x, y = cx + away * math.cos(angle), cy + away * math.sin(angle)
            size = 34 * (1 - 0.5 * (away / r) ** 2)
            sketch.shape(_star(x, y, size, angle), (main, second, third)[i % 3], "flat", rim=False)
    sketch.sphere_shade((cx, cy), r)
    sketch.gloss((cx - 62, cy - 84), 34, 18, -38)
    return 88


def _gore(px: float, py: float, disc: tuple[float, float, float], span: tuple[float, float]) -> str:
    """Return the outline of a segment from the ball's pole to its edge."""
    cx, cy, r = disc
    rim = [span[0] + (span[1] - span[0]) * i / 10 for i in range(11)]
    edge = [(cx + r * math.cos(a), cy + r * math.sin(a)) for a in rim]
    bend = [((px + x) / 2 + (y - py) * 0.14, (py + y) / 2 - (x - px) * 0.14) for x, y in (edge[0], edge[-1])]
    n = svg.number
    data = f"M{n(px)} {n(py)}Q{n(bend[0][0])} {n(bend[0][1])} {n(edge[0][0])} {n(edge[0][1])}"
    data += "".join(f"L{n(x)} {n(y)}" for x, y in edge[1:])
    return data + f"Q{n(bend[1][0])} {n(bend[1][1])} {n(px)} {n(py)}Z"


def _star(x: float, y: float, size: float, turn: float) -> str:
    points = []
    for i in range(10):
        reach = size * (0.45 if i % 2 else 1)
        points.append((x + reach * math.cos(turn + i * math.pi / 5), y + reach * math.sin(turn + i * math.pi / 5)))
    return svg.polygon(points)


def spinning_top(sketch: Sketch, colours: Colours, pieces: int, rng: Random) -> float:
    """Draw a humming top with bands of colour."""
    main, second, third, light = colours
    sketch.line("M270 150V92", "#c9ccd1" if sketch.material == "plastic" else sketch.natural, 12)
    sketch.ellipse((270, 86), 26, 20, third)
    sketch.shape("M250 404H290L274 440H266Z", palette.darker(third, 0.2), "tube")
    bands = [
        (150, 40, light),
        (172, 92, main),
        (208, 138, light),
        (236, 156, second),
        (276, 160, third),
        (312, 146, light),
    ]
    bands += [(338, 122, main), (372, 76, second), (404, 26, second)]
    for (y, half, colour), (below, wide, _) in pairwise(bands):
        curve = 0.16
        data = f"M{270 - half} {y}Q270 {y + half * curve:.1f} {270 + half} {y}L{270 + wide} {below}"
        data += f"Q270 {below + wide * curve:.1f} {270 - wide} {below}Z"
        sketch.shape(data, colour, "tube", rim=False)
    sketch.gloss((206, 232), 12, 44, 24)
    return 60
