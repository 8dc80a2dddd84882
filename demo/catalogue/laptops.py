"""Pictures of laptops."""

import math
from collections.abc import Mapping
from random import Random

from demo.catalogue import palette, screens, studio, svg
from demo.catalogue.perspective import Camera, Plane
from demo.catalogue.raster import FloatArray, over, rasterise
from demo.catalogue.studio import Shot

SIZE = 540
"""Side of the square picture, in units."""

_KEYS = {"black": "#1d1e21", "white": "#f2f3f4", "silver": "#c6c9cd", "dark grey": "#4b4d52"}
_ASPECT = 0.64


def paint(attributes: Mapping[str, object], scene: Mapping[str, object], setup: Shot, rng: Random) -> FloatArray:
    """Paint a laptop.

    Parameters
    ----------
    attributes : mapping
        The laptop's attributes.
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
    width = 28 + (inches - 11.6) * 1.6
    camera = Camera(rng.choice([-1, 1]) * rng.uniform(6, 27), rng.uniform(17, 29), 170, 9.3 * setup.scale, (0, 0))
    tent = attributes["form_factor"] == "2-in-1"
    camera = _aim(camera, width, tent, setup)
    drawing = _tent if tent else _clamshell
    parts, defs = drawing(attributes, str(scene["wallpaper"]), camera, width, rng)
    picture = studio.backdrop(setup, SIZE, SIZE)
    layer = rasterise(svg.document(SIZE, SIZE, parts, defs), setup.detail)
    over(picture, layer[..., :3], layer[..., 3])
    return picture


def _aim(camera: Camera, width: float, tent: bool, setup: Shot) -> Camera:
    """Return the camera aimed so that the laptop is in the middle of the picture."""
    high = width * (0.52 if tent else 0.66)
    deep = width * (0.3 if tent else 0.66)
    corners = [
        camera.project((x, y, z)) for x in (-width / 2, width / 2) for y, z in ((0, deep), (0, 0), (high, -0.2 * deep))
    ]
    middle = [(min(c[i] for c in corners) + max(c[i] for c in corners)) / 2 for i in (0, 1)]
    centre = (SIZE / 2 - middle[0] + setup.shift[0], SIZE / 2 + 14 - middle[1] + setup.shift[1])
    return Camera(camera.yaw, camera.pitch, camera.distance, camera.scale, centre)


def _shadow(camera: Camera, width: float, depth: float) -> tuple[list[str], list[str]]:
    ground = Plane(camera, (-width / 2, 0, 0), (width, 0, 0), (0, 0, depth))
    parts = [
        svg.el("path", d=ground.box(-0.02, -0.04, 1.02, 1.1, 2), fill="#22212a", opacity=0.34, filter="url(#wide)"),
        svg.el("path", d=ground.box(0, 0, 1, 1.02, 1), fill="#15151a", opacity=0.55, filter="url(#near)"),
    ]
    return parts, [svg.blur("wide", 13, 0.25), svg.blur("near", 4, 0.15)]


def _clamshell(
    attributes: Mapping[str, object], wallpaper: str, camera: Camera, width: float, rng: Random
) -> tuple[list[str], list[str]]:
    depth, thick = width * _ASPECT, 1.5
    body = palette.FINISHES[str(attributes["color"])]
    open_angle = math.radians(rng.uniform(100, 116))
    high = width * _ASPECT
    up = (0.0, math.sin(open_angle) * high, math.cos(open_angle) * high)
    lid = Plane(camera, (-width / 2, thick + up[1], up[2]), (width, 0, 0), (0, -up[1], -up[2]))
    deck = Plane(camera, (-width / 2, thick, 0), (width, 0, 0), (0, 0, depth))
    parts, defs = _shadow(camera, width, depth)
    for piece in (_lid(lid, attributes, wallpaper, rng), _base(deck, camera, (width, depth, thick), body)):
        parts += piece[0]
        defs += piece[1]
    board = _keyboard(deck, attributes, body)
    return parts + board[0], defs + board[1]


def _lid(lid: Plane, attributes: Mapping[str, object], wallpaper: str, rng: Random) -> tuple[list[str], list[str]]:
    body = palette.FINISHES[str(attributes["color"])]
    slim = attributes["bezel"] == "thin"
    side, top, chin = (0.018, 0.03, 0.05) if slim else (0.055, 0.09, 0.13)
    screen = lid.inset(side, top, 1 - side, 1 - chin)
    picture, defs = screens.wallpaper(wallpaper, screen, rng)
    shine, shine_defs = screens.glass(screen)
    camera_x, camera_y = lid.at(0.5, top / 2)
    parts = [
        svg.el("path", d=lid.box(-0.006, -0.01, 1.006, 1, 1.2), fill=palette.darker(body, 0.3)),
        svg.el("path", d=lid.box(0, 0, 1, 1, 1.1), fill=body),
        svg.el("path", d=lid.box(0.006, 0.009, 0.994, 0.995, 0.9), fill="#0d0e11"),
        *picture,
        *shine,
        svg.el("circle", cx=camera_x, cy=camera_y, r=1.8, fill="#2c3038"),
        svg.el("circle", cx=camera_x, cy=camera_y, r=0.8, fill="#56617a"),
        svg.el("path", d=lid.box(0.16, 0.985, 0.84, 1.02), fill="#17181b"),
    ]
    return parts, defs + shine_defs


def _base(deck: Plane, camera: Camera, size: tuple[float, float, float], body: str) -> tuple[list[str], list[str]]:
    width, depth, thick = size
    front = Plane(camera, (-width / 2, thick, depth), (width, 0, 0), (0, -thick, 0))
    parts = []
    for x in (-width / 2, width / 2):
        if (x < 0) == (camera.yaw > 0):
            side = Plane(camera, (x, thick, 0), (0, 0, depth), (0, -thick * 0.9, 0))
            parts.append(svg.el("path", d=side.box(0, 0, 1, 1), fill=palette.darker(body, 0.45)))
            for place in (0.14, 0.26, 0.4):
                hole = side.box(place, 0.3, place + 0.07, 0.68)
                parts.append(svg.el("path", d=hole, fill="#0c0d0f"))
    parts += [
        svg.el("path", d=front.path([(0, 0), (1, 0), (0.985, 1), (0.015, 1)]), fill="url(#front)"),
        svg.el("path", d=deck.box(0, 0, 1, 1, 1.0), fill="url(#deck)"),
        svg.el("path", d=front.box(0.43, 0, 0.57, 0.3), fill=palette.darker(body, 0.4)),
    ]
    rim = [deck.at(0.02, 0.998), deck.at(0.98, 0.998)]
    parts.append(svg.el("path", d=svg.polygon(rim, close=False), stroke=palette.lighter(body, 0.75), stroke_width=1.2))
    start, end = deck.at(0.1, 0), deck.at(0.9, 1)
    light, dark = palette.lighter(body, 0.28), palette.darker(body, 0.14)
    top, bottom = front.at(0.5, 0), front.at(0.5, 1)
    return parts, [
        svg.linear("deck", (0, dark), (0.55, body), (1, light), start=start, end=end, user=True),
        svg.linear("front", (0, body), (1, palette.darker(body, 0.55)), start=top, end=bottom, user=True),
    ]


_ROWS: tuple[tuple[float, ...], ...] = (
    (1,) * 14,
    (1,) * 13 + (1.5,),
    (1.5,) + (1,) * 12 + (1,),
    (1.8,) + (1,) * 11 + (1.7,),
    (2.2,) + (1,) * 10 + (2.3,),
    (1.2, 1.2, 1.2, 1.2, 5, 1.2, 1.2, 1.1, 1.1, 1.1),
)


def _keyboard(deck: Plane, attributes: Mapping[str, object], body: str) -> tuple[list[str], list[str]]:
    key = _KEYS[str(attributes["keyboard_color"])]
    light = str(attributes["keyboard_backlight"])
    pad = bool(attributes["numeric_keypad"])
    left, right, top, bottom = (0.05, 0.95, 0.1, 0.56) if pad else (0.1, 0.9, 0.1, 0.56)
    well = {"white": "#f4f7ff", "RGB": "url(#rainbow)"}.get(light, palette.darker(body, 0.35))
    parts = [svg.el("path", d=deck.box(left - 0.012, top - 0.018, right + 0.012, bottom + 0.018, 0.4), fill=well)]
    main = left + (right - left) * (0.79 if pad else 1)
    faces, tops = _keys(deck, (left, main, top, bottom))
    if pad:
        more = _block(deck, (main + 0.012, right, top, bottom))
        faces, tops = faces + more[0], tops + more[1]
    parts.append(svg.el("path", d="".join(faces), fill=palette.darker(key, 0.5)))
    parts.append(svg.el("path", d="".join(tops), fill=key))
    middle = (left + main) / 2
    trackpad = deck.box(middle - 0.16, 0.63, middle + 0.16, 0.96, 0.4)
    parts.append(svg.el("path", d=trackpad, fill=palette.mix(body, "#ffffff", 0.1), stroke=palette.darker(body, 0.3)))
    bands = ("#ff3b5c", "#ff9f1c", "#f9e04b", "#3ddc84", "#2bb3ff", "#9b5cff")
    stops: list[svg.Stop] = [(i / 5, colour) for i, colour in enumerate(bands)]
    ends = {"start": deck.at(left, top), "end": deck.at(right, bottom)}
    return parts, [svg.linear("rainbow", *stops, user=True, **ends)]


def _keys(deck: Plane, area: tuple[float, float, float, float]) -> tuple[list[str], list[str]]:
    left, right, top, bottom = area
    faces, tops = [], []
    pitch = (bottom - top) / len(_ROWS)
    for i, row in enumerate(_ROWS):
        unit = (right - left) / sum(row)
        at = left
        for wide in row:
            y, x = top + i * pitch, at
            faces.append(deck.box(x + 0.0028, y + 0.008, x + unit * wide - 0.0028, y + pitch - 0.004))
            tops.append(deck.box(x + 0.0044, y + 0.008, x + unit * wide - 0.0044, y + pitch - 0.012))
            at += unit * wide
    return faces, tops


def _block(deck: Plane, area: tuple[float, float, float, float]) -> tuple[list[str], list[str]]:
    left, right, top, bottom = area
    faces, tops = [], []
    across, pitch = (right - left) / 4, (bottom - top) / 6
    for i in range(6):
        for j in range(4):
            x, y = left + j * across, top + i * pitch
            faces.append(deck.box(x + 0.0028, y + 0.008, x + across - 0.0028, y + pitch - 0.004))
            tops.append(deck.box(x + 0.0044, y + 0.008, x + across - 0.0044, y + pitch - 0.012))
    return faces, tops


def _tent(
    attributes: Mapping[str, object], wallpaper: str, camera: Camera, width: float, rng: Random
) -> tuple[list[str], list[str]]:
    """Draw a 2-in-1 standing like a tent: screen in front, keyboard half behind."""
    body = palette.FINISHES[str(attributes["color"])]
    high, spread = width * 0.55, width * 0.17
    lid = Plane(camera, (-width / 2, high, spread), (width, 0, 0), (0, -high, spread))
    back = Plane(camera, (-width / 2, high, spread), (width, 0, 0), (0, -high, -spread * 1.25))
    thick = Plane(camera, (-width / 2, high + 0.7, spread - 0.5), (width, 0, 0), (0, -0.7, 0.5))
    parts, defs = _shadow(camera, width, spread * 2)
    parts.append(svg.el("path", d=back.box(0, 0, 1, 1, 1.0), fill=palette.darker(body, 0.5)))
    side = -1 if camera.yaw > 0 else 1
    x = side * width / 2
    edge = [(x, high, spread), (x, 0.0, spread * 2), (x - side * 0.6, 0.0, spread * 2 - 1.4), (x, high, spread - 1.2)]
    screen, more = _lid(lid, attributes, wallpaper, rng)
    parts.append(svg.el("path", d=thick.box(0.02, -0.6, 0.98, 1.3), fill=palette.darker(body, 0.25)))
    parts.append(svg.el("path", d=svg.polygon([camera.project(p) for p in edge]), fill=palette.darker(body, 0.35)))
    hinge = palette.lighter(body, 0.35)
    parts += [*screen[:-1], svg.el("path", d=thick.box(0.14, -0.4, 0.3, 1), fill=hinge)]
    parts.append(svg.el("path", d=thick.box(0.7, -0.4, 0.86, 1), fill=hinge))
    return parts, defs + more
