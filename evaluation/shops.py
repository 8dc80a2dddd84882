"""The shop to measure: over HTTP, or the Navigation Service in this process, on the index of the settings."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import quote

import httpx
from werkzeug.datastructures import MultiDict

from indexer.elastic.product_index import ProductIndex
from indexer.errors import GoldenSetError
from indexer.settings import Settings
from search.cursors import Cursors
from search.errors import ParameterError
from search.local_texts import LocalTexts
from search.navigation import Navigation
from search.query_vectors import TextVectors
from search.reading import read_parameters

Parameters = Sequence[tuple[str, str]]
"""Parameters of the search API, such as ``("weight", "look:1")``."""


@dataclass(frozen=True)
class Page:
    """One page of a search.

    Attributes
    ----------
    products : list of str
        Ids.
    strategy : str
        Name of the strategy that served it.
    total : int
        Products of all pages.
    keywords : str
        The words that were searched for, which may be others than were asked for.
    """

    products: list[str]
    strategy: str
    next_cursor: str | None
    total: int
    keywords: str


class Shop(Protocol):
    """What ``evaluation search`` needs of a shop."""

    name: str

    def page(self, parameters: Parameters) -> Page:
        """Return one page of a search.

        Raises
        ------
        GoldenSetError
            The shop refuses a parameter, or doesn't answer.
        """

    def department(self, product_id: str) -> str:
        """Return the top category of a product; empty if the product is gone."""


class LocalShop:
    """The Navigation Service in this process."""

    def __init__(self, index: ProductIndex, texts: TextVectors | None = None) -> None:
        self.name = f"{index.alias}, in this process"
        self._navigation = Navigation(index, Cursors(secrets.token_urlsafe(32)), texts=texts)

    def page(self, parameters: Parameters) -> Page:
        """Search, as `Shop.page` describes."""
        try:
            request = read_parameters(dict(MultiDict(parameters).lists()))
            listing = self._navigation.listing(request)
        except ParameterError as error:
            raise GoldenSetError(f"The shop refuses a parameter, {error}") from error
        products = [hit.product["id"] for hit in listing.result.hits]
        return Page(
            products, listing.plan.strategy, listing.next_cursor, listing.result.total, listing.search.keywords.text
        )

    def department(self, product_id: str) -> str:
        """Return the top category of a product."""
        return _top(self._navigation.product(product_id) or {})


class HttpShop:
    """A storefront, reached through its HTTP API."""

    def __init__(self, client: httpx.Client) -> None:
        self._client, self.name = client, str(client.base_url)

    def page(self, parameters: Parameters) -> Page:
        """Search, as `Shop.page` describes."""
        body = self._get("/api/search", parameters)
        return Page(
            [p["id"] for p in body["products"]],
            body["plan"]["strategy"],
            body["next_cursor"],
            body["total"]["value"],
            body["keywords"]["text"],
        )

    def department(self, product_id: str) -> str:
        """Return the top category of a product."""
        return _top(self._get(f"/api/products/{quote(product_id)}", []))

    def _get(self, path: str, parameters: Parameters) -> dict[str, Any]:
        try:
            answer = self._client.get(path, params=list(parameters))
            body: dict[str, Any] = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise GoldenSetError(f"The shop doesn't answer {path}: {error or type(error).__name__}") from error
        if answer.status_code == httpx.codes.NOT_FOUND:  # the product is gone
            return {}
        if answer.status_code != httpx.codes.OK:
            raise GoldenSetError(f"The shop refuses a parameter, {body.get('detail', answer.status_code)}")
        return body


@contextmanager
def open_shop(url: str | None) -> Iterator[Shop]:
    """Open a shop: over HTTP if there is a URL, else in this process."""
    if url:
        with httpx.Client(base_url=url, timeout=60) as client:
            yield HttpShop(client)
    else:
        settings = Settings.from_environment()
        yield LocalShop(ProductIndex.open(settings), LocalTexts(settings))


def pages(shop: Shop, parameters: Parameters, depth: int, size: int = 100) -> Iterator[Page]:
    """Yield the pages of a listing, as far as its first ``depth`` products."""
    cursor, seen = "", 0
    while seen < depth:
        more = [("cursor", cursor)] if cursor else []
        page = shop.page([*parameters, ("size", str(min(size, depth))), *more])
        yield page
        seen += len(page.products)
        cursor = page.next_cursor or ""
        if not cursor:
            return


def _top(product: dict[str, Any]) -> str:
    return str((product.get("category") or [""])[0])
