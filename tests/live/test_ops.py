"""The page for those who run the shop: what it shows, to whom, and while servers are away."""

import re

from flask.testing import FlaskClient

from tests.conftest import PRODUCTS, Shop
from tests.live.shopping import search
from webapp import create_app


def _log_in(web: FlaskClient, shop: Shop) -> None:
    token = re.search(r'name="csrf_token" value="([^"]+)"', web.get("/staff/login").text)
    assert token
    assert shop.settings.staff
    name, _, password = shop.settings.staff.get_secret_value().split(",")[0].partition(":")
    answer = web.post("/staff/login", data={"csrf_token": token[1], "name": name, "password": password})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/ops")


def test_strangers_are_asked_to_log_in(web: FlaskClient) -> None:
    answer = web.get("/ops")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/staff/login?to=/ops")


def test_what_it_shows(web: FlaskClient, shop: Shop) -> None:
    liked = search(web, size=1)["products"][0]["id"]
    search(web, like=liked)
    _log_in(web, shop)
    answer = web.get("/ops")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    figures = dict(re.findall(r"<dt>([^<]+)</dt><dd>([^<]+)</dd>", answer.text))
    assert int(figures["Products"]) == int(figures["With a vector"]) + int(figures["Waiting"]) + int(figures["Failed"])
    assert int(figures["Products"]) >= PRODUCTS
    assert "Not known just now" not in answer.text
    for word in ("Dead letters", "Rebuild", "Products to embed", "keywords"):
        assert word in answer.text


def test_it_is_there_while_servers_are_away(shop: Shop) -> None:
    for changes in (
        {"elasticsearch_url": "http://127.0.0.1:1"},
        {"redis_url": "redis://127.0.0.1:1/0"},
        {"elasticsearch_url": "http://127.0.0.1:1", "redis_url": "redis://127.0.0.1:1/0"},
    ):
        web = create_app(shop.settings.model_copy(update=changes)).test_client()
        _log_in(web, shop)
        answer = web.get("/ops")
        assert answer.status_code == 200
        assert "Not known just now" in answer.text
