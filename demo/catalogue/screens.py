"""Wallpapers on screens: landscapes and abstract shapes, drawn onto a rectangle in perspective."""

import math
from collections.abc import Callable
from random import Random

from demo.catalogue import palette, svg
from demo.catalogue.perspective import Plane
from demo.catalogue.svg import Point

Drawing = tuple[list[str], list[str]]
"""Markup and definitions."""

_SKIES: tuple[tuple[str, str, str], ...] = (
    ("#1d2b53", "#7b5ea7", "#f7b267"),
    ("#27496d", "#6fa8dc", "#fde2c0"),
    ("#3a1c54", "#c94f7c", "#ffb37a"),
    ("#0b3c5d", "#3f8fb5", "#d9eef5"),
    ("#16222e", "#2f6f73", "#b7d7a8"),
    ("#40304f", "#a5668b", "#f6d8ae"),
    ("#5b7c99", "#a9c6d9", "#f5f1e6"),
    ("#12263a", "#c2573a", "#f4d58d"),
)
_INKS: tuple[tuple[str, str, str, str], ...] = (
    ("#0f1b3d", "#2f6bff", "#27d3c3", "#ff7ac6"),
    ("#2a0e37", "#8f3bd6", "#ff6f61", "#ffd166"),
    ("#06262d", "#0fa3a3", "#b8f2b0", "#f4d35e"),
    ("#1b1b1f", "#5a5f73", "#c1a57b", "#f0e9dc"),
    ("#0a2540", "#00a1e0", "#7be0ff", "#ffffff"),
    ("#331a12", "#d1603d", "#f2c078", "#f7e7ce"),
    ("#0d2818", "#2e9e5b", "#b9e769", "#f5f0c4"),
    ("#3b0d2a", "#e0457b", "#ffa5ab", "#ffe5d4"),
    ("#222a45", "#8093f1", "#d6a2e8", "#f7c59f"),
)


def wallpaper(name: str, plane: Plane, rng: Random) -> Drawing:
    """Draw a screen's wallpaper.

    Parameters
    ----------
    name : str
        One of `WALLPAPERS`.
    plane : Plane
        The screen.
    rng : random.Random
        Source of colours and shapes.

    Returns
    -------
    tuple of list of str
        Markup, clipped to the screen, and definitions.
    """
    marks, defs = WALLPAPERS[name](plane, rng)
    clip = svg.el("clipPath", svg.el("path", d=plane.box(0, 0, 1, 1)), id="screen")
    return [svg.el("g", *marks, clip_path="url(#screen)")], [clip, *defs]


def glass(plane: Plane) -> Drawing:
    """Draw the reflection on a screen.

    Parameters
    ----------
    plane : Plane
        The screen.

    Returns
    -------
    tuple of list of str
        Markup and definitions.
    """
    band = plane.path([(0.62, 0), (1, 0), (1, 0.92), (0.9, 1)])
    start, end = plane.at(0.6, 0), plane.at(1, 0.8)
    sheen = svg.linear("sheen", (0, "#fff", 0.15), (1, "#fff", 0.02), start=start, end=end, user=True)
    return [svg.el("path", d=band, fill="url(#sheen)")], [sheen]


def _fill(plane: Plane, fill: str) -> str:
    return svg.el("path", d=plane.box(-0.01, -0.01, 1.01, 1.01), fill=fill)


def _down(name: str, plane: Plane, *stops: svg.Stop) -> str:
    return svg.linear(name, *stops, start=plane.at(0.5, 0), end=plane.at(0.5, 1), user=True)


def _disc(plane: Plane, u: float, v: float, radius: float, fill: str) -> str:
    """Draw a circle on the screen; the radius is a share of the screen's height."""
    wide = math.hypot(*plane.down) / math.hypot(*plane.across)
    ring = [(u + radius * wide * math.cos(a), v + radius * math.sin(a)) for a in (i * math.tau / 24 for i in range(24))]
    return svg.el("path", d=svg.smooth([plane.at(*p) for p in ring], close=True), fill=fill)


def _ridge(rng: Random, level: float, height: float, jag: float) -> list[Point]:
    phases = [rng.uniform(0, 6.28) for _ in range(4)]
    points = []
    for i in range(41):
        u = -0.02 + i * 1.04 / 40
        wave = math.sin(u * 5 + phases[0]) + 0.55 * math.sin(u * 11 + phases[1])
        sharp = jag * (1 - 2 * abs(((u * 3.3 + phases[2]) % 1) - 0.5) + rng.uniform(-0.12, 0.12))
        points.append((u, level - height * (0.4 * wave + sharp)))
    return points


def _land(plane: Plane, ridge: list[Point], fill: str) -> str:
    return svg.el("path", d=plane.path([*ridge, (1.02, 1.02), (-0.02, 1.02)]), fill=fill)


def _mountains(plane: Plane, rng: Random) -> Drawing:
    top, middle, low = rng.choice(_SKIES)
    marks = [_fill(plane, "url(#sky)"), _disc(plane, rng.uniform(0.2, 0.8), 0.36, 0.075, palette.lighter(low, 0.55))]
    for i, level in enumerate((0.56, 0.66, 0.78, 0.92)):
        tone = palette.mix(palette.mix(middle, low, 0.3), "#101828", 0.2 + 0.24 * i)
        marks.append(_land(plane, _ridge(rng, level, 0.09, 1.2 - 0.2 * i), tone))
    return marks, [_down("sky", plane, (0, top), (0.45, middle), (0.75, low))]


