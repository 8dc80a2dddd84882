"""Cloth: how materials reflect light, and the shading of pieces with folds.

A piece hangs down, so that every row of pixels crosses it once between a left and a right edge. That gives each pixel
a position across the piece (-1..1). Folds, roundness and the printed pattern depend on it, so that a stripe bends over
a pleat and a skirt looks solid rather than flat.
"""

from dataclasses import dataclass

import numpy as np

from demo.catalogue.prints import TILE
from demo.catalogue.raster import FloatArray, over, places, smooth_noise


@dataclass(frozen=True)
class Material:
    """How a cloth folds and reflects light."""

    folds: float = 1.0
    wrinkle: float = 0.1
    gloss: float = 0.0
    gloss_power: float = 12.0
    rim: float = 0.0
    depth: float = 0.62
    opacity: float = 1.0


MATERIALS: dict[str, Material] = {
    "cotton": Material(folds=0.85, wrinkle=0.09),
    "linen": Material(folds=0.7, wrinkle=0.2, depth=0.55),
    "denim": Material(folds=0.5, wrinkle=0.1, depth=0.6),
    "silk": Material(folds=1.25, wrinkle=0.14, gloss=0.6, gloss_power=9, depth=0.78),
    "velvet": Material(folds=1.0, wrinkle=0.05, rim=0.5, depth=0.95),
    "chiffon": Material(folds=1.35, wrinkle=0.06, depth=0.45, opacity=0.87),
    "knit": Material(folds=0.4, wrinkle=0.04, depth=0.55),
    "sequin": Material(folds=0.7, wrinkle=0.05, gloss=0.9, gloss_power=5, depth=0.8),
}


@dataclass(frozen=True)
class Folds:
    """Folds across a piece: slope and height over -1..1, phase of their waver, and strength by row."""

    slope: FloatArray
    height: FloatArray
    waver: float
    strength: FloatArray


@dataclass(frozen=True)
class Piece:
    """A piece of cloth in the picture: coverage, edges by row (units), folds, roundness 0..1, pattern's offset."""

    mask: FloatArray
    left: FloatArray
    right: FloatArray
    folds: Folds
    roundness: float = 0.8
    offset: float = 0.0


@dataclass(frozen=True)
class Light:
    """Direction towards the main light (unit vector: right, down, towards the viewer) and the colour of the shade."""

    direction: tuple[float, float, float]
    shade: tuple[float, float, float] = (0.2, 0.2, 0.26)


def pleats(rng: np.random.Generator, count: float, strength: FloatArray) -> Folds:
    """Draw random folds.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of their irregularity.
    count : float
        Approximate number of folds in front.
    strength : numpy.ndarray
        Strength by row, 0 (flat) .. about 1.

    Returns
    -------
    Folds
        The folds.
    """
    u = np.linspace(-1, 1, 1024)
    shift = rng.uniform(0, 6.283, 4)
    angle = np.pi * count * u + 1.1 * np.sin(np.pi * 1.3 * u + shift[0]) + 0.7 * np.sin(np.pi * 2.7 * u + shift[1])
    uneven = 0.72 + 0.28 * np.sin(np.pi * 1.9 * u + shift[2])
    height = uneven * (0.5 + 0.5 * np.cos(angle + shift[3])) ** 0.8
    slope = np.gradient(height, u) / max(count, 1.0)
    return Folds(slope.astype(np.float32), height.astype(np.float32), float(rng.uniform(0, 6.283)), strength)


def lay(picture: FloatArray, piece: Piece, texture: FloatArray, material: Material, light: Light, seed: int) -> None:
    """Shade a piece of cloth and blend it over a picture, in place.

    Parameters
    ----------
    picture : numpy.ndarray
        RGB in 0..1 (height, width, 3), changed.
    piece : Piece
        The piece.
    texture : numpy.ndarray
        Seamless tile of the cloth, RGB in 0..1; it says how many pixels a unit has.
    material : Material
        Its material.
    light : Light
        The light.
    seed : int
        Seed of the small wrinkles.
    """
    rows = np.flatnonzero(piece.mask.any(axis=1))
    columns = np.flatnonzero(piece.mask.any(axis=0))
    if not rows.size:
        return
    box = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
    detail = len(texture) // TILE
    y: FloatArray = places(rows[-1] + 1, detail)[rows[0] :, None]
    x: FloatArray = places(columns[-1] + 1, detail)[None, columns[0] :]
    left, right = piece.left[box[0], None], piece.right[box[0], None]
    half: FloatArray = np.maximum((right - left) / 2, 1)
    u: FloatArray = np.clip((x - (left + right) / 2) / half, -1, 1)
    cell = np.clip((u + 0.025 * np.sin(y * 0.021 + piece.folds.waver)) * 511.5 + 511.5, 0, 1023).astype(np.int32)
    strength = piece.folds.strength[box[0], None] * material.folds
    slope: FloatArray = piece.folds.slope[cell] * strength
    valley = (1 - piece.folds.height[cell]) * np.minimum(strength, 1)
    cloth = _sample(texture, u, y, half, piece.offset + slope * 5)
    tone, shine = _shade(u, slope, material, light, (piece.roundness, seed, detail))
    tone *= 1 - 0.3 * valley
    shade = np.asarray(light.shade, dtype=np.float32)
    colour = cloth * (shade + (1 - shade) * tone[..., None])
    gleam = shine * material.gloss
    if material.gloss_power < 6:
        gleam *= cloth.mean(axis=2) * 1.8
    colour += gleam[..., None] * (0.45 + 0.55 * cloth) * np.clip(1.25 - colour, 0, 1)
    if material.rim:
        edge = np.float32(material.rim) * (np.abs(slope) * 0.5 + u**4 * 0.45)
        colour += (edge * (1 - 0.5 * valley))[..., None] * (0.12 + 0.9 * cloth)
    over(picture[box], np.clip(colour, 0, 1.05), piece.mask[box])


