"""Store judgements, and pools of candidates to judge, in Elasticsearch."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from elasticsearch import NotFoundError
from elasticsearch.helpers import scan

from es_mappings.stores import judgement as es_judgement
from indexer.catalog.documents import now
from indexer.elastic.client import bulk, make_index
from indexer.elastic.product_index import ProductIndex
from indexer.errors import GoldenSetError
from indexer.relevance.golden import Judgement

MOST_PAIRS = 10_000  # to judge: the most hits of one search, and more than people judge


class JudgementStore:
    """Judgements of the products behind an alias: the newest of each judge and pair."""

    def __init__(self, index: ProductIndex) -> None:
        self._client = index.client
        self.index, self.pool_index = index.store(es_judgement.KIND), index.store(es_judgement.POOLS)

    def put(self, judgement: Judgement) -> None:
        """Write a judgement, replacing the judge's earlier one of that pair."""
        make_index(self._client, self.index, es_judgement.mapping())
        document = {**judgement.model_dump(include={"anchor", "candidate", "grade", "judge"}), "at": now()}
        # refresh: the judge's progress counts it, and waiting for the next refresh would take up to a second.
        self._client.index(index=self.index, id=_id(judgement), document=document, refresh=True)

    def undo(self, judge: str) -> Judgement | None:
        """Delete the judge's latest judgement and return it; None if there is none."""
        hits = self._search(es_judgement.of_judge(judge), size=1, sort=[{"at": "desc"}])
        if not hits:
            return None
        latest = _read(hits[0]["_source"])
        self._client.options(ignore_status=404).delete(index=self.index, id=hits[0]["_id"], refresh=True)
        return latest

    def judged(self, judge: str) -> set[tuple[str, str]]:
        """Return the pairs that a judge has judged, the latest `MOST_PAIRS` of them."""
        hits = self._search(es_judgement.of_judge(judge), size=MOST_PAIRS, sort=[{"at": "desc"}])
        return {(hit["_source"]["anchor"], hit["_source"]["candidate"]) for hit in hits}

    def all(self) -> Iterator[Judgement]:
        """Iterate over all judgements, oldest first."""
        if self._client.indices.exists(index=self.index):
            self._client.indices.refresh(index=self.index)
            hits = scan(self._client, index=self.index, query={"sort": ["at"]}, preserve_order=True)
            yield from (_read(hit["_source"]) for hit in hits)

    def put_pools(self, pools: Mapping[str, Sequence[str]]) -> None:
        """Write the candidates to judge by anchor, replacing all earlier pools, but no judgements.

        Raises
        ------
        GoldenSetError
            There are more than `MOST_PAIRS` in total, or Elasticsearch refused one.
        """
        pairs = sum(map(len, pools.values()))
        if pairs > MOST_PAIRS:
            raise GoldenSetError(f"The pools have {pairs:,} pairs; at most {MOST_PAIRS:,} can be judged")
        self._client.options(ignore_status=404).indices.delete(index=self.pool_index)
        make_index(self._client, self.pool_index, es_judgement.pool_mapping())
        actions = (
            {"_index": self.pool_index, "_id": anchor, "anchor": anchor, "candidates": list(candidates)}
            for anchor, candidates in pools.items()
        )
        for failure in bulk(self._client, actions, refresh=True):
            if failure:
                raise GoldenSetError(f"{self.pool_index} refused a pool: {failure.reason}")

    def pools(self) -> dict[str, list[str]]:
        """Return the candidates to judge by anchor, in the same order for all judges."""
        try:
            answer = self._client.search(index=self.pool_index, size=MOST_PAIRS, sort=[{"anchor": "asc"}])
        except NotFoundError:
            return {}
        return {hit["_id"]: hit["_source"]["candidates"] for hit in answer["hits"]["hits"]}

    def _search(self, query: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
        try:
            return list(self._client.search(index=self.index, query=query, **more)["hits"]["hits"])
        except NotFoundError:
            return []


def _id(judgement: Judgement) -> str:
    pair = "\n".join((judgement.judge, judgement.anchor, judgement.candidate))
    return hashlib.sha256(pair.encode()).hexdigest()[:32]


def _read(source: Mapping[str, Any]) -> Judgement:
    date = dt.datetime.fromisoformat(source["at"]).date()
    return Judgement(
        anchor=source["anchor"],
        candidate=source["candidate"],
        grade=source["grade"],
        judge=source["judge"],
        date=date,
    )
