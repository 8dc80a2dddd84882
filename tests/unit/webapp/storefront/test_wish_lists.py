"""Wish lists: what doesn't fit or can't be saved is said, and nothing is dropped silently."""

import pytest
from flask.testing import FlaskClient

from indexer.settings import Settings
from webapp import create_app
from webapp.services.visitors import MAX_LISTED, Visitor


@pytest.fixture
def web() -> FlaskClient:
    """Open a shop whose servers are down."""
    app = create_app(Settings(redis_url="redis://127.0.0.1:1/0", elasticsearch_url="http://127.0.0.1:1"))
    app.config["WTF_CSRF_ENABLED"] = False
    client = app.test_client()
    with client.session_transaction() as session:
        session["visitor"] = "somebody"
    return client


def test_products_that_a_list_has_no_room_for_are_refused(web: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    full = Visitor(lists={"Summer": tuple(f"p{n}" for n in range(MAX_LISTED))})
    monkeypatch.setattr("webapp.storefront.behaviour.visitor", lambda: full)
    answer = web.post("/lists", data={"name": "Summer", "like": ["p0", "new"]})
    assert answer.status_code == 409
    assert f"at most {MAX_LISTED} products" in answer.text
    # One that it has already fits, and is refused for another reason: Redis is down.
    assert web.post("/lists", data={"name": "Summer", "like": "p0"}).status_code == 503


def test_a_list_that_cannot_be_removed_is_not_called_removed(web: FlaskClient) -> None:
    assert web.post("/lists/remove", data={"name": "Summer"}).status_code == 503