def _dunes(plane: Plane, rng: Random) -> Drawing:
    sky, sand = rng.choice(
        [("#8ec5e8", "#e2a867"), ("#f2c6b4", "#c96f4a"), ("#3b3a6b", "#d58a6a"), ("#d7e3ea", "#c9b491")]
    )
    marks = [_fill(plane, "url(#sky)")]
    for i, level in enumerate((0.55, 0.68, 0.84)):
        ridge = _ridge(rng, level, 0.13, 0.1)
        marks.append(_land(plane, ridge, palette.darker(sand, 0.12 * i)))
        shade = [(u + 0.03, v + 0.05 + 0.12 * abs(math.sin(u * 4 + i))) for u, v in ridge]
        marks.append(_land(plane, shade, palette.darker(sand, 0.26 + 0.12 * i)))
    return marks, [_down("sky", plane, (0, palette.darker(sky, 0.15)), (0.6, palette.lighter(sky, 0.5)))]


def _ocean(plane: Plane, rng: Random) -> Drawing:
    deep, sky = rng.choice(
        [("#0b5c7a", "#bfe3ef"), ("#123a63", "#f5c99b"), ("#0f7c80", "#e6f3ee"), ("#1b3050", "#c88bb0")]
    )
    marks = [_fill(plane, "url(#sky)"), _disc(plane, rng.uniform(0.25, 0.75), 0.33, 0.09, palette.lighter(sky, 0.7))]
    for i in range(6):
        level = 0.48 + i * 0.09
        wave = [(u, v) for u, v in _ridge(rng, level, 0.018 + 0.004 * i, 0)]
        marks.append(_land(plane, wave, palette.mix(palette.lighter(deep, 0.5), palette.darker(deep, 0.3), i / 5)))
    return marks, [_down("sky", plane, (0, palette.darker(sky, 0.25)), (0.5, sky))]


def _ribbons(plane: Plane, rng: Random) -> Drawing:
    ground, *inks = rng.choice(_INKS)
    marks = [_fill(plane, "url(#sky)")]
    defs = [_down("sky", plane, (0, palette.lighter(ground, 0.12)), (1, ground))]
    phase, tilt = rng.uniform(0, 6.28), rng.uniform(-0.25, 0.25)
    for i in range(9):
        ink = palette.mix(inks[i * len(inks) // 9], inks[(i * len(inks) // 9 + 1) % len(inks)], (i % 3) / 3)
        line = [(u, 0.3 + i * 0.07 + tilt * u + 0.16 * math.sin(u * 4.4 + phase + i * 0.22)) for u in _steps()]
        back = [(u, v + 0.06 + 0.05 * math.sin(u * 6 + i)) for u, v in reversed(line)]
        marks.append(svg.el("path", d=plane.path(line + back), fill=ink, fill_opacity=0.78))
    return marks, defs


def _steps() -> list[float]:
    return [-0.02 + i * 1.04 / 36 for i in range(37)]


def _petals(plane: Plane, rng: Random) -> Drawing:
    ground, *inks = rng.choice(_INKS)
    cu, cv = rng.uniform(0.4, 0.65), rng.uniform(0.5, 0.75)
    wide = math.hypot(*plane.down) / math.hypot(*plane.across)
    marks = [_fill(plane, "url(#sky)")]
    for i in range(14):
        angle, length = math.tau * i / 14 + 0.2, rng.uniform(0.5, 0.8)
        tip = (cu + wide * length * math.cos(angle), cv + length * math.sin(angle))
        sides = [
            (cu + wide * length * 0.55 * math.cos(angle + s), cv + length * 0.55 * math.sin(angle + s))
            for s in (-0.42, 0.42)
        ]
        shape = svg.smooth([plane.at(*p) for p in ((cu, cv), sides[0], tip, sides[1])], close=True)
        marks.append(svg.el("path", d=shape, fill=inks[i % len(inks)], fill_opacity=0.55))
    return marks, [_down("sky", plane, (0, ground), (1, palette.lighter(ground, 0.2)))]


def _planet(plane: Plane, rng: Random) -> Drawing:
    ground, ink, glow, _ = rng.choice(_INKS)
    u, v, r = rng.uniform(0.55, 0.72), rng.uniform(0.5, 0.62), rng.uniform(0.28, 0.36)
    marks = [_fill(plane, palette.darker(ground, 0.5))]
    for _ in range(60):
        marks.append(_disc_dot(plane, rng.random(), rng.random(), rng.uniform(0.4, 1.3)))
    marks.append(_disc(plane, u, v, r, "url(#sky)"))
    marks.append(_disc(plane, u - r * 0.9, v - r * 0.75, r * 0.22, palette.lighter(glow, 0.4)))
    near, far = plane.at(u - r * 0.5, v - r), plane.at(u + r * 0.4, v + r)
    return marks, [
        svg.linear("sky", (0, glow), (0.5, ink), (1, palette.darker(ink, 0.75)), start=near, end=far, user=True)
    ]


def _disc_dot(plane: Plane, u: float, v: float, radius: float) -> str:
    x, y = plane.at(u, v)
    return svg.el("circle", cx=x, cy=y, r=radius, fill="#fff", fill_opacity=0.8)


WALLPAPERS: dict[str, Callable[[Plane, Random], Drawing]] = {
    "mountains": _mountains,
    "dunes": _dunes,
    "ocean": _ocean,
    "ribbons": _ribbons,
    "petals": _petals,
    "planet": _planet,
}
