"""What a page that compares configurations reads from its address and forms."""

import pytest
from flask import Flask

from webapp.workbench.sides import seen_version

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
