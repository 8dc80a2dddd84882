"""Pictures of TVs, in a room."""

from collections.abc import Mapping
from dataclasses import replace
from random import Random

from demo.catalogue import palette, screens, studio, svg
from demo.catalogue.perspective import Camera, Plane
from demo.catalogue.raster import FloatArray, over, rasterise
from demo.catalogue.room import FLOOR, TOP, furnish
from demo.catalogue.studio import Shot

SIZE = 540
"""Side of the square picture, in units."""

STANDS = ("centre pedestal", "two feet", "wall-mounted", "wide bar", "easel")

_BEZELS = {"thin": 1.0, "medium": 3.0, "wide": 6.5}
_WALLS = ("#e9e4dd", "#d9dfe0", "#dcd3cb", "#cfd8d0", "#e6dcd8", "#c9cdd6")


def paint(attributes: Mapping[str, object], scene: Mapping[str, object], setup: Shot, rng: Random) -> FloatArray:
    """Paint a TV.

    Parameters
    ----------
    attributes : mapping
        The TV's attributes.
    scene : mapping
        What else the picture shows: ``wallpaper``.
    setup : Shot
        Camera, backdrop and light.
    rng : random.Random
        The product's stream for its picture.

    Returns
    -------
    numpy.ndarray
        RGB in 0..1 (540, 540, 3), sides times the detail.
    """
    inches = float(str(attributes["screen_size_in"]))
    width = 92 + (inches - 24) * 1.62
    wall = rng.choice(_WALLS)
    setup = replace(setup, backdrop=(palette.lighter(wall, 0.35), palette.darker(wall, 0.14)))
    centre = (SIZE / 2 + setup.shift[0], SIZE * 0.68 + setup.shift[1])
    camera = Camera(rng.uniform(-13, 13), 4, 420, (2.62 - (inches - 24) * 0.0056) * setup.scale, centre)
    stand = str(attributes["stand"])
    lift = {"wall-mounted": 22.0, "easel": 4.0, "wide bar": 4.5}.get(stand, 9.0)
    screen = _panel(camera, width, lift)
    parts, defs = furnish(camera, rng, sideboard=stand != "easel")
    colour = palette.FRAME_COLORS[str(attributes["frame_color"])]
    parts += _stand(stand, screen, camera, colour, width)
    panel, more = _set(screen, attributes, str(scene["wallpaper"]), rng)
    picture = studio.backdrop(setup, SIZE, SIZE, wall_only=True)
    layer = rasterise(svg.document(SIZE, SIZE, parts + panel, defs + more), setup.detail)
    over(picture, layer[..., :3], layer[..., 3])
    return picture


def _panel(camera: Camera, width: float, lift: float) -> Plane:
    high = width * 0.575
    return Plane(camera, (-width / 2, TOP + lift + high, 0), (width, 0, 0), (0, -high, 0))


def _stand(stand: str, screen: Plane, camera: Camera, colour: str, width: float) -> list[str]:
    """Draw the TV's shadow on the wall, and what it stands on."""
    shadow = svg.el("path", d=screen.box(0, 0.02, 1, 1.04), fill="#26242a", opacity=0.5, filter="url(#soft)")
    shift = "translate(7 9)" if stand == "wall-mounted" else "translate(4 6)"
    parts = [svg.el("g", shadow, transform=shift)]
    if stand == "easel":
        return parts + _easel(screen, camera, width)
    if stand == "wide bar":
        return parts + _bar(camera, colour, width)
    top = Plane(camera, (-width / 2, TOP + 0.1, -8), (width, 0, 0), (0, 0, 20))
    if stand == "centre pedestal":
        return parts + _pedestal(screen, top, colour)
    return parts + (_feet(screen, top, colour) if stand == "two feet" else [])


def _contact(data: str) -> str:
    return svg.el("path", d=data, fill="#15131a", opacity=0.5, filter="url(#near)")


def _metal(colour: str) -> str:
    return palette.mix(colour, "#8a8d92", 0.25)


