"""What people are asked to judge: the nearest products of each anchor by every aspect and by all, some at random."""

from __future__ import annotations

import secrets
from typing import Any

from elasticsearch import Elasticsearch

from es_mappings.product import LAYOUT
from es_mappings.stores import judgement as es_judgement
from search.navigation import Navigation
from search.parameters import SearchParameters
from search.syntax import write_anchor

NEAREST, RANDOM = 6, 6  # of each way to compare; drawn from the anchor's department


def make_pools(
    client: Elasticsearch, alias: str, search: Navigation, anchors: int, seed: int | None = None
) -> dict[str, list[str]]:
    """Draw anchors, and pool candidates for each.

    Whoever judges doesn't know which way a candidate came in, and a way that is not measured yet isn't put at a
    disadvantage by more than what none of the others found ("pooling", Spärck Jones and van Rijsbergen, 1975).
    """
    seed = secrets.randbelow(2**31) if seed is None else seed
    pools = {}
    for anchor in _random(client, alias, anchors, seed):
        found = [i for weights in _ways() for i in _nearest(search, anchor["id"], weights)]
        top = (anchor.get("category_path") or [""])[0]
        found += [p["id"] for p in _random(client, alias, RANDOM, seed, path=top, excluded=(anchor["id"],))]
        pools[anchor["id"]] = list(dict.fromkeys(found))
    return pools


def _ways() -> list[tuple[str, ...]]:
    """Return weights as a URL has them: the default, and each aspect alone."""
    alone = [tuple(f"{name}:{int(name == aspect)}" for name in LAYOUT.names) for aspect in LAYOUT.names]
    return [(), *alone]


def _nearest(search: Navigation, anchor: str, weights: tuple[str, ...]) -> list[str]:
    listing = search.listing(SearchParameters(like=(write_anchor(anchor),), weight=weights, mode="blend", size=NEAREST))
    return [hit.product["id"] for hit in listing.result.hits]


def _random(client: Elasticsearch, alias: str, size: int, seed: int, **narrowed: Any) -> list[dict[str, Any]]:
    query = es_judgement.random_products(seed, **narrowed)
    hits = client.search(index=alias, query=query, size=size, source_includes=["id", "category_path"])["hits"]["hits"]
    return [hit["_source"] for hit in hits]
