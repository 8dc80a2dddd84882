"""Pictures of dresses."""

from collections.abc import Mapping
from random import Random

import numpy as np

from demo.catalogue import cloth, display, garment, palette, prints, studio, svg, trimmings
from demo.catalogue.frame import HEIGHT, WIDTH, Frame
from demo.catalogue.garment import Garment
from demo.catalogue.raster import FloatArray, over, places, rasterise, soften
from demo.catalogue.studio import Shot

_ZOOM = {"mini": 1.34, "knee": 1.2, "midi": 1.09, "maxi": 0.99}
_TONES = ("#efece8", "#e3ddd5", "#c9b39c", "#b98d6d", "#8a6248", "#5a4032", "#3b3b3f")


def paint(attributes: Mapping[str, object], scene: Mapping[str, object], setup: Shot, rng: Random) -> FloatArray:
    """Paint a dress.

    Parameters
    ----------
    attributes : mapping
        The dress's attributes.
    scene : mapping
        What else the picture shows: ``presentation``.
    setup : Shot
        Camera, backdrop and light.
    rng : random.Random
        The product's stream for its picture.

    Returns
    -------
    numpy.ndarray
        RGB in 0..1 (600, 480, 3), sides times the detail.
    """
    noise = np.random.default_rng(rng.getrandbits(32))
    base = palette.DRESS_COLORS[str(attributes["color"])]
    accent = palette.DRESS_COLORS.get(str(attributes.get("accent_color")), palette.mix(base, "#f1eadc", 0.6))
    frame = _frame(setup, str(attributes["dress_length"]))
    dress = garment.sew(attributes, frame, noise)
    presentation = str(scene["presentation"])
    tone = rng.choice(_TONES) if presentation == "mannequin" else rng.choice(_TONES[:3])
    tile = rasterise(prints.tile(str(attributes["pattern"]), base, accent, rng), setup.detail)[..., :3]
    material = str(attributes["material"])
    texture = cloth.weave(tile, material, noise)
    average = tile.mean(axis=(0, 1))
    mean = "#" + "".join(f"{round(float(c) * 255):02x}" for c in average)
    layers = _layers(dress, (presentation, tone, mean), (base, accent), material, bool(attributes.get("belted")))
    picture = studio.backdrop(setup, WIDTH, HEIGHT, wall_only=presentation in {"hanger", "invisible mannequin"})
    _shadows(picture, dress, presentation, layers, setup)
    over(picture, layers[0][..., :3], layers[0][..., 3])
    _dress(picture, dress, layers[1], (texture, material), setup, noise)
    over(picture, layers[2][..., :3], layers[2][..., 3])
    return picture


def _frame(setup: Shot, length: str) -> Frame:
    scale = setup.scale * _ZOOM[length]
    return Frame(
        scale,
        WIDTH / 2 + setup.shift[0],
        300 - 316 * scale + setup.shift[1] + _DROP[length],
        setup.turn / 90,
        setup.detail,
    )


_DROP = {"mini": 104.0, "knee": 72.0, "midi": 40.0, "maxi": 6.0}


def _layers(
    dress: Garment, stand: tuple[str, str, str], colours: tuple[str, str], material: str, belted: bool
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Draw the background, the masks (red: body, green: sleeves) and the details, in one pass."""
    behind, behind_defs = display.draw(*stand, low_back=dress.sleeve == "spaghetti strap")
    details, detail_defs = trimmings.draw(dress, *colours, material, belted)
    sleeve = garment.sleeve_path(dress)
    masks = [svg.el("path", d=garment.body_path(dress), fill="#f00")]
    if sleeve:
        for turn in (None, "scale(-1 1)"):
            masks.append(svg.el("path", d=sleeve, fill="#0f0", transform=turn))
    shift = dress.frame.transform()
    tiles = []
    for i, parts in enumerate((behind, masks, details)):
        if i == 1:
            tiles.append(svg.el("rect", x=0, y=HEIGHT, width=WIDTH, height=HEIGHT, fill="#000"))
        tiles.append(svg.el("g", svg.el("g", *parts, transform=shift), transform=f"translate(0 {i * HEIGHT})"))
    document = svg.document(WIDTH, 3 * HEIGHT, tiles, [*behind_defs, *detail_defs])
    sheet, high = rasterise(document, dress.frame.detail), HEIGHT * dress.frame.detail
    return sheet[:high], sheet[high : 2 * high], sheet[2 * high :]


def _shadows(
    picture: FloatArray,
    dress: Garment,
    presentation: str,
    layers: tuple[FloatArray, FloatArray, FloatArray],
    setup: Shot,
) -> None:
    """Return the shadow on the wall behind a hanging dress, or on the floor under a standing one."""
    mask = np.maximum(np.maximum(layers[1][..., 0], layers[1][..., 1]), layers[0][..., 3])
    if presentation in {"hanger", "invisible mannequin"}:
        away, unit = round(-24 * setup.light.direction[0] / 0.45), setup.detail
        far = np.roll(soften(mask, 12 * unit), (18 * unit, away * unit), axis=(0, 1)) * np.float32(0.3)
        near = np.roll(soften(mask, 6 * unit), (5 * unit, away // 4 * unit), axis=(0, 1)) * np.float32(0.24)
        shadow = 1 - (1 - far) * (1 - near)
    else:
        shadow = 1 - (1 - _floor_shadow(dress.frame, setup)) * (1 - soften(mask, 16 * setup.detail) * np.float32(0.1))
    over(picture, np.array([0.2, 0.19, 0.22], dtype=np.float32), shadow)


def _floor_shadow(frame: Frame, setup: Shot) -> FloatArray:
    y = places(HEIGHT * frame.detail, frame.detail)[:, None] - (frame.y + frame.scale * 588)
    x = places(WIDTH * frame.detail, frame.detail)[None, :] - (frame.x - 30 * setup.light.direction[0])
    clear = np.ones((y.size, x.size), dtype=np.float32)
    for spread, opacity in ((1.0, 0.3), (0.45, 0.4)):
        reach = frame.scale * 120 * spread
        clear *= 1 - np.float32(opacity) * np.exp(-((x / reach) ** 2)) * np.exp(-((y / (15 * spread)) ** 2))
    return np.asarray(1 - clear)


def _dress(
    picture: FloatArray,
    dress: Garment,
    masks: FloatArray,
    fabric: tuple[FloatArray, str],
    setup: Shot,
    noise: np.random.Generator,
) -> None:
    texture, name = fabric
    material = cloth.MATERIALS[name]
    sleeves = masks[..., 1]
    # The sleeves were drawn over the body, so recover the body's coverage of pixels that they cover in part.
    body = np.minimum(masks[..., 0] / np.maximum(1 - sleeves, np.float32(0.02)), 1)
    fringe = soften(sleeves, 6 * setup.detail) * body * (1 - sleeves)
    if material.opacity < 1:
        sheer = np.clip((dress.frame.heights() - 300) / 60, 0, 1)[:, None]
        body = body * (1 - (1 - np.float32(material.opacity)) * sheer)
        sleeves = sleeves * np.float32(material.opacity - 0.12)
    seed = int(noise.integers(2**31))
    cloth.lay(picture, garment.body_piece(dress, body), texture, material, setup.light, seed)
    picture *= (1 - np.float32(0.33) * fringe)[..., None]
    for i, piece in enumerate(garment.sleeve_pieces(dress, sleeves, noise)):
        cloth.lay(picture, piece, texture, material, setup.light, seed + 1 + i)
