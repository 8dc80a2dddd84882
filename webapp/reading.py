"""Read requests: the parameters of a page, the fields that forms send without script, a box, a product."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from flask import abort, request
from werkzeug.datastructures import MultiDict

from es_mappings.facets import is_range
from indexer.embedding.photos import Box
from search.errors import ParameterError
from search.parameters import SearchParameters
from search.reading import read_parameters
from webapp.languages import gettext
from webapp.services import services

_SLIDER = "weight-"  # prefix of a slider's field; the aspect follows

# Prefixes of the form fields for the ends of a range; the facet's name follows.
LOW, HIGH = "min-", "max-"


def page_parameters(arguments: MultiDict[str, str]) -> SearchParameters:
    """Read a page's query string or form; unknown names are ignored, because links collect tracking parameters.

    Raises
    ------
    ParameterError
        A parameter is wrong; the message names it and its allowed values.
    """
    known = SearchParameters.model_fields
    return read_parameters(
        {name: values for name, values in _with_ranges(_with_sliders(arguments)).lists() if name in known}
    )


def product_or_404(product_id: str) -> dict[str, Any]:
    """Read a product, or end the request with 404."""
    return products_or_404([product_id])[0]


def products_or_404(ids: Sequence[str]) -> list[dict[str, Any]]:
    """Read products by id, in one request and in the same order, or end the request with 404."""
    products = services().navigation.products(ids)
    for product_id in ids:
        if product_id not in products:
            abort(404, gettext("There is no product '%(product)s'.", product=product_id))
    return [products[product_id] for product_id in ids]


def require_json() -> None:
    """End the request unless its body has a JSON content type, which forms of other sites cannot send."""
    if not request.is_json:
        abort(415, "The body must be application/json.")
    try:
        request.get_json(silent=True)
    except RecursionError:
        abort(400, "The body is nested too deeply.")


def read_box(text: str) -> Box | None:
    """Read ``x,y,width,height`` as fractions of the image; an empty text means the whole image.

    Raises
    ------
    ParameterError
        The text has another form, or the box lies outside the image.
    """
    if not text.strip():
        return None
    try:
        x, y, width, height = (float(part) for part in text.split(","))
    except ValueError as error:
        raise ParameterError("box", "must be x,y,width,height as fractions of the image") from error
    edges = (x, y, width, height, x + width, y + height)
    # Rounding in the browser may put the edge slightly outside.
    if not all(math.isfinite(e) and -1e-6 <= e <= 1 + 1e-6 for e in edges) or width <= 0 or height <= 0:
        raise ParameterError("box", "must lie inside the image, whose width and height are 1")
    left, top = max(x, 0.0), max(y, 0.0)
    return left, top, min(width, 1 - left), min(height, 1 - top)


def _with_sliders(arguments: MultiDict[str, str]) -> MultiDict[str, str]:
    """Turn sliders, ``weight-ASPECT=number``, into ``weight=ASPECT:number``, which replaces the address's weights."""
    sliders = [f"{name.removeprefix(_SLIDER)}:{value}" for name, value in arguments.items() if name.startswith(_SLIDER)]
    if not sliders:
        return arguments
    merged = MultiDict(arguments)
    merged.setlist("weight", sliders)
    return merged


def _with_ranges(arguments: MultiDict[str, str]) -> MultiDict[str, str]:
    """Turn the ends of ranges, ``min-NAME=40&max-NAME=55``, into ``filter=NAME:40..55``."""
    names = {name.partition("-")[2]: None for name in arguments if name.startswith((LOW, HIGH))}
    ranges = {name: [arguments.get(end + name, "").strip() for end in (LOW, HIGH)] for name in names}
    merged = MultiDict(arguments)
    for name, ends in ranges.items():
        if any(ends) and is_range(name):
            merged.add("filter", f"{name}:{'..'.join(ends)}")
    return merged
