"""Why products stand where they stand under a configuration: keywords, aspects, anchors, rules. On demand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from elasticsearch import ApiError

from es_mappings.keyword_parts import KeywordPart, by_field, explain_request, read_occurrences, term_scores
from es_mappings.results import Hit
from indexer.elastic.product_index import ProductIndex
from search.errors import ParameterError
from search.listing import Listing
from search.resolved import ResolvedSearch
from search.similarities import Match
from search.snapshots import search_in

MAX_EXPLAINED = 10  # products at a time


@dataclass(frozen=True)
class Explanation:
    """Why one product has its place.

    Attributes
    ----------
    place : int
        On the page, from 1.
    match : Match
        Similarity, and what each aspect and anchor adds to it.
    keywords : list of KeywordPart
        What each word adds to the keyword score, by field, the greatest part first.
    boosts : list of tuple
        Factors by which rules multiplied its score, each with the rule's name.
    pinned_by : str
        Name of the rule that put it there; empty if none did.
    """

    place: int
    hit: Hit
    match: Match
    keywords: list[KeywordPart]
    boosts: list[tuple[str, float]]
    pinned_by: str

    @property
    def keyword_score(self) -> float:
        """The sum of its keyword parts."""
        return sum(part.score for part in self.keywords)

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data, for programs."""
        return {
            "id": self.hit.product["id"],
            "place": self.place,
            "score": self.hit.score,
            "keywords": [vars(part) for part in self.keywords],
            "similarity": self.match.similarity,
            "why": self.match.why,
            "boosts": [{"rule": rule, "factor": factor} for rule, factor in self.boosts],
            "pinned_by": self.pinned_by,
        }


def explain(index: ProductIndex, listing: Listing, ids: Sequence[str]) -> list[Explanation]:
    """Explain products of a listing's first page, which was read with `explain`.

    Raises
    ------
    ParameterError
        There are too many, or none, or one isn't on the page.
    """
    places = {hit.product["id"]: place for place, hit in enumerate(listing.result.hits, 1)}
    if not 1 <= len(ids) <= MAX_EXPLAINED:
        raise ParameterError("id", f"from 1 to {MAX_EXPLAINED} products are explained at a time")
    if missing := [product_id for product_id in ids if product_id not in places]:
        raise ParameterError("id", f"{missing[0]!r} is not on this page any more")
    keywords = _keywords(index, listing.search, ids) if listing.search.keywords.text else {}
    return [_explanation(listing, places[i], keywords.get(i, [])) for i in dict.fromkeys(ids)]


def _explanation(listing: Listing, place: int, keywords: list[KeywordPart]) -> Explanation:
    hit, match, search = listing.result.hits[place - 1], listing.matches[place - 1], listing.search
    pinned = next((p.rule for p in search.pinned if p.hit.product["id"] == hit.product["id"]), "")
    boosts = [(rule, boost.factor) for boost, rule in search.boosts if rule in hit.rules and not pinned]
    return Explanation(place, hit, match, keywords, boosts, pinned)


def _keywords(index: ProductIndex, search: ResolvedSearch, ids: Sequence[str]) -> dict[str, list[KeywordPart]]:
    client = index.client
    answer = search_in(client, search.snapshot, explain_request(search.query, ids), "")
    scores = {hit["_id"]: term_scores(hit["_explanation"]) for hit in answer["hits"]["hits"]}
    fields = sorted({field for terms in scores.values() for term in terms for field in term.boosts})
    occurrences: dict[str, dict[str, dict[str, int]]] = {}
    if fields:
        options = dict.fromkeys(("positions", "offsets", "payloads", "field_statistics"), False)
        try:
            documents = client.mtermvectors(
                index=search.snapshot.index,
                ids=list(scores),
                fields=fields,
                **options,  # type: ignore[arg-type]
            )["docs"]
        except ApiError as error:
            if error.status_code != 404:
                raise
            documents = []  # the index was deleted just now; the words' scores are known
        occurrences = {document["_id"]: read_occurrences(document) for document in documents}
    return {product_id: by_field(terms, occurrences.get(product_id, {})) for product_id, terms in scores.items()}
