from dataclasses import replace

import numpy as np
import pytest

from es_mappings.anchors import Anchor
from es_mappings.aspect_weights import CategoryWeights
from es_mappings.product import DEFAULT_WEIGHTS, LAYOUT, TEXT_WEIGHTS
from search.anchors import Anchors
from search.aspect_weights import weights_of
from search.parameters import SearchParameters

BY_CATEGORY = CategoryWeights({"Laptops": {"look": 0.1}, "TVs": {"look": 2.0, "color": 0.0}})
LAPTOP, TV = {**DEFAULT_WEIGHTS, "look": 0.1}, {**DEFAULT_WEIGHTS, "look": 2.0, "color": 0.0}


def _anchors(**weights: float) -> Anchors:
    """Return anchors named after their categories."""
    usable = [Anchor(name, np.ones(LAYOUT.dims, np.float32), weight) for name, weight in weights.items()]
    return Anchors(usable, {name: {"id": name, "category_path": [name, f"{name}/Large"]} for name in weights}, [])


@pytest.mark.parametrize(
    ("parameters", "expected", "whose"),
    [
        ({}, DEFAULT_WEIGHTS, "default"),
        ({"category": "Toys"}, DEFAULT_WEIGHTS, "default"),
        ({"category": "Laptops/Gaming laptops"}, LAPTOP, "Laptops"),
        ({"category": "Laptops", "weight": ("look:3",)}, {**DEFAULT_WEIGHTS, "look": 3.0}, "request"),
    ],
)
def test_weights_are_as_requested_else_the_category_s_own_else_the_default(
    parameters: dict[str, object], expected: dict[str, float], whose: str
) -> None:
    found = weights_of(SearchParameters.model_validate(parameters), BY_CATEGORY, _anchors())
    assert (found.weights, found.weights_of) == (expected, whose)


def test_words_alone_have_weights_of_their_own_and_beside_likes_those_of_the_likes() -> None:
    words = Anchor("words", np.ones(LAYOUT.dims, np.float32), is_text=True)
    alone = Anchors([words], {"words": {"id": "words"}}, [])
    for category in ("", "Laptops"):
        found = weights_of(SearchParameters(category=category), BY_CATEGORY, alone)
        assert (found.weights, found.weights_of) == (TEXT_WEIGHTS, "text")
    likes = _anchors(Laptops=1.0)
    found = weights_of(
        SearchParameters(), BY_CATEGORY, Anchors([*likes.usable, words], likes.products | alone.products, [])
    )
    assert (found.weights, found.weights_of) == (LAPTOP, "Laptops")


def test_likes_bring_the_weights_of_their_category() -> None:
    found = weights_of(SearchParameters(), BY_CATEGORY, _anchors(Laptops=1.0, Toys=-1.0))
    assert (found.weights, found.weights_of) == (LAPTOP, "Laptops")


def test_likes_of_several_categories_have_their_own_weights_each() -> None:
    found = weights_of(SearchParameters(), BY_CATEGORY, _anchors(Laptops=1.0, TVs=1.0, Toys=1.0))
    assert [anchor.aspect_weights for anchor in found.anchors.usable] == [LAPTOP, TV, DEFAULT_WEIGHTS]
    assert found.weights_of == "Laptops, TVs, default"
    shares = [weights["color"] / sum(weights.values()) for weights in (LAPTOP, TV, DEFAULT_WEIGHTS)]
    assert found.weights["color"] == pytest.approx(sum(shares) / 3)


def test_weights_of_a_request_count_for_every_like() -> None:
    found = weights_of(SearchParameters(weight=("look:3",)), BY_CATEGORY, _anchors(Laptops=1.0, TVs=1.0))
    assert [anchor.aspect_weights for anchor in found.anchors.usable] == [None, None]


def test_what_was_exchanged_counts_as_much_as_all_the_rest_unless_weighed() -> None:
    rest = sum(weight for name, weight in DEFAULT_WEIGHTS.items() if name != "color")
    exchanged = replace(_anchors(), led_by="color")
    found = weights_of(SearchParameters(), CategoryWeights(), exchanged)
    assert found.weights == {**DEFAULT_WEIGHTS, "color": rest}
    weighed = SearchParameters(weight=("color:0.2",))
    assert weights_of(weighed, CategoryWeights(), exchanged).weights == {**DEFAULT_WEIGHTS, "color": 0.2}

    [tv] = weights_of(SearchParameters(), BY_CATEGORY, replace(_anchors(TVs=1.0), led_by="color")).anchors.usable
    assert tv.aspect_weights == {**TV, "color": sum(TV.values())}
