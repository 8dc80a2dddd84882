"""A shopper's photograph, embedded by a worker, and the errors of that."""

import json
from collections.abc import Iterator

import numpy as np
import pytest
import redis

import workers.interactive
import workers.photos
from indexer.elastic.client import vector
from indexer.errors import ImageError
from tests.conftest import Shop, wait_until
from workers.interactive import EmbeddingServiceError
from workers.photos import embed_photo
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
    photo = embed_photo(queues, picture).whole
    product = shop.index.products([product_id])[product_id]
    assert photo.space == product["embedding"]["space"]
    assert np.allclose(photo.vector[:256], vector(product["vector"])[:256], atol=1e-3)
    part = embed_photo(queues, picture, (0.25, 0.25, 0.5, 0.5)).whole
    assert not np.allclose(part.vector, photo.vector, atol=0.05)


def test_nothing_is_stored(shop: Shop, queues: Queues) -> None:
    with redis.Redis.from_url(shop.settings.redis_url) as server:
        before = set(server.keys("photo*"))
        embed_photo(queues, _picture(shop)[1])
        assert set(server.keys("photo*")) <= before


def test_an_invalid_photograph_is_the_shoppers_error(queues: Queues) -> None:
    with pytest.raises(ImageError, match="not an image"):
        embed_photo(queues, b"no image")


def test_a_missing_worker_is_reported_in_time(shop: Shop, queues: Queues, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers.photos, "EMBED_PHOTO", "nobody.takes_this")  # goes to Celery's default queue
    with redis.Redis.from_url(shop.settings.redis_url) as server:
        before = set(server.keys("photo-upload:*"))
        with pytest.raises(EmbeddingServiceError, match="interactive"):
            embed_photo(queues, picture := _picture(shop)[1], timeout=0.5)
        # The task waits for a worker, for days perhaps; the photograph does not.
        wait_until(lambda: set(server.keys("photo-upload:*")) <= before, "forgetting the photograph")
        assert len(server.lrange("celery", 0, -1)[0]) < len(picture)
        assert server.delete("celery") == 1


def test_photographs_that_no_worker_takes_do_not_pile_up(
    shop: Shop, queues: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers.interactive, "MAX_WAITING", 2)
    monkeypatch.setattr(workers.interactive, "INTERACTIVE", queue := f"nobody-{shop.alias}")
    with redis.Redis.from_url(shop.settings.redis_url) as server:
        server.rpush(queue, "a task", "a task")
        with pytest.raises(EmbeddingServiceError, match="2 photographs and texts wait already"):
            embed_photo(queues, _picture(shop)[1])
        assert server.llen(queue) == 2
        server.delete(queue)
