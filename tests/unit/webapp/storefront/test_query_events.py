"""What is recorded of a request, without servers: the listing and the queue are stand-ins."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask, session

from search.parameters import SearchParameters
from webapp.services.query_ids import QueryIds
from webapp.storefront import query_events, visits

BROWSER = {"Sec-Fetch-Mode": "navigate"}


class _Shop:
    """An application that records into a list; requests share a cookie."""

    def __init__(self, days: int = 90) -> None:
        self.app = Flask("webapp")
        self.app.secret_key = "a secret of this test, long enough"
        self.sent: list[dict[str, Any]] = []
        self.app.extensions["services"] = SimpleNamespace(
            settings=SimpleNamespace(ubi_days=days),
            query_ids=QueryIds(self.app.secret_key),
            query_log=SimpleNamespace(put=self.sent.append),
        )
        self.cookie: dict[str, Any] = {}

    @contextmanager
    def request(self, path: str, headers: dict[str, str] | None = None) -> Iterator[SearchParameters]:
        with self.app.test_request_context(path, headers=BROWSER if headers is None else headers) as context:
            session.update(self.cookie)
            given = {name: values for name, values in context.request.args.lists() if name != "from"}
            lists = ("like", "filter")
            yield SearchParameters.model_validate({n: v if n in lists else v[0] for n, v in given.items()})
            self.cookie = dict(session)

    def listing(self, path: str, ids: str = "abc", **fields: Any) -> query_events.Origin | None:
        with self.request(path, fields.pop("headers", None)) as parameters:
            hits = [SimpleNamespace(product={"id": product_id}) for product_id in ids]
            result = SimpleNamespace(total=fields.pop("total", 30), hits=hits)
            listed = {
                name: fields.pop(name, default) for name, default in (("offset", 0), ("teams", ""), ("trial", ""))
            }
            instead = {"is_partial": fields.pop("is_partial", False), "fallback": fields.pop("fallback", "")}
            listed["search"] = SimpleNamespace(**instead)
            listing: Any = SimpleNamespace(result=result, **listed)  # its parameters may be of something else
            origin = query_events.shown(parameters, listing, **fields)
            session["likes"] = list(parameters.like)  # as pages do, after what they record
        return origin

    def act(self, path: str, action: Callable[..., Any], *arguments: Any) -> Any:
        with self.request(path) as parameters:
            return action(*arguments, parameters) if action is query_events.arrived else action(*arguments)

    def done(self) -> list[tuple[str, str, int]]:
        return [(m["action"], m["object_id"], m["position"]) for m in self.sent if m["kind"] == "acted"]


@pytest.fixture
def shop() -> _Shop:
    return _Shop()


def test_products_of_further_pages_go_on_counting(shop: _Shop) -> None:
    first, second = shop.listing("/search?q=dress"), shop.listing("/search?q=dress", "def", offset=24)
    assert first
    assert second
    assert first.of("c") == f"3.{first.query_id}"
    assert second.of("d") == f"25.{first.query_id}"
    assert second.of("a") == ""
    assert [message["first"] for message in shop.sent] == [1, 25]


def test_a_click_a_like_the_bag_and_an_order_are_of_the_query_that_showed_the_product(shop: _Shop) -> None:
    origin = shop.listing("/search?q=dress")
    assert origin
    arrived = shop.act(f"/products/b?from={origin.of('b')}", query_events.arrived, "b")
    assert arrived.of("b") == origin.of("b")
    shop.listing(f"/search?q=dress&like=c&from={origin.of('c')}", "cab")
    shop.listing(f"/search?q=dress&like=c&from={origin.of('c')}", "cab")  # reloaded
    shop.act("/bag", query_events.bagged, "b", origin.of("b"))
    shop.act("/bag", query_events.bagged, "x", "")
    shop.act("/bag/order", query_events.ordered, ["x", "b"])
    shop.act("/bag/order", query_events.ordered, ["b"])  # ordered again, without having been searched for
    assert shop.done() == [("click", "b", 2), ("like", "c", 3), ("add_to_cart", "b", 2), ("purchase", "b", 2)]
    assert {message["query_id"] for message in shop.sent} == {origin.query_id}


def test_a_click_counts_for_the_team_whose_pick_the_product_was(shop: _Shop) -> None:
    origin = shop.listing("/search?q=dress", teams="aba", trial="3:interleaved")
    assert origin
    assert origin.of("b").startswith("2b.")
    arrived = shop.act(f"/products/b?from={origin.of('b')}", query_events.arrived, "b")
    shop.act("/bag", query_events.bagged, "b", arrived.of("b"))
    shop.act("/order", query_events.ordered, ["b"])
    shown, *acted = shop.sent
    assert shown["attributes"]["experiment"] == "3:interleaved"
    assert [(event["action"], event["position"], event["team"]) for event in acted] == [
        ("click", 2, "b"),
        ("add_to_cart", 2, "b"),
        ("purchase", 2, "b"),
    ]


def test_the_cookie_keeps_where_a_bounded_number_of_products_came_from(shop: _Shop) -> None:
    ids = "abcdefghijklmnopqrstuvwxyz"
    origin = shop.listing("/search?q=dress", ids)
    assert origin
    for product_id in ids:
        shop.act("/bag", query_events.bagged, product_id, origin.of(product_id))
    assert 5 < len(shop.cookie["bagged"]) < 20
    assert list(shop.cookie["bagged"])[-1] == "z"


def test_what_is_shown_instead_is_no_result(shop: _Shop) -> None:
    shop.listing("/search?q=dress")
    shop.listing("/search?q=dres+zzz", is_partial=True)
    shop.listing("/search?q=zzz", fallback="meaning")
    assert [message["results"] for message in shop.sent] == [30, 0, 0]


def test_other_words_refine_those_before_for_two_minutes(shop: _Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.listing("/search?q=dress")
    shop.listing("/search?category=Toys")
    shop.listing("/search?q=gown")
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 130)
    shop.listing("/search?q=coat")
    dress, toys, gown, coat = shop.sent
    assert gown["refines"] == dress["query_id"]
    assert toys["refines"] == coat["refines"] == ""
    assert coat["session_id"] == dress["session_id"]
    monkeypatch.setattr(time, "time", lambda: now + 3_600)
    shop.listing("/search?q=coat")
    assert shop.sent[-1]["session_id"] != dress["session_id"]


@pytest.mark.parametrize(
    "headers",
    [
        BROWSER | {"Sec-GPC": "1"},
        BROWSER | {"DNT": "1"},
        BROWSER | {"Sec-Purpose": "prefetch;prerender"},
        BROWSER | {"User-Agent": "Mozilla/5.0 (compatible; bingbot/2.0)"},
        {},
    ],
)
def test_nothing_is_recorded_of_those_who_do_not_want_it(shop: _Shop, headers: dict[str, str]) -> None:
    assert shop.listing("/search?q=dress", headers=headers) is None
    assert shop.sent == []


def test_nothing_is_recorded_of_staff_nor_where_it_is_switched_off(shop: _Shop) -> None:
    shop.cookie["staff"] = ["ada", 1, "", ""]
    assert shop.listing("/search?q=dress") is None
    off = _Shop(days=0)
    assert off.listing("/search?q=dress") is None
    assert shop.sent == off.sent == []


@pytest.mark.parametrize("origin", ["", "x", "1.20261128-" + "a" * 24, "0x1.y", "-1.z", "1." * 500])
def test_an_origin_that_the_shop_did_not_give_counts_for_nothing(shop: _Shop, origin: str) -> None:
    shop.listing("/search?q=dress")
    assert shop.act(f"/products/b?from={origin}", query_events.arrived, "b") is None
    shop.act("/bag", query_events.bagged, "b", origin)
    assert shop.done() == []


def test_what_people_type_by_mistake_is_not_recorded(shop: _Shop) -> None:
    shop.listing("/search?q=dress+ada@example.com+4111-1111-1111-1111")
    assert shop.sent[0]["words"] == "dress [address] [number]"


def test_a_photograph_s_token_is_not_recorded(shop: _Shop) -> None:
    token = "t" * 32
    shop.listing(f"/search?photo={token}")
    assert shop.sent[0]["attributes"] == {"photo": "yes", "device": "desktop"}
    assert token not in str(shop.sent)


@pytest.mark.parametrize("cookie", ["x", [], ["", 1, ""], [1, 2, 3], ["20261128-visit", "now", ""]])
def test_a_cookie_of_another_shape_begins_a_new_visit(shop: _Shop, cookie: object) -> None:
    shop.cookie["query"] = cookie
    with shop.request("/search?q=dress"):
        assert visits.current() is None
    assert shop.listing("/search?q=dress")


@pytest.mark.parametrize(
    ("headers", "device"),
    [
        ({"Sec-CH-UA-Mobile": "?1"}, "phone"),
        ({"Sec-CH-UA-Mobile": "?0", "User-Agent": "Mobile"}, "desktop"),
        ({"User-Agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Mobile/15E148 Safari/604.1"}, "phone"),
        ({"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}, "desktop"),
        ({"Sec-CH-UA-Mobile": "?1; rm -rf"}, "desktop"),
        ({}, "desktop"),
    ],
)
def test_no_more_is_kept_of_a_browser_than_whether_it_runs_on_a_phone(headers: dict[str, str], device: str) -> None:
    shop = _Shop()
    shop.listing("/search?q=dress", headers=BROWSER | headers)
    [shown] = shop.sent
    assert shown["attributes"] == {"device": device}
