"""Keywords for a search that finds nothing: spelled as the shop spells them, or with some of the words left open."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise, product
from typing import Any

from es_mappings import queries
from es_mappings.keywords import Keywords, corrections, existence_search, phrase_query, read_corrections
from indexer.elastic.product_index import ProductIndex
from search.resolving import ResolvedSearch
from search.synonyms import Synonyms

log = logging.getLogger(__name__)

# A number, or letters with the digits that follow: the words that analysis makes of a text.
_WORD = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+\d*")

_MAX_WORDS = 12  # more are searched as they are: nobody misspells a sentence and expects its products
_MAX_SPLITS, _MIN_PART = 40, 3  # of compound words; letters of each part
_MAX_CANDIDATES = 12


@dataclass(frozen=True)
class _Vocabulary:
    """What the shop knows of the words of a search.

    Attributes
    ----------
    spellings : dict
        For each word: how the shop may spell it, the likeliest first; the word itself if the shop knows it.
    joined : tuple of int
        Places of the words that the shop writes as one with the next.
    """

    spellings: dict[str, tuple[str, ...]]
    joined: tuple[int, ...]


class Relaxation:
    """Relaxes the keywords of searches of one product index. Safe for threads."""

    def __init__(self, index: ProductIndex, synonyms: Synonyms) -> None:
        self._index, self._synonyms = index, synonyms

    def relaxed(self, search: ResolvedSearch) -> Keywords | None:
        """Return keywords that find something where those of the search find nothing, or None.

        Other spellings come first, then the same words with as few as possible left open, but never more than half of
        them. Two requests.
        """
        words = _WORD.findall(search.parameters.q)
        if not 0 < len(words) <= _MAX_WORDS:
            return None
        candidates = self._candidates(words)
        best = candidates[0] if candidates else " ".join(words)
        most_left_open = len(best.split()) // 2
        partial = [Keywords(best, minimum_should_match=f"-{count}") for count in range(1, most_left_open + 1)]
        respelled = [Keywords(text) for text in candidates if text != search.parameters.q]
        tried = [search.keywords, *(self._synonyms.apply(keywords) for keywords in respelled), *partial]
        found = [_has_hits(a) for a in self._search(existence_search(queries.browse(k, search.filters)) for k in tried)]
        if found[0]:  # it isn't the words that keep everything out
            return None
        return next((keywords for keywords, finds in zip(tried, found, strict=True) if finds), None)

    def _candidates(self, words: Sequence[str]) -> list[str]:
        """Return other spellings of all the words, the likeliest first; empty if the shop knows none of some word."""
        vocabulary = self._vocabulary(words)
        texts = []
        for place in vocabulary.joined:
            texts.append(" ".join([*words[:place], words[place] + words[place + 1], *words[place + 2 :]]))
        options = [vocabulary.spellings[word] for word in words]
        texts += [" ".join(choice) for choice in islice(product(*options), _MAX_CANDIDATES)]
        return list(dict.fromkeys(texts))

    def _vocabulary(self, words: Sequence[str]) -> _Vocabulary:
        splits = list(islice(((w, f"{w[:at]} {w[at:]}") for w in words for at in _places(w)), _MAX_SPLITS))
        joins = [first + second for first, second in pairwise(words)]
        matches = [self._synonyms.apply(Keywords(word)).clauses()[0] for word in (*words, *joins)]
        phrases = [phrase_query(text) for _, text in splits]
        found, suggested = self._ask([*matches, *phrases], " ".join(words))
        known = dict(zip(words, found, strict=False))
        joined = tuple(place for place, finds in enumerate(found[len(words) : len(words) + len(joins)]) if finds)
        parts = [text for text, finds in zip(splits, found[len(matches) :], strict=True) if finds]
        spellings = {}
        for word in words:
            compounds = [text for compound, text in parts if compound == word]
            others = (*compounds, *suggested.get(word.lower(), ()), *self._synonyms.like(word))
            spellings[word] = (word,) if known[word] else tuple(dict.fromkeys(others))
        return _Vocabulary(spellings, joined)

    def _ask(self, clauses: Sequence[dict[str, Any]], text: str) -> tuple[list[bool], dict[str, tuple[str, ...]]]:
        """Return for each clause whether it matches any product, and corrections of the words of a text."""
        *answers, suggestions = self._search([*map(existence_search, clauses), corrections(text)])
        return [_has_hits(answer) for answer in answers], read_corrections(suggestions)

    def _search(self, searches: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
        lines = [line for search in searches for line in ({}, search)]
        answers = self._index.client.msearch(index=self._index.alias, searches=lines).body["responses"]
        for answer in answers:
            if "error" in answer:  # as an index of an older mapping answers, without the field of spellings
                log.warning("keywords can't be relaxed in every way: %s", answer["error"])
        return list(answers)


def _places(word: str) -> range:
    """Return the places where a word may be two."""
    return range(_MIN_PART, len(word) - _MIN_PART + 1)


def _has_hits(answer: Mapping[str, Any]) -> bool:
    return "error" not in answer and answer["hits"]["total"]["value"] > 0
