"""What each word adds to a product's keyword score, and through which fields: read from Elasticsearch's explanation.

``combined_fields`` scores a word by its occurrences in all fields together (BM25F: each occurrence counts as often as
its field's boost), so the explanation names no field's part. A word's score is shared out by boost times occurrences,
which are read from the product's term vectors.

References
----------
Robertson and Zaragoza, "The probabilistic relevance framework: BM25 and beyond", 2009, 3.6.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from es_mappings.queries import Query

Explained = Mapping[str, Any]

_COMBINED = re.compile(r"weight\(\w*CombinedFieldQuery\(\((?P<fields>[^()]*)\)\((?P<terms>.*)\)\) in \d+\)")
_SINGLE = re.compile(r"weight\((?P<field>[\w.]+):(?P<term>.+) in \d+\)")
_MAX_LENGTH = 80  # of a description that is none of these


@dataclass(frozen=True)
class TermScore:
    """What a word adds, over all fields.

    Attributes
    ----------
    term : str
        As it is analysed: ``dress`` for dresses.
    boosts : mapping of str to float
        Each field that it is searched in, with its boost; empty for what isn't a word of a text field.
    """

    term: str
    boosts: Mapping[str, float]
    score: float


@dataclass(frozen=True)
class KeywordPart:
    """What a word adds by its occurrences in one field.

    Attributes
    ----------
    field : str
        Empty where it isn't known, or there is none.
    occurrences : int
        Of the word in the field.
    score : float
        Its part of the keyword score.
    """

    term: str
    field: str
    boost: float
    occurrences: int
    score: float


def explain_request(query: Query, ids: Sequence[str]) -> dict[str, Any]:
    """Build the search that explains how products score by a query."""
    by_ids = {"bool": {"must": [query], "filter": [{"ids": {"values": list(ids)}}]}}
    return {"query": by_ids, "explain": True, "size": len(ids), "_source": False, "track_total_hits": False}


def term_scores(explanation: Explained) -> list[TermScore]:
    """Return what each word adds to the score, in the explanation's order: of alternatives, the one that counts."""
    return list(_terms(explanation))


def by_field(scores: Sequence[TermScore], occurrences: Mapping[str, Mapping[str, int]]) -> list[KeywordPart]:
    """Share each word's score out to the fields it occurs in, the greatest part first.

    Parameters
    ----------
    occurrences : mapping
        Field to analysed word to how often the product has it there.
    """
    parts: list[KeywordPart] = []
    for term in scores:
        found = {field: count for field in term.boosts if (count := _count(term.term, occurrences.get(field, {})))}
        whole = sum(term.boosts[field] * count for field, count in found.items())
        if not whole:
            parts.append(KeywordPart(term.term, "", 1.0, 0, term.score))
            continue
        for field, count in found.items():
            boost = term.boosts[field]
            parts.append(KeywordPart(term.term, field, boost, count, term.score * boost * count / whole))
    return sorted(parts, key=lambda part: -round(part.score, 6))  # equal ones in the explanation's order


def read_occurrences(answer: Mapping[str, Any]) -> dict[str, dict[str, int]]:
    """Read how often each word occurs in each field, from one document's term vectors."""
    fields: Mapping[str, Any] = answer.get("term_vectors", {})
    return {name: {t: int(v["term_freq"]) for t, v in field["terms"].items()} for name, field in fields.items()}


def _terms(node: Explained) -> Iterator[TermScore]:
    description, below = str(node["description"]), node.get("details", [])
    score = float(node["value"])
    if not score:
        return  # a filter
    if found := _COMBINED.match(description):
        yield TermScore(found["terms"], dict(map(_boosted, found["fields"].split())), score)
    elif found := _SINGLE.match(description):
        yield TermScore(found["term"], {found["field"]: 1.0}, score)
    elif description.startswith("max of") and below:
        yield from _terms(max(below, key=lambda alternative: float(alternative["value"])))
    elif description.startswith("sum of"):
        for part in below:
            yield from _terms(part)
    else:
        yield TermScore(description[:_MAX_LENGTH], {}, score)


def _boosted(field: str) -> tuple[str, float]:
    name, _, boost = field.partition("^")
    return name, float(boost or 1)


def _count(terms: str, counts: Mapping[str, int]) -> int:
    return sum(counts.get(term, 0) for term in terms.split())
