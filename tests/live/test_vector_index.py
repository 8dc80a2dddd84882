"""Each structure that vectors can be kept in serves listings, and is widened where it finds too few."""

import secrets
from collections.abc import Iterator
from typing import get_args

import numpy as np
import pytest
from elasticsearch import Elasticsearch
from elasticsearch.helpers import bulk, pack_dense_vector

from es_mappings import planner
from es_mappings.product import LAYOUT
from es_mappings.vector_index import VectorIndexType
from indexer.elastic.product_index import ProductIndex
from indexer.settings import Settings
from search.cursors import Cursors
from search.navigation import Navigation
from search.parameters import SearchParameters
from workers import housekeeping, resources
from workers.queues.handle import Queues

PRODUCTS = 600


@pytest.fixture(params=get_args(VectorIndexType))
def index(request: pytest.FixtureRequest, settings: Settings, client: Elasticsearch) -> Iterator[ProductIndex]:
    """Return an index of one structure, with random vectors."""
    index = ProductIndex(client, f"{settings.index_name}-v{secrets.token_hex(2)}", vector_index=request.param)
    index.ensure()
    random = np.random.default_rng(8)
    parts = [{a.name: random.normal(size=a.dims).astype(np.float32) for a in LAYOUT.aspects} for _ in range(PRODUCTS)]
    actions = (
        {"_index": index.alias, "_id": f"p{n}", "id": f"p{n}", "title": "A", "vector": pack_dense_vector(vector)}
        for n, vector in enumerate(map(LAYOUT.compose, parts))
    )
    bulk(client, actions, refresh=True)
    yield index
    client.indices.delete(index=index.live())


@pytest.fixture
def queues(index: ProductIndex, settings: Settings) -> Iterator[Queues]:
    """Return the queues of a shop of that index, where nothing was counted."""
    with Queues.open(settings.model_copy(update={"index_name": index.alias})) as queues:
        yield queues


def test_products_of_a_category_lie_next_to_each_other(settings: Settings, client: Elasticsearch) -> None:
    index = ProductIndex(client, f"{settings.index_name}-v{secrets.token_hex(2)}")
    index.ensure()
    paths = [["Shoes", "Shoes/Boots"], ["Dresses"], ["Shoes", "Shoes/Sandals"], [], ["Shoes", "Shoes/Boots"]]
    pictures = [{"image": "a.jpg"}, {"image": "b.jpg"}]  # documents of their own, which sort with their product
    actions = [
        {"_index": index.alias, "_id": str(n), "category_path": p, "pictures": pictures} for n, p in enumerate(paths)
    ]
    bulk(client, actions, refresh=True)
    stored = client.search(index=index.alias, sort=["_doc"])["hits"]["hits"]
    assert [hit["_id"] for hit in stored] == ["1", "0", "4", "2", "3"]
    client.indices.delete(index=index.live())


def test_each_structure_serves_listings_and_is_widened_where_it_finds_too_few(
    index: ProductIndex, queues: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = planner.Thresholds(exact_matches=100)
    monkeypatch.setattr(planner, "Thresholds", lambda: few)
    navigation = Navigation(index, Cursors("secret"))
    ways = [SearchParameters(like=("p1",), strategy=way) for way in ("auto", "exact")]
    by_neighbours, exact = (navigation.listing(way) for way in ways)
    assert (by_neighbours.plan.strategy, exact.plan.strategy) == ("knn", "exact")
    first, nearest = ([hit.product["id"] for hit in listing.result.hits] for listing in (by_neighbours, exact))
    assert len(set(first) & set(nearest)) >= 22  # of 24
    assert by_neighbours.result.total == exact.result.total == PRODUCTS - 1

    monkeypatch.setattr(resources, "index", lambda: index)
    monkeypatch.setattr(resources, "queues", lambda: queues)
    monkeypatch.setattr(housekeeping, "_OBJECTIVE", 1.01)  # which nothing reaches
    widths = []
    for _ in range(4):
        assert (housekeeping.sample_recall() or 0) > 0.9
        widths.append(queues.counters.read()["search_width", ""])
    assert widths == [1, 1, 2, 2]  # after three low samples; a fourth begins to count anew
    later = Navigation(index, Cursors("secret")).listing(ways[0])
    assert later.plan.num_candidates == 2 * by_neighbours.plan.num_candidates
