"""Shoppers' photographs: shrunk, embedded by a worker and discarded. Only the vector is stored, for a while."""

from __future__ import annotations

import io
import json
import logging
import secrets

from PIL import Image

from indexer.embedding.photos import Box, cropped
from indexer.errors import ImageError, ImageUnavailableError
from indexer.images.decoder import Decoder
from search.errors import ParameterError
from workers.errors import RedisUnavailableError
from workers.photos import PhotoServiceError, PhotoVector, embed_photo
from workers.queues import keys
from workers.queues.handle import Queues
from workers.queues.reading import json_object

log = logging.getLogger(__name__)

_SIDE = 640  # pixels of the image sent to the worker: more than any model uses


class Photos:
    """Turns photographs into vectors, and stores these for some minutes under random tokens."""

    def __init__(self, queues: Queues, minutes: int, decoder: Decoder) -> None:
        self._queues, self._minutes, self._decoder = queues, minutes, decoder

    def take(self, data: bytes, box: Box | None) -> str:
        """Embed a photograph, store its vector, and return the token.

        Raises
        ------
        ParameterError
            The data isn't an image in an accepted format.
        PhotoServiceError
            No worker answers, the machine is too busy to decode it, or Redis is down.
        IndexStateError
            There is no vector space yet.
        """
        try:
            return self._store(embed_photo(self._queues, self._small(data, box)))
        except ImageUnavailableError as error:
            raise PhotoServiceError(str(error)) from error
        except ImageError as error:
            raise ParameterError("image", str(error)) from error

    def get(self, token: str) -> PhotoVector | None:
        """Return a photograph's vector, or None if it has expired or Redis is down."""
        try:
            value = self._queues.values.get(keys.photo_vector(token))
        except RedisUnavailableError as error:
            log.warning("photographs can't be read: %s", error)
            return None
        stored = json_object(value)
        return None if stored is None else PhotoVector.from_dict(stored)

    def _store(self, photo: PhotoVector) -> str:
        token = secrets.token_urlsafe(24)
        value = json.dumps(photo.to_dict())
        try:
            self._queues.values.set(keys.photo_vector(token), value, seconds=60 * self._minutes)
        except RedisUnavailableError as error:
            raise PhotoServiceError(f"Redis does not store the photograph: {error}") from error
        return token

    def _small(self, data: bytes, box: Box | None) -> bytes:
        """Crop and shrink a photograph, so that little is sent, and nothing of the file but its pixels."""
        share = min(box[2:]) if box else 1.0
        image = cropped(self._decoder.decode(data, least_side=min(round(_SIDE / share), 8_000)), box)
        image.thumbnail((_SIDE, _SIDE), Image.Resampling.LANCZOS)
        file = io.BytesIO()
        image.save(file, "WEBP", quality=95, method=2)
        return file.getvalue()
