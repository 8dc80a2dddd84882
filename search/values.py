"""How anchors and weights are written in a query string."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Annotated

from pydantic import AfterValidator, StringConstraints
from werkzeug.datastructures import MultiDict

from es_mappings.aspect_weights import check
from es_mappings.product import DEFAULT_WEIGHTS, LAYOUT
from search.colors import ASPECT, Rgb, parse_color

BUT = ("cheaper", "in_stock", "other_brand")  # similar, but ...
IN_COLOR = "in_color:"  # ... in another colour

PHOTO = r"^([A-Za-z0-9_-]{1,64}(\^[0-9.]{1,8})?)?$"  # a photograph's token, or that and its weight

_SLIDER = "weight-"  # before an aspect: the name of its slider

# "ID" or "ID^weight"; an id may hold a ^ of its own, so the last one counts.
_WEIGHTED = re.compile(r"(?P<id>.+?)(?:\^(?P<weight>[0-9.]{1,8}))?")


def read_anchor(value: str) -> tuple[str, float]:
    """Read ``ID`` or ``ID^weight``.

    Raises
    ------
    ValueError
        It is neither, or the weight isn't above 0 and at most 100.
    """
    match = _WEIGHTED.fullmatch(value)
    if not match:
        raise ValueError(f"{value!r} is not a product id, or id^weight")
    try:
        weight = float(match["weight"] or 1)
    except ValueError as error:
        raise ValueError(f"the weight of {value!r} is not a number") from error
    if not 0 < weight <= 100:
        raise ValueError(f"the weight of {value!r} must be above 0, and at most 100")
    return match["id"], weight


def written_anchor(name: str, weight: float) -> str:
    """Write what `read_anchor` reads; a weight of 1 goes without saying."""
    return name if weight == 1 else f"{name}^{weight:g}"


def read_but(value: str) -> str:
    """Check what similar products are to differ in: one of `BUT`, or ``in_color:COLOUR``.

    Raises
    ------
    ValueError
        It is neither, there is no such colour, or colours aren't compared.
    """
    if value.startswith(IN_COLOR):
        if ASPECT not in LAYOUT.names:
            raise ValueError(f"{value!r} needs the aspect {ASPECT}, which this shop doesn't have")
        parse_color(value.removeprefix(IN_COLOR))
    elif value not in BUT:
        raise ValueError(f"{value!r} is none of {', '.join(BUT)} and {IN_COLOR}COLOUR")
    return value


But = Annotated[str, StringConstraints(max_length=80), AfterValidator(read_but)]


def color_of(buts: Iterable[str]) -> Rgb | None:
    """Return the colour that is asked for in place of the likes' own; of several, the last."""
    named = [value.removeprefix(IN_COLOR) for value in buts if value.startswith(IN_COLOR)]
    return parse_color(named[-1]) if named else None


def read_weights(values: Iterable[str]) -> dict[str, float]:
    """Read ``aspect:number``.

    Raises
    ------
    ValueError
        One can't be read, or none of all the aspects counts.
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


def all_weights(own: Mapping[str, float], values: Iterable[str], buts: Iterable[str]) -> dict[str, float]:
    """Return the weight of each aspect: as asked, else the category's own, else as by default.

    Another colour than the likes' own counts as much as all the rest, unless it is weighed: the rest would bring the
    old one back.
    """
    asked = read_weights(values)
    weights = {**(own or DEFAULT_WEIGHTS), **asked}
    if color_of(buts) and ASPECT not in asked:
        weights[ASPECT] = sum(weight for name, weight in weights.items() if name != ASPECT) or 1.0
    return weights


def plain(value: object) -> str:
    """Write a value for a query string."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value).removesuffix(".0") if isinstance(value, float) else str(value)


def with_sliders(arguments: MultiDict[str, str]) -> MultiDict[str, str]:
    """Read the sliders of a form that was sent without script, ``weight-ASPECT=number``, as ``weight=ASPECT:number``.

    Sliders that are sent count instead of the weights that were in the address.
    """
    sliders = [f"{name.removeprefix(_SLIDER)}:{value}" for name, value in arguments.items() if name.startswith(_SLIDER)]
    if not sliders:
        return arguments
    read = MultiDict(arguments)
    read.setlist("weight", sliders)
    return read
