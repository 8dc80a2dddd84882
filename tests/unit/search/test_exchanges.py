"""Attribute exchanges: what the likes are moved by, and what products must have."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from es_mappings.anchors import Anchor
from es_mappings.aspect_weights import CategoryWeights
from es_mappings.facets import Filters
from es_mappings.layout import Layout, Vector
from es_mappings.vector_index import SearchWidth
from indexer.spaces.vector_space import VectorSpace
from search import exchanges
from search.anchors import Anchors
from search.snapshots import Snapshot, VectorMeaning

LAYOUT = Layout.of({"look": 3, "color": 16})
MEANING = VectorMeaning("space", LAYOUT, None, CategoryWeights(), SearchWidth())
BY_FACET = {"sleeve:long": [0.6, 0.8, 0.0], "sleeve:short": [0.6, 0.0, 0.8], "color:red": [0.0, 1.0, 0.0]}
SHORT = {"id": "a", "effective": {"sleeve": "short", "color": "blue"}}


def _vector(*look: float) -> Vector:
    return np.array([*look, *[0.0] * 16], np.float32)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Answer each request with two products of its facet's mean vector; return the requests."""
    requests: list[dict[str, Any]] = []

    def search(_: object, __: object, bodies: Sequence[dict[str, Any]], ___: str) -> list[dict[str, Any]]:
        requests.extend(bodies)
        return [{"hits": {"hits": _hits(body)}} for body in bodies]

    monkeypatch.setattr(exchanges, "search_each_in", search)
    return requests


def _hits(body: dict[str, Any]) -> list[dict[str, Any]]:
    bool_ = body["query"]["bool"]
    found = [clause["term"]["facets"]["value"] for clause in bool_["filter"] if "facets" in clause.get("term", {})]
    if "must_not" in bool_:
        found = ["sleeve:short"]
    return [{"_source": {"vector": _vector(*BY_FACET[key]).tolist()}} for key in found if key in BY_FACET] * 2


def _exchanges() -> exchanges.Exchanges:
    class Index:
        client = None

    space = VectorSpace({}, {}, LAYOUT)
    return exchanges.Exchanges(Index(), lambda _: space)  # type: ignore[arg-type]


def _apply(anchors: Anchors, **wanted: str) -> Anchors:
    return _exchanges().apply(wanted, anchors, Snapshot("shop", ""), MEANING, "")


def _anchors(product: dict[str, Any] = SHORT) -> Anchors:
    return Anchors([Anchor("a", _vector(0.6, 0.0, 0.8), department="Dresses")], {"a": product}, [])


def test_a_like_is_moved_from_its_own_value_to_the_new_one(asked: list[dict[str, Any]]) -> None:
    found = _apply(_anchors(), sleeve="long")
    np.testing.assert_allclose(found.usable[0].vector, _vector(0.6, 0.8, 0.0), atol=1e-6)  # the rest stays
    assert found.exchanged == (("sleeve", "long"),)
    assert found.led_by == "attributes"
    assert not found.warnings
    assert all("Dresses" in str(body["query"]["bool"]["filter"]) for body in asked), "compared within the department"


@pytest.mark.parametrize("product", [{"id": "a"}, {"id": "a", "effective": {"sleeve": ["short", "cap"]}}])
def test_a_like_without_one_known_value_is_moved_from_all_others(
    asked: list[dict[str, Any]], product: dict[str, Any]
) -> None:
    found = _apply(_anchors(product), sleeve="long")
    np.testing.assert_allclose(found.usable[0].vector, _vector(0.6, 0.8, 0.0), atol=1e-6)
    [others] = [body["query"]["bool"] for body in asked if "must_not" in body["query"]["bool"]]
    assert others["must_not"] == Filters(attributes=(("sleeve", "long"),)).clauses()
    assert {"prefix": {"facets": "sleeve:"}} in others["filter"]


@pytest.mark.usefixtures("asked")
def test_a_value_that_nothing_has_is_said_and_lists_nothing() -> None:
    found = _apply(_anchors(), sleeve="trailing")
    assert found.exchanged == (("sleeve", "trailing"),)
    assert [str(warning) for warning in found.warnings] == ["No product here has sleeve: trailing."]
    np.testing.assert_array_equal(found.usable[0].vector, _anchors().usable[0].vector)


@pytest.mark.usefixtures("asked")
def test_a_color_that_nothing_is_labelled_with_is_exchanged_in_the_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    part = np.eye(16, dtype=np.float32)[0]
    monkeypatch.setattr(exchanges, "color_part", lambda *_: part)
    found = _apply(_anchors(), color="#b3202f")
    np.testing.assert_array_equal(found.usable[0].vector[3:], part)
    assert found.led_by == "color"
    assert not found.exchanged, "no product must be labelled with a code"
    assert _apply(_anchors(), color="red").exchanged == (("color", "red"),), "labelled: filtered by"


def test_many_likes_of_many_values_read_no_more_products_than_one_search_may(asked: list[dict[str, Any]]) -> None:
    products = {f"p{n}": {"id": f"p{n}", "effective": {"sleeve": f"kind {n}"}} for n in range(50)}
    likes = [Anchor(name, _vector(1.0, 0.0, 0.0), department=f"department of {name}") for name in products]
    _apply(Anchors(likes, products, []), sleeve="long")
    assert len(asked) == 100
    assert sum(body["size"] for body in asked) <= 4_000


def test_what_a_snapshot_says_is_read_once(asked: list[dict[str, Any]]) -> None:
    shop, wanted = _exchanges(), {"sleeve": "long"}
    first = shop.apply(wanted, _anchors(), Snapshot("shop", "noon"), MEANING, "")
    read = len(asked)
    again = shop.apply(wanted, _anchors(), Snapshot("shop", "noon"), MEANING, "")
    np.testing.assert_array_equal(again.usable[0].vector, first.usable[0].vector)
    assert len(asked) == read
    shop.apply(wanted, _anchors(), Snapshot("shop", "one second past noon"), MEANING, "")
    assert len(asked) == 2 * read
    for _ in range(2):  # without a point in time, products may change between two reads
        shop.apply(wanted, _anchors(), Snapshot("shop", ""), MEANING, "")
    assert len(asked) == 4 * read


def test_without_likes_nothing_is_exchanged(asked: list[dict[str, Any]]) -> None:
    disliked = Anchors([Anchor("a", _vector(1.0, 0.0, 0.0), -1.0)], {"a": SHORT}, [])
    assert _apply(disliked, sleeve="long") == disliked
    assert not asked


@pytest.mark.usefixtures("asked")
def test_what_the_likes_share_apart_from_the_exchange_is_kept() -> None:
    shown = {"effective": {"sleeve": "short", "color": "blue", "lined": True, "sizes": ["S"], "note": "x" * 101}}
    assert _apply(_anchors({"id": "a", **shown}), sleeve="long").kept == (("color", "blue"), ("lined", "true"))
    # Where it is known what pictures show, that alone.
    seen = {"predicted": {"color": {"value": "blue"}, "sleeve": {"value": "short"}}}
    assert _apply(_anchors({"id": "a", **shown, **seen}), sleeve="long").kept == (("color", "blue"),)
    two = Anchors(
        [Anchor(name, _vector(0.6, 0.0, 0.8), department="Dresses") for name in ("a", "b")],
        {"a": {"id": "a", **shown}, "b": {"id": "b", "effective": {"color": "red", "lined": True}}},
        [],
    )
    assert _apply(two, sleeve="long").kept == (("lined", "true"),)
