"""A shopper's keywords, as a scoring clause. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rapidfuzz.distance import OSA

Query = dict[str, Any]

# The fields that keywords are searched in, and their weights. combined_fields takes a shopper's input as plain words:
# no operator, bracket or wildcard has a meaning, so there is no query syntax to break or abuse.
KEYWORD_FIELDS = ["title^4", "category^2", "brand.text^2", "facets.text", "description"]

# The words of all keyword fields as they are written, unstemmed, from which spelling is corrected.
SPELLING_FIELD = "words"

# The ending of dresses, brushes, boxes, and of coats, but not of a dress.
_PLURAL = re.compile(r"(?:(?<=ss)|(?<=sh)|(?<=ch)|(?<=x)|(?<=z))es$|(?<!s)s$")

_CORRECTIONS = "corrections"  # of the suggester

_SHORT = 5  # letters of words in which at most one is wrong, and not the first

_IDS = ("id", "style")
_ID_BOOST = 100.0  # above what keywords score: who types an id wants that product first


@dataclass(frozen=True)
class Keywords:
    """What a shopper's keywords are searched as.

    Attributes
    ----------
    text : str
        The words; all of them must match, unless `minimum_should_match` says otherwise.
    wordings : tuple of str
        The same in other words, such as synonyms, any of which may match instead.
    minimum_should_match : str
        How many of the words must match, as Elasticsearch writes it; all by default.
    fields : tuple of str
        What they are searched in, with boosts; `KEYWORD_FIELDS` by default.
    pinned : tuple of str
        Ids of products that match whatever the words.
    """

    text: str
    wordings: tuple[str, ...] = ()
    minimum_should_match: str = ""
    fields: tuple[str, ...] = ()
    pinned: tuple[str, ...] = ()

    def clauses(self) -> list[Query]:
        """Build the scoring clauses: one, or none without words."""
        if not self.text:
            return []
        queries = [self._match(text) for text in (self.text, *self.wordings)]
        if len(self.text.split()) == 1:
            id_of = {"value": self.text, "case_insensitive": True, "boost": _ID_BOOST}
            queries += [{"term": {field: id_of}} for field in _IDS]
        if self.pinned:
            queries.append({"constant_score": {"filter": {"ids": {"values": list(self.pinned)}}, "boost": 0}})
        return queries if len(queries) == 1 else [{"dis_max": {"queries": queries}}]

    def _match(self, text: str) -> Query:
        fields = list(self.fields) or KEYWORD_FIELDS
        match: Query = {"query": text, "fields": fields, "operator": "and", "zero_terms_query": "all"}
        if self.minimum_should_match:
            match |= {"operator": "or", "minimum_should_match": self.minimum_should_match}
        return {"combined_fields": match}


def comparable(words: Sequence[str]) -> tuple[str, ...]:
    """Return words as rules and synonyms compare them: without case and the ending of a plural."""
    return tuple(_PLURAL.sub("", word.lower()) for word in words)


def phrase_query(text: str) -> Query:
    """Build a query for words that stand next to each other in one of the keyword fields."""
    return {"multi_match": {"query": text, "fields": KEYWORD_FIELDS, "type": "phrase"}}


def prefix_search(text: str, size: int) -> Query:
    """Build a search for the products that have the words of a text, the last of them as a prefix."""
    fields = [name.partition("^")[0] for name in KEYWORD_FIELDS if not name.startswith("description")]
    query = {"multi_match": {"query": text, "type": "bool_prefix", "operator": "and", "fields": fields}}
    source = ["id", "title", "price", "currency", "images", "embedding.image_digest"]
    return {"query": query, "size": size, "track_total_hits": False, "source": source}


def existence_search(query: Query) -> Query:
    """Build a search that only tells whether a query matches anything."""
    return {"query": query, "size": 0, "track_total_hits": 1, "terminate_after": 1}


def corrections(text: str) -> Query:
    """Build a search for the shop's own spellings of the words of a text that no product has."""
    term = {
        "field": SPELLING_FIELD,
        "suggest_mode": "missing",
        "min_word_length": 3,
        "prefix_length": 0,
        "max_edits": 2,
        "size": 3,
    }
    return {"size": 0, "track_total_hits": False, "suggest": {_CORRECTIONS: {"text": text, "term": term}}}


def read_corrections(answer: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Read the answer to `corrections`: by lower-case word, the likeliest first; empty without such a field."""
    entries = answer.get("suggest", {}).get(_CORRECTIONS, [])
    return {entry["text"]: tuple(_likely(entry)) for entry in entries}


def _likely(entry: Mapping[str, Any]) -> Iterator[str]:
    """Iterate over corrections that aren't too far from the word.

    Of a short word, two edits make another word: *women* isn't *wren*; and so does another first letter: *boys* aren't
    *toys*.
    """
    word = entry["text"]
    for option in entry["options"]:
        text = option["text"]
        if len(word) > _SHORT or (text[0] == word[0] and OSA.distance(word, text) <= 1):
            yield text
