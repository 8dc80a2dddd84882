"""Designing toys."""

from random import Random

from demo.catalogue.model import Attributes, Value
from demo.catalogue.toys import TOYS
from demo.catalogue.vocabulary import CUDDLY, PIECES, TOY_MATERIALS, domain

_AGES: dict[str, tuple[str, ...]] = {
    "teddy bear": ("0+", "12 months+"),
    "bunny": ("0+", "12 months+"),
    "bath duck": ("0+", "12 months+"),
    "stacking rings": ("12 months+", "18 months+"),
    "ball": ("12 months+", "2 years+"),
    "doll house": ("3 years+", "4 years+"),
    "rocket": ("3 years+", "4 years+", "6 years+"),
    "robot": ("3 years+", "4 years+", "6 years+"),
}
_HEIGHTS: dict[str, tuple[int, int]] = {
    "teddy bear": (20, 55),
    "bunny": (20, 45),
    "doll house": (35, 60),
    "bath duck": (8, 14),
    "toy car": (8, 18),
    "train": (8, 14),
    "xylophone": (8, 12),
}


def design(rng: Random) -> tuple[Attributes, list[str], dict[str, Value]]:
    """Design a toy.

    Parameters
    ----------
    rng : random.Random
        The product's stream.

    Returns
    -------
    tuple
        Attributes, names of those the picture shows, and what else it shows.
    """
    toy_type = rng.choice(list(TOYS))
    materials = TOY_MATERIALS.get(toy_type, ("wood", "plastic"))
    attributes: Attributes = {"toy_type": toy_type}
    attributes["color"] = rng.choice(domain("toy", "color", attributes))
    attributes["material"] = rng.choice(materials)
    visual = ["toy_type", "color", "material"]
    if toy_type in CUDDLY:
        visual.remove("material")
    if toy_type in PIECES:
        attributes["pieces"] = rng.choice(PIECES[toy_type])
        visual.append("pieces")
    attributes["recommended_age"] = rng.choice(_AGES.get(toy_type, ("18 months+", "2 years+", "3 years+")))
    attributes["height_cm"] = rng.randint(*_HEIGHTS.get(toy_type, (15, 35)))
    if attributes["material"] == "plush":
        attributes["washable"] = rng.random() < 0.75
    if toy_type in {"robot", "toy car", "train", "rocket"} and attributes["material"] == "plastic":
        attributes["batteries_required"] = rng.random() < 0.4
    return attributes, visual, {"mirrored": rng.random() < 0.4}
