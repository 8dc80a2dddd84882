"""Prices, which depend on material, size, equipment and the brand's level."""

from random import Random

from demo.catalogue.model import Product, number
from demo.catalogue.vocabulary import BRANDS

_CLOTH = {
    "cotton": 52,
    "linen": 64,
    "denim": 62,
    "silk": 128,
    "velvet": 98,
    "chiffon": 84,
    "knit": 72,
    "sequin": 138,
}
_CUT = {"ball gown": 2.4, "mermaid": 1.9, "wrap": 1.1, "tiered": 1.12}
_LENGTH = {"mini": 0.88, "knee": 1.0, "midi": 1.1, "maxi": 1.28}
_TOY = {"doll house": 74, "train": 26, "robot": 29, "xylophone": 24, "toy car": 18, "bath duck": 9, "ball": 12}
_TOY_MATERIAL = {"wood": 1.35, "plush": 1.1, "plastic": 0.85}
_PANEL = {"LED": 1.0, "QLED": 1.45, "OLED": 2.1}
_RESOLUTION = {"HD": 0.8, "Full HD": 0.9, "4K": 1.0, "8K": 1.9}


def price(product: Product, rng: Random) -> float:
    """Return a product's price.

    Parameters
    ----------
    product : Product
        The product.
    rng : random.Random
        The product's stream for prices.

    Returns
    -------
    float
        Price in euros, with an ending usual in shops.
    """
    value = {"dress": _dress, "toy": _toy, "laptop": _laptop, "tv": _tv}[product.kind](product)
    value *= BRANDS[product.kind][product.brand] * rng.uniform(0.93, 1.08)
    if value < 40:
        return round(int(value) + rng.choice([0.5, 0.95, 0.99]), 2)
    if value < 250:
        return round(int(value) + rng.choice([0.0, 0.9, 0.95, 0.99]), 2)
    return float(round(value / 10) * 10 - rng.choice([0, 1, 1]))


def _dress(product: Product) -> float:
    a = product.attributes
    value = _CLOTH[str(a["material"])] * _CUT.get(str(a["silhouette"]), 1.0) * _LENGTH[str(a["dress_length"])]
    return value * (1.08 if a["lined"] else 1.0)


def _toy(product: Product) -> float:
    a = product.attributes
    value = _TOY.get(str(a["toy_type"]), 22) * _TOY_MATERIAL[str(a["material"])]
    value *= 0.8 + 0.012 * number(a, "height_cm")
    return value * (1 + 0.05 * number(a, "pieces") if "pieces" in a else 1)


def _laptop(product: Product) -> float:
    a = product.attributes
    value = 240 + 13 * number(a, "ram_gb") + 0.22 * number(a, "storage_gb") + 28 * (number(a, "screen_size_in") - 11)
    value += 130 * (a["form_factor"] == "2-in-1") + 120 * (a["keyboard_backlight"] == "RGB")
    return value


def _tv(product: Product) -> float:
    a = product.attributes
    inches = number(a, "screen_size_in")
    value = (90 + 0.17 * inches**2) * _PANEL[str(a["panel_type"])] * _RESOLUTION[str(a["resolution"])]
    return value + 180 * (a["stand"] == "easel")
