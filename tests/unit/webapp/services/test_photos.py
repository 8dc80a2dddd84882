"""Shoppers' photographs: what is the shopper's fault."""

from typing import Any

import pytest

from indexer.errors import ImageError, ImageUnavailableError
from indexer.images.decoder import Decoder
from indexer.settings import Settings
from search.errors import ParameterError
from webapp.services.photos import Photos
from workers.photos import PhotoServiceError
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
