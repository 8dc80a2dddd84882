"""Seams, bindings, straps, belts and other details of a dress."""

import numpy as np

from demo.catalogue import palette, svg
from demo.catalogue.curves import interpolate
from demo.catalogue.garment import Garment, neckline_path, sleeve_path
from demo.catalogue.tailoring import WAIST, armhole, neck


def draw(garment: Garment, base: str, accent: str, material: str, belted: bool) -> tuple[list[str], list[str]]:
    """Draw the details of a dress, in the coordinates of the dress form.

    Parameters
    ----------
    garment : Garment
        The dress.
    base, accent : str
        Its ``#rrggbb`` colours.
    material : str
        Its material.
    belted : bool
        Whether it has a belt.

    Returns
    -------
    tuple of list of str
        Markup and definitions.
    """
    dark, light = palette.darker(base, 0.55), palette.lighter(base, 0.3)
    parts = [*_edges(garment, dark, light), *_straps(garment, base, dark)]
    if garment.cut.seam and garment.silhouette != "wrap":
        parts.append(_seam(garment, garment.cut.seam, dark))
    for tier in garment.cut.tiers:
        parts += _tier(garment, tier, dark)
    if garment.silhouette == "wrap":
        parts += _wrap(garment, base, dark, light)
    if belted:
        parts += _belt(garment, base, accent)
    if material == "denim":
        parts += _topstitch(garment)
    return parts, [svg.blur("blur2", 2, 0.5), svg.blur("blur4", 4, 0.5)]


def _half(garment: Garment, y: float) -> float:
    return float(interpolate(garment.cut.knots, np.array([y]))[0])


def _line(data: str, colour: str, width: float, opacity: float, **more: object) -> str:
    return svg.el("path", d=data, stroke=colour, stroke_width=width, opacity=opacity, fill="none", **more)


def _edges(garment: Garment, dark: str, light: str) -> list[str]:
    edge = neckline_path(garment)
    hole = svg.smooth(armhole(garment.sleeve, garment.neckline))
    parts = [_line(edge, dark, 3.4, 0.28), _line(edge, light, 1.3, 0.55)]
    cuff = sleeve_path(garment)
    if cuff:
        shade = 0.5
        parts += [_line(hole, dark, 1.4, shade), _line(hole, dark, 1.4, shade, transform="scale(-1 1)")]
    else:
        for turn in (None, "scale(-1 1)"):
            parts += [_line(hole, dark, 2.6, 0.25, transform=turn), _line(hole, light, 1.1, 0.5, transform=turn)]
    return parts


def _straps(garment: Garment, base: str, dark: str) -> list[str]:
    if garment.sleeve != "spaghetti strap" or garment.neckline in {"halter", "off-shoulder"}:
        return []
    parts = []
    for side in (-1, 1):
        strap = svg.smooth([(side * 37, 131), (side * 36, 115), (side * 31.5, 97)])
        parts += [_line(strap, dark, 4.4, 0.7), _line(strap, base, 3, 1)]
    return parts


def _seam(garment: Garment, y: float, dark: str) -> str:
    half = _half(garment, y)
    return _line(f"M{-half:.1f} {y}Q0 {y + 7} {half:.1f} {y}", dark, 1.5, 0.6)


def _tier(garment: Garment, y: float, dark: str) -> list[str]:
    half = _half(garment, y - 1)
    u = np.linspace(-1, 1, 61)
    wave = np.interp(u, np.linspace(-1, 1, 1024), garment.folds.height)
    points = [(float(a * half), float(y + 6 * (1 - a * a) + 5 * (w - 0.5))) for a, w in zip(u, wave, strict=True)]
    line = svg.polygon(points, close=False)
    return [_line(line, dark, 7, 0.4, filter="url(#blur2)", transform="translate(0 4)"), _line(line, dark, 1.4, 0.75)]


def _wrap(garment: Garment, base: str, dark: str, light: str) -> list[str]:
    waist = _half(garment, WAIST)
    points = neck(garment.sleeve, garment.neckline)
    start = points[len(points) // 4 + 1]
    front = svg.smooth([start, (8, 186), (waist - 4, WAIST - 8)])
    end = 0.34 * _half(garment, garment.hem)
    overlap = svg.smooth([(waist - 10, WAIST + 6), (waist * 0.55, 300), (end, garment.hem + 2)])
    knot = waist - 8
    tails = [
        svg.smooth([(knot, WAIST + 2), (knot + 13, WAIST + 34), (knot + 9, WAIST + 74)]),
        svg.smooth([(knot, WAIST + 2), (knot + 2, WAIST + 30), (knot - 6, WAIST + 60)]),
    ]
    band = f"M{-waist:.1f} {WAIST}Q0 {WAIST + 8} {waist:.1f} {WAIST}"
    parts = [
        _line(front, dark, 7, 0.32, filter="url(#blur2)", transform="translate(-3 3)"),
        _line(front, dark, 1.4, 0.8),
        _line(overlap, dark, 8, 0.4, filter="url(#blur2)", transform="translate(3 0)"),
        _line(overlap, dark, 1.3, 0.75),
        _line(band, dark, 11, 0.9),
        _line(band, base, 9, 1),
        _line(band, light, 1.2, 0.5, transform="translate(0 -3)"),
    ]
    for tail in tails:
        parts += [_line(tail, dark, 8.4, 0.55), _line(tail, base, 7, 1), _line(tail, light, 1, 0.4)]
    parts.append(svg.el("ellipse", cx=knot, cy=WAIST + 3, rx=7, ry=6.5, fill=base, stroke=dark, stroke_width=1))
    return parts


def _belt(garment: Garment, base: str, accent: str) -> list[str]:
    y = garment.cut.seam or WAIST
    waist = _half(garment, y) + 1
    leather = accent if abs(palette.luminance(accent) - palette.luminance(base)) > 0.2 else palette.darker(base, 0.5)
    if palette.luminance(leather) > 0.75:
        leather = "#8a5a36"
    band = f"M{-waist:.1f} {y}Q0 {y + 8} {waist:.1f} {y}"
    return [
        _line(band, "#000000", 17, 0.3, filter="url(#blur2)"),
        _line(band, palette.darker(leather, 0.35), 13.5, 1),
        _line(band, leather, 11.5, 1),
        _line(band, palette.lighter(leather, 0.35), 1.4, 0.6, transform="translate(0 -3.6)"),
        svg.el("rect", x=-8, y=y - 4.5, width=16, height=16, rx=3, fill="none", stroke="#d6b25e", stroke_width=3),
        svg.el("rect", x=-8, y=y - 4.5, width=16, height=16, rx=3, fill="none", stroke="#fff3cf", stroke_width=0.9),
    ]


def _topstitch(garment: Garment) -> list[str]:
    stitch = {"stroke_dasharray": "3 2"}
    parts = [_line(neckline_path(garment), "#d9a45b", 1, 0.95, transform="translate(0 4)", **stitch)]
    if garment.silhouette in {"wrap", "tiered"}:
        return parts
    lower = garment.hem - 7
    half = _half(garment, lower) - 1
    sag = min(0.085 * half, 13) * 2
    parts.append(_line(f"M{-half:.1f} {lower}Q0 {lower + sag:.1f} {half:.1f} {lower}", "#d9a45b", 1, 0.9, **stitch))
    return [*parts, _line(f"M0 {WAIST + 6}V{lower + sag / 2:.1f}", "#d9a45b", 1, 0.5, **stitch)]
