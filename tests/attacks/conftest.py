"""Fixtures of the attacks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from elasticsearch import Elasticsearch
from flask.testing import FlaskClient

from indexer.settings import Settings
from tests.attacks.crawler import Page, crawl
from tests.attacks.hostile_shop import HostileShop, open_hostile_shop

STAFF_PAGES = (
    "/ops",
    "/lab",
    "/lab/attributes",
    "/lab/placeholders",
    "/lab/queries",
    "/workbench",
    "/workbench/compare",
    "/workbench/experiments",
    "/workbench/queries",
    "/workbench/rules",
    "/workbench/synonyms",
)
WRONG_PAGES = ("/nowhere", "/products/nowhere", "/search?cursor=x", "/search?photo=x", "/pictures/a/1.webp")


@pytest.fixture(scope="package")
def hostile(settings: Settings, client: Elasticsearch) -> Iterator[HostileShop]:
    """Return a shop whose every text is markup."""
    shop = open_hostile_shop(settings, client)
    shop.fill()
    yield shop
    shop.remove()


@dataclass(frozen=True)
class Visit:
    """A visitor, and the pages that they found."""

    web: FlaskClient
    pages: list[Page]


@pytest.fixture(scope="package")
def shopper(hostile: HostileShop) -> Visit:
    """Return a shopper, and all pages of the shop."""
    return visit(hostile, hostile.shopper())


@pytest.fixture(scope="package")
def member(hostile: HostileShop) -> Visit:
    """Return a member of staff who also shops, and all pages of the shop."""
    return visit(hostile, hostile.member())


def visit(shop: HostileShop, web: FlaskClient) -> Visit:
    """Crawl the shop."""
    pages = crawl(web, "/", *STAFF_PAGES, "/staff/login", *WRONG_PAGES)
    return Visit(web, [*pages, *shop.hidden_pages(web, pages)])
