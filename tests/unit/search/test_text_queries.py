import pytest

from search.errors import ParameterError
from search.parameters import SearchParameters
from search.reading import read_parameters
from search.text_queries import replaced


def test_meaning_takes_the_words_and_keeps_the_filters() -> None:
    asked = SearchParameters(q="frock 2^3", category="Dresses", filter=("color:red",), sort="price", like=("a",))
    instead = replaced(asked, "meaning")
    assert (instead.q, instead.text_anchor, instead.order) == ("", ("frock 2^3", 1.0), "similar")
    assert (instead.category, instead.filter, instead.like) == (asked.category, asked.filter, asked.like)


def test_without_a_worker_the_words_are_keywords() -> None:
    instead = replaced(SearchParameters(text="long dress^2", price_max=50), "keywords")
    assert (instead.q, instead.text, instead.price_max) == ("long dress", "", 50)
    assert replaced(instead, "") == instead


@pytest.mark.parametrize("text", ["x" * 201, "long dress^0", "long dress^101"])
def test_a_text_that_is_too_long_or_weighs_nothing_is_refused(text: str) -> None:
    with pytest.raises(ParameterError, match="text"):
        read_parameters({"text": [text]})


def test_a_text_is_an_anchor() -> None:
    assert SearchParameters(text=" long   dress ").text_anchor == ("long dress", 1.0)
    assert SearchParameters(text="longer").order == "similar"
