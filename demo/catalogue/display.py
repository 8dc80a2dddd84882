"""What a dress hangs on: a figure, a dress form or a hanger, in the dress form's coordinates."""

from collections.abc import Callable, Iterable

from demo.catalogue import palette, svg

PRESENTATIONS = ("mannequin", "dress form", "hanger", "invisible mannequin")

Limb = list[tuple[float, float, float]]
"""Height, centre and half width of a limb, from top to bottom."""

_LEG: Limb = [
    (280, 25, 27),
    (330, 24, 25),
    (372, 22.5, 20),
    (410, 21, 15.5),
    (428, 20.5, 14.2),
    (455, 20.5, 15),
    (490, 19.5, 12.5),
    (535, 18, 7.6),
    (556, 18, 7.2),
    (574, 19, 9),
    (592, 20, 8),
    (598, 20, 4),
]
_ARM: Limb = [
    (106, 51, 4),
    (112, 56, 11),
    (124, 62, 13),
    (160, 70.5, 12.3),
    (200, 78.5, 11),
    (240, 86.5, 10),
    (270, 89.5, 9.8),
    (310, 93, 7.6),
    (336, 95.5, 6),
    (350, 96.5, 7.6),
    (368, 97, 7.4),
    (388, 95, 4.6),
    (396, 93, 2),
]
_TORSO: Limb = [
    (78, 0, 15.5),
    (88, 0, 18.5),
    (95, 0, 27),
    (101, 0, 41),
    (107, 0, 52),
    (116, 0, 57),
    (128, 0, 57.5),
    (152, 0, 53),
    (172, 0, 52),
    (200, 0, 44),
    (236, 0, 36),
    (262, 0, 42),
    (296, 0, 52),
    (322, 0, 50),
    (334, 0, 40),
]


def draw(presentation: str, tone: str, lining: str, low_back: bool) -> tuple[list[str], list[str]]:
    """Draw what the dress hangs on.

    Parameters
    ----------
    presentation : str
        One of `PRESENTATIONS`.
    tone : str
        ``#rrggbb`` colour of figure, form or hanger.
    lining : str
        Colour of the inside of the dress's back, seen in the neckline.
    low_back : bool
        Whether the back is cut low, as on a dress with straps.

    Returns
    -------
    tuple of list of str
        What is drawn behind the dress, and its definitions.
    """
    return _DRAW[presentation](tone, lining, low_back)


def _limb(limb: Limb, fill: str, side: int = 1) -> str:
    right = [(side * c + h, y) for y, c, h in limb]
    left = [(side * c - h, y) for y, c, h in reversed(limb)]
    return svg.el("path", d=svg.smooth(right + left, close=True), fill=fill)


def _torso(top: float) -> Limb:
    """Return a torso whose neck ends at a height."""
    return [(top, 0, 15), *_TORSO]


def _round(name: str, tone: str) -> str:
    """Return the gradient of a rounded matte body."""
    stops: Iterable[svg.Stop] = (
        (0, palette.darker(tone, 0.26)),
        (0.3, palette.lighter(tone, 0.2)),
        (0.5, tone),
        (1, palette.darker(tone, 0.34)),
    )
    return svg.linear(name, *stops, start=(0, 0), end=(1, 0.04))


def _mannequin(tone: str, lining: str, low: bool) -> tuple[list[str], list[str]]:
    parts = [_limb(_LEG, "url(#body)", side) for side in (-1, 1)]
    parts += [_limb(_ARM, "url(#body)", side) for side in (-1, 1)]
    parts += [_limb(_torso(46), "url(#body)")]
    parts.append(svg.el("ellipse", cx=0, cy=46, rx=15, ry=4.5, fill=palette.lighter(tone, 0.3)))
    return parts, [_round("body", tone)]


