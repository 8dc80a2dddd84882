"""Read the parameters of a page: those of a search, and the sliders of forms that are sent without script."""

from __future__ import annotations

from werkzeug.datastructures import MultiDict

from search.parameters import SearchParameters
from search.reading import read_parameters

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


def _with_sliders(arguments: MultiDict[str, str]) -> MultiDict[str, str]:
    """Read sliders, ``weight-ASPECT=number``, as ``weight=ASPECT:number`` in place of the weights in the address."""
    sliders = [f"{name.removeprefix(_SLIDER)}:{value}" for name, value in arguments.items() if name.startswith(_SLIDER)]
    if not sliders:
        return arguments
    read = MultiDict(arguments)
    read.setlist("weight", sliders)
    return read
