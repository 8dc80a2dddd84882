"""Readers while the alias moves: none fails, and none mixes vectors of two spaces."""

import threading
import time
from pathlib import Path

import pytest
from elasticsearch import Elasticsearch
from flask.testing import FlaskClient

from indexer.rollouts.rollout import Rollout, prune
from indexer.rollouts.steps import Options
from indexer.settings import Settings
from tests.live.rolling import FULL, RollingShop
from tests.live.shopping import search
from webapp import create_app

PRODUCTS, PER_SECOND, READERS = 60, 50, 8
SWAPS = 20 if FULL else 3


@pytest.fixture
def shop(client: Elasticsearch, settings: Settings, tmp_path: Path) -> RollingShop:
    shop = RollingShop(client, settings, tmp_path)
    shop.open(PRODUCTS)
    return shop


@pytest.fixture
def web(shop: RollingShop, settings: Settings) -> FlaskClient:
    return create_app(settings.model_copy(update={"index_name": shop.alias})).test_client()


def _rebuild(shop: RollingShop, model: str = "one") -> str:
    pipeline = shop.pipeline(model)
    return Rollout(shop.index, lambda: pipeline, Options(refit=True)).rebuild()


def _back(shop: RollingShop) -> str:
    pipeline = shop.pipeline()
    return Rollout(shop.index, lambda: pipeline).rollback()


def _nearest(web: FlaskClient, number: int) -> list[tuple[str, float]]:
    answer = web.get("/api/search", query_string={"like": f"p-{number:05d}", "size": 5})
    assert answer.status_code == 200, answer.text
    return [(p["id"], p["similarity"]) for p in answer.get_json()["products"]]


def test_no_search_fails_or_mixes_spaces_while_the_alias_moves(shop: RollingShop, web: FlaskClient) -> None:
    before = [_nearest(web, n) for n in range(PRODUCTS)]
    _rebuild(shop, "two")
    time.sleep(1.1)  # a snapshot is shared for a second
    after = [_nearest(web, n) for n in range(PRODUCTS)]
    assert all(one != two for one, two in zip(before, after, strict=True))
    stop, failed, served = threading.Event(), list[str](), list[int]()

    def read(number: int) -> None:
        reader = web.application.test_client()
        while not stop.is_set():
            begun, number = time.monotonic(), (number + 1) % PRODUCTS
            try:
                nearest = _nearest(reader, number)
            except AssertionError as error:
                failed.append(str(error))
            else:
                # An anchor of one space among products of the other would have other neighbours than in either.
                if nearest not in (before[number], after[number]):
                    failed.append(f"mixed: {nearest}, not {before[number]} or {after[number]}")
            served.append(number)
            time.sleep(max(0.0, READERS / PER_SECOND - (time.monotonic() - begun)))

    readers = [threading.Thread(target=read, args=(7 * n,)) for n in range(READERS)]
    begun = time.monotonic()
    for reader in readers:
        reader.start()
    names = [_back(shop) for _ in range(SWAPS)]
    stop.set()
    for reader in readers:
        reader.join()
    seconds = time.monotonic() - begun
    print(f"{SWAPS} swaps, {len(served)} searches at {len(served) / seconds:.0f}/s, {len(failed)} failed")  # noqa: T201
    assert len(set(names)) == 2
    assert not failed, failed[:3]


def test_a_cursor_from_before_the_swap_stays_in_its_index(shop: RollingShop, web: FlaskClient) -> None:
    arguments = {"like": "p-00007", "size": 10}
    first = search(web, **arguments)
    expected = [p["id"] for p in search(web, **{**arguments, "size": 100})["products"]]
    _rebuild(shop, "two")
    time.sleep(1.1)  # a snapshot is shared for a second
    ids, cursor = [p["id"] for p in first["products"]], first["next_cursor"]
    while cursor:
        page = search(web, **arguments, cursor=cursor)
        ids, cursor = ids + [p["id"] for p in page["products"]], page["next_cursor"]
    assert ids == expected
    assert [p["id"] for p in search(web, **{**arguments, "size": 100})["products"]] != expected
    prune(shop.index)
    refused = web.get("/api/search", query_string={**arguments, "cursor": first["next_cursor"]})
    assert (refused.status_code, refused.get_json()["detail"]) == (
        400,
        "cursor: has expired; start from the first page",
    )


def test_a_snapshot_of_a_deleted_index_is_forgotten(shop: RollingShop, web: FlaskClient) -> None:
    assert search(web, like="p-00007")["total"]["value"] == PRODUCTS - 1
    _rebuild(shop)
    search(web, like="p-00007")
    _back(shop)
    prune(shop.index)
    assert search(web, like="p-00007")["total"]["value"] == PRODUCTS - 1
    assert list(shop.index.versions()) == [shop.index.live()]
