import pytest

from es_mappings.aspect_weights import CategoryWeights
from es_mappings.product import DEFAULT_WEIGHTS

OWN = CategoryWeights({"Laptops": {"look": 1.0, "color": 0.0}, "Laptops/Gaming": {"color": 2.0}})


def test_the_nearest_category_with_weights_counts() -> None:
    assert OWN.of("Laptops/Office/Small") == ("Laptops", {**DEFAULT_WEIGHTS, "look": 1.0, "color": 0.0})
    assert OWN.of("Laptops/Gaming") == ("Laptops/Gaming", {**DEFAULT_WEIGHTS, "color": 2.0})
    assert OWN.of("Laptops and more") is None
    assert OWN.of("") is None
    assert OWN.of(None) is None


def test_an_aspect_that_is_gone_is_left_aside() -> None:
    assert CategoryWeights({"A": {"smell": 1.0}}).of("A") == ("A", DEFAULT_WEIGHTS)


def test_what_is_written_is_what_is_read() -> None:
    assert CategoryWeights.from_meta({"weights": OWN.to_meta()}) == OWN
    assert CategoryWeights.from_meta({}) == CategoryWeights()


def test_weights_are_set_and_taken_back() -> None:
    changed = OWN.having("Dresses", {"look": 3.0})
    assert list(changed.by_path) == ["Dresses", "Laptops", "Laptops/Gaming"]
    assert changed.having("Dresses", None) == OWN


@pytest.mark.parametrize(
    ("weights", "why"),
    [
        ({"smell": 1.0}, "no aspect 'smell'"),
        ({"look": -1.0}, "from 0 to 100"),
        ({"look": float("nan")}, "from 0 to 100"),
        (dict.fromkeys(DEFAULT_WEIGHTS, 0.0), "at least one"),
    ],
)
def test_weights_that_can_not_be_counted_with(weights: dict[str, float], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        OWN.having("Dresses", weights)
