"""What a page that compares configurations reads from its address and forms."""

import pytest
from flask import Flask

from es_mappings.configuration import Configuration
from indexer.relevance.versions import Publication
from webapp.workbench.sides import Side, are_alike, seen_version

DRAFT = 'version = 1\nname = "mine"\n'


@pytest.mark.parametrize(
    ("form", "seen"),
    [
        ({"b": "mine", "text": DRAFT, "seen": "3"}, 3),  # tried on the page itself
        ({"b": "mine", "draft_of": "mine", "text_b": DRAFT, "seen": "3"}, 3),  # and searched by once more
        ({"b": "mine", "text": DRAFT}, 0),  # of nobody knows what: any version is in conflict with it
        ({"b": "mine", "draft_of": "other", "text_b": DRAFT, "seen": "3"}, 7),  # the saved one is chosen instead
        ({"b": "mine"}, 7),
    ],
)
def test_a_draft_stays_that_of_the_version_it_began_with(form: dict[str, str], seen: int) -> None:
    with Flask("test").test_request_context(method="POST", data=form):
        assert seen_version(7) == seen


def test_the_same_configuration_twice_is_alike_whatever_it_is_called() -> None:
    live, same, other = (
        Side(letter, title, Publication(configuration=Configuration(name=name)))
        for letter, title, name in (("a", "live", "mine"), ("b", "mine", "mine"), ("c", "other", "other"))
    )
    assert are_alike([live, same])
    assert not are_alike([live, same, other])
