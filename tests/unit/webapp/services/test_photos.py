"""Shoppers' photographs: what may be under way, and what is the shopper's fault."""

from typing import Any

import numpy as np
import pytest

from indexer.errors import ImageError, ImageUnavailableError
from indexer.images.decoder import Decoder
from indexer.settings import Settings
from search.errors import ParameterError
from tests.images import picture
from webapp.services.photos import Photos
from workers.photos import PhotoServiceError, PhotoVector
from workers.queues.connection import PAGE
from workers.queues.handle import Queues


class _Failing(Decoder):
    """A decoder that answers every image with one error."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def decode(self, data: bytes, *, least_side: int = 0) -> Any:
        raise self._error


@pytest.fixture
def queues() -> Queues:
    return Queues.open(Settings(redis_url="redis://127.0.0.1:1/0"), PAGE)


def test_a_photograph_that_cannot_be_decoded_is_the_shoppers_fault(queues: Queues) -> None:
    with pytest.raises(ParameterError, match="it is broken"):
        Photos(queues, 60, _Failing(ImageError("it is broken"))).take(b"x", None)


def test_a_machine_too_busy_to_decode_is_not(queues: Queues) -> None:
    with pytest.raises(PhotoServiceError, match="too busy"):
        Photos(queues, 60, _Failing(ImageUnavailableError("too busy"))).take(b"x", None)


def test_beyond_a_few_under_way_photographs_are_refused_until_one_is_done(
    queues: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused: list[PhotoServiceError] = []
    depth = 0

    def embed(queues: Queues, photo: bytes) -> PhotoVector:
        nonlocal depth
        depth += 1
        try:
            photos.take(picture(), None)  # another one, while this one is under way
        except PhotoServiceError as error:
            refused.append(error)
        return PhotoVector(np.zeros(3, np.float32), "space")

    monkeypatch.setattr("webapp.services.photos.embed_photo", embed)
    monkeypatch.setattr(Photos, "_store", lambda *_: "token")
    with Decoder.for_photos(1.0) as decoder:
        photos = Photos(queues, 60, decoder)
        for _ in range(2):
            depth = 0
            assert photos.take(picture(), None) == "token"
            assert depth == 4
    assert ["under way" in str(error) for error in refused] == [True, True]
