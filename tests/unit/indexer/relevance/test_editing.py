from typing import Any, cast

import pytest

from es_mappings.configuration import Configuration
from es_mappings.rules import Rule
from indexer.errors import EditConflictError, RelevanceError
from indexer.relevance.editing import NotPublishedError, keep, withdraw
from indexer.relevance.publications import Publications
from indexer.relevance.versions import Publication, Version

RULE = Rule.model_validate({"name": "mine", "then": {"banner": "new"}})
OTHER = Rule.model_validate({"name": "other", "then": {"banner": "other"}})


class _Store:
    """What is live, and what was saved; somebody else publishes in between if it is told so."""

    def __init__(self, *, is_contended: bool = False) -> None:
        self.live_now, self.saved = Publication(number=4, rules=(OTHER,)), list[Any]()
        self.is_contended = is_contended

    def live(self) -> Publication:
        return self.live_now

    def save(self, value: Any, author: str, note: str, *, expected: int | None) -> Version:
        self.saved.append(value)
        return Version(value.name, 7, author, "now", note, value)

    def publish(self, author: str, *, note: str, expected: int, rules: Any = None, configuration: Any = None) -> Any:
        if self.is_contended:
            raise EditConflictError("ada published meanwhile")
        assert expected == self.live_now.number
        before = self.live_now
        self.live_now = Publication(
            number=expected + 1,
            rules=before.rules if rules is None else tuple(rules),
            configuration=configuration or before.configuration,
        )
        return self.live_now


def _as_store(store: _Store) -> Publications:
    return cast("Publications", store)


def test_a_draft_changes_nothing_that_is_live() -> None:
    store = _Store()
    kept = keep(_as_store(store), RULE, "bob")
    assert (kept.version.number, kept.publication, store.live_now.number) == (7, None, 4)


def test_a_published_rule_joins_the_others() -> None:
    store = _Store()
    keep(_as_store(store), RULE, "bob", is_published=True)
    assert list(store.live_now.rules) == [OTHER, RULE]
    changed = RULE.model_copy(update={"priority": 3})
    keep(_as_store(store), changed, "bob", is_published=True)
    assert list(store.live_now.rules) == [OTHER, changed]
    withdraw(_as_store(store), "mine", "bob")
    assert list(store.live_now.rules) == [OTHER]
    with pytest.raises(RelevanceError, match="no rule 'mine' is live"):
        withdraw(_as_store(store), "mine", "bob")


def test_a_published_configuration_leaves_the_rules() -> None:
    store, mine = _Store(), Configuration(name="mine")
    keep(_as_store(store), mine, "bob", is_published=True)
    assert (store.live_now.configuration, store.live_now.rules) == (mine, (OTHER,))


def test_what_is_saved_but_not_published_says_so() -> None:
    store = _Store(is_contended=True)
    with pytest.raises(NotPublishedError, match="ada published meanwhile") as error:
        keep(_as_store(store), RULE, "bob", is_published=True)
    assert error.value.version.number == 7
    assert store.saved == [RULE]
