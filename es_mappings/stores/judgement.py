"""Judgements from the judging page, one document per judge and pair, and the pools of candidates to judge."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

KIND = "judgements"  # in the index's name
POOLS = "pools"

Query = dict[str, Any]


def mapping() -> dict[str, Any]:
    """Build the mapping of the index of judgements."""
    return {
        "dynamic": "strict",
        "properties": {
            "anchor": {"type": "keyword"},
            "candidate": {"type": "keyword"},
            "grade": {"type": "byte"},
            "judge": {"type": "keyword"},
            "at": {"type": "date"},
        },
    }


def pool_mapping() -> dict[str, Any]:
    """Build the mapping of the index of pools; a document's ``_id`` is the anchor's id."""
    return {
        "dynamic": "strict",
        "properties": {
            "anchor": {"type": "keyword"},
            "candidates": {"type": "keyword", "index": False, "doc_values": False},
        },
    }


def of_judge(judge: str) -> Query:
    """Match what a judge has judged."""
    return {"bool": {"filter": [{"term": {"judge": judge}}]}}


def random_products(seed: int, *, path: str = "", excluded: Sequence[str] = ()) -> Query:
    """Match products that have a vector in random order, the same for the same seed.

    Parameters
    ----------
    path : str
        Only products of this category path.
    """
    query: Query = {
        "bool": {
            "filter": [
                {"term": {"embedding.status": "done"}},
                *([{"term": {"category_path": path}}] if path else []),
            ],
            "must_not": [{"ids": {"values": list(excluded)}}],
        }
    }
    return {
        "function_score": {"query": query, "random_score": {"seed": seed, "field": "_seq_no"}, "boost_mode": "replace"}
    }
