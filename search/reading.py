"""Read the parameters of a search: a wrong one is answered with its name and what it may be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from pydantic import ValidationError

from search.errors import ParameterError
from search.parameters import SearchParameters

LISTS = {name for name, field in SearchParameters.model_fields.items() if str(field.annotation).startswith("tuple")}


def read_parameters(values: Mapping[str, Sequence[str]]) -> SearchParameters:
    """Read parameters from the values that each was given.

    Raises
    ------
    ParameterError
        Names the parameter at fault and what it may be.
    """
    refuse_repeated(values.items())
    try:
        return SearchParameters.model_validate({n: v if n in LISTS else v[0] for n, v in values.items()})
    except ValidationError as error:
        raise parameter_error(error) from error


def refuse_repeated(values: Iterable[tuple[str, Sequence[str]]]) -> None:
    """Refuse parameters that are given more than once and are no lists.

    Raises
    ------
    ParameterError
        Names the first of them.
    """
    for name, given in values:
        if len(given) > 1 and name in SearchParameters.model_fields and name not in LISTS:
            raise ParameterError(name, "given more than once")


def parameter_error(error: ValidationError) -> ParameterError:
    """Name the first parameter at fault, and what is wrong with it."""
    first = error.errors(include_url=False)[0]
    # What goes wrong between parameters is about anchors, mostly; a body that is no object has no field to name.
    name = str(first["loc"][0]) if first["loc"] else "like" if error.title == SearchParameters.__name__ else "body"
    message = "there is no such parameter" if first["type"] == "extra_forbidden" else first["msg"]
    return ParameterError(name, message.removeprefix("Value error, "))
