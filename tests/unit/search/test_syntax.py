import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.syntax import exchanges_of, read_anchor, read_but, read_text, write_anchor


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


def test_words_are_read_without_needless_blanks() -> None:
    assert read_text('"  red   dress "^2') == ("red dress", 2.0)


@pytest.mark.parametrize("value", ['"  "', '"\t"^2', "word " * 50])
def test_no_words_and_too_many_are_refused(value: str) -> None:
    with pytest.raises(ValueError, match=r"no words|characters"):
        read_text(value)


def test_another_color_is_written_in_one_way() -> None:
    assert read_but("in_color:Dusty-Rose") == read_but("color:Dusty-Rose") == "color:Dusty-Rose"
    with pytest.raises(ValueError, match="no colour"):
        read_but("in_color:blurple")


def test_of_several_values_of_an_attribute_the_last_counts() -> None:
    buts = [read_but(but) for but in ("sleeve:long", "cheaper", "color:red", "sleeve:cap", "code:a:b")]
    assert exchanges_of(buts) == {"sleeve": "cap", "color": "red", "code": "a:b"}


@pytest.mark.parametrize("value", ["sleeve:", ":long", "longer", ""])
def test_what_exchanges_nothing_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="attribute:value"):
        read_but(value)
