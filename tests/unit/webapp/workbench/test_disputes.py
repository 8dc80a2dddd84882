"""What a person writes instead of both values is read as the attribute's values are."""

from __future__ import annotations

import pytest
from werkzeug.exceptions import BadRequest

from webapp.workbench.disputes import _parse


@pytest.mark.parametrize(
    ("known", "text", "expected"),
    [("red", "15", "15"), (55, "65", 65), (14.0, "15.6", 15.6), (True, "No", False), (False, "yes", True)],
)
def test_another_value_is_of_the_attributes_kind(known: object, text: str, expected: object) -> None:
    value = _parse(known, text)  # type: ignore[arg-type]
    assert (value, type(value)) == (expected, type(expected))


@pytest.mark.parametrize(("known", "text"), [(55, "large"), (1.5, "nan"), (2, "inf"), (True, "perhaps")])
def test_what_is_not_of_that_kind_is_refused(known: object, text: str) -> None:
    with pytest.raises(BadRequest, match="other: must be"):
        _parse(known, text)  # type: ignore[arg-type]
