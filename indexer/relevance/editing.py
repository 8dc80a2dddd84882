"""Save, publish and withdraw one configuration or rule, or save a query set; what else is live stays."""

from __future__ import annotations

from dataclasses import dataclass

from es_mappings.configuration import Configuration
from es_mappings.rules import Rule
from indexer.errors import RelevanceError
from indexer.relevance.publications import Publications
from indexer.relevance.query_sets import QuerySet
from indexer.relevance.versions import Publication, Version


class NotPublishedError(RelevanceError):
    """It is saved as `version`, but could not be published."""

    def __init__(self, version: Version, reason: RelevanceError) -> None:
        super().__init__(str(reason))
        self.version = version


@dataclass(frozen=True)
class Kept:
    """What was saved, and what is live with it; None if it wasn't published."""

    version: Version
    publication: Publication | None = None


def keep(
    store: Publications,
    value: Configuration | Rule | QuerySet,
    author: str,
    note: str = "",
    *,
    expected: int | None = None,
    is_published: bool = False,
) -> Kept:
    """Save a configuration, rule or query set, and publish it if that is wanted.

    Parameters
    ----------
    expected : int, optional
        Number of the version that the author started from, 0 for a new one; by default the newest.

    Raises
    ------
    EditConflictError
        Somebody else saved it meanwhile; nothing is saved.
    NotPublishedError
        It is saved, but somebody else published meanwhile, there are too many rules, or what is live can't be read.
    """
    version = store.save(value, author, note, expected=expected)
    if not is_published:
        return Kept(version)
    try:
        return Kept(version, publish(store, value, author, note or f"{value.name} from the workbench"))
    except RelevanceError as error:
        raise NotPublishedError(version, error) from error


def publish(store: Publications, value: Configuration | Rule | QuerySet, author: str, note: str) -> Publication:
    """Make a configuration live, or a rule in addition to those that are.

    Raises
    ------
    EditConflictError
        Somebody else published in the same moment.
    RelevanceError
        There are too many rules, or what is live can't be read.
    """
    if isinstance(value, QuerySet):
        raise RelevanceError("query sets are saved, never published")
    live = store.live()
    if isinstance(value, Configuration):
        return store.publish(author, configuration=value, note=note, expected=live.number)
    others = [rule for rule in live.rules if rule.name != value.name]
    return store.publish(author, rules=[*others, value], note=note, expected=live.number)


def withdraw(store: Publications, name: str, author: str) -> Publication:
    """Take a rule out of what is live; it stays saved.

    Raises
    ------
    EditConflictError
        Somebody else published in the same moment.
    RelevanceError
        It isn't live.
    """
    live = store.live()
    left = [rule for rule in live.rules if rule.name != name]
    if len(left) == len(live.rules):
        raise RelevanceError(f"no rule {name!r} is live")
    return store.publish(author, rules=left, note=f"without {name}", expected=live.number)
