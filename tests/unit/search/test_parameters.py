import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from es_mappings.facets import Filters
from es_mappings.product import DEFAULT_WEIGHTS
from search.errors import ParameterError
from search.parameters import SearchParameters
from search.reading import read_parameters


def _read(*pairs: tuple[str, str]) -> SearchParameters:
    return read_parameters(dict(MultiDict(pairs).lists()))


def test_everything() -> None:
    parameters = _read(
        ("q", " red dress "), ("category", "Dresses"), ("filter", "color:red"), ("filter", "brand:Marlowe"),
        ("filter", "note:a:b"), ("price_min", "10"), ("price_max", ""), ("in_stock", "true"), ("like", "a"),
        ("like", "b^2.5"), ("dislike", "c"), ("mode", "every"), ("weight", "look:3"), ("size", "5"),
    )  # fmt: skip
    assert parameters.q == "red dress"
    assert parameters.filters == Filters(
        "Dresses", (("brand", "Marlowe"),), (("color", "red"), ("note", "a:b")), price_min=10.0, in_stock=True
    )
    assert parameters.anchors == {"a": 1.0, "b": 2.5, "c": -1.0}
    assert parameters.order == "similar"


def test_sorted_by_relevance_until_something_is_liked() -> None:
    assert _read().order == "relevance"
    assert _read(("like", "a")).order == "similar"
    assert _read(("like", "a"), ("sort", "price")).order == "price"


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("sort", "beauty", "Input should be 'relevance', 'price', '-price', 'newest' or 'similar'"),
        ("mode", "none", "Input should be 'blend', 'every', 'any' or 'auto'"),
        ("filter", "red", "'red' is not name:value"),
        ("filter", ":red", "':red' is not name:value"),
        ("filter", "attribute.:red", "'attribute.:red' is not name:value"),
        ("filter", "screen_size_in:40..wide", "'40..wide' is no range of numbers, such as 40..55, 40.. or ..55"),
        ("filter", "screen_size_in:..", "'..' is no range of numbers"),
        ("filter", "screen_size_in:40..1e999", "'40..1e999' is no range of numbers"),
        ("filter", "attribute.weight_kg:3..2", "'3..2' ends before it starts"),
        ("price_min", "cheap", "valid number"),
        ("price_min", "nan", "finite number"),
        ("price_max", "-1", "greater than or equal to 0"),
        ("dislike", "", "is not a product id"),
        ("like", "a^0", "must be above 0"),
        ("like", "a^1.2.3", "is not a number"),
        ("but", "uglier", "none of cheaper, in_stock, other_brand, attribute:value and in_color:COLOUR"),
        ("but", "in_color:rde", "no colour: use #rrggbb, or a name such as red"),
        ("but", "in_color:#12", "no colour"),
        ("metric", "taxi", "Input should be 'cosine', 'euclidean' or 'manhattan'"),
        ("relevance", "1.5", "less than or equal to 1"),
        ("strategy", "guess", "Input should be 'auto', 'exact' or 'rescore'"),
        ("explain", "perhaps", "valid boolean"),
        ("weight", "look", "'look' is not aspect:number"),
        ("weight", "look:nan", "must be from 0 to 100"),
        ("weight", "look:-1", "must be from 0 to 100"),
        ("weight", "smell:1", "there is no aspect 'smell'; the aspects are look, style"),
        ("size", "0", "greater than or equal to 1"),
        ("size", "101", "less than or equal to 100"),
        ("q", "x" * 201, "at most 200 characters"),
        ("colour", "red", "there is no such parameter"),
    ],
)
def test_what_is_wrong_is_named(name: str, value: str, why: str) -> None:
    with pytest.raises(ParameterError) as error:
        _read((name, value))
    assert error.value.parameter == name
    assert why in error.value.detail


def test_weights_of_which_none_counts() -> None:
    with pytest.raises(ParameterError, match="at least one aspect"):
        _read(*[("weight", f"{name}:0") for name in DEFAULT_WEIGHTS])


def test_more_likes_than_fifty() -> None:
    with pytest.raises(ParameterError, match="like"):
        _read(*[("like", str(i)) for i in range(51)])
    with pytest.raises(ParameterError, match="more than 50"):
        _read(*[("like", str(i)) for i in range(30)], *[("dislike", f"d{i}") for i in range(30)])


def test_a_parameter_given_twice() -> None:
    with pytest.raises(ParameterError, match="more than once"):
        _read(("q", "a"), ("q", "b"))


def test_a_listing_is_named_whatever_the_page() -> None:
    assert _read(("q", "a"), ("size", "5"), ("cursor", "x")).fingerprint == _read(("q", "a")).fingerprint
    assert _read(("q", "a")).fingerprint != _read(("q", "b")).fingerprint


@pytest.mark.parametrize("pair", [("mode", "auto"), ("strategy", "auto"), ("relevance", "0")])
def test_a_default_that_was_chosen_stays_chosen(pair: tuple[str, str]) -> None:
    chosen, left_open = _read(("q", "a"), pair), _read(("q", "a"))
    assert chosen.to_query() == [("q", "a"), pair]
    assert left_open.to_query() == [("q", "a")]
    # A configuration that says otherwise makes two listings of them, whose pages don't lead on from one another.
    assert chosen.fingerprint != left_open.fingerprint


@given(st.lists(st.tuples(st.sampled_from(sorted(SearchParameters.model_fields)), st.text(max_size=40)), max_size=6))
def test_no_query_string_breaks_it(pairs: list[tuple[str, str]]) -> None:
    try:
        parameters = _read(*pairs)
    except ParameterError as error:
        named = error.parameter
    else:
        named = "q"
        again = _read(*parameters.to_query())
        assert again.fingerprint == parameters.fingerprint
    assert named in SearchParameters.model_fields


@pytest.mark.parametrize(
    ("pairs", "parameter"),
    [
        ([("group", "true"), ("strategy", "rescore")], "group"),
        ([("min_match", "50"), ("metric", "euclidean")], "min_match"),
        ([("images", "any"), ("strategy", "rescore")], "images"),
        ([("like", str(i)) for i in range(30)] + [("dislike", f"d{i}") for i in range(30)], "like"),
    ],
)
def test_a_conflict_names_one_of_its_parameters(pairs: list[tuple[str, str]], parameter: str) -> None:
    with pytest.raises(ParameterError) as error:
        _read(*pairs)
    assert error.value.parameter == parameter
