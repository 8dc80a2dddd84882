"""Designing a catalogue's products: the number of each kind, and variants of one design."""

from collections.abc import Callable
from dataclasses import replace
from random import Random

from demo.catalogue import design_dress, design_tech, design_toy, palette
from demo.catalogue.model import KINDS, Attributes, Product, Value
from demo.catalogue.studio import stream
from demo.catalogue.vocabulary import BRANDS, STYLE_NAMES, domain

VARIANT_SHARE = 0.085
"""Share of products that vary the colour of the previous product. About 15% of all products then have siblings."""

_DESIGNERS: dict[str, Callable[[Random], tuple[Attributes, list[str], dict[str, Value]]]] = {
    "dress": design_dress.design,
    "toy": design_toy.design,
    "laptop": design_tech.design_laptop,
    "tv": design_tech.design_tv,
}


def counts(products: int) -> dict[str, int]:
    """Divide a number of products among the kinds, by largest remainder.

    Parameters
    ----------
    products : int
        Number of products.

    Returns
    -------
    dict
        Number of products of each kind.
    """
    exact = {kind: share * products for kind, share in KINDS.items()}
    result = {kind: int(value) for kind, value in exact.items()}
    for kind in sorted(exact, key=lambda k: result[k] - exact[k])[: products - sum(result.values())]:
        result[kind] += 1
    return result


def design(products: int, seed: int) -> list[Product]:
    """Design a catalogue's products.

    Parameters
    ----------
    products : int
        Number of products.
    seed : int
        Random seed. A product depends on it and on earlier products of its kind, not on their number.

    Returns
    -------
    list of Product
        The products, kinds mixed.

    Raises
    ------
    ValueError
        `products` is negative.
    """
    if products < 0:
        raise ValueError("the number of products can't be negative")
    designed: list[Product] = []
    for kind, count in counts(products).items():
        last: Product | None = None
        for i in range(1, count + 1):
            last = _next(kind, f"{kind}-{i:05d}", last, seed)
            designed.append(last)
    stream(seed, "catalogue", "order").shuffle(designed)
    return designed


def _next(kind: str, name: str, last: Product | None, seed: int) -> Product:
    rng = stream(seed, name, "design")
    if last is not None and rng.random() < VARIANT_SHARE:
        return _variant(name, last, rng)
    attributes, visual, scene = _DESIGNERS[kind](rng)
    brand = rng.choice(list(BRANDS[kind]))
    return Product(name, kind, brand, name, rng.choice(STYLE_NAMES[kind]), attributes, visual, scene)


def _variant(name: str, last: Product, rng: Random) -> Product:
    """Return the same design in another colour."""
    attributes = dict(last.attributes)
    key = "frame_color" if last.kind == "tv" else "color"
    values = [v for v in domain(last.kind, key, attributes) if v != attributes[key]]
    attributes[key] = rng.choice(values)
    if "accent_color" in attributes:
        attributes["accent_color"] = rng.choice(palette.DRESS_ACCENTS[str(attributes["color"])])
    return replace(last, id=name, attributes=attributes)
