"""What shoppers ask for, and how often: likes, sliders, facets, next pages, products, photographs, pictures."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import unescape
from typing import TypeVar
from urllib.parse import quote, urlencode

import numpy as np

from evaluation.load.traffic import Request
from search.syntax import write_anchor

T = TypeVar("T")
Parameters = list[tuple[str, str]]

SHARES = {
    "browse": 0.22, "like": 0.22, "facet": 0.14, "product": 0.14, "search": 0.12, "slider": 0.08, "home": 0.05,
    "page 2": 0.03,
}  # fmt: skip
"""Shares of the pages."""
EXTRAS = {"picture": 0.30, "static": 0.10, "photo": 0.01}
"""Other requests, per page. Pictures and styles are mostly in browsers' caches."""
_PARTS_OF_PAGES = {"picture", "static"}
_MEMORY = 0.02  # weight of the last page in the share of pages that are served
PAGES, PHOTO, STAFF = tuple(SHARES), "photo", "staff"
ASPECTS = ("look", "style", "color")
SHOPPERS = 400
_CURSORS = 64
_NEXT = re.compile(rb'href="(/search\?[^"]*cursor=[^"]+)"')


@dataclass(frozen=True)
class Shelf:
    """What a shop sells, as far as requests need it.

    Attributes
    ----------
    products : sequence of (str, str)
        Id and top category.
    filters : sequence of str
        Such as ``brand:Marlowe``.
    pictures : sequence of str
        Addresses of thumbnails.
    photos : sequence of bytes
        Bodies of uploads, each a multipart form with `BOUNDARY`.
    """

    products: Sequence[tuple[str, str]]
    categories: Sequence[str]
    filters: Sequence[str]
    words: Sequence[str]
    pictures: Sequence[str]
    photos: Sequence[bytes]


BOUNDARY = "photograph"


def photo_form(photo: bytes) -> bytes:
    """Return the body of an upload."""
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="image"; filename="photo"\r\n\r\n'
    return head.encode() + photo + f"\r\n--{BOUNDARY}--\r\n".encode()


class Mix:
    """Draws requests of many shoppers, each with an address and a cookie of their own."""

    def __init__(self, shelf: Shelf, rng: np.random.Generator, staff_cookie: str = "") -> None:
        self._shelf, self._rng, self._staff_cookie = shelf, rng, staff_cookie
        self._cookies: dict[int, str] = {}
        self._next: deque[str] = deque(maxlen=_CURSORS)
        self._share_served = 1.0

    def kinds(self, count: int) -> list[str]:
        """Draw the kinds of pages."""
        return [str(kind) for kind in self._rng.choice(list(SHARES), size=count, p=list(SHARES.values()))]

    def wants(self, kind: str) -> bool:
        """Draw whether a request is made: a browser asks only for the pictures of pages that it was given."""
        return kind not in _PARTS_OF_PAGES or bool(self._rng.uniform() < self._share_served)

    def request(self, kind: str) -> Request:
        """Draw a request of a kind; without a page seen that goes on, `page 2` browses."""
        shopper = int(self._rng.integers(SHOPPERS))
        headers = {"X-Forwarded-For": f"198.18.{shopper // 250}.{shopper % 250 + 1}"}  # addresses of RFC 2544
        cookie = self._staff_cookie if kind == STAFF else self._cookies.get(shopper)
        if cookie:
            headers["Cookie"] = cookie
        if kind == PHOTO:
            headers["Content-Type"] = f"multipart/form-data; boundary={BOUNDARY}"
            return Request(kind, "/api/similar-to-image", "POST", headers, self._any(self._shelf.photos), shopper)
        return Request(kind, self._path(kind), headers=headers, shopper=shopper)

    def seen(self, request: Request, status: int, body: bytes, cookie: str) -> None:
        """Remember a shopper's cookie, the address of a next page, and how many pages are served."""
        if request.kind in SHARES:
            self._share_served += _MEMORY * ((status == 200) - self._share_served)
        if cookie and request.kind != STAFF:
            self._cookies[request.shopper] = cookie.partition(";")[0]
        if status == 200 and request.kind in {"browse", "like", "facet"} and (following := _NEXT.search(body)):
            self._next.append(unescape(following[1].decode()))

    def parameters(self, kind: str) -> Parameters:
        """Draw the parameters of the search behind a page."""
        product, category = self._any(self._shelf.products)
        like, of_category = ("like", write_anchor(product)), ("category", category)
        match kind:
            case "home":
                return [("sort", "newest")]
            case "like" | "product":
                return [of_category, like]
            case "slider":
                return [of_category, like, *(("weight", f"{name}:{self._rng.uniform():.2f}") for name in ASPECTS)]
            case "facet":
                return [*([like] if self._rng.uniform() < 0.5 else []), ("filter", self._any(self._shelf.filters))]
            case "search":
                return [("q", self._any(self._shelf.words))]
        return [("category", self._any(self._shelf.categories))]

    def _path(self, kind: str) -> str:
        shelf = self._shelf
        simple: dict[str, Callable[[], str]] = {
            "home": lambda: "/",
            "product": lambda: f"/products/{quote(self._any(shelf.products)[0])}",
            "picture": lambda: self._any(shelf.pictures),
            "static": lambda: "/static/shop.css",
            STAFF: lambda: "/ops",
        }
        if kind in simple:
            return simple[kind]()
        if kind == "page 2" and self._next:
            return self._any(self._next)
        return "/search?" + urlencode(self.parameters(kind))

    def _any(self, values: Sequence[T]) -> T:
        return values[int(self._rng.integers(len(values)))]
