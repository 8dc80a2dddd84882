"""The syntax of anchors, aspect weights and "similar, but ..." in a query string.

An anchor is ``ID`` or ``ID^weight``. An ambiguous id is put in double quotes: ``"A^2"`` is the product A^2, and
``"A^2"^0.5`` the same product with half the weight.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated

from pydantic import AfterValidator, StringConstraints

from es_mappings.aspect_weights import check
from es_mappings.facets import attribute_facet
from es_mappings.product import LAYOUT
from search.colors import ASPECT, parse_color

BUT = ("cheaper", "in_stock", "other_brand")  # similar, but ...
IN_COLOR = "in_color:"  # ... as `color:`, of a colour that is checked
COLOR_NAMES = ("color", "colour")  # attributes whose values may be colours that no product is labelled with

MAX_WORDS_LENGTH = 200  # characters of keywords or of a text query

PHOTO = r"^([A-Za-z0-9_-]{1,64}(\^[0-9.]{1,8})?)?$"  # a photograph's token, optionally with a weight

# Quoted or plain. In a plain id only a ^ before a final number starts a weight.
_QUOTED = re.compile(r'"(?P<id>.+)"(?:\^(?P<weight>[0-9.]{1,8}))?', re.DOTALL)
_PLAIN = re.compile(r"(?P<id>.+?)(?:\^(?P<weight>[0-9.]{1,8}))?", re.DOTALL)


def read_anchor(value: str) -> tuple[str, float]:
    """Read ``ID``, ``ID^weight`` or the same with the id in double quotes.

    Raises
    ------
    ValueError
        The value has neither form, or its weight isn't above 0 and at most 100.
    """
    match = _QUOTED.fullmatch(value) or _PLAIN.fullmatch(value)
    if not match:
        raise ValueError(f"{value!r} is not a product id, or id^weight")
    try:
        weight = float(match["weight"] or 1)
    except ValueError as error:
        raise ValueError(f"the weight of {value!r} is not a number") from error
    if not 0 < weight <= 100:
        quoted = f'"{value}"'
        raise ValueError(f"the weight of {value!r} must be above 0 and at most 100; to use it as an id, write {quoted}")
    return match["id"], weight


def read_text(value: str) -> tuple[str, float]:
    """Read the words of a text query and their weight: ``WORDS`` or ``WORDS^weight``, as `read_anchor` does.

    Raises
    ------
    ValueError
        The weight isn't above 0 and at most 100, or there are no words, or more than `MAX_WORDS_LENGTH` characters.
    """
    words, weight = read_anchor(value)
    words = " ".join(words.split())
    if not words:
        raise ValueError("there are no words")
    if len(words) > MAX_WORDS_LENGTH:
        raise ValueError(f"{len(words)} characters are more than {MAX_WORDS_LENGTH}")
    return words, weight


def write_anchor(product_id: str, weight: float = 1.0) -> str:
    """Write an anchor for `read_anchor`: the id quoted if necessary, a weight of 1 left out."""
    plain = _QUOTED.fullmatch(product_id) is None and _PLAIN.fullmatch(product_id)
    name = product_id if plain and plain["weight"] is None else f'"{product_id}"'
    return name if weight == 1 else f"{name}^{weight:g}"


def read_but(value: str) -> str:
    """Read one "similar, but ...": a member of `BUT`, ``attribute:value``, or ``in_color:COLOUR``.

    Raises
    ------
    ValueError
        The value has no such form, there is no such colour, or the shop doesn't compare colours.
    """
    if value.startswith(IN_COLOR):
        if ASPECT not in LAYOUT.names:
            raise ValueError(f"{value!r} needs the aspect {ASPECT}, which this shop doesn't have")
        parse_color(value.removeprefix(IN_COLOR))
        return f"{COLOR_NAMES[0]}:{value.removeprefix(IN_COLOR)}"
    name, _, wanted = value.partition(":")
    if name and wanted:
        attribute_facet().parse(value)
    elif value not in BUT:
        raise ValueError(f"{value!r} is none of {', '.join(BUT)}, attribute:value and {IN_COLOR}COLOUR")
    return value


But = Annotated[str, StringConstraints(max_length=600), AfterValidator(read_but)]


def exchanges_of(buts: Iterable[str]) -> dict[str, str]:
    """Return the attributes to exchange, each with its new value: the last one if there are several."""
    return {name: value for name, _, value in (but.partition(":") for but in buts) if value}


def read_weights(values: Iterable[str]) -> dict[str, float]:
    """Read aspect weights, ``aspect:number`` each.

    Raises
    ------
    ValueError
        A value cannot be read, or no aspect has a weight above 0.
    """
    weights: dict[str, float] = {}
    for value in values:
        aspect, _, number = value.partition(":")
        try:
            weights[aspect] = float(number)
        except ValueError as error:
            raise ValueError(f"{value!r} is not aspect:number") from error
    check(weights)
    return weights


def plain(value: object) -> str:
    """Write a value for a query string."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value).removesuffix(".0") if isinstance(value, float) else str(value)
