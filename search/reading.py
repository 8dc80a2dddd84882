"""Read the parameters of a search; errors name the parameter and its allowed values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from pydantic import ValidationError

from search.errors import ParameterError
from search.parameters import SearchParameters

LISTS = {name for name, field in SearchParameters.model_fields.items() if str(field.annotation).startswith("tuple")}


def read_parameters(values: Mapping[str, Sequence[str]]) -> SearchParameters:
    """Read parameters from lists of values by name.

    Raises
    ------
    ParameterError
        A parameter is unknown or wrong; the message names it and its allowed values.
    """
    refuse_repeated(values.items())
    try:
        return SearchParameters.model_validate({n: v if n in LISTS else v[0] for n, v in values.items()})
    except ValidationError as error:
        raise parameter_error(error) from error


def refuse_repeated(values: Iterable[tuple[str, Sequence[str]]]) -> None:
    """Refuse repeated parameters that are not lists.

    Raises
    ------
    ParameterError
        A parameter is repeated; the message names the first.
    """
    for name, repeated in values:
        if len(repeated) > 1 and name in SearchParameters.model_fields and name not in LISTS:
            raise ParameterError(name, "given more than once")


def parameter_error(error: ValidationError) -> ParameterError:
    """Return the error of the first wrong parameter, with what is wrong with it."""
    first = error.errors(include_url=False)[0]
    message = "there is no such parameter" if first["type"] == "extra_forbidden" else first["msg"]
    message = message.removeprefix("Value error, ")
    if first["loc"]:
        return ParameterError(str(first["loc"][0]), message)
    # A conflict between parameters begins with one's name; a body that is not an object has no field to name.
    conflict = re.match(r"\w+", message) if error.title == SearchParameters.__name__ else None
    return ParameterError(conflict[0] if conflict else "body", message)
