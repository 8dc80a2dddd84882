import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.syntax import read_anchor, write_anchor


@pytest.mark.parametrize(
    ("written", "product_id", "weight"),
    [
        ("a", "a", 1.0),
        ("a^2.5", "a", 2.5),
        ("a^b", "a^b", 1.0),
        ("a^b^2", "a^b", 2.0),
        ('"A^2"', "A^2", 1.0),
        ('"A^2"^0.5', "A^2", 0.5),
        ('"a^0"', "a^0", 1.0),
        ('15"', '15"', 1.0),
    ],
)
def test_an_id_is_quoted_where_its_end_would_be_read_as_a_weight(written: str, product_id: str, weight: float) -> None:
    assert read_anchor(written) == (product_id, weight)
    assert write_anchor(product_id, weight) == written


@given(st.text(min_size=1, max_size=200), st.sampled_from([1.0, 0.25, 2.0, 100.0]))
def test_whatever_the_id_what_is_written_is_read_back(product_id: str, weight: float) -> None:
    assert read_anchor(write_anchor(product_id, weight)) == (product_id, weight)


@pytest.mark.parametrize("value", ["", "a^0", "a^101", "a^1.2.3"])
def test_what_is_no_anchor_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match=r"weight|product id"):
        read_anchor(value)
