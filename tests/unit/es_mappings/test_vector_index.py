from typing import get_args

import pytest

from es_mappings import planner, product
from es_mappings.vector_index import SearchWidth, VectorIndexType


@pytest.mark.parametrize("kind", get_args(VectorIndexType))
def test_an_index_says_what_it_keeps_vectors_in(kind: VectorIndexType) -> None:
    mapping = product.mapping("space", kind)
    assert mapping["properties"]["vector"]["index_options"] == {"type": kind}
    assert SearchWidth.from_meta(mapping["_meta"]) == SearchWidth(kind)


def test_an_index_that_says_nothing_is_of_the_default_type() -> None:
    assert SearchWidth.from_meta({"space": "x"}) == SearchWidth("int8_flat", 1.0)


def test_an_index_is_searched_more_widely_step_by_step_up_to_what_elasticsearch_takes() -> None:
    width = SearchWidth("int8_hnsw")
    widths = [(width.num_candidates, width.oversample)]
    while not width.is_greatest:
        width = SearchWidth.from_meta({"vectors": width.wider().to_meta()})
        widths.append((width.num_candidates, width.oversample))
    assert widths[:3] == [(500, 1.5), (1_000, 3.0), (2_000, 6.0)]
    assert widths[-1] == (10_000, 10.0)


def test_the_planner_searches_as_widely_as_the_index_needs() -> None:
    assert planner.Thresholds().searched(SearchWidth()) == planner.Thresholds()
    wide = planner.Thresholds().searched(SearchWidth("int8_hnsw", 2))
    plan = planner.plan(matched=9_000, indexed=9_000, thresholds=wide)
    assert (plan.strategy, plan.k, plan.num_candidates, plan.oversample) == ("knn", 240, 1_000, 3.0)
