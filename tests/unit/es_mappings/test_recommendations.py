import numpy as np
import pytest

from es_mappings import Anchor, Plan
from es_mappings.anchors import query_points
from es_mappings.layout import Layout
from es_mappings.product import DEFAULT_WEIGHTS, LAYOUT
from es_mappings.queries import CARD_FIELDS, sort_by_similar
from es_mappings.recommendations import GOES_WITH, goes_with_weights, left_out, read_wanted, recommend

ONES = LAYOUT.compose({a.name: np.ones(a.dims, np.float32) for a in LAYOUT.aspects})
ANCHORS = [Anchor("a", ONES, 2.0), Anchor("b", -ONES, 1.0)]
POINTS = query_points(ANCHORS, "auto", DEFAULT_WEIGHTS, LAYOUT)


def test_what_is_owned_sold_out_or_of_the_same_kind_is_left_out() -> None:
    unwanted = [
        {"term": {"in_stock": False}},
        {"ids": {"values": ["bought", "in the bag"]}},
        {"terms": {"category_path": ["Dresses/Midi dresses"]}},
    ]
    expected = sort_by_similar({"bool": {"must_not": unwanted}}, ANCHORS, mode="auto")
    others = left_out(["bought", "in the bag"], ["Dresses/Midi dresses"])
    assert recommend(POINTS, ["a", "b"], left_out=others, size=6) == {
        **expected,
        "size": 6,
        "track_total_hits": True,
        "_source": CARD_FIELDS,
        "sort": [{"_score": "desc"}, {"id": "asc"}],
        "track_scores": True,
        "min_score": 0.5,
        "fields": ["vector"],
    }


def test_by_knn_the_unrelated_are_left_out_as_well() -> None:
    request = recommend(POINTS, ["a", "b"], plan=Plan("knn", "many", 24, 240, 1.5))
    assert request["min_score"] == 1.0  # a cosine of 0, as kNN scores it


def test_a_rail_may_be_of_one_category() -> None:
    expected = sort_by_similar(
        {"bool": {"filter": [{"term": {"category_path": "Shoes"}}], "must_not": [{"term": {"in_stock": False}}]}},
        ANCHORS,
        mode="auto",
    )
    assert recommend(POINTS, ["a", "b"], category="Shoes")["query"] == expected["query"]


def test_variants_and_what_is_sold_out_are_not_read() -> None:
    request = read_wanted(["x", "y"], left_out(["y"], styles=["halter"]))
    assert request["query"] == {
        "bool": {
            "filter": [{"ids": {"values": ["x", "y"]}}],
            "must_not": [{"term": {"in_stock": False}}, {"ids": {"values": ["y"]}}, {"terms": {"style": ["halter"]}}],
        }
    }
    assert (request["size"], request["fields"]) == (2, ["vector"])


@pytest.mark.parametrize(
    ("aspects", "expected"),
    [
        ({"look": 2, "style": 2, "color": 2, "text": 2}, {"look": 0.0, **GOES_WITH, "text": 0.0}),
        ({"look": 2, "color": 2}, {"look": 0.0, "color": 0.4}),
    ],
)
def test_across_kinds_palette_and_texture_count(aspects: dict[str, int], expected: dict[str, float]) -> None:
    assert goes_with_weights(Layout.of(aspects)) == expected
