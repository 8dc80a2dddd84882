"""A living room with a sideboard, for TVs."""

from random import Random

from demo.catalogue import palette, svg
from demo.catalogue.perspective import Camera, Plane

FLOOR = -44.0
"""Height of the floor in centimetres; the sideboard's top is at 0."""
TOP = 0.0

_WOODS = ("#b98d5f", "#8a6142", "#d3b48c", "#e9e4dc", "#5b4436")


def furnish(camera: Camera, rng: Random, *, sideboard: bool) -> tuple[list[str], list[str]]:
    """Draw floor and furniture.

    Parameters
    ----------
    camera : Camera
        The camera; the sideboard's top is at height 0 and its middle at the origin.
    rng : random.Random
        Decides colours, doors and the plant's place.
    sideboard : bool
        Whether there is a sideboard.

    Returns
    -------
    tuple of list of str
        Markup and definitions; these hold the filters ``soft`` and ``near`` too.
    """
    wood, floor = rng.choice(_WOODS), rng.choice(("#c9ad8c", "#b7aca0", "#d8cbbb", "#9a8570"))
    ground = Plane(camera, (-400, FLOOR, -30), (800, 0, 0), (0, 0, 330))
    skirting = Plane(camera, (-400, FLOOR + 5, -30), (800, 0, 0), (0, -5, 0))
    top, bottom = ground.at(0.5, 0), ground.at(0.5, 0.5)
    defs = [
        svg.linear(
            "floor",
            (0, palette.darker(floor, 0.18)),
            (1, palette.lighter(floor, 0.2)),
            start=top,
            end=bottom,
            user=True,
        ),
        svg.blur("soft", 7, 0.4),
        svg.blur("near", 3, 0.4),
    ]
    parts = [
        svg.el("path", d=ground.box(0, 0, 1, 1), fill="url(#floor)"),
        svg.el("path", d=skirting.box(0, 0, 1, 1), fill="#f4f1ec"),
    ]
    plant_side = rng.choice([-1, 1])
    if not sideboard:
        return parts + _plant(camera, 98.0 * plant_side, FLOOR, 1.5, rng), defs
    board = _sideboard(camera, wood, rng.choice([2, 3, 4]))
    vase = _plant(camera, 88.0 * plant_side, TOP, 0.62, rng) if rng.random() < 0.65 else []
    return parts + board[0] + vase, defs + board[1]


def _sideboard(camera: Camera, wood: str, doors: int) -> tuple[list[str], list[str]]:
    half, deep = 104.0, 22.0
    face = Plane(camera, (-half, TOP - 2, deep), (2 * half, 0, 0), (0, -32, 0))
    board = Plane(camera, (-half - 1, TOP, -deep), (2 * half + 2, 0, 0), (0, 0, 2 * deep))
    edge = Plane(camera, (-half - 1, TOP, deep), (2 * half + 2, 0, 0), (0, -2.4, 0))
    ground = Plane(camera, (-half, FLOOR, -deep), (2 * half, 0, 0), (0, 0, 2 * deep))
    parts = [svg.el("path", d=ground.box(0, 0, 1, 1.1), fill="#1d1712", opacity=0.5, filter="url(#soft)")]
    for x in (-half + 10, half - 10):
        leg = Plane(camera, (x - 2, FLOOR + 12, deep - 3), (4, 0, 0), (0, -12, 0))
        parts.append(svg.el("path", d=leg.path([(0, 0), (1, 0), (0.8, 1), (0.2, 1)]), fill=palette.darker(wood, 0.6)))
    parts.append(svg.el("path", d=face.box(0, 0, 1, 1, 0.6), fill="url(#wood)"))
    for i in range(14):
        v = (i + 0.5) / 14 + 0.02 * ((i * 7) % 3 - 1)
        grain = svg.smooth([face.at(u / 6, v + 0.012 * ((u * 5 + i * 3) % 4 - 1.5)) for u in range(7)])
        parts.append(svg.el("path", d=grain, stroke=palette.darker(wood, 0.35), opacity=0.16, fill="none"))
    for i in range(doors):
        u = i / doors
        gap = face.box(u + 0.004, 0.05, u + 1 / doors - 0.004, 0.95)
        parts.append(svg.el("path", d=gap, fill="none", stroke=palette.darker(wood, 0.55), stroke_width=1.3))
        x, y = face.at(u + (0.1 if i % 2 else 0.9) / doors, 0.4)
        parts.append(
            svg.el("path", d=f"M{x:.1f} {y:.1f}v14", stroke="#d8c08c", stroke_width=2.4, stroke_linecap="round")
        )
    parts.append(svg.el("path", d=board.box(0, 0, 1, 1), fill=palette.lighter(wood, 0.22)))
    parts.append(svg.el("path", d=edge.box(0, 0, 1, 1), fill=palette.darker(wood, 0.12)))
    start, end = face.at(0, 0), face.at(0, 1)
    shade = svg.linear(
        "wood",
        (0, palette.darker(wood, 0.3)),
        (0.14, wood),
        (1, palette.darker(wood, 0.2)),
        start=start,
        end=end,
        user=True,
    )
    return parts, [shade]


def _plant(camera: Camera, x: float, y: float, size: float, rng: Random) -> list[str]:
    pot = rng.choice(("#e8e1d6", "#b6704e", "#3f4a50", "#c9b7a2"))
    green = rng.choice(("#4f7a52", "#6f8d5a", "#3f6650"))
    body = [(-9, 18), (9, 18), (7, 0), (-7, 0)]
    foot = [camera.project((x + a * size, y + b * size, 6)) for a, b in body]
    left, right = foot[0][0], foot[1][0]
    parts = [
        svg.el(
            "ellipse", cx=(left + right) / 2, cy=foot[2][1], rx=right - left, ry=4, opacity=0.35, filter="url(#near)"
        )
    ]
    for i in range(9):
        lean = (i - 4) * 6.5 + rng.uniform(-2, 2)
        high = 52 - abs(i - 4) * 4.5 + rng.uniform(-3, 3)
        leaf = [(0, 16), (lean * 0.45 - 4, 16 + high * 0.5), (lean, 16 + high), (lean * 0.6 + 4, 16 + high * 0.45)]
        points = [camera.project((x + a * size, y + b * size, 6)) for a, b in leaf]
        tone = palette.mix(green, "#cfe0b0" if i % 2 else "#1f3a2c", 0.22)
        parts.append(svg.el("path", d=svg.smooth(points, close=True), fill=tone))
    parts.append(svg.el("path", d=svg.polygon(foot), fill=pot))
    shade = [foot[1], foot[2], ((foot[2][0] + foot[3][0]) / 2, foot[2][1]), ((left + right) / 2 + 2, foot[0][1])]
    parts.append(svg.el("path", d=svg.polygon(shade), fill=palette.darker(pot, 0.5), opacity=0.35))
    return parts
