"""How people name what is saved."""

from __future__ import annotations

import re

from indexer.errors import RelevanceError


def read_name(text: str) -> tuple[str, int | None]:
    """Read how a person names a thing, or one of its versions: ``NAME``, or ``NAME@NUMBER``.

    Raises
    ------
    RelevanceError
        What follows the ``@`` is no number.
    """
    name, at, number = text.partition("@")
    if not at:
        return name, None
    if not re.fullmatch(r"[0-9]{1,9}", number):  # not isdigit: "²" is a digit, but no number
        raise RelevanceError(f"{text!r} is not NAME or NAME@NUMBER")
    return name, int(number)
