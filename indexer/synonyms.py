"""Synonyms: rules that say which words shoppers use for the same thing, kept in Elasticsearch and edited by command.

They are applied when a search is built, not when text is analysed: a changed rule counts within seconds, with no new
index, whatever the version and licence of Elasticsearch.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from elasticsearch import NotFoundError

from es_mappings.stores import synonyms
from indexer.catalog.documents import now
from indexer.digests import manifest_digest
from indexer.elastic.client import bulk, make_index, put_all
from indexer.elastic.product_index import ProductIndex
from indexer.errors import CatalogError

MAX_RULES = 10_000  # rules: as many as one request reads
_MAX_LENGTH = 500  # characters of a rule


@dataclass(frozen=True)
class Rule:
    """One rule in Solr's format: ``tv, television`` (all alike), or ``notebook => laptop`` (one way).

    Attributes
    ----------
    words : tuple of str
        What a shopper may type.
    meant : tuple of str
        What is searched as well.
    """

    words: tuple[str, ...]
    meant: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> Rule:
        """Read a rule.

        Raises
        ------
        CatalogError
            It names fewer than two wordings, or is too long.
        """
        left, arrow, right = text.partition("=>")
        words, meant = _wordings(left), _wordings(right) if arrow else _wordings(left)
        if not words or not meant or len({*words, *meant}) < 2 or len(text) > _MAX_LENGTH:
            raise CatalogError(f"{text[:80]!r} is no rule: write `tv, television`, or `notebook => laptop` for one way")
        return cls(words, meant)

    def __str__(self) -> str:
        """Return it as `parse` reads it."""
        words = ", ".join(self.words)
        return words if self.words == self.meant else f"{words} => {', '.join(self.meant)}"


def _wordings(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(" ".join(wording.lower().split()) for wording in text.split(",") if wording.strip()))


def parse_rules(lines: Iterable[str]) -> list[Rule]:
    """Read rules, one a line; empty lines and those that begin with # are comments.

    Raises
    ------
    CatalogError
        Names the first line at fault.
    """
    rules = []
    for number, line in enumerate(lines, 1):
        if (text := line.strip()) and not text.startswith("#"):
            try:
                rules.append(Rule.parse(text))
            except CatalogError as error:
                raise CatalogError(f"line {number}: {error}") from error
    return rules


def read(index: ProductIndex) -> list[Rule]:
    """Read all rules of a shop, in alphabetical order."""
    try:
        hits = index.client.search(index=index.store(synonyms.KIND), size=MAX_RULES)["hits"]["hits"]
    except NotFoundError:  # there never was a rule
        return []
    return sorted((Rule.parse(hit["_source"]["rule"]) for hit in hits), key=str)


def add(index: ProductIndex, rules: Sequence[Rule]) -> None:
    """Add rules; those that are there already stay as they are.

    Raises
    ------
    CatalogError
        There would be more than `MAX_RULES`.
    IndexStateError
        Elasticsearch refused one.
    """
    store = index.store(synonyms.KIND)
    make_index(index.client, store, synonyms.mapping())
    if len({*map(str, read(index)), *map(str, rules)}) > MAX_RULES:
        raise CatalogError(f"more than {MAX_RULES:,} rules")
    put_all(index.client, ({"_index": store, "_id": _id(r), "rule": str(r), "at": now()} for r in rules), "a rule")
    index.client.indices.refresh(index=store)


def remove(index: ProductIndex, rules: Sequence[Rule]) -> int:
    """Remove rules; return how many existed."""
    actions = [{"_op_type": "delete", "_index": index.store(synonyms.KIND), "_id": _id(rule)} for rule in rules]
    return sum(1 for failure in bulk(index.client, actions, refresh=True) if failure is None)


def _id(rule: Rule) -> str:
    return manifest_digest({"rule": str(rule)})
