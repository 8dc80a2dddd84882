"""Designing dresses: which attributes are common, and which go together."""

from random import Random

from demo.catalogue import palette
from demo.catalogue.display import PRESENTATIONS
from demo.catalogue.model import Attributes, Value
from demo.catalogue.vocabulary import DOMAINS

_SILHOUETTES = {
    "A-line": 18,
    "sheath": 13,
    "fit-and-flare": 16,
    "shift": 11,
    "wrap": 13,
    "empire": 9,
    "ball gown": 7,
    "mermaid": 6,
    "tiered": 9,
}
_LENGTHS = {"mini": 18, "knee": 28, "midi": 32, "maxi": 22}
_SLEEVES = {
    "sleeveless": 20,
    "spaghetti strap": 13,
    "cap": 9,
    "short": 17,
    "three-quarter": 9,
    "long": 14,
    "bell": 8,
    "puff": 10,
}
_NECKLINES = {
    "crew": 17,
    "V-neck": 22,
    "scoop": 16,
    "square": 12,
    "halter": 7,
    "off-shoulder": 8,
    "high neck": 7,
    "sweetheart": 11,
}
_PATTERNS = {
    "solid": 37,
    "floral": 17,
    "stripes": 10,
    "polka dots": 10,
    "plaid": 6,
    "gingham": 6,
    "geometric": 6,
    "animal print": 4,
    "paisley": 4,
}
_MATERIALS = {
    "cotton": 27,
    "linen": 13,
    "denim": 6,
    "silk": 19,
    "velvet": 8,
    "chiffon": 14,
    "knit": 8,
    "sequin": 5,
}
_PLAIN = {"denim": ("solid",), "velvet": ("solid", "solid", "floral"), "sequin": ("solid",)}
_DENIMS = ["navy", "cobalt", "powder blue", "charcoal", "black", "ivory"]
_SMOOTH = ("silk", "velvet", "chiffon", "cotton", "sequin")
_BELTABLE = ("A-line", "fit-and-flare", "shift", "sheath")

VISUAL = ["color", "pattern", "silhouette", "dress_length", "sleeve", "neckline", "material", "belted"]


def pick(rng: Random, weights: dict[str, int]) -> str:
    """Choose a name by weight.

    Parameters
    ----------
    rng : random.Random
        Source of randomness.
    weights : dict
        Weight of each name.

    Returns
    -------
    str
        The chosen name.
    """
    return rng.choices(list(weights), list(weights.values()))[0]


def design(rng: Random) -> tuple[Attributes, list[str], dict[str, Value]]:
    """Design a dress.

    Parameters
    ----------
    rng : random.Random
        The product's stream.

    Returns
    -------
    tuple
        Attributes, names of those the picture shows, and what else it shows.
    """
    silhouette = pick(rng, _SILHOUETTES)
    long_only = silhouette in {"ball gown", "mermaid"}
    length = pick(rng, {"midi": 3, "maxi": 7} if long_only else _LENGTHS)
    neckline = pick(rng, _NECKLINES)
    material = pick(rng, _MATERIALS)
    if long_only and material not in _SMOOTH:
        material = rng.choice(_SMOOTH)
    pattern = rng.choice(_PLAIN[material]) if material in _PLAIN else pick(rng, _PATTERNS)
    color = rng.choice(_DENIMS if material == "denim" else list(palette.DRESS_COLORS))
    attributes: Attributes = {"color": color, "pattern": pattern}
    if pattern != "solid":
        attributes["accent_color"] = rng.choice(palette.DRESS_ACCENTS[color])
    attributes |= {
        "silhouette": silhouette,
        "dress_length": length,
        "sleeve": _sleeve(rng, neckline),
        "neckline": neckline,
        "material": material,
        "belted": silhouette in _BELTABLE and rng.random() < 0.28,
        "closure": "tie" if silhouette == "wrap" else str(rng.choice(DOMAINS["dress"]["closure"][:4])),
        "lined": rng.random() < 0.45,
        "occasion": _occasion(rng, silhouette, material),
        "sizes": rng.choice(DOMAINS["dress"]["sizes"]),
    }
    visual = [*VISUAL, "accent_color"] if "accent_color" in attributes else list(VISUAL)
    return attributes, visual, {"presentation": _presentation(rng, neckline)}


def _presentation(rng: Random, neckline: str) -> str:
    """Choose what the dress hangs on. Never a hanger without shoulders, because the dress would slip off."""
    weights = (46, 54, 0, 0) if neckline in {"off-shoulder", "halter"} else (30, 26, 16, 28)
    return rng.choices(PRESENTATIONS, weights)[0]


def _sleeve(rng: Random, neckline: str) -> str:
    if neckline == "halter":
        return "sleeveless"
    if neckline == "off-shoulder":
        return pick(rng, {name: weight for name, weight in _SLEEVES.items() if name not in {"spaghetti strap", "cap"}})
    if neckline in {"crew", "high neck"}:
        return pick(rng, {name: weight for name, weight in _SLEEVES.items() if name != "spaghetti strap"})
    return pick(rng, _SLEEVES)


def _occasion(rng: Random, silhouette: str, material: str) -> str:
    if silhouette in {"ball gown", "mermaid"} or material == "sequin":
        return rng.choice(["evening", "party", "wedding guest"])
    return rng.choice(["everyday", "everyday", "work", "holiday", "wedding guest", "party"])
