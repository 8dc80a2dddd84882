"""Pictures of toys."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from random import Random

import numpy as np

from demo.catalogue import palette, studio
from demo.catalogue.raster import FloatArray, over, rasterise
from demo.catalogue.studio import Shot
from demo.catalogue.toys import classics, plush, turning, vehicles
from demo.catalogue.toys.plush import Colours
from demo.catalogue.toys.sketch import FLOOR, MIDDLE, SIZE, Sketch
from demo.catalogue.toys.surface import surface

TOYS: dict[str, Callable[[Sketch, Colours, int, Random], float]] = {
    "teddy bear": plush.teddy_bear,
    "bunny": plush.bunny,
    "dinosaur": plush.dinosaur,
    "bath duck": plush.rubber_duck,
    "toy car": vehicles.toy_car,
    "train": vehicles.train,
    "rocket": vehicles.rocket,
    "building blocks": classics.building_blocks,
    "stacking rings": classics.stacking_rings,
    "robot": classics.robot,
    "doll house": classics.doll_house,
    "xylophone": classics.xylophone,
    "ball": turning.ball,
    "spinning top": turning.spinning_top,
}
"""Drawing function of each type of toy; it returns half the toy's width on the floor."""


def paint(attributes: Mapping[str, object], scene: Mapping[str, object], setup: Shot, rng: Random) -> FloatArray:
    """Paint a toy.

    Parameters
    ----------
    attributes : mapping
        The toy's attributes.
    scene : mapping
        What else the picture shows: ``mirrored``.
    setup : Shot
        Camera, backdrop and light.
    rng : random.Random
        The product's stream for its picture.

    Returns
    -------
    numpy.ndarray
        RGB in 0..1 (540, 540, 3), sides times the detail.
    """
    noise = np.random.default_rng(rng.getrandbits(32))
    material = str(attributes["material"])
    sketch = Sketch(material)
    setup = replace(setup, backdrop=rng.choice(studio.PLAYFUL))
    stretch = rng.uniform(0.93, 1.08)
    draw = TOYS[str(attributes["toy_type"])]
    half = draw(
        sketch,
        _colours(str(attributes["color"]), material, rng.random() < 0.4),
        int(str(attributes.get("pieces", 1))),
        rng,
    )
    scale = setup.scale * rng.uniform(0.86, 0.98)
    flip = -1 if scene["mirrored"] else 1
    transform = (
        f"translate({MIDDLE + setup.shift[0]:.1f} {FLOOR + 6 + setup.shift[1]:.1f}) rotate({setup.turn:.2f}) "
        f"scale({flip * scale * stretch:.3f} {scale:.3f}) translate({-MIDDLE:.0f} {-FLOOR:.0f})"
    )
    picture = studio.backdrop(setup, SIZE, SIZE)
    foot = (MIDDLE + setup.shift[0], FLOOR + 7 + setup.shift[1])
    studio.stand_shadow(picture, foot, half * scale * stretch, setup.detail)
    layer = surface(rasterise(sketch.svg(transform), setup.detail), material, noise, setup.detail)
    over(picture, layer[..., :3], layer[..., 3])
    return picture


def _colours(name: str, material: str, swapped: bool) -> Colours:
    if name in palette.TOY_FURS:
        fur = palette.TOY_FURS[name]
        return (fur, palette.TOY_BOWS[name], palette.darker(fur, 0.25), palette.lighter(fur, 0.5))
    main, second, third, light = palette.TOY_COLORS[name]
    if swapped:
        second, third = third, second
    if material == "wood":
        return (
            palette.mix(main, "#b98f62", 0.14),
            palette.mix(second, "#b98f62", 0.14),
            palette.mix(third, "#b98f62", 0.14),
            light,
        )
    return (main, second, third, light)
