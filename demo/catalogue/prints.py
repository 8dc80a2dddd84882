"""Printed and woven patterns: seamless square tiles of cloth."""

import math
from collections.abc import Callable
from random import Random

from demo.catalogue import palette, svg

TILE = 240
"""Side of a tile, in units; many periods divide it."""


def tile(pattern: str, base: str, accent: str, rng: Random) -> str:
    """Draw a seamless tile of a pattern.

    Parameters
    ----------
    pattern : str
        One of `PATTERNS`.
    base, accent : str
        ``#rrggbb`` colours of ground and figure.
    rng : random.Random
        Source of scale, direction and the motifs' places.

    Returns
    -------
    str
        SVG document of `TILE` x `TILE` units.
    """
    ground = svg.el("rect", width=TILE, height=TILE, fill=base)
    return svg.document(TILE, TILE, [ground, *PATTERNS[pattern](base, accent, rng)])


def _wrapped(x: float, y: float, reach: float, markup: str, turn: float = 0) -> list[str]:
    """Place a motif, with copies on the other side if it crosses the tile's borders."""
    xs = [x + d for d in (-TILE, 0, TILE) if -reach < x + d < TILE + reach]
    ys = [y + d for d in (-TILE, 0, TILE) if -reach < y + d < TILE + reach]
    where = [f"translate({svg.number(a)} {svg.number(b)}) rotate({svg.number(turn)})" for a in xs for b in ys]
    return [svg.el("g", markup, transform=place) for place in where]


def _scatter(rng: Random, count: int, distance: float) -> list[svg.Point]:
    """Return random places on the tile (which wraps around) at least a distance apart."""
    places: list[svg.Point] = []
    for _ in range(count * 30):
        if len(places) == count:
            break
        x, y = rng.uniform(0, TILE), rng.uniform(0, TILE)
        if all(_gap(x, a) ** 2 + _gap(y, b) ** 2 > distance**2 for a, b in places):
            places.append((x, y))
    return places


def _gap(a: float, b: float) -> float:
    direct = abs(a - b)
    return min(direct, TILE - direct)


def _bar(upright: bool, offset: float, width: float, colour: str, opacity: float = 1) -> str:
    if upright:
        return svg.el("rect", x=offset, y=0, width=width, height=TILE, fill=colour, fill_opacity=opacity)
    return svg.el("rect", x=0, y=offset, width=TILE, height=width, fill=colour, fill_opacity=opacity)


def _solid(base: str, accent: str, rng: Random) -> list[str]:
    return []


