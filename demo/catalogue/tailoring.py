"""The cut of a dress: outlines of body and sleeves, in a dress form's coordinates.

The form's centre line is x = 0; y grows downwards from the top of a 600 pixel high picture. Shoulders are at y = 104,
the waist at 236, the knees at 410 and the ankles at 556.
"""

from dataclasses import dataclass

import numpy as np

from demo.catalogue.curves import Knots, interpolate
from demo.catalogue.raster import FloatArray
from demo.catalogue.svg import Point

WAIST = 236.0
ARMPIT = 152.0
HEMS: dict[str, float] = {"mini": 370.0, "knee": 420.0, "midi": 478.0, "maxi": 552.0}


@dataclass(frozen=True)
class Cut:
    """Half widths by height; number, strength and start of the folds; waist seam and tiers."""

    knots: Knots
    folds: float
    strength: float
    start: float
    seam: float | None = None
    tiers: tuple[float, ...] = ()


_HIP = 296.0
_BUST: Knots = [(104, 55), (ARMPIT, 55), (172, 54)]

# Bodice, skirt (last entry: half width at the hip, and its growth per pixel of length), number of folds, their
# strength and start, and the waist seam.
_CUTS: dict[str, tuple[Knots, Knots, float, float, float, float | None]] = {
    "sheath": ([(198, 47), (WAIST, 41)], [(296, 57), (330, 56.5), (57, -0.04)], 2.2, 0.16, 240, None),
    "A-line": ([(198, 47), (WAIST, 40)], [(260, 46), (296, 64), (64, 0.36)], 5, 0.75, WAIST, WAIST),
    "fit-and-flare": ([(198, 45), (WAIST - 4, 37)], [(250, 52), (276, 82), (92, 0.4)], 8, 1.0, WAIST, WAIST),
    "shift": ([(WAIST, 53)], [(296, 60), (62, 0.09)], 3, 0.24, 200, None),
    "wrap": ([(198, 46), (WAIST, 39)], [(262, 49), (296, 63), (63, 0.27)], 5.5, 0.62, WAIST, WAIST),
    "empire": ([(200, 46)], [(216, 50), (250, 64), (76, 0.2)], 7, 0.8, 200, 200),
    "ball gown": ([(198, 45), (WAIST - 2, 36)], [(246, 54), (268, 98), (300, 128), (134, 0.34)], 9, 1.15, WAIST, WAIST),
    "mermaid": ([(198, 46), (WAIST, 39)], [(296, 57), (350, 51), (388, 47), (-16, 0.72)], 8, 1.1, 384, None),
}

SILHOUETTES = (*_CUTS, "tiered")


def cut(silhouette: str, hem: float) -> Cut:
    """Return the cut of a silhouette.

    Parameters
    ----------
    silhouette : str
        One of `SILHOUETTES`.
    hem : float
        Height of the hem.

    Returns
    -------
    Cut
        The cut.
    """
    if silhouette == "tiered":
        return _tiered(hem)
    bodice, skirt, folds, strength, start, seam = _CUTS[silhouette]
    fall = hem - _HIP
    knots = [(y, half) for y, half in (*_BUST, *bodice, *skirt[:-1]) if y < hem - 20]
    end, flare = skirt[-1]
    return Cut([*knots, (hem, end + flare * fall)], folds, strength, start, seam)


def _tiered(hem: float) -> Cut:
    tiers = tuple(WAIST - 18 + (hem - WAIST + 18) * share for share in (0.0, 0.36, 0.7))
    knots: Knots = [*_BUST, (tiers[0] - 1, 47)]
    width = 47.0
    for first, last in zip(tiers, (*tiers[1:], hem), strict=True):
        width += 9
        knots.append((first + 8, width))
        width += 0.1 * (last - first)
        knots.append((last - 1, width))
    return Cut(knots, 13, 0.9, tiers[0], tiers[0], tiers[1:])


def armhole(sleeve: str, neckline: str) -> list[Point]:
    """Return the right armhole from the shoulder (or the end of the body's top edge) down to the armpit.

    Parameters
    ----------
    sleeve, neckline : str
        Attribute values of the dress.

    Returns
    -------
    list of tuple
        Points.
    """
    if neckline == "off-shoulder" and sleeve == "sleeveless":
        return [(52, 137), (54, 145), (55, ARMPIT)]
    if neckline == "off-shoulder":
        return [(70, 132), (64, 142), (57, ARMPIT)]
    if neckline == "halter":
        return [(19, 90), (25, 108), (38, 132), (55, ARMPIT)]
    if sleeve == "spaghetti strap":
        return [(38, 131), (46, 141), (55, ARMPIT)]
    if sleeve == "sleeveless":
        return [(53, 101), (47, 116), (46, 134), (55, ARMPIT)]
    return [(59, 104), (55, 118), (53, 136), (56, ARMPIT)]


