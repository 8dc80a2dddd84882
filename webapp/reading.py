"""Read what a request asks for: the parameters of a page, sliders that are sent without script, a product."""

from __future__ import annotations

from typing import Any

from flask import abort
from werkzeug.datastructures import MultiDict

from search.parameters import SearchParameters
from search.reading import read_parameters
from webapp.services import services

_SLIDER = "weight-"  # before an aspect: the name of its slider


def page_parameters(arguments: MultiDict[str, str]) -> SearchParameters:
    """Read a page's query string or form. What isn't a parameter is left out: links gather tracking parameters.

    Raises
    ------
    ParameterError
        Names the parameter at fault and what it may be.
    """
    known = SearchParameters.model_fields
    return read_parameters({name: values for name, values in _with_sliders(arguments).lists() if name in known})


def product_or_404(product_id: str) -> dict[str, Any]:
    """Read a product, or end the request with 404."""
    product = services().navigation.product(product_id)
    if product is None:
        abort(404, f"There is no product {product_id!r}.")
    return product


def _with_sliders(arguments: MultiDict[str, str]) -> MultiDict[str, str]:
    """Read sliders, ``weight-ASPECT=number``, as ``weight=ASPECT:number`` in place of the weights in the address."""
    sliders = [f"{name.removeprefix(_SLIDER)}:{value}" for name, value in arguments.items() if name.startswith(_SLIDER)]
    if not sliders:
        return arguments
    read = MultiDict(arguments)
    read.setlist("weight", sliders)
    return read
