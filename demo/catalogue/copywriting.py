"""Titles, descriptions and categories, worded as in a shop."""

import re
from random import Random

from demo.catalogue.model import Product, number
from demo.catalogue.wording import words


def title(product: Product, rng: Random) -> str:
    """Write a title, which mentions some of the attributes, never all.

    Parameters
    ----------
    product : Product
        The product.
    rng : random.Random
        The product's stream for words.

    Returns
    -------
    str
        The title.
    """
    template = rng.choice(_TITLES[product.kind])
    return _tidy(template.format(**words(product)))


def description(product: Product, rng: Random) -> str:
    """Write a description of a few sentences.

    Parameters
    ----------
    product : Product
        The product.
    rng : random.Random
        The product's stream for words.

    Returns
    -------
    str
        The description.
    """
    values = words(product)
    opening, *middle = (rng.choice(group) for group in _SENTENCES[product.kind])
    chosen = [opening, *(sentence for sentence in middle if rng.random() < 0.75)]
    return " ".join(_tidy(sentence.format(**values), sentence=True) for sentence in chosen)


def category(product: Product) -> list[str]:
    """Return a product's category.

    Parameters
    ----------
    product : Product
        The product.

    Returns
    -------
    list of str
        Names from broad to narrow.
    """
    a = product.attributes
    if product.kind == "dress":
        length = str(a["dress_length"])
        return ["Dresses", "Knee-length dresses" if length == "knee" else f"{length.capitalize()} dresses"]
    if product.kind == "toy":
        return ["Toys", _SHELVES[str(a["toy_type"])]]
    if product.kind == "tv":
        return ["TVs", f"{a['panel_type']} TVs"]
    if a["form_factor"] == "2-in-1":
        return ["Laptops", "2-in-1 laptops"]
    if a["keyboard_backlight"] == "RGB":
        return ["Laptops", "Gaming laptops"]
    return ["Laptops", "Ultraportable laptops" if number(a, "screen_size_in") < 14 else "Everyday laptops"]


_ARTICLE = re.compile(r"\b([Aa]) (?=[aeioAEIO]|8\d?\b|11\b|18\b)")
"""An article before a word or number whose pronunciation starts with a vowel."""


def _tidy(text: str, sentence: bool = False) -> str:
    text = " ".join(text.split()).replace(" ,", ",").replace(" .", ".")
    text = _ARTICLE.sub(r"\1n ", text)
    return text[0].upper() + text[1:] if sentence else text


_SHELVES = {
    "teddy bear": "Soft toys",
    "bunny": "Soft toys",
    "dinosaur": "Dinosaurs",
    "bath duck": "Bath toys",
    "toy car": "Vehicles",
    "train": "Vehicles",
    "rocket": "Vehicles",
    "building blocks": "Building toys",
    "stacking rings": "Baby toys",
    "robot": "Robots",
    "doll house": "Doll houses",
    "xylophone": "Musical toys",
    "ball": "Balls",
    "spinning top": "Baby toys",
}

_TITLES: dict[str, tuple[str, ...]] = {
    "dress": (
        "{name} {Pattern} {Length} {Cut} in {Color}",
        "{name} {Material} {Cut} in {Color}",
        "{brand} {name} {Pattern} {Dress} in {Color}",
        "{brand} {Length} {Cut} with {Sleeve}, {color}",
        "The {name} {Length} {Dress} in {Color} {Material}",
        "{Color} {Pattern} {Cut} “{name}”",
        "{name} {Neck} {Length} {Dress}, {color}",
        "{brand} {name} {Pattern} {Material} {Dress}",
        "{name} {Cut} with {Sleeve} in {Color}",
    ),
    "toy": (
        "{name} the {Material} {Toy} in {Color}",
        "{brand} {Material} {Toy} {counted}",
        "{brand} {name} {Toy}, {color}",
        "{Color} {Toy} “{name}”, from {age}",
        "{brand} “{name}” {Material} {Toy}, {height}",
        "{name} {Toy} by {brand} in {Color}",
    ),
    "laptop": (
        "{brand} {name} {size} {Type}, {ram}, {storage}",
        "{brand} {name} {Type} in {Color}, {cpu}, {storage}",
        "{brand} {name} {size} {Type}, {color}, {ram} RAM",
        "{name} {size} {Type} by {brand}, {cpu}, {ram}/{storage}",
        "{brand} {name} {cpu} {Type} with {storage} SSD in {Color}",
    ),
    "tv": (
        "{brand} {name} {size} {resolution} {panel} TV",
        "{brand} {name} {size} {Smart} TV in {Color}",
        "{brand} {size} {panel} {Smart} TV “{name}”, {rate}",
        "{name} {size} {resolution} TV by {brand}, {color} frame",
        "{brand} {name} {panel} {Smart} TV {size}, {rate}",
    ),
}

_SENTENCES: dict[str, tuple[tuple[str, ...], ...]] = {
    "dress": (
        (
            "The {name} is a {length} {cut} in {color} {fabric}, made for {occasion}.",
            "Meet {name}: a {length} {dress} in {color} with a {neck} and {sleeve}.",
            "A {color} {cut} by {brand} that moves beautifully and looks right for {occasion}.",
            "Soft {fabric} and {print} make this {length} {dress} easy to love.",
        ),
        (
            "It has a {neck} and {sleeve}.",
            "Cut from {fabric} in {color}, with {sleeve}.",
            "This cut follows the body where it should and lets go where it may.",
        ),
        ("{belt} {closure}.", "{closure}. {lining}", "{lining}", "{belt} {lining}"),
        (
            "Model name {name}, designed by {brand}.",
            "Wash cold, hang to dry.",
            "Pair it with flat sandals or ankle boots.",
        ),
    ),
    "toy": (
        (
            "Say hello to {name}, {article} {material} {toy} {counted} for little hands from {age}.",
            "{article} {toy} {counted} in {color} that invites children to play again and again.",
            "{brand} brings back a classic: {article} {material} {toy} in {color}.",
        ),
        ("{care}",),
        (
            "Stands about {height} high.",
            "Suitable from {age}.",
            "About {height} high, and just right for small shelves.",
        ),
        ("Tested to European toy safety standards.", "Comes in a gift box.", "A favourite birthday present."),
    ),
    "laptop": (
        (
            "The {brand} {name} packs a {cpu} processor and {ram} of memory into a {color} {size} body.",
            "A {size} {type} in {color} for work, study and everything after.",
            "Light on the desk and quick on its feet: the {name} with {ram} RAM and {storage} of storage.",
        ),
        ("It has {keys}.", "{frame}", "{frame} {touch}"),
        ("Weighs {weight}.", "{storage} SSD, {ram} RAM, {weight}."),
        ("Two-year warranty by {brand}.", "Ships with charger and sleeve.", "The battery lasts a working day."),
    ),
    "tv": (
        (
            "The {brand} {name} brings {resolution} pictures to a {size} {panel} screen.",
            "A {size} {panel} TV {stand}, framed in {color}.",
            "Films, sport and games at {rate} on a {size} screen with a {frame} {color} frame.",
        ),
        ("It comes {stand}.", "The {frame} frame in {color} suits any room."),
        ("With {hdmi} and {rate} refresh rate.", "Offers {hdmi}."),
        ("Two-year warranty by {brand}.", "Remote control and batteries included.", "Energy-saving mode built in."),
    ),
}
