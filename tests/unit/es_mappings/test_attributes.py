import pytest

from es_mappings.attributes import read_number


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (5, 5.0),
        ("47.5", 47.5),
        (" -3 ", -3.0),
        ("1e3", 1000.0),
        (1e12, 1e12),
        (1e13, None),  # an article number
        ("12e306", None),
        (float("nan"), None),
        (float("inf"), None),
        (10**400, None),
        (True, None),
        ("47 in", None),
        ("", None),
        (["5"], None),
    ],
)
def test_a_number_is_what_a_slider_can_span(value: object, number: float | None) -> None:
    assert read_number(value) == number
