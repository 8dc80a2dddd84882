"""Shoppers' photographs: what is the shopper's fault."""

import io
import time
from contextlib import ExitStack
from typing import Any

import pytest

from indexer.errors import ImageError, ImageUnavailableError
from indexer.images.decoder import Decoder
from indexer.settings import Settings
from search.errors import ParameterError
from tests.images import picture
from webapp import create_app
from webapp.budgets import CAPACITIES, Capacity
from webapp.services import services
from webapp.services.photos import Photos
from workers.interactive import EmbeddingServiceError
from workers.queues.connection import PAGE
from workers.queues.handle import Queues

SETTINGS = Settings(redis_url="redis://127.0.0.1:1/0", elasticsearch_url="http://127.0.0.1:1")


class _Failing(Decoder):
    """A decoder that answers every image with one error."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def decode(self, data: bytes, *, least_side: int = 0) -> Any:
        raise self._error


@pytest.fixture
def queues() -> Queues:
    return Queues.open(SETTINGS, PAGE)


def test_a_photograph_that_cannot_be_decoded_is_the_shoppers_fault(queues: Queues) -> None:
    with pytest.raises(ParameterError, match="it is broken"):
        Photos(queues, 60, _Failing(ImageError("it is broken"))).take(b"x", None)


def test_a_machine_too_busy_to_decode_is_not(queues: Queues) -> None:
    with pytest.raises(EmbeddingServiceError, match="too busy"):
        Photos(queues, 60, _Failing(ImageUnavailableError("too busy"))).take(b"x", None)


@pytest.mark.parametrize("path", ["/photo", "/api/similar-to-image"])
def test_beyond_a_few_under_way_photographs_are_refused_at_once(monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    monkeypatch.setitem(CAPACITIES, "photos", Capacity(0, 0))
    answer = create_app(SETTINGS).test_client().post(path, data={"image": (io.BytesIO(picture()), "x.png")})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")


@pytest.mark.parametrize("busy", ["photographs", "pictures"])
def test_neither_photographs_nor_the_catalogues_images_wait_for_the_others(busy: str) -> None:
    with create_app(SETTINGS).app_context():
        photos, pictures = services().photos._decoder, services().thumbnails._source.decoder
    busy_one, other = (photos, pictures) if busy == "photographs" else (pictures, photos)
    with photos, pictures, ExitStack() as turns:
        for _ in range(busy_one._size):
            turns.enter_context(busy_one._turn(time.monotonic() + 60))
        assert other.decode(picture()).size == (60, 40)
