"""A shopper's keywords, as a scoring clause. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Query = dict[str, Any]

# The fields that keywords are searched in, and their weights. combined_fields takes a shopper's input as plain words:
# no operator, bracket or wildcard has a meaning, so there is no query syntax to break or abuse.
KEYWORD_FIELDS = ["title^4", "category^2", "brand.text^2", "facets.text", "description"]

# The words of all keyword fields as they are written, unstemmed, from which spelling is corrected.
SPELLING_FIELD = "words"

_CORRECTIONS = "corrections"  # of the suggester

_IDS = ("id", "style")
_ID_BOOST = 100.0  # above what keywords score: who types an id wants that product first


@dataclass(frozen=True)
class Keywords:
    """What a shopper's keywords are searched as.

    Attributes
    ----------
    text : str
        The words; all of them must match, unless `least` says otherwise.
    wordings : tuple of str
        The same in other words, such as synonyms, any of which may match instead.
    least : str
        How many of the words must match, as ``minimum_should_match``; all by default.
    """

    text: str
    wordings: tuple[str, ...] = ()
    least: str = ""

    def clauses(self) -> list[Query]:
        """Build the scoring clause; none without words."""
        if not self.text:
            return []
        queries = [self._match(text) for text in (self.text, *self.wordings)]
        if len(self.text.split()) == 1:
            id_of = {"value": self.text, "case_insensitive": True, "boost": _ID_BOOST}
            queries += [{"term": {field: id_of}} for field in _IDS]
        return queries if len(queries) == 1 else [{"dis_max": {"queries": queries}}]

    def _match(self, text: str) -> Query:
        number: Query = {"operator": "or", "minimum_should_match": self.least} if self.least else {"operator": "and"}
        return {"combined_fields": {"query": text, "fields": KEYWORD_FIELDS, **number, "zero_terms_query": "all"}}


def as_phrase(text: str) -> Query:
    """Build a query for words that stand next to each other in one of the keyword fields."""
    return {"multi_match": {"query": text, "fields": KEYWORD_FIELDS, "type": "phrase"}}


def as_typed(text: str, size: int) -> Query:
    """Build a search for the products that have the words of a text, the last of them as a beginning."""
    fields = [name.partition("^")[0] for name in KEYWORD_FIELDS if not name.startswith("description")]
    query = {"multi_match": {"query": text, "type": "bool_prefix", "operator": "and", "fields": fields}}
    source = ["id", "title", "price", "currency", "images", "embedding.image_digest"]
    return {"query": query, "size": size, "track_total_hits": False, "source": source}


def exists(query: Query) -> Query:
    """Build a search that says only whether a query matches anything."""
    return {"query": query, "size": 0, "track_total_hits": 1, "terminate_after": 1}


def corrections(text: str) -> Query:
    """Build a search for the shop's own spellings of the words of a text that no product has."""
    term = {
        "field": SPELLING_FIELD,
        "suggest_mode": "missing",
        "min_word_length": 3,
        "prefix_length": 1,
        "max_edits": 2,
        "size": 3,
    }
    return {"size": 0, "track_total_hits": False, "suggest": {_CORRECTIONS: {"text": text, "term": term}}}


def read_corrections(answer: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Read the answer to `corrections`: by lower-case word, the likeliest first; empty without such a field."""
    entries = answer.get("suggest", {}).get(_CORRECTIONS, [])
    return {entry["text"]: tuple(option["text"] for option in entry["options"]) for entry in entries}