def _pedestal(screen: Plane, top: Plane, colour: str) -> list[str]:
    dark = palette.darker(colour, 0.45)
    neck = svg.polygon([screen.at(0.455, 0.9), screen.at(0.545, 0.9), top.at(0.54, 0.5), top.at(0.46, 0.5)])
    return [
        _contact(top.box(0.3, 0, 0.7, 1.1, 4)),
        svg.el("path", d=neck, fill=dark),
        svg.el("path", d=top.box(0.31, 0.1, 0.69, 1, 5), fill=_metal(colour), stroke=dark, stroke_width=1.5),
    ]


def _bar(camera: Camera, colour: str, width: float) -> list[str]:
    bar = Plane(camera, (-width * 0.34, TOP + 5.6, 10), (width * 0.68, 0, 0), (0, -5.6, 0))
    return [
        _contact(bar.box(-0.01, 0.7, 1.01, 1.3)),
        svg.el("path", d=bar.box(0, 0, 1, 1, 1.5), fill=_metal(colour)),
        svg.el("path", d=bar.box(0.01, 0.1, 0.99, 0.36, 0.6), fill=palette.lighter(_metal(colour), 0.3)),
    ]


def _feet(screen: Plane, top: Plane, colour: str) -> list[str]:
    parts = []
    edge = palette.lighter(_metal(colour), 0.4)
    for u in (0.14, 0.86):
        parts.append(_contact(top.box(u - 0.03, 0, u + 0.03, 1)))
        for end in (top.at(u - 0.02, 0.05), top.at(u + 0.02, 0.98)):
            leg = svg.polygon([screen.at(u, 0.98), end], close=False)
            parts.append(svg.el("path", d=leg, stroke=_metal(colour), stroke_width=5.5, stroke_linecap="round"))
            parts.append(svg.el("path", d=leg, stroke=edge, stroke_width=1.4))
    return parts


def _easel(screen: Plane, camera: Camera, width: float) -> list[str]:
    wood = "#b98d5f"
    parts = []
    feet = [(-width * 0.36, FLOOR, 22), (width * 0.36, FLOOR, 22), (width * 0.04, FLOOR, -26)]
    tops = [screen.at(0.44, 0.05), screen.at(0.56, 0.05), screen.at(0.5, 0.05)]
    for (x, y), foot in zip(tops, feet, strict=True):
        a, b = camera.project(foot)
        parts.append(svg.el("ellipse", cx=a, cy=b, rx=14, ry=4, opacity=0.4, filter="url(#near)"))
        leg = svg.polygon([(x - 3, y), (x + 3, y), (a + 3, b), (a - 3, b)])
        parts.append(svg.el("path", d=leg, fill=wood if foot[2] > 0 else palette.darker(wood, 0.5)))
        parts.append(
            svg.el("path", d=svg.polygon([(x - 2, y), (a - 2, b)], close=False), stroke="#e2c296", stroke_width=1.2)
        )
    return parts


def _set(screen: Plane, attributes: Mapping[str, object], wallpaper: str, rng: Random) -> tuple[list[str], list[str]]:
    colour = palette.FRAME_COLORS[str(attributes["frame_color"])]
    border = _BEZELS[str(attributes["bezel"])]
    across = screen.across[0]
    u, v = border / across, border / -screen.down[1]
    inner = screen.inset(u, v, 1 - u, 1 - v * 1.25)
    picture, defs = screens.wallpaper(wallpaper, inner, rng)
    shine, shine_defs = screens.glass(inner)
    parts = [
        svg.el("path", d=screen.box(-0.004, -0.006, 1.004, 1.008, 0.9), fill=palette.darker(colour, 0.5)),
        svg.el("path", d=screen.box(0, 0, 1, 1, 0.8), fill="url(#frame)"),
        svg.el("path", d=inner.box(-0.004, -0.006, 1.004, 1.006), fill="#060608"),
        *picture,
        *shine,
    ]
    x, y = screen.at(0.5, 1 - v * 0.55)
    if border > 2:
        parts.append(
            svg.el("rect", x=x - 7, y=y - 1, width=14, height=2, rx=1, fill=palette.mix(colour, "#9aa0a8", 0.7))
        )
    light, dark = palette.lighter(colour, 0.25), palette.darker(colour, 0.25)
    frame = svg.linear(
        "frame", (0, light), (0.5, colour), (1, dark), start=screen.at(0, 0), end=screen.at(1, 1), user=True
    )
    return parts, [*defs, *shine_defs, frame]