def _sample(texture: FloatArray, u: FloatArray, y: FloatArray, half: FloatArray, shift: FloatArray) -> FloatArray:
    """Return the cloth's colour, wrapped round the body: denser towards the sides, bent by the folds."""
    across = np.arcsin(u * np.float32(0.94)) * (half * np.float32(0.86) + 8) + shift + TILE * 4
    down = y + np.abs(u) ** 2 * -6 + TILE
    side, detail = len(texture), len(texture) // TILE
    across, down = across * detail, down * detail
    x0, y0 = across.astype(np.int32), down.astype(np.int32)
    fx, fy = (across - x0)[..., None], (down - y0)[..., None]
    x0, y0 = x0 % side, y0 % side
    x1, y1 = (x0 + 1) % side, (y0 + 1) % side
    top = texture[y0, x0] * (1 - fx) + texture[y0, x1] * fx
    return np.asarray(top * (1 - fy) + (texture[y1, x0] * (1 - fx) + texture[y1, x1] * fx) * fy)


def _shade(
    u: FloatArray, slope: FloatArray, material: Material, light: Light, form: tuple[float, int, int]
) -> tuple[FloatArray, FloatArray]:
    """Return diffuse tone (1 where the cloth faces the light) and specular highlights."""
    roundness, seed, detail = form
    rng = np.random.default_rng(seed)
    height, width = u.shape
    cells = (max(3, height // (26 * detail)), max(3, width // (30 * detail)))
    nx = roundness * (0.35 * u + 0.55 * u**5) - 0.85 * slope
    nx += smooth_noise(rng, (height, width), cells) * material.wrinkle
    ny = smooth_noise(rng, (height, width), cells) * material.wrinkle * 1.2
    length = 1 / np.sqrt(nx * nx + ny * ny + 1)
    lx, ly, lz = light.direction
    facing = (nx * lx + ny * ly + lz) * length / lz
    tone = np.clip(1 + (facing - 1) * material.depth * 1.5, 0.12, 1.14)
    hx, hy, hz = lx, ly, lz + 1
    norm = (hx * hx + hy * hy + hz * hz) ** 0.5
    shine = np.clip((nx * hx + ny * hy + hz) * length / norm, 0, 1) ** material.gloss_power
    base = (hz / norm) ** material.gloss_power
    return np.asarray(tone), np.asarray(np.clip(shine - base * 0.72, 0, 1))


def weave(texture: FloatArray, material: str, rng: np.random.Generator) -> FloatArray:
    """Return a tile of colour with the surface of its material.

    Parameters
    ----------
    texture : numpy.ndarray
        Tile of `TILE` x `TILE` units, RGB in 0..1.
    material : str
        One of `MATERIALS`.
    rng : numpy.random.Generator
        Source of the irregularity.

    Returns
    -------
    numpy.ndarray
        The tile with threads, ribs or sequins on it.
    """
    side, detail = len(texture), len(texture) // TILE
    i, j = np.mgrid[0:side, 0:side].astype(np.float32) / detail
    spread = rng.standard_normal((side, side), dtype=np.float32)
    if material == "linen":
        lying, upright = rng.standard_normal((TILE, 1)), rng.standard_normal((1, TILE))
        threads = lying.repeat(detail, axis=0) + upright.repeat(detail, axis=1)
        return np.asarray(texture * (1 + (0.035 * threads + 0.03 * spread)[..., None]), dtype=np.float32)
    if material == "denim":
        twill = np.sin((i + j) * (2 * np.pi * 60 / TILE)) * 0.5
        faded = texture * 0.9 + 0.05 + np.float32(0.05) * (twill + 0.6 * spread)[..., None]
        return np.asarray(faded, dtype=np.float32)
    if material == "knit":
        rib = np.cos(j * (2 * np.pi * 24 / TILE))
        stitch = np.cos(i * (2 * np.pi * 48 / TILE) + 2.2 * np.abs(rib))
        return np.asarray(texture * (0.93 + 0.12 * rib + 0.07 * stitch)[..., None], dtype=np.float32)
    if material == "sequin":
        return _sequins(texture, rng, i, j)
    return np.asarray(texture * (1 + 0.018 * spread[..., None]), dtype=np.float32)


def _sequins(texture: FloatArray, rng: np.random.Generator, i: FloatArray, j: FloatArray) -> FloatArray:
    """Draw overlapping discs, each tilted differently."""
    size = 6
    row = (i // size).astype(int)
    column = ((j + size / 2 * (row % 2)) // size).astype(int) % (TILE // size)
    tilt = rng.uniform(0.55, 1.25, (TILE // size, TILE // size)) + (rng.random((TILE // size,) * 2) > 0.93) * 0.9
    away = np.hypot(i % size - 2.4, (j + size / 2 * (row % 2)) % size - 2.5)
    disc = np.clip(1.15 - away / 5, 0.45, 1)
    light = (tilt[row, column] * disc)[..., None]
    return np.asarray(np.clip(texture * light + np.clip(light - 1.15, 0, 1) * 0.5, 0, 1.2), dtype=np.float32)
