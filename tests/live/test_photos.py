"""A shopper's photograph, embedded by a worker; what goes wrong is told apart."""

import json
from collections.abc import Iterator

import numpy as np
import pytest
import redis

import workers.photos
from indexer.elastic.client import vector
from indexer.errors import ImageError
from tests.conftest import Shop
from workers.photos import PhotoServiceError, embed_photo
from workers.queues.handle import Queues


@pytest.fixture
def queues(shop: Shop) -> Iterator[Queues]:
    with Queues.open(shop.settings) as queues:
        yield queues


def _picture(shop: Shop) -> tuple[str, bytes]:
    product = json.loads(shop.catalogue.read_text().splitlines()[0])
    return product["id"], (shop.catalogue.parent / product["images"][0]).read_bytes()


def test_a_photograph_of_a_product_has_that_products_look(shop: Shop, queues: Queues) -> None:
    product_id, picture = _picture(shop)
    made = embed_photo(queues, picture)
    found = shop.index.products([product_id])[product_id]
    assert made.space == found["embedding"]["space"]
    assert np.allclose(made.vector[:256], vector(found["vector"])[:256], atol=1e-3)
    part = embed_photo(queues, picture, (0.25, 0.25, 0.5, 0.5))
    assert not np.allclose(part.vector, made.vector, atol=0.05)


def test_nothing_is_kept(shop: Shop, queues: Queues) -> None:
    with redis.Redis.from_url(shop.settings.redis_url) as server:
        before = set(server.keys("photo:*"))
        embed_photo(queues, _picture(shop)[1])
        assert set(server.keys("photo:*")) <= before


def test_what_is_no_photograph_is_the_shoppers_error(queues: Queues) -> None:
    with pytest.raises(ImageError, match="not an image"):
        embed_photo(queues, b"no image")


def test_no_worker_is_said_in_time(shop: Shop, queues: Queues, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers.photos, "EMBED_PHOTO", "nobody.takes_this")  # goes to Celery's default queue
    with pytest.raises(PhotoServiceError, match="interactive"):
        embed_photo(queues, _picture(shop)[1], timeout=0.5)
    assert redis.Redis.from_url(shop.settings.redis_url).delete("celery") == 1
