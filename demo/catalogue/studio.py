"""The photo studio: backdrops, light and camera, derived from a product's own random stream."""

import hashlib
from dataclasses import dataclass
from random import Random

import numpy as np

from demo.catalogue import palette
from demo.catalogue.cloth import Light
from demo.catalogue.raster import FloatArray, over, places

BACKDROPS: tuple[tuple[str, str], ...] = (
    ("#f3f1ee", "#d9d5cf"),
    ("#eef0f2", "#cdd2d7"),
    ("#f4ece4", "#dccdbd"),
    ("#ece7e1", "#c9c0b5"),
    ("#f3e9e6", "#dfc9c3"),
    ("#e9edea", "#c4cec6"),
    ("#e8ebf0", "#bfc7d3"),
    ("#efefef", "#c8c8c8"),
)
"""Light and dark tone of each paper."""

PLAYFUL: tuple[tuple[str, str], ...] = (
    ("#fdf3dc", "#f0d9a8"),
    ("#e6f3f1", "#b9dcd6"),
    ("#fbe9e4", "#f0c7bb"),
    ("#e7f0fa", "#bcd3ec"),
    ("#f1ecf8", "#d3c6e6"),
    ("#eef5e4", "#cfdfb6"),
    ("#f7f4ef", "#dfd8cd"),
)
"""Papers for toys."""


@dataclass(frozen=True)
class Shot:
    """How a product is photographed."""

    backdrop: tuple[str, str]
    scale: float
    shift: tuple[float, float]
    turn: float
    light: Light
    exposure: float
    warmth: float
    floor: float
    detail: int = 1  # pixels of each unit that things are designed in


def stream(seed: int, product: str, purpose: str) -> Random:
    """Return a random stream that depends only on the arguments.

    Parameters
    ----------
    seed : int
        Seed of the catalogue.
    product : str
        Id of a product, or of anything else with a stream of its own.
    purpose : str
        Streams for different purposes are independent.

    Returns
    -------
    random.Random
        The stream.
    """
    digest = hashlib.sha256(f"{seed}/{product}/{purpose}".encode()).digest()
    return Random(int.from_bytes(digest[:8], "big"))  # noqa: S311


def shot(rng: Random) -> Shot:
    """Draw the set-up of camera, backdrop and light.

    Parameters
    ----------
    rng : random.Random
        The product's stream.

    Returns
    -------
    Shot
        The set-up.
    """
    side = rng.choice([-1, -1, 1])
    x, y = side * rng.uniform(0.3, 0.6), -rng.uniform(0.3, 0.5)
    length = (x * x + y * y + 1) ** 0.5
    return Shot(
        backdrop=rng.choice(BACKDROPS),
        scale=rng.uniform(0.96, 1.03),
        shift=(rng.uniform(-8, 8), rng.uniform(-5, 5)),
        turn=rng.uniform(-1.6, 1.6),
        light=Light((x / length, y / length, 1 / length)),
        exposure=rng.uniform(0.97, 1.04),
        warmth=rng.uniform(-0.014, 0.018),
        floor=rng.uniform(0.8, 0.86),
    )


def backdrop(setup: Shot, width: int, height: int, wall_only: bool = False) -> FloatArray:
    """Paint a paper backdrop that rolls from the wall onto the floor.

    Parameters
    ----------
    setup : Shot
        The set-up.
    width, height : int
        Size in units.
    wall_only : bool
        Whether the picture shows only the wall, no floor.

    Returns
    -------
    numpy.ndarray
        RGB in 0..1 (height, width, 3), each times the set-up's detail.
    """
    bright = np.array(palette.rgb(setup.backdrop[0]), dtype=np.float32)
    dark = np.array(palette.rgb(setup.backdrop[1]), dtype=np.float32)
    y = np.linspace(0, 1, height * setup.detail, dtype=np.float32)[:, None]
    x = np.linspace(0, 1, width * setup.detail, dtype=np.float32)[None, :]
    pool_x = 0.5 + 0.55 * setup.light.direction[0]
    pool = np.exp(-((x - pool_x) ** 2 / 0.5 + (y - 0.4) ** 2 / 0.42))
    share = 0.74 - 0.74 * pool
    if not wall_only:
        bend = 1 / (1 + np.exp(-(y - setup.floor) * 38))
        roll = np.exp(-(((y - setup.floor) / 0.055) ** 2))
        share = share * (1 - 0.65 * bend) + 0.16 * roll
    share = np.clip(share, 0, 1)[..., None]
    return np.asarray(bright + (dark - bright) * share, dtype=np.float32)


def stand_shadow(picture: FloatArray, foot: tuple[float, float], half: float, detail: int = 1) -> None:
    """Draw the shadow of a standing object over a picture, in place: a wide soft one and a close dark one.

    Parameters
    ----------
    picture : numpy.ndarray
        RGB in 0..1 (height, width, 3), changed.
    foot : tuple of float
        Middle of the object's base, in units.
    half : float
        Half the width of its base, in units.
    detail : int
        Pixels of a unit.
    """
    height, width = picture.shape[:2]
    y = places(height, detail)[:, None] - np.float32(foot[1])
    x = places(width, detail)[None, :] - np.float32(foot[0])
    clear = np.ones((height, width), dtype=np.float32)
    for reach, thick, opacity in ((1.25, 21.0, 0.3), (0.98, 8.0, 0.42)):
        across = np.exp(-((x / (half * reach)) ** 4))
        clear *= 1 - np.float32(opacity) * across * np.exp(-((y / thick) ** 2))
    over(picture, np.array([0.13, 0.12, 0.16], dtype=np.float32), 1 - clear)
