"""Other wordings of a search, by the shop's synonyms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from threading import Lock

from cachetools import TTLCache, cachedmethod
from rapidfuzz import fuzz, process

from es_mappings.configuration import DEFAULT, Configuration
from es_mappings.keywords import Keywords, comparable
from indexer import synonyms
from indexer.digests import manifest_digest
from indexer.elastic.product_index import ProductIndex
from indexer.synonyms import Rule

_SECONDS = 5.0  # until a changed rule counts
_MAX_WORDINGS = 8  # of one search, each of which is a query of its own
_ALIKE = 80.0  # rapidfuzz's ratio, of 100, of a misspelt word to a synonym's


@dataclass(frozen=True)
class _Rules:
    """All rules: what each wording is also searched as, by its words in the singular."""

    others: Mapping[tuple[str, ...], tuple[str, ...]]
    longest: int  # words of a wording
    words: tuple[str, ...]  # of all wordings


_NONE = _Rules({}, 0, ())


class Synonyms:
    """Reads the synonyms of one shop, and applies them. Safe for threads."""

    def __init__(self, index: ProductIndex) -> None:
        self._index = index
        self._cache: TTLCache[object, _Rules] = TTLCache(1, _SECONDS)
        self._lock = Lock()

    def apply(self, keywords: Keywords, configuration: Configuration = DEFAULT) -> Keywords:
        """Return keywords with other wordings of the same, by the shop's rules and a configuration's own."""
        rules = self._rules() if configuration.synonyms == "shop" else _NONE
        if configuration.synonym_rules:
            rules = joined(rules, gather([Rule.parse(text) for text in configuration.synonym_rules]))
        return replace(keywords, wordings=tuple(wordings(keywords.text, rules)))

    def digest(self) -> str:
        """Return a digest of the shop's rules as `apply` has them now."""
        return manifest_digest({" ".join(words): others for words, others in self._rules().others.items()})

    def like(self, word: str) -> tuple[str, ...]:
        """Return the synonyms' words that a misspelt word may stand for."""
        best = process.extract(word.lower(), self._rules().words, scorer=fuzz.ratio, limit=2, score_cutoff=_ALIKE)
        return tuple(like for like, _, _ in best)

    def _rules(self) -> _Rules:
        return self._saved()

    @cachedmethod(lambda self: self._cache, lock=lambda self: self._lock)
    def _saved(self) -> _Rules:
        return gather(synonyms.read(self._index))


class DraftSynonyms(Synonyms):
    """Applies rules that aren't saved yet, for a preview."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._draft = gather(rules)

    def _rules(self) -> _Rules:
        return self._draft


def gather(rules: Sequence[Rule]) -> _Rules:
    """Gather rules by what a shopper may type."""
    others: dict[tuple[str, ...], tuple[str, ...]] = {}
    for rule in rules:
        for wording in rule.words:
            key = comparable(wording.split())
            meant = (m for m in rule.meant if m != wording)
            others[key] = tuple(dict.fromkeys((*others.get(key, ()), *meant)))
    all_words = {word for rule in rules for wording in rule.words for word in wording.split()}
    return _Rules(others, max(map(len, others), default=0), tuple(sorted(all_words)))


def joined(first: _Rules, second: _Rules) -> _Rules:
    """Return the rules of both."""
    others = {
        words: tuple(dict.fromkeys((*first.others.get(words, ()), *second.others.get(words, ()))))
        for words in (*first.others, *second.others)
    }
    return _Rules(others, max(first.longest, second.longest), tuple(sorted({*first.words, *second.words})))


def wordings(text: str, rules: _Rules) -> list[str]:
    """Return a text with each combination of synonyms in place, without the text itself, at most `_MAX_WORDINGS`."""
    words = text.split()
    made = [words]
    for start, end, others in _places(words, rules):
        made += [[*before[:start], other, *before[end:]] for other in others for before in made]
        made = made[: _MAX_WORDINGS + 1]
    return [" ".join(wording) for wording in made[1:]]


def _places(words: Sequence[str], rules: _Rules) -> Iterator[tuple[int, int, tuple[str, ...]]]:
    """Iterate over the longest wordings in a text that have synonyms, from the last: earlier places stay valid."""
    end = len(words)
    while end:
        for start in range(max(0, end - rules.longest), end):
            if others := rules.others.get(comparable(words[start:end])):
                yield start, end, others
                end = start + 1
                break
        end -= 1
