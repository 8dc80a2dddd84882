"""A dress made from its cut: outlines for the masks, and pieces of cloth for shading."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from demo.catalogue import svg, tailoring
from demo.catalogue.cloth import Folds, Piece, pleats
from demo.catalogue.curves import interpolate
from demo.catalogue.frame import Frame
from demo.catalogue.raster import FloatArray, places
from demo.catalogue.svg import Point


@dataclass(frozen=True)
class Garment:
    """A dress: its cut and the parts of its outline."""

    silhouette: str
    sleeve: str
    neckline: str
    hem: float
    cut: tailoring.Cut
    folds: Folds
    frame: Frame


def sew(attributes: Mapping[str, object], frame: Frame, rng: np.random.Generator) -> Garment:
    """Make a dress.

    Parameters
    ----------
    attributes : mapping
        Attributes of the dress: silhouette, dress_length, sleeve and neckline are used.
    frame : Frame
        Its position in the picture.
    rng : numpy.random.Generator
        Source of the irregularity of its folds.

    Returns
    -------
    Garment
        The dress.
    """
    silhouette = str(attributes["silhouette"])
    hem = tailoring.HEMS[str(attributes["dress_length"])]
    cut = tailoring.cut(silhouette, hem)
    y = frame.heights()
    fall = np.clip((y - cut.start) / max(hem - cut.start, 1), 0, 1)
    ramp = np.clip((y - cut.start) / 26, 0, 1) * (0.5 + 0.5 * fall)
    if cut.tiers:
        edges = np.array([cut.start, *cut.tiers, hem])
        i = np.clip(np.searchsorted(edges, y) - 1, 0, len(edges) - 2)
        ramp = np.where(y > cut.start, 1.05 - 0.5 * (y - edges[i]) / (edges[i + 1] - edges[i]), 0)
    strength = np.maximum(cut.strength * ramp, 0.05).astype(np.float32)
    folds = pleats(rng, cut.folds * rng.uniform(0.85, 1.15), strength)
    return Garment(silhouette, str(attributes["sleeve"]), str(attributes["neckline"]), hem, cut, folds, frame)


def _joined(data: str) -> str:
    """Return path data that continues another path."""
    return "L" + data[1:]


def neckline_path(garment: Garment) -> str:
    """Return the front neckline, left to right, as path data.

    Parameters
    ----------
    garment : Garment
        The dress.

    Returns
    -------
    str
        Path data.
    """
    points = tailoring.neck(garment.sleeve, garment.neckline)
    middle = len(points) // 2
    if garment.neckline == "square":
        return svg.polygon(points, close=False)
    if garment.neckline in {"V-neck", "sweetheart"}:
        return svg.smooth(points[: middle + 1]) + _joined(svg.smooth(points[middle:]))
    return svg.smooth(points)


def hem_points(garment: Garment) -> list[Point]:
    """Return points of the hem from right to left: lower in front, as seen from above, and waved by the folds.

    Parameters
    ----------
    garment : Garment
        The dress.

    Returns
    -------
    list of tuple
        Points.
    """
    half = float(interpolate(garment.cut.knots, np.array([garment.hem], dtype=np.float32))[0])
    u = np.linspace(1, -1, 81)
    wave = np.interp(u, np.linspace(-1, 1, 1024), garment.folds.height)
    sag = min(0.085 * half, 13) * (1 - u * u)
    y = garment.hem - 3 + sag + (wave - 0.5) * min(9.0, 0.07 * half + 1) * min(garment.cut.strength, 1)
    y = y - 3.5 * u**16
    if garment.silhouette == "wrap":
        y = y - 26 * np.exp(-(((u - 0.34) / 0.3) ** 2)) * (u < 0.34)
    reach = interpolate(garment.cut.knots, np.minimum(y, garment.hem).astype(np.float32))
    return [(float(a * b), float(c)) for a, b, c in zip(u, reach, y, strict=True)]


def body_path(garment: Garment) -> str:
    """Return the outline of bodice and skirt as path data.

    Parameters
    ----------
    garment : Garment
        The dress.

    Returns
    -------
    str
        Path data.
    """
    hole = tailoring.armhole(garment.sleeve, garment.neckline)
    hem = hem_points(garment)
    right = _joined(svg.smooth(hole)) + _joined(svg.polygon(_side(garment, hem[0][1]), close=False))
    left_side = [(-a, b) for a, b in reversed(_side(garment, hem[-1][1]))]
    left_hole = [(-a, b) for a, b in reversed(hole)]
    left = _joined(svg.polygon(left_side, close=False)) + _joined(svg.smooth(left_hole))
    return neckline_path(garment) + right + _joined(svg.polygon(hem, close=False)) + left + "Z"


def _side(garment: Garment, end: float) -> list[Point]:
    """Return the right side seam from the armpit down to the hem."""
    y = np.linspace(tailoring.ARMPIT, end, 70, dtype=np.float32)[1:]
    half = interpolate(garment.cut.knots, y)
    return [(float(a), float(b)) for a, b in zip(half, y, strict=True)]


def sleeve_path(garment: Garment) -> str:
    """Return the outline of the right sleeve as path data.

    Parameters
    ----------
    garment : Garment
        The dress.

    Returns
    -------
    str
        Path data; empty for a dress without sleeves.
    """
    probe = tailoring.sleeve_edges(garment.sleeve, garment.neckline, np.zeros(1, dtype=np.float32))
    if probe is None:
        return ""
    start = 130.0 if garment.neckline == "off-shoulder" else 103.0
    y = np.linspace(start, probe.end, 60).astype(np.float32)
    edges = tailoring.sleeve_edges(garment.sleeve, garment.neckline, y)
    if edges is None:
        return ""
    outer = [(float(a), float(b)) for a, b in zip(edges.outer, y, strict=True)]
    inner = [(float(a), float(b)) for a, b in zip(edges.inner, y, strict=True)]
    (x0, y0), (x1, y1) = outer[-1], inner[-1]
    dip = 0.08 * (x0 - x1)
    cuff = [(x0, y0 - dip), (x0 * 0.75 + x1 * 0.25, y0 + dip), ((x0 + x1) / 2, y0 + dip * 1.6), (x1, y1 + dip)]
    return svg.polygon(outer[:-1], close=False) + _joined(svg.smooth(cuff)) + _joined(svg.polygon(inner[-2::-1]))


def body_piece(garment: Garment, mask: FloatArray) -> Piece:
    """Return bodice and skirt as a piece for shading.

    Parameters
    ----------
    garment : Garment
        The dress.
    mask : numpy.ndarray
        Their coverage.

    Returns
    -------
    Piece
        The piece.
    """
    half = interpolate(garment.cut.knots, garment.frame.heights())
    left, right = garment.frame.columns(-half), garment.frame.columns(half)
    return Piece(mask, left, right, garment.folds, roundness=0.9)


def sleeve_pieces(garment: Garment, mask: FloatArray, rng: np.random.Generator) -> list[Piece]:
    """Return the sleeves as pieces for shading.

    Parameters
    ----------
    garment : Garment
        The dress.
    mask : numpy.ndarray
        Coverage of both sleeves.
    rng : numpy.random.Generator
        Source of the irregularity of their folds.

    Returns
    -------
    list of Piece
        Left and right sleeve; empty for a dress without.
    """
    y = garment.frame.heights()
    edges = tailoring.sleeve_edges(garment.sleeve, garment.neckline, y)
    if edges is None:
        return []
    strength = np.full(y.size, 0.16, dtype=np.float32)
    count = 1.6
    if garment.sleeve == "puff":
        strength = (0.14 + 0.4 * np.abs(np.clip((y - 104) / 86, 0, 1) * 2 - 1)).astype(np.float32)
        count = 3.2
    elif garment.sleeve == "bell":
        strength = (0.12 + 0.75 * np.clip((y - 220) / 90, 0, 1)).astype(np.float32)
        count = 3.2
    middle = garment.frame.columns(np.zeros(y.size, dtype=np.float32))
    is_left = (places(mask.shape[1], garment.frame.detail)[None, :] < middle[:, None]).astype(np.float32)
    column = garment.frame.columns
    return [
        Piece(mask * is_left, column(-edges.outer), column(-edges.inner), pleats(rng, count, strength), 1.0, 61.0),
        Piece(mask * (1 - is_left), column(edges.inner), column(edges.outer), pleats(rng, count, strength), 1.0, 143.0),
    ]