def _stripes(base: str, accent: str, rng: Random) -> list[str]:
    upright = rng.random() < 0.45
    period = rng.choice([20, 24, 30, 40])
    share = rng.choice([0.34, 0.5, 0.5])
    bars = [_bar(upright, i * period, period * share, accent) for i in range(TILE // period)]
    if period == 40:
        bars += [_bar(upright, i * period + period * 0.68, 2.5, accent) for i in range(TILE // period)]
    return bars


def _polka_dots(base: str, accent: str, rng: Random) -> list[str]:
    period = rng.choice([24, 30, 40, 48])
    radius = period * rng.uniform(0.2, 0.27)
    dots = []
    for i in range(TILE // period):
        for j in range(TILE // period):
            x, y = (i + 0.25) * period, (j + 0.25) * period
            for a, b in ((x, y), (x + period / 2, y + period / 2)):
                dots.append(svg.el("circle", cx=a, cy=b, r=radius, fill=accent))
    return dots


def _flower(petal: str, heart: str, radius: float, petals: int) -> str:
    parts = []
    for i in range(petals):
        turn = f"rotate({svg.number(360 * i / petals)})"
        shape = {"cy": -radius * 0.58, "rx": radius * 0.36, "ry": radius * 0.46}
        parts.append(svg.el("ellipse", cx=0, **shape, fill=palette.mix(petal, heart, 0.12 * (i % 2)), transform=turn))
        vein = svg.polygon([(0, -radius * 0.2), (0, -radius * 0.72)], close=False)
        parts.append(svg.el("path", d=vein, stroke=palette.darker(petal, 0.2), stroke_width=1, transform=turn))
    parts.append(svg.el("circle", r=radius * 0.24, fill=heart))
    parts.append(svg.el("circle", r=radius * 0.12, fill=palette.darker(heart, 0.3)))
    return "".join(parts)


def _leaf(colour: str, length: float) -> str:
    body = f"M0 0C{length * 0.3:.1f} {-length * 0.32:.1f} {length * 0.75:.1f} {-length * 0.28:.1f} {length:.1f} 0"
    body += f"C{length * 0.75:.1f} {length * 0.25:.1f} {length * 0.3:.1f} {length * 0.28:.1f} 0 0Z"
    return svg.el("path", d=body, fill=colour)


def _floral(base: str, accent: str, rng: Random) -> list[str]:
    dark_ground = palette.luminance(base) < 0.45
    leaf = palette.mix("#7f9a6a" if dark_ground else "#5c7a55", base, 0.22)
    second = palette.mix(accent, "#f3c9a8" if dark_ground else "#d98b7c", 0.55)
    heart = "#e8b84a" if palette.luminance(accent) < 0.8 else "#d7962f"
    radius = rng.choice([17, 22, 28])
    petals = rng.choice([5, 5, 6, 8])
    marks = []
    for i, (x, y) in enumerate(_scatter(rng, round(9600 / radius**2), radius * 2.05)):
        turn, size = rng.uniform(0, 360), radius * rng.uniform(0.8, 1.1)
        for side in (25, 150, 265)[: rng.choice([2, 2, 3])]:
            stalk = svg.el("g", _leaf(leaf, size * 0.75), transform=f"translate({size * 0.62:.1f} 0)")
            marks += _wrapped(x, y, size * 2, stalk, turn + side)
        marks += _wrapped(x, y, size * 2, _flower(accent if i % 3 else second, heart, size, petals), turn)
    for x, y in _scatter(rng, 26, 30):
        marks = [*_wrapped(x, y, 4, svg.el("circle", r=2.3, fill=second)), *marks]
    return marks


def _plaid(base: str, accent: str, rng: Random) -> list[str]:
    period = rng.choice([60, 80])
    third = palette.lighter(accent, 0.5) if palette.luminance(base) < 0.5 else palette.darker(accent, 0.45)
    bars = []
    for start in range(0, TILE, period):
        for upright in (False, True):
            bars.append(_bar(upright, start, period * 0.36, accent, 0.5))
            bars.append(_bar(upright, start + period * 0.44, period * 0.06, accent, 0.65))
            bars.append(_bar(upright, start + period * 0.68, 3, third, 0.8))
            bars.append(_bar(upright, start + period * 0.15, 1.6, base, 0.7))
    return bars


def _gingham(base: str, accent: str, rng: Random) -> list[str]:
    period = rng.choice([16, 20, 24])
    ground = palette.mix(base, "#fbf8f2", 0.86)
    ink = base if palette.luminance(base) < 0.72 else accent
    bars = [svg.el("rect", width=TILE, height=TILE, fill=ground)]
    for start in range(0, TILE, period):
        bars += [_bar(False, start, period / 2, ink, 0.55), _bar(True, start, period / 2, ink, 0.55)]
    return bars


def _geometric(base: str, accent: str, rng: Random) -> list[str]:
    style = rng.choice(["chevron", "diamonds", "triangles"])
    step = rng.choice([30, 40])
    soft = palette.mix(base, accent, 0.45)
    marks = []
    for y in range(0, TILE + step, step):
        for x in range(0, TILE, step):
            if style == "chevron":
                line = svg.polygon([(x, y), (x + step / 2, y - step * 0.4), (x + step, y)], close=False)
                ink = accent if y // step % 2 else soft
                marks.append(svg.el("path", d=line, stroke=ink, stroke_width=step * 0.26, fill="none"))
            elif style == "diamonds":
                cx, cy, r = x + step / 2, y + step / 2, step * 0.46
                outer = [(cx, cy - r), (cx + r * 0.8, cy), (cx, cy + r), (cx - r * 0.8, cy)]
                inner = [(cx + (a - cx) * 0.45, cy + (b - cy) * 0.45) for a, b in outer]
                marks.append(svg.el("path", d=svg.polygon(outer), fill=accent))
                marks.append(svg.el("path", d=svg.polygon(inner), fill=base))
            else:
                half = [(x, y), (x + step, y), (x + step / 2, y - step)]
                marks.append(svg.el("path", d=svg.polygon(half), fill=(accent, soft)[(x // step + y // step) % 2]))
    return marks


def _animal(base: str, accent: str, rng: Random) -> list[str]:
    fill = palette.mix(base, accent, 0.4)
    ink = accent if abs(palette.luminance(accent) - palette.luminance(base)) > 0.25 else palette.darker(base, 0.75)
    size = rng.choice([10, 12.5, 15])
    marks = []
    for x, y in _scatter(rng, round(11500 / size**2), size * 2.05):
        ring = [
            (math.cos(a) * size * rng.uniform(0.7, 1.05), math.sin(a) * size * rng.uniform(0.55, 0.85))
            for a in (i * math.tau / 8 for i in range(8))
        ]
        spot = svg.el("path", d=svg.smooth(ring, close=True), fill=fill)
        for first, last in ((0, 4), (4, 8)):
            arc = svg.smooth([ring[i % 8] for i in range(first, last)])
            width = size * rng.uniform(0.32, 0.46)
            spot += svg.el("path", d=arc, fill="none", stroke=ink, stroke_width=width, stroke_linecap="round")
        marks += _wrapped(x, y, size * 1.8, spot, rng.uniform(0, 360))
    return marks


def _paisley(base: str, accent: str, rng: Random) -> list[str]:
    size = rng.choice([26, 32])
    second = palette.mix(accent, "#c9823f", 0.5)
    drop = "M0 -40C26 -30 34 4 18 24C6 40 -22 36 -26 14C-30 -8 -6 -12 -2 -24C0 -30 -2 -36 0 -40Z"
    motif = svg.el("path", d=drop, fill=accent)
    motif += svg.el("path", d=drop, fill=base, transform="translate(0 4) scale(.72)")
    motif += svg.el("path", d=drop, fill=second, transform="translate(0 7) scale(.5)")
    motif += svg.el("circle", cx=-3, cy=16, r=6, fill=base)
    motif += "".join(
        svg.el("circle", cx=36 * math.cos(a), cy=36 * math.sin(a) + 6, r=2.6, fill=second)
        for a in (0.2 + i * 0.42 for i in range(7))
    )
    marks = []
    for x, y in _scatter(rng, round(23000 / size**2), size * 1.75):
        scaled = svg.el("g", motif, transform=f"scale({size / 40:.2f})")
        marks += _wrapped(x, y, size * 1.5, scaled, rng.choice([0, 35, 180, 215]) + rng.uniform(-12, 12))
    for x, y in _scatter(rng, 20, 36):
        marks = [*_wrapped(x, y, 4, svg.el("circle", r=2, fill=second)), *marks]
    return marks


PATTERNS: dict[str, Callable[[str, str, Random], list[str]]] = {
    "solid": _solid,
    "stripes": _stripes,
    "polka dots": _polka_dots,
    "floral": _floral,
    "plaid": _plaid,
    "gingham": _gingham,
    "geometric": _geometric,
    "animal print": _animal,
    "paisley": _paisley,
}
