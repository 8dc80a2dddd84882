"""Synonyms: rules that say which words shoppers use for the same thing, kept in Elasticsearch with their history.

They are applied when a search is built, not when text is analysed: a changed rule counts within seconds, with no new
index, whatever the version and licence of Elasticsearch.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from elasticsearch import NotFoundError

from es_mappings.stores import synonyms
from es_mappings.synonym_rules import read_rule
from indexer.catalog.documents import now
from indexer.digests import manifest_digest
from indexer.elastic.client import bulk, make_index, put_all
from indexer.elastic.product_index import ProductIndex
from indexer.errors import CatalogError, EditConflictError
from indexer.relevance.changes import Change, Changes

MAX_RULES = 10_000  # rules: as many as one request reads
HISTORY = 1_000  # changes that are listed


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
        try:
            return cls(*read_rule(text))
        except ValueError as error:
            raise CatalogError(str(error)) from error

    def __str__(self) -> str:
        """Return it as `parse` reads it."""
        words = ", ".join(self.words)
        return words if self.words == self.meant else f"{words} => {', '.join(self.meant)}"


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


def change(
    index: ProductIndex, add: Sequence[Rule] = (), remove: Sequence[Rule] = (), *, author: str, note: str = ""
) -> Change | None:
    """Add and remove rules, and write down who did; return None if nothing changes.

    Rules that are there already stay as they are, and those to remove that aren't there are left out.

    Raises
    ------
    CatalogError
        There would be more than `MAX_RULES`.
    IndexStateError
        Elasticsearch refused one.
    EditConflictError
        Others change them in the same moment.
    """
    known = {str(rule) for rule in read(index)}
    added = [rule for rule in dict.fromkeys(add) if str(rule) not in known]
    removed = [rule for rule in dict.fromkeys(remove) if str(rule) in known and rule not in add]
    if not (added or removed):
        return None
    if len(known) + len(added) - len(removed) > MAX_RULES:
        raise CatalogError(f"more than {MAX_RULES:,} rules")
    # First what is about to change: a history that lacks a change can't undo it.
    written = history(index).add([str(rule) for rule in added], [str(rule) for rule in removed], author, note)
    store = index.store(synonyms.KIND)
    make_index(index.client, store, synonyms.mapping())
    put_all(index.client, ({"_index": store, "_id": _id(r), "rule": str(r), "at": now()} for r in added), "a rule")
    actions = [{"_op_type": "delete", "_index": store, "_id": _id(rule)} for rule in removed]
    list(bulk(index.client, actions, refresh=True))
    index.client.indices.refresh(index=store)
    return written


def replace_rule(index: ProductIndex, old: Rule, new: Rule | None, *, author: str, note: str = "") -> Change | None:
    """Replace a rule by another one, or remove it.

    Raises
    ------
    EditConflictError
        It is gone: somebody else changed it meanwhile.
    """
    if old not in read(index):
        gone = next((c for c in history(index).latest(HISTORY) if str(old) in c.removed), None)
        who = f"{gone.author} changed it ({gone.at}: {', '.join(gone.added) or 'removed'})" if gone else "it is gone"
        raise EditConflictError(f"{who}; look at the synonyms first")
    return change(index, [new] if new else [], [old], author=author, note=note)


def undo(index: ProductIndex, number: int, *, author: str) -> Change | None:
    """Undo the newest change.

    Parameters
    ----------
    number : int
        Of the change that the author has seen as the newest.

    Raises
    ------
    EditConflictError
        Somebody else changed something meanwhile, or there is nothing to undo.
    """
    newest = next(iter(history(index).latest(1)), None)
    if newest is None or newest.number != number:
        raise EditConflictError(
            f"{newest.author} changed the synonyms meanwhile (number {newest.number})" if newest else "nothing to undo"
        )
    again, away = (list(map(Rule.parse, texts)) for texts in (newest.removed, newest.added))
    return change(index, again, away, author=author, note=f"undoes {number}")


def history(index: ProductIndex) -> Changes:
    """Return the history of the rules."""
    return Changes(index, synonyms.KIND)


def _id(rule: Rule) -> str:
    return manifest_digest({"rule": str(rule)})
