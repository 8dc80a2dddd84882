"""What is kept of a shopper is what docs/privacy.md says, and after it was erased nothing is.

A shopper does everything there is in a storefront as it runs in production; then every key of Redis, every document of
the shop and every line of its logs is searched for what could tell who that was.
"""

import html
import json
import re
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import redis
from elasticsearch.helpers import scan
from flask import Flask
from flask.sessions import SecureCookieSessionInterface

from demo.fleet import all_commands
from tests.conftest import DATA, RunningStorefront, Shop, running_storefront, wait_until
from tests.forms import csrf_token
from tests.live.shopping import bagged
from tests.redis_keys import documented_keys
from webapp.services.visitors import Visitor

ADDRESS = "203.0.113.77"  # as a proxy would tell it
WORDS = "unmistakable"
PRIVACY = Path(__file__).resolve().parents[2] / "docs" / "privacy.md"


@pytest.fixture(scope="module")
def storefront(shop: Shop) -> Iterator[RunningStorefront]:
    """Start a production storefront behind a proxy, with rate limits."""
    different = {"PROXIES": "1", "RATE_LIMIT_PAGES": "900/minute", "LOG_FORMAT": "json"}
    with running_storefront("private-storefront", **different) as running:
        yield running


class Shopper:
    """A shopper with a browser, who does everything there is."""

    def __init__(self, url: str, shop: Shop) -> None:
        headers = {"X-Forwarded-For": ADDRESS, "Referer": f"{url}/search?q={WORDS}"}
        self.client = httpx.Client(base_url=url, timeout=120, headers=headers, follow_redirects=True)
        self._shop, self.photo, self.order, self.clicked = shop, "", "", ""

    def get(self, path: str, **parameters: str) -> httpx.Response:
        answer = self.client.get(path, params=parameters or None)
        assert answer.status_code == 200, answer.text
        return answer

    def send(self, path: str, **form: str) -> httpx.Response:
        answer = self.client.post(path, data={"csrf_token": csrf_token(self.get("/photo").text), **form})
        assert answer.status_code == 200, answer.text
        return answer

    def shop_around(self) -> None:
        """Search, like, view, bag, order, forget, upload a photograph."""
        products = self.get("/api/search", category="Dresses", in_stock="true", size="6").json()["products"]
        one, two, three, four, *_ = [product["id"] for product in products]
        self.client.get("/search", params={"q": WORDS})
        self.client.get("/search", params={"q": WORDS})
        self.get("/search", like=one, dislike=two, weight="look:1")
        found = self.get("/search", category="Dresses", size="2").text
        self.clicked, link = self._first_link(found)
        self.get(link)
        for product_id in (one, two, three, four):
            self.get(f"/products/{product_id}", like=one)
        self.get(products[0]["image"])
        remembered = self.client.post("/api/behaviour", json={"type": "like", "product_id": three})
        assert remembered.status_code == 204
        self.send("/bag", **bagged(self._shop, one, 2))
        ordered = self.send("/bag/order")
        self.order = ordered.url.path.rpartition("/")[2]
        self.send("/bag", **bagged(self._shop, two))
        self.send("/your-data/forget", product_id=four)
        self._upload(one)
        self.get("/", like=one)

    @staticmethod
    def _first_link(page: str) -> tuple[str, str]:
        """Return the product, and the address, of a listing's first card."""
        link = re.search(r'card-title"><a href="(/products/([^"?]+)[^"]*from=[^"]+)"', page)
        assert link
        return link[2], html.unescape(link[1])

    def _upload(self, product_id: str) -> None:
        file = next(self._shop.catalogue.parent.rglob(f"{product_id}*"))
        form, files = {"csrf_token": csrf_token(self.get("/photo").text)}, {"image": ("photo.jpg", file.read_bytes())}
        found = self.client.post("/photo", data=form, files=files)
        assert found.status_code == 200, found.text
        self.photo = parse_qs(urlsplit(str(found.url)).query)["photo"][0]
        listing = self.get("/api/search", photo=self.photo, size="2").json()
        self.get("/api/search", photo=self.photo, size="2", cursor=listing["next_cursor"])

    @property
    def number(self) -> str:
        """The random number in the cookie."""
        return str(self._cookie().get("visitor", ""))

    @property
    def visit(self) -> str:
        """The random number of the visit, which searches are recorded under."""
        return str(self._cookie().get("query", [""])[0])

    def _cookie(self) -> dict[str, Any]:
        assert self._shop.settings.secret_key
        reader = Flask(__name__)
        reader.secret_key = self._shop.settings.secret_key.get_secret_value()
        serializer = SecureCookieSessionInterface().get_signing_serializer(reader)
        assert serializer
        [value] = [cookie.value for cookie in self.client.cookies.jar if cookie.name == "shop"]
        return dict(serializer.loads(value or ""))


def _dump(server: redis.Redis) -> dict[bytes, bytes]:
    """Return all keys with their values as Redis serializes them, uncompressed."""
    return {key: b"%s %s" % (key, _value(server, key)) for key in server.scan_iter()}


def _value(server: redis.Redis, key: bytes) -> bytes:
    kind = server.type(key)
    reads: dict[object, Callable[[], object]] = {
        b"string": lambda: server.get(key),
        b"hash": lambda: server.hgetall(key),
        b"list": lambda: server.lrange(key, 0, -1),
        b"set": lambda: server.smembers(key),
        b"zset": lambda: server.zrange(key, 0, -1),
        b"stream": lambda: server.xrange(key),
    }
    return repr(reads[kind]()).encode() if kind in reads else b""  # none: it has expired


def _documents(shop: Shop) -> list[str]:
    shop.client.indices.refresh(index=f"{shop.alias}*")
    return [json.dumps(hit) for hit in scan(shop.client, index=f"{shop.alias}*", query={"query": {"match_all": {}}})]


