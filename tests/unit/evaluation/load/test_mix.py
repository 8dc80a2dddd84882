from urllib.parse import parse_qsl, urlsplit

import numpy as np
import pytest
from werkzeug.datastructures import MultiDict

from evaluation.load.mix import EXTRAS, PAGES, PHOTO, SHARES, STAFF, Mix, Shelf, photo_form
from webapp.reading import page_parameters

SHELF = Shelf(
    products=[("dress-1", "Dresses"), ("a b/c:2", "Toys & games")],
    categories=["Dresses", "Toys & games"],
    filters=["brand:Marlowe & Co", "color:sage"],
    words=["dress"],
    pictures=["/pictures/dress-1/480.webp"],
    photos=[photo_form(b"bytes")],
)


def _mix(**options: str) -> Mix:
    return Mix(SHELF, np.random.default_rng(5), **options)


def test_shares_are_those_of_the_pages() -> None:
    assert sum(SHARES.values()) == pytest.approx(1)
    kinds = _mix().kinds(20_000)
    assert {kind: kinds.count(kind) / len(kinds) for kind in PAGES} == pytest.approx(SHARES, abs=0.02)


@pytest.mark.parametrize("kind", [*PAGES, *EXTRAS, STAFF])
def test_every_request_of_a_page_is_one_that_the_shop_accepts(kind: str) -> None:
    mix = _mix()
    for _ in range(20):
        request = mix.request(kind)
        path, query = urlsplit(request.path).path, urlsplit(request.path).query
        assert path.startswith("/")
        page_parameters(MultiDict(parse_qsl(query)))  # raises if not


def test_requests_of_a_kind_ask_for_what_it_says() -> None:
    mix = _mix()
    assert {name for name, _ in parse_qsl(urlsplit(mix.request("slider").path).query)} == {"category", "like", "weight"}
    assert "like" in dict(parse_qsl(urlsplit(mix.request("like").path).query))
    photo = mix.request(PHOTO)
    assert photo.method == "POST"
    assert photo.body == SHELF.photos[0]


def test_shoppers_have_addresses_and_keep_the_cookie_that_they_were_given() -> None:
    mix = _mix()
    first = mix.request("browse")
    assert "Cookie" not in first.headers
    mix.seen(first, 200, b"", "shop=abc; HttpOnly; Path=/")
    later = [mix.request("browse") for _ in range(5_000)]
    assert {request.headers.get("Cookie") for request in later if request.shopper == first.shopper} == {"shop=abc"}
    assert not any("Cookie" in request.headers for request in later if request.shopper != first.shopper)
    assert len({request.headers["X-Forwarded-For"] for request in later}) == len({r.shopper for r in later}) > 300


def test_staff_have_their_own_cookie() -> None:
    mix = _mix(staff_cookie="shop=staff")
    request = mix.request(STAFF)
    mix.seen(request, 200, b"", "shop=other; Path=/")
    assert {mix.request(STAFF).headers["Cookie"] for _ in range(5)} == {"shop=staff"}


def test_a_next_page_is_one_that_was_offered() -> None:
    mix = _mix()
    assert "cursor" not in mix.request("page 2").path
    page = b'<a class="button" href="/search?category=Toys&amp;cursor=abc.def" rel="nofollow">Show more</a>'
    mix.seen(mix.request("browse"), 503, page, "")
    assert "cursor" not in mix.request("page 2").path
    mix.seen(mix.request("browse"), 200, page, "")
    assert mix.request("page 2").path == "/search?category=Toys&cursor=abc.def"


def test_a_browser_asks_for_the_pictures_of_pages_that_it_was_given() -> None:
    mix = _mix()
    assert all(mix.wants("picture") for _ in range(100))
    for number in range(2_000):
        mix.seen(mix.request("browse"), 200 if number % 4 == 0 else 503, b"", "")
    asked = sum(mix.wants("static") for _ in range(2_000)) / 2_000
    assert 0.1 < asked < 0.4  # a quarter of the pages is served
    assert all(mix.wants(kind) for kind in (*PAGES, PHOTO, STAFF))
