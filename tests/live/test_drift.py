"""Products whose vector is missing are found without the queues."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from elasticsearch import Elasticsearch

from indexer.embedding.drift import drifted
from indexer.errors import ImageUnavailableError
from indexer.settings import Settings
from tests.live.rolling import RollingShop


@pytest.fixture
def shop(client: Elasticsearch, settings: Settings, tmp_path: Path) -> RollingShop:
    shop = RollingShop(client, settings, tmp_path)
    shop.open(12)
    return shop


@pytest.mark.parametrize("place", [0, 1])
def test_an_image_that_was_not_available_is_looked_for_although_redis_was_emptied(
    shop: RollingShop, monkeypatch: pytest.MonkeyPatch, place: int
) -> None:
    images = [shop.upsert(number).product.images[0] for number in (201, 202)]  # of no other product
    away, fetch = images[place], shop.source.fetch_if_changed

    def unavailable(address: str, *more: Any) -> Any:
        if address == away:
            raise ImageUnavailableError("its server is away")
        return fetch(address, *more)

    monkeypatch.setattr(shop.source, "fetch_if_changed", unavailable)
    shop.write(shop.upsert(100, images=images))
    report = shop.pipeline().vectorize(["p-00100"])
    assert report.unavailable == ["p-00100"]
    time.sleep(1.1)  # drift leaves what has just changed to the queues
    shop.client.indices.refresh(index=shop.alias)
    assert "p-00100" not in drifted(shop.index, 1)
    yesterday = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    shop.client.update(index=shop.alias, id="p-00100", doc={"embedding": {"retry_at": yesterday}}, refresh=True)
    assert list(drifted(shop.index, 1)) == ["p-00100"]
    monkeypatch.setattr(shop.source, "fetch_if_changed", fetch)
    shop.pipeline().vectorize(["p-00100"])
    shop.client.indices.refresh(index=shop.alias)
    product = shop.products()["p-00100"]
    assert (product["embedding"]["status"], len(product["pictures"])) == ("done", 2)
    assert list(drifted(shop.index, 1)) == []
