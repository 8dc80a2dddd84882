"""Suggestions for a search box while a shopper types: searches, categories, brands, attribute values and products."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from threading import Lock
from typing import Any, Literal

from cachetools import TTLCache, cachedmethod
from rapidfuzz import fuzz, process

from es_mappings.keywords import prefix_search
from es_mappings.results import Facets
from indexer.elastic.product_index import ProductIndex

Kind = Literal["search", "category", "brand", "attribute", "product"]

_LIMITS: Mapping[Kind, int] = {"search": 3, "category": 3, "brand": 2, "attribute": 3, "product": 4}
_MIN_LETTERS = 2  # one letter says nothing, and matches half of the shop
_MIN_MISSPELT = 4  # letters of a word that may be misspelt
_ALIKE = 75.0  # rapidfuzz's ratio, of 100, of a misspelt word to the beginning of one of the shop's
_FREQUENT_SECONDS = 60.0


@dataclass(frozen=True)
class Suggestion:
    """One suggestion.

    Attributes
    ----------
    text : str
        What it is called: the search's words, the category's path, the brand, the attribute's value, the title.
    parameters : dict
        What to search for: fields of `SearchParameters`; empty for a product.
    count : int
        Products that it leads to; for a frequent search 0, which means unknown.
    product : dict or None
        Fields of the product.
    """

    kind: Kind
    text: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    count: int = 0
    product: Mapping[str, Any] | None = None


class Suggestions:
    """Suggests from one product index. Safe for threads.

    Parameters
    ----------
    facets : callable
        Returns the facets of all products; cached by the caller.
    frequent : callable
        Returns frequent searches that found something, the most frequent first.
    """

    def __init__(
        self,
        index: ProductIndex,
        facets: Callable[[], Facets | None],
        frequent: Callable[[], Sequence[str]] = lambda: (),
    ) -> None:
        self._index, self._facets, self._read_frequent = index, facets, frequent
        self._cache: TTLCache[object, tuple[Suggestion, ...]] = TTLCache(1, _FREQUENT_SECONDS)
        self._lock = Lock()

    def complete(self, typed: str) -> list[Suggestion]:
        """Return suggestions for what was typed so far, the best of each kind first; at most two requests."""
        words = _words(typed)
        if not words or len("".join(words)) < _MIN_LETTERS:
            return []
        facets = self._facets()
        entries = (*self._frequent(), *(_entries(facets) if facets else ()))
        matching, products = _matching(entries, words) or _combined(entries, words), self._products(typed)
        if not matching and not products:
            corrected = _corrected(entries, words)
            matching = _matching(entries, corrected) or _combined(entries, corrected)
            products = self._products(" ".join(corrected)) if corrected != words else []
        return list(_limited([*matching, *products]))

    @cachedmethod(lambda self: self._cache, lock=lambda self: self._lock)
    def _frequent(self) -> tuple[Suggestion, ...]:
        return tuple(Suggestion("search", text, {"q": text}) for text in self._read_frequent())

    def _products(self, typed: str) -> list[Suggestion]:
        hits = self._index.search(**prefix_search(typed, _LIMITS["product"]))["hits"]["hits"]
        return [Suggestion("product", hit["_source"]["title"], product=hit["_source"]) for hit in hits]


def _entries(facets: Facets) -> Iterator[Suggestion]:
    """Iterate over what the shop's facets name."""
    for category in facets.terms["category"]:
        yield Suggestion("category", category.value, {"category": category.value}, category.count)
    for brand in facets.terms["brand"]:
        yield Suggestion("brand", brand.value, {"filter": (f"brand:{brand.value}",)}, brand.count)
    for name, values in facets.attributes.items():
        for value in values:
            if value.value not in {"true", "false"} and name not in facets.numbers:
                yield Suggestion(
                    "attribute", value.value, {"filter": (f"attribute.{name}:{value.value}",)}, value.count
                )


def _matching(entries: Iterable[Suggestion], words: Sequence[str]) -> list[Suggestion]:
    """Return the entries that have all the words, the last as a prefix: searches first, then those that begin so."""
    matches = []
    for entry in entries:
        own = _words(entry.text.rpartition("/")[2] if entry.kind == "category" else entry.text)
        if all(word in own for word in words[:-1]) and any(word.startswith(words[-1]) for word in own):
            matches.append((entry.kind != "search", not own[0].startswith(words[0]), -entry.count, entry))
    return [entry for *_, entry in sorted(matches, key=lambda match: match[:3])]


def _combined(entries: Sequence[Suggestion], words: Sequence[str]) -> list[Suggestion]:
    """Return searches that complete the last word, if the words before are the shop's, such as ``red dr``."""
    known = {word for entry in entries for word in _words(entry.text)}
    if len(words) < 2 or not known.issuperset(words[:-1]):
        return []
    completed: dict[str, int] = {}
    for entry in entries:
        for word in _words(entry.text):
            if word.startswith(words[-1]):
                completed[word] = max(completed.get(word, 0), entry.count)
    best = sorted(completed, key=lambda word: -completed[word])
    texts = (" ".join([*words[:-1], word]) for word in best)
    return [Suggestion("search", text, {"q": text}) for text in texts]


def _corrected(entries: Sequence[Suggestion], words: Sequence[str]) -> tuple[str, ...]:
    """Return the words, each that is none of the shop's replaced by the likeliest that begins like it."""
    known = sorted({word for entry in entries for word in _words(entry.text)})
    return tuple(word if _is_known(word, known) else _likeliest(word, known) for word in words)


def _is_known(word: str, known: Iterable[str]) -> bool:
    return len(word) < _MIN_MISSPELT or any(other.startswith(word) for other in known)


def _likeliest(word: str, known: Sequence[str]) -> str:
    choices = [*known, *(other[: len(word) + 1] for other in known)]  # the whole word, or its beginning
    best = process.extractOne(word, choices, scorer=fuzz.ratio, score_cutoff=_ALIKE)
    return known[best[2] % len(known)] if best else word


def _limited(suggestions: Iterable[Suggestion]) -> Iterator[Suggestion]:
    """Iterate over as many of each kind as are shown, without repetition."""
    remaining = dict(_LIMITS)
    seen = set()
    for suggestion in suggestions:
        key = (suggestion.kind, suggestion.text.lower())
        if suggestion.kind != "product" and key in seen:
            continue
        if remaining[suggestion.kind]:
            remaining[suggestion.kind] -= 1
            seen.add(key)
            yield suggestion


@lru_cache(8_192)  # the names of the shop's facets are taken apart with every key pressed
def _words(text: str) -> tuple[str, ...]:
    """Return the words of a text in lower case, without accents."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(c))
    return tuple("".join(c if c.isalnum() else " " for c in plain).split())