def neck(sleeve: str, neckline: str) -> list[Point]:
    """Return the front neckline from left to right.

    Parameters
    ----------
    sleeve, neckline : str
        Attribute values of the dress.

    Returns
    -------
    list of tuple
        Points, symmetrical about x = 0.
    """
    right = _strap_neck(neckline) if sleeve == "spaghetti strap" else _NECKS[neckline]
    if neckline == "off-shoulder" and sleeve == "sleeveless":
        right = [(0, 146), (18, 146), (38, 143), (52, 137)]
    return [(-x, y) for x, y in reversed(right) if x > 0] + list(right)


def _strap_neck(neckline: str) -> list[Point]:
    if neckline == "V-neck":
        return [(0, 178), (14, 160), (28, 140), (36, 128)]
    if neckline == "square":
        return [(0, 139), (20, 139), (35, 138.5), (36, 129)]
    if neckline == "sweetheart":
        return [(0, 162), (3, 156), (11, 143), (22, 137), (32, 136), (36, 130)]
    return [(0, 163), (12, 161), (24, 152), (32, 140), (36, 128)]


_NECKS: dict[str, list[Point]] = {
    "crew": [(0, 111), (9, 110), (18, 105), (25, 94)],
    "V-neck": [(0, 172), (10, 152), (20, 126), (29, 94)],
    "scoop": [(0, 147), (12, 145), (24, 135), (32, 117), (35, 96)],
    "square": [(0, 139), (18, 139), (33.5, 138.5), (34, 137), (35, 118), (37, 96)],
    "halter": [(0, 97), (8, 96), (15, 91), (17, 86)],
    "off-shoulder": [(0, 147), (20, 146), (44, 141), (70, 131)],
    "high neck": [(0, 81), (8, 80), (15, 77.5), (17, 77), (20, 90), (26, 96)],
    "sweetheart": [(0, 160), (2.5, 155), (11, 143), (22, 137), (32, 134), (36, 126), (39, 98)],
}

NECKLINES = tuple(_NECKS)

_SLEEVES: dict[str, Knots] = {
    "cap": [(104, 22), (118, 21), (142, 19)],
    "short": [(104, 22), (130, 22), (182, 23)],
    "three-quarter": [(104, 22), (150, 20), (230, 18.5), (282, 17)],
    "long": [(104, 22), (150, 19.5), (230, 17), (300, 14), (338, 12.5)],
    "bell": [(104, 22), (150, 19), (226, 20), (262, 27), (326, 47)],
    "puff": [(104, 24), (126, 33), (152, 39), (172, 37), (190, 22)],
}

SLEEVES = ("sleeveless", "spaghetti strap", *_SLEEVES)


@dataclass(frozen=True)
class Sleeve:
    """Edges of the right sleeve by row, and its last row."""

    inner: FloatArray
    outer: FloatArray
    end: float


def arm_axis(y: FloatArray) -> FloatArray:
    """Return the right arm's centre line.

    Parameters
    ----------
    y : numpy.ndarray
        Heights.

    Returns
    -------
    numpy.ndarray
        Its distance from the body's centre line.
    """
    return np.asarray(61 + 0.2 * (np.minimum(y, 240) - 112) + 0.09 * np.maximum(y - 240, 0), dtype=np.float32)


def sleeve_edges(sleeve: str, neckline: str, y: FloatArray) -> Sleeve | None:
    """Return the right sleeve.

    Parameters
    ----------
    sleeve, neckline : str
        Attribute values of the dress.
    y : numpy.ndarray
        Heights of its edges.

    Returns
    -------
    Sleeve or None
        The sleeve; None for a dress without.
    """
    if sleeve not in _SLEEVES:
        return None
    knots = _SLEEVES[sleeve]
    start = 130.0 if neckline == "off-shoulder" else 103.0
    rounding = np.sqrt(np.clip(1 - ((start + 26 - y) / 26) ** 2, 0, 1))
    half = interpolate(knots, y)
    axis = arm_axis(y)
    shoulder = np.where(y < start + 26, rounding, 1)
    outer = 52 + (axis + half - 52) * shoulder
    hole = armhole(sleeve, neckline)
    seam = interpolate([(b, a) for a, b in hole], y)
    blend = np.clip((y - ARMPIT) / 14, 0, 1)
    inner = np.where(y <= ARMPIT, seam, seam + (axis - half - seam) * blend)
    end = max(knots[-1][0], 168.0) if neckline == "off-shoulder" else knots[-1][0]
    return Sleeve(inner.astype(np.float32), outer.astype(np.float32), end)
