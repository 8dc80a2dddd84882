"""Pools of candidates to judge: for each anchor the nearest by each aspect and by all, and some random products."""

from __future__ import annotations

import secrets
from typing import Any

from es_mappings.product import LAYOUT
from es_mappings.stores import judgement as es_judgement
from indexer.elastic.product_index import ProductIndex
from search.parameters import SearchParameters
from search.syntax import write_anchor
from webapp.services.resilience import ResilientNavigation

NEAREST, RANDOM = 6, 6  # candidates per weighting; random candidates from the anchor's department


def make_pools(
    index: ProductIndex, navigation: ResilientNavigation, anchors: int, seed: int | None = None
) -> dict[str, list[str]]:
    """Draw anchors, and pool candidates for each.

    Judges don't see which weighting contributed a candidate. A weighting that is measured later lacks judgements only
    for candidates that no other one contributed ("pooling", Spärck Jones and van Rijsbergen, 1975).
    """
    seed = secrets.randbelow(2**31) if seed is None else seed
    pools = {}
    for anchor in _random(index, anchors, seed):
        candidates = [i for weights in _weightings() for i in _nearest(navigation, anchor["id"], weights)]
        top = (anchor.get("category_path") or [""])[0]
        candidates += [p["id"] for p in _random(index, RANDOM, seed, path=top, excluded=(anchor["id"],))]
        pools[anchor["id"]] = list(dict.fromkeys(candidates))
    return pools


def _weightings() -> list[tuple[str, ...]]:
    """Return aspect weights in URL syntax: the default, and each aspect alone."""
    alone = [tuple(f"{name}:{int(name == aspect)}" for name in LAYOUT.names) for aspect in LAYOUT.names]
    return [(), *alone]


def _nearest(navigation: ResilientNavigation, anchor: str, weights: tuple[str, ...]) -> list[str]:
    parameters = SearchParameters(like=(write_anchor(anchor),), weight=weights, mode="blend", size=NEAREST)
    listing = navigation.listing(parameters)
    return [hit.product["id"] for hit in listing.result.hits]


def _random(index: ProductIndex, size: int, seed: int, **narrowed: Any) -> list[dict[str, Any]]:
    query = es_judgement.random_products(seed, **narrowed)
    answer = index.search(query=query, size=size, source_includes=["id", "category_path"])
    return [hit["_source"] for hit in answer["hits"]["hits"]]
