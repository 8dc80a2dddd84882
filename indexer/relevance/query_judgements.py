"""Store judgements of keyword queries, pools of products to judge, and the judges' guidelines, in Elasticsearch."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from elasticsearch import ConflictError, NotFoundError
from elasticsearch.helpers import scan

from es_mappings.stores import query_judgement as es_judgement
from indexer.catalog.documents import now
from indexer.elastic.client import make_index
from indexer.elastic.product_index import ProductIndex
from indexer.errors import EditConflictError, GoldenSetError
from indexer.relevance.golden import QueryJudgement
from indexer.relevance.judgements import MOST_PAIRS

MAX_GUIDELINES = 10_000  # characters

_FIELDS = {"query", "candidate", "grade", "judge", "note"}
_GUIDELINES = """3 Exactly: just what somebody who types this wants to buy.
2 Mostly: fits, but for a detail that many would accept, such as a shade.
1 A little: of the right kind, but something that was asked for is wrong.
0 Not what is asked for.

Judge what the words ask for, not whether you like the product. Misspelt words mean what they were meant to say."""


@dataclass(frozen=True)
class Guidelines:
    """What judges follow.

    Attributes
    ----------
    number : int
        From 1 with each change; 0 for those that everybody starts with.
    """

    text: str = _GUIDELINES
    number: int = 0
    author: str = ""
    at: str = ""


class QueryJudgementStore:
    """Judgements of keyword queries of one shop: the newest of each judge, query and product."""

    def __init__(self, index: ProductIndex) -> None:
        self._client, self.index = index.client, index.store(es_judgement.KIND)

    def put(self, judgement: QueryJudgement) -> None:
        """Write a judgement, replacing the judge's earlier one of that product for that query."""
        fields = judgement.model_dump(include=_FIELDS, exclude_none=True)
        name = "\n".join((judgement.judge, judgement.query, judgement.candidate))
        document_id = hashlib.sha256(name.encode()).hexdigest()[:32]
        self._write(document_id, {"type": es_judgement.JUDGEMENT, **fields, "at": now()})

    def undo(self, judge: str) -> QueryJudgement | None:
        """Delete the judge's latest judgement and return it; None if there is none."""
        hits = self._search(query=es_judgement.of_judge(judge), size=1, sort=[{"at": "desc"}])
        if not hits:
            return None
        self._client.options(ignore_status=404).delete(index=self.index, id=hits[0]["_id"], refresh=True)
        return _read(hits[0]["_source"])

    def judged(self, judge: str) -> set[tuple[str, str]]:
        """Return the queries and products that a judge has judged, the latest `MOST_PAIRS` of them."""
        hits = self._search(query=es_judgement.of_judge(judge), size=MOST_PAIRS, sort=[{"at": "desc"}])
        return {(hit["_source"]["query"], hit["_source"]["candidate"]) for hit in hits}

    def all(self) -> Iterator[QueryJudgement]:
        """Iterate over all judgements, oldest first."""
        if self._client.indices.exists(index=self.index):
            search = {"query": es_judgement.judgements(), "sort": ["at"]}
            hits = scan(self._client, index=self.index, query=search, preserve_order=True)
            yield from (_read(hit["_source"]) for hit in hits)

    def put_pools(self, pools: Mapping[str, Sequence[str]], author: str) -> None:
        """Write the products to judge by query, replacing all earlier pools, but no judgements.

        Raises
        ------
        GoldenSetError
            There are more than `MOST_PAIRS` in total.
        """
        pairs = sum(map(len, pools.values()))
        if pairs > MOST_PAIRS:
            raise GoldenSetError(f"The pools have {pairs:,} products; at most {MOST_PAIRS:,} can be judged")
        body = {"pools": [{"query": query, "candidates": list(ids)} for query, ids in pools.items()]}
        self._write(es_judgement.POOLS, {"type": es_judgement.POOLS, "judge": author, "at": now(), "body": body})

    def pools(self) -> dict[str, list[str]]:
        """Return the products to judge by query, in the same order for all judges."""
        try:
            source = self._client.get(index=self.index, id=es_judgement.POOLS)["_source"]
        except NotFoundError:
            return {}
        return {pool["query"]: pool["candidates"] for pool in source["body"]["pools"]}

    def guidelines(self) -> Guidelines:
        """Return the guidelines as they are now."""
        hits = self._search(**es_judgement.latest_guidelines())
        if not hits:
            return Guidelines()
        source = hits[0]["_source"]
        return Guidelines(source["body"]["text"], source["number"], source["judge"], source["at"])

    def put_guidelines(self, text: str, author: str, *, expected: int) -> Guidelines:
        """Write other guidelines; earlier ones stay.

        Parameters
        ----------
        expected : int
            Number of those that the author has seen.

        Raises
        ------
        EditConflictError
            Somebody else changed them meanwhile.
        GoldenSetError
            They are empty or too long.
        """
        if not 0 < len(text.strip()) <= MAX_GUIDELINES:
            raise GoldenSetError(f"guidelines: must have from 1 to {MAX_GUIDELINES:,} characters")
        newest = self.guidelines()
        changed = Guidelines(text.strip(), newest.number + 1, author, now())
        fields = {"type": es_judgement.GUIDELINES, "judge": author, "at": changed.at, "number": changed.number}
        try:
            if newest.number != expected:
                raise EditConflictError(f"{newest.author} changed the guidelines meanwhile")
            document_id = f"{es_judgement.GUIDELINES}@{changed.number}"
            self._write(document_id, {**fields, "body": {"text": changed.text}}, op_type="create")
        except ConflictError as error:
            raise EditConflictError("somebody else changed the guidelines in the same moment") from error
        return changed

    def _write(self, document_id: str, document: dict[str, Any], **options: Any) -> None:
        """Write a document; refresh, because the next page of a judge counts it."""
        make_index(self._client, self.index, es_judgement.mapping())
        self._client.index(index=self.index, id=document_id, document=document, refresh=True, **options)

    def _search(self, **search: Any) -> list[dict[str, Any]]:
        try:
            return list(self._client.search(index=self.index, **search)["hits"]["hits"])
        except NotFoundError:
            return []


def _read(source: Mapping[str, Any]) -> QueryJudgement:
    date = dt.datetime.fromisoformat(source["at"]).date()
    return QueryJudgement(**{name: source[name] for name in _FIELDS if name in source}, date=date)
