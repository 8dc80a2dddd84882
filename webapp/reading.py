"""Reading the parameters of a request: a wrong one is answered with its name and what it may be."""

from __future__ import annotations

from pydantic import ValidationError
from werkzeug.datastructures import MultiDict

from search.parameters import SearchParameters
from search.values import with_sliders
from webapp.errors import ParameterError

_LISTS = {name for name, field in SearchParameters.model_fields.items() if str(field.annotation).startswith("tuple")}


def read_parameters(arguments: MultiDict[str, str], *, strict: bool) -> SearchParameters:
    """Read a query string.

    Parameters
    ----------
    arguments : MultiDict
        The query string's values.
    strict : bool
        Whether a parameter that doesn't exist is an error (the API), or nobody's business (a page, whose links gather
        other people's tracking parameters).

    Raises
    ------
    ParameterError
        Names the parameter at fault and what it may be.
    """
    known = SearchParameters.model_fields
    arguments = arguments if strict else with_sliders(arguments)
    refuse_repeated(arguments)
    data = {
        name: values if name in _LISTS else values[0] for name, values in arguments.lists() if name in known or strict
    }
    try:
        return SearchParameters.model_validate(data)
    except ValidationError as error:
        raise parameter_error(error) from error


def refuse_repeated(arguments: MultiDict[str, str]) -> None:
    """Refuse parameters that are given more than once and are no lists.

    Raises
    ------
    ParameterError
        Names the first of them.
    """
    for name, values in arguments.lists():
        if len(values) > 1 and name in SearchParameters.model_fields and name not in _LISTS:
            raise ParameterError(name, "given more than once")


def parameter_error(error: ValidationError) -> ParameterError:
    """Name the first parameter at fault, and what is wrong with it."""
    first = error.errors(include_url=False)[0]
    # What goes wrong between parameters is about anchors, mostly; a body that is no object has no field to name.
    name = str(first["loc"][0]) if first["loc"] else "like" if error.title == SearchParameters.__name__ else "body"
    message = "there is no such parameter" if first["type"] == "extra_forbidden" else first["msg"]
    return ParameterError(name, message.removeprefix("Value error, "))
