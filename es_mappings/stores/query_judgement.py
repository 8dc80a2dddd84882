"""Judgements of keyword queries, what is to be judged, and the guidelines that judges follow: in one index."""

from __future__ import annotations

from typing import Any

KIND = "query-judgements"  # in the index's name

JUDGEMENT, POOLS, GUIDELINES = "judgement", "pools", "guidelines"  # types of documents

Query = dict[str, Any]


def mapping() -> dict[str, Any]:
    """Build the mapping of the index.

    A judgement is one document per judge, query and product. All pools are one document, replaced as a whole.
    Guidelines are only added: their ``_id`` is ``guidelines@NUMBER``, so that two people can't write the same state.
    """
    return {
        "dynamic": "strict",
        "properties": {
            "type": {"type": "keyword"},
            "query": {"type": "keyword"},
            "candidate": {"type": "keyword"},
            "grade": {"type": "byte"},
            "judge": {"type": "keyword"},  # who wrote it
            "note": {"type": "text", "index": False},
            "at": {"type": "date"},
            "number": {"type": "integer"},
            "body": {"type": "object", "enabled": False},
        },
    }


def of_judge(judge: str) -> Query:
    """Match what a judge has judged."""
    return {"bool": {"filter": [{"term": {"type": JUDGEMENT}}, {"term": {"judge": judge}}]}}


def judgements() -> Query:
    """Match all judgements."""
    return {"bool": {"filter": [{"term": {"type": JUDGEMENT}}]}}


def latest_guidelines() -> dict[str, Any]:
    """Build the search for the newest guidelines."""
    query = {"bool": {"filter": [{"term": {"type": GUIDELINES}}]}}
    return {"query": query, "sort": [{"number": "desc"}], "size": 1, "track_total_hits": False}