def _dress_form(tone: str, lining: str, low: bool) -> tuple[list[str], list[str]]:
    wood, brass = "#9a6b43", "#b99b62"
    parts = [
        svg.el("rect", x=-4, y=320, width=8, height=262, fill="url(#pole)"),
        svg.el("ellipse", cx=0, cy=586, rx=62, ry=9, fill=palette.darker(wood, 0.45)),
        svg.el("ellipse", cx=0, cy=582, rx=62, ry=9, fill="url(#wood)"),
        _limb(_torso(66), "url(#body)"),
        svg.el("path", d="M0 90V330", stroke=palette.darker(tone, 0.3), stroke_width=1, opacity=0.6),
        svg.el("path", d="M-16 68C-16 58 -9 55 0 55S16 58 16 68C16 72 -16 72 -16 68Z", fill="url(#wood)"),
        svg.el("path", d="M-3 56C-3 50 -7 47 -6 42A6 6 0 0 1 6 42C7 47 3 50 3 56Z", fill="url(#wood)"),
    ]
    for side in (-1, 1):
        cap = svg.el("ellipse", cx=side * 55.0, cy=122, rx=6.5, ry=17, fill="url(#wood)")
        parts.append(cap)
    defs = [
        _round("body", tone),
        _round("wood", wood),
        svg.linear("pole", (0, palette.darker(brass, 0.3)), (0.4, palette.lighter(brass, 0.5)), (1, brass), end=(1, 0)),
    ]
    return parts, defs


def _inside_back(lining: str, low: bool) -> list[str]:
    """Draw the inside of an empty dress's back, with its label; low for a dress on straps."""
    top = 131 if low else 95
    edge = f"M-37 {top}C-18 {top + 6} 18 {top + 6} 37 {top}" if low else "M-26 95C-14 100 14 100 26 95"
    sides = "L50 150L48 190L-48 190L-50 150Z" if low else "L40 104L52 122L48 190L-48 190L-52 122L-40 104Z"
    ink = palette.lighter(lining, 0.72)
    return [
        svg.el("path", d=edge + sides, fill="url(#lining)"),
        svg.el("path", d=edge, stroke=palette.lighter(lining, 0.25), stroke_width=2, fill="none"),
        svg.el("rect", x=-8, y=top + 6, width=16, height=8, rx=0.8, fill=ink),
        svg.el("path", d=f"M-4.5 {top + 10}H4.5", stroke=palette.darker(ink, 0.5), stroke_width=1.2),
    ]


def _lining(lining: str) -> str:
    stops: Iterable[svg.Stop] = ((0, palette.darker(lining, 0.25)), (1, palette.darker(lining, 0.6)))
    return svg.linear("lining", *stops)


def _hanger(tone: str, lining: str, low: bool) -> tuple[list[str], list[str]]:
    hook = "M0 92V70C0 64 12 62 12 51A12 12 0 0 0 -11 48"
    arm = "M0 86C18 88 44 96 62 107C66 110 64 116 58 114C40 106 18 101 0 100C-18 101 -40 106 -58 114C-64 116 -66 110 "
    arm += "-62 107C-44 96 -18 88 0 86Z"
    parts = [
        *_inside_back(lining, low),
        svg.el("path", d=hook, stroke="#8f9297", stroke_width=3.4, fill="none", stroke_linecap="round"),
        svg.el("path", d=hook, stroke="#e6e8ea", stroke_width=1.1, fill="none", stroke_linecap="round"),
        svg.el("path", d=arm, fill="url(#wood)"),
        svg.el(
            "path",
            d="M-50 103C-30 94 -12 90 0 90S30 94 50 103",
            stroke="#fff",
            stroke_width=1,
            fill="none",
            opacity=0.4,
        ),
    ]
    wood = "#a8774c" if palette.luminance(tone) > 0.4 else "#5b4031"
    return parts, [
        _lining(lining),
        svg.linear("wood", (0, palette.lighter(wood, 0.25)), (1, palette.darker(wood, 0.3))),
    ]


def _invisible(tone: str, lining: str, low: bool) -> tuple[list[str], list[str]]:
    return _inside_back(lining, low), [_lining(lining)]


_DRAW: dict[str, Callable[[str, str, bool], tuple[list[str], list[str]]]] = {
    "mannequin": _mannequin,
    "dress form": _dress_form,
    "hanger": _hanger,
    "invisible mannequin": _invisible,
}