def _has_clicked(shopper: Shopper) -> bool:
    """Return whether the shopper can download that a product was opened from a listing."""
    events = shopper.get("/your-data.json").json()["searches"]["events"]
    clicks = [event for event in events if event["action_name"] == "click"]
    return [event["event_attributes"]["object"]["object_id"] for event in clicks] == [[shopper.clicked]]


def _recorded(shop: Shop, visit: str) -> list[str]:
    return [document for document in _documents(shop) if visit in document]


def _logs(storefront: RunningStorefront) -> str:
    of_workers = (DATA / f"{name}.log" for name in all_commands("workers.app"))
    return "".join(log.read_text() for log in (storefront.process.log, *of_workers))


def test_a_shopper_who_was_erased_is_nowhere(storefront: RunningStorefront, shop: Shop) -> None:
    shopper = Shopper(storefront.url, shop)
    shopper.shop_around()
    number, visit = shopper.number, shopper.visit
    assert len(number) == 24
    assert re.fullmatch(r"\d{8}-.{12}", visit)
    with redis.Redis.from_url(shop.settings.redis_url) as server:
        before = _dump(server)
        assert [key for key, value in before.items() if number.encode() in value] == [f"visitor:{number}".encode()]

        # What can be downloaded is all that Redis and the cookie hold.
        stored = json.loads(server.get(f"visitor:{number}") or b"{}")
        downloaded = shopper.get("/your-data.json").json()
        assert downloaded.pop("likes")
        assert downloaded.pop("language") == ""
        assert downloaded.pop("compared") == []
        wait_until(lambda: _has_clicked(shopper), "what is recorded of the searches")
        searches = downloaded.pop("searches")
        assert downloaded == stored
        assert {document["session_id"] for documents in searches.values() for document in documents} <= {visit}
        assert {event.kind for event in Visitor.from_dict(downloaded).events} == {
            "view", "like", "cart", "order", "forget",
        }  # fmt: skip
        assert [order["number"] for order in downloaded["orders"]] == [shopper.order]
        assert len(downloaded["bag"]) == 1

        erased = shopper.send("/your-data/erase")
        assert "Nothing about you is remembered" in erased.text
        assert erased.history[0].headers["Clear-Site-Data"] == '"cache", "storage"'
        assert shopper.number == ""
        assert shopper.get("/your-data.json").json() == {
            "events": [], "bag": [], "orders": [], "lists": {}, "likes": [], "compared": [], "language": "",
            "searches": {"queries": [], "events": []},
        }  # fmt: skip
        waiting = f"{shop.alias}:interactions"
        wait_until(lambda: not (server.xlen(waiting) or _recorded(shop, visit)), "the deletion of what was recorded")
        after = _dump(server)
    for private in (number, visit, shopper.order, ADDRESS):
        assert not [key for key, value in after.items() if private.encode() in value]
    documents = _documents(shop)
    assert documents
    logs = _logs(storefront)
    assert "203.0.113.0" in logs
    assert "/bag/orders/<number>" in logs
    for private in (number, visit, shopper.order, shopper.photo):
        assert not [document for document in documents if private in document]
        assert private not in logs
    for private in (ADDRESS, WORDS, "like="):
        assert private not in logs


def test_what_gunicorn_refuses_is_logged_without_query_and_address(storefront: RunningStorefront) -> None:
    parts = urlsplit(storefront.url)
    with socket.create_connection((parts.hostname, parts.port or 0), timeout=120) as connection:
        connection.sendall(f"GET/search?q={WORDS}\r\nHost: {parts.netloc}\r\n\r\n".encode())
        assert connection.recv(12)[-4:] == b" 400"

    def is_logged() -> bool:
        return "Invalid request from ip=127.0.0.0" in storefront.process.log.read_text()

    wait_until(is_logged, "the refusal in the log")
    assert WORDS not in storefront.process.log.read_text()


def test_everything_that_is_kept_of_a_shopper_in_redis_expires_when_the_page_says(
    storefront: RunningStorefront, shop: Shop
) -> None:
    shopper = Shopper(storefront.url, shop)
    shopper.shop_around()
    settings = shop.settings
    longest = {
        f"visitor:{shopper.number}": settings.behaviour_days * 86_400,
        f"photo-vector:{shopper.photo}": settings.photo_minutes * 60,
    }
    with redis.Redis.from_url(settings.redis_url, decode_responses=True) as server:
        counted = list(server.scan_iter("LIMITS:*"))
        assert counted
        longest |= dict.fromkeys(counted, 60)  # seconds of the window in the fixture
        left = {key: server.ttl(key) for key in longest}
    gone = -2  # a window may have ended meanwhile
    assert {
        key: ttl for key, ttl in left.items() if not (0 <= ttl <= longest[key] or (key in counted and ttl == gone))
    } == {}
    [cookie] = [cookie for cookie in shopper.client.cookies.jar if cookie.name == "shop"]
    assert cookie.expires
    shopper.send("/your-data/erase")
    assert [cookie.expires for cookie in shopper.client.cookies.jar if cookie.name == "shop"] == [None]


def test_the_page_names_every_key_of_redis_that_is_a_shopper_s_and_each_is_documented() -> None:
    named = set(re.findall(r"`([a-zA-Z-]*:?<\w+>)`", PRIVACY.read_text()))
    rows = {row.pattern: row for row in documented_keys()}
    assert named <= rows.keys()
    assert named >= {"visitor:<id>", "photo-vector:<token>", "photo-upload:<token>", "photo:<token>", "LIMITS:<limit>"}
    assert all(rows[pattern].expires for pattern in named)
