"""Keywords for a search that finds nothing: spelled as the shop spells them, or with some of the words left open."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice, pairwise, product
from typing import Any

from elasticsearch import ApiError

from es_mappings import queries
from es_mappings.attributes import attribute_key
from es_mappings.facets import Filters
from es_mappings.keywords import Keywords, corrections, existence_search, phrase_query, read_corrections
from indexer.elastic.multi_search import multi_search_each
from indexer.elastic.product_index import ProductIndex
from search.errors import ParameterError
from search.parameters import SearchParameters
from search.resolved import ResolvedSearch
from search.synonyms import Synonyms

log = logging.getLogger(__name__)

# A number, or letters with the digits that follow: the words that analysis makes of a text.
_WORD = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+\d*")

_MAX_WORDS = 12  # more are searched as they are: nobody misspells a sentence and expects its products
_MAX_SPLITS = 40  # of compound words
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

    def check_filters(self, parameters: SearchParameters) -> None:
        """Raise if a filter that matched nothing names an attribute that no product has: it is likely misspelt.

        Raises
        ------
        ParameterError
            Names the attribute.
        """
        for name in parameters.filters.attribute_names:
            query = {"prefix": {"facets": attribute_key(name, "")}}
            counted = self._index.client.count(index=self._index.alias, query=query, terminate_after=1)["count"]
            if not counted:
                raise ParameterError("filter", f"no product has an attribute {name!r}")

    def has_category(self, path: str) -> bool:
        """Return whether any product is in a category; an address may be older than the categories, or misspelt."""
        (answer,) = self._search([existence_search(queries.browse(Keywords(""), Filters(category=path)))])
        return isinstance(answer, ApiError) or _has_hits(answer)

    def relaxed(self, search: ResolvedSearch) -> Keywords | None:
        """Return keywords that find something where those of the search find nothing, or None.

        Its own keywords are returned if products have them, and something else keeps those out.

        Other spellings come first, then the same words with as few as possible left open, but never more than half of
        them. Two requests.
        """
        words, configuration = _WORD.findall(search.parameters.q), search.publication.configuration
        if not 0 < len(words) <= _MAX_WORDS:
            return None
        candidates = self._candidates(words)
        plain = replace(search.keywords, wordings=(), minimum_should_match="")
        # A correction that found nothing together with the other words may be none: the words as typed come first.
        texts = dict.fromkeys([" ".join(words), *candidates[:1]])
        partial = [
            replace(plain, text=text, minimum_should_match=f"-{count}")
            for count in range(1, len(words) // 2 + 1)
            for text in texts
            if count <= len(text.split()) // 2
        ]
        respelled = [replace(plain, text=text) for text in candidates if text != search.parameters.q]
        tried = [search.keywords, *(self._synonyms.apply(keywords, configuration) for keywords in respelled), *partial]
        searches = [existence_search(queries.browse(keywords, search.filters)) for keywords in tried]
        found = [_has_hits(answer) for answer in self._search(searches)]
        if found[0]:  # it isn't the words that keep everything out
            return search.keywords
        return next((keywords for keywords, finds in zip(tried, found, strict=True) if finds), None)

    def _candidates(self, words: Sequence[str]) -> list[str]:
        """Return spellings of all the words, the likeliest first; words that the shop doesn't know stay as they are."""
        vocabulary = self._vocabulary(words)
        texts = []
        for place in vocabulary.joined:
            texts.append(" ".join([*words[:place], words[place] + words[place + 1], *words[place + 2 :]]))
        options = [vocabulary.spellings[word] or (word,) for word in words]
        texts += [" ".join(choice) for choice in islice(product(*options), _MAX_CANDIDATES)]
        return list(dict.fromkeys(texts))

    def _vocabulary(self, words: Sequence[str]) -> _Vocabulary:
        splits = list(islice(((w, f"{w[:at]} {w[at:]}") for w in words for at in _places(w)), _MAX_SPLITS))
        # A number and what follows it are two words for the analysis, too.
        joins = {at: f"{one}{two}" for at, (one, two) in enumerate(pairwise(words)) if not one[-1].isdigit()}
        matches = [self._synonyms.apply(Keywords(word)).clauses()[0] for word in (*words, *joins.values())]
        phrases = [phrase_query(text) for _, text in splits]
        found, suggested = self._ask([*matches, *phrases], " ".join(words))
        known = dict(zip(words, found, strict=False))
        joined = tuple(place for place, finds in zip(joins, found[len(words) :], strict=False) if finds)
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
        suggested = {} if isinstance(suggestions, ApiError) else read_corrections(suggestions)
        return [_has_hits(answer) for answer in answers], suggested

    def _search(self, searches: Iterable[dict[str, Any]]) -> list[dict[str, Any] | ApiError]:
        answers = multi_search_each(self._index.client, searches, index=self._index.alias)
        for answer in answers:
            if isinstance(answer, ApiError):  # as of an index of an older mapping, without the field of spellings
                log.warning("keywords can't be relaxed in every way: %s", answer)
        return answers


def _places(word: str) -> range:
    """Return the places where a word may be two."""
    return range(1, len(word))


def _has_hits(answer: dict[str, Any] | ApiError) -> bool:
    return not isinstance(answer, ApiError) and answer["hits"]["total"]["value"] > 0
