"""Shoppers' photographs: shrunk, embedded by a worker and discarded. Only vectors are stored, for a while."""

from __future__ import annotations

import io
import json
import logging
import re
import secrets
import time
from collections.abc import Mapping
from typing import Any, NamedTuple

from PIL import Image

from indexer.embedding.photos import Box, cropped, read_box
from indexer.errors import ImageError, ImageUnavailableError
from indexer.images.decoder import Decoder
from search.errors import ParameterError
from search.syntax import PHOTO
from workers.errors import RedisUnavailableError
from workers.interactive import EmbeddedQuery, EmbeddingServiceError
from workers.photos import EmbeddedPhoto, embed_photo
from workers.queues import keys
from workers.queues.handle import Queues
from workers.queues.latencies import PHOTOS
from workers.queues.reading import json_object

log = logging.getLogger(__name__)

_SIDE = 896  # pixels of the image sent to the worker: more than any model uses, and of a region as many
_WHOLE = (0.0, 0.0, 1.0, 1.0)  # the box of a photograph that is cropped already
_MOST_PARTS = 20


class Part(NamedTuple):
    """A part of a photograph, to be searched with by its token: all of it, or a box as fractions of it."""

    token: str
    box: Box | None


class TakenPhoto(NamedTuple):
    """The parts of a photograph: the whole, then its regions, the clearest first.

    Attributes
    ----------
    ratio : float
        Its width by its height.
    """

    ratio: float
    parts: tuple[Part, ...]

    @property
    def token(self) -> str:
        """The token of the whole photograph."""
        return self.parts[0].token

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON data."""
        return {"ratio": self.ratio, "parts": [part._asdict() for part in self.parts]}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> TakenPhoto | None:
        """Read what `to_dict` returned; None if it is something else."""
        ratio, parts = data.get("ratio"), data.get("parts")
        if not isinstance(ratio, int | float) or not 0.01 <= ratio <= 100 or not isinstance(parts, list):
            return None
        read = [_part(part) for part in parts[:_MOST_PARTS]]
        return cls(ratio, tuple(part for part in read if part)) if read and all(read) else None


class Photos:
    """Turns photographs into vectors, and stores these for some minutes under random tokens."""

    def __init__(self, queues: Queues, minutes: int, decoder: Decoder) -> None:
        self._queues, self._minutes, self._decoder = queues, minutes, decoder

    def take(self, data: bytes, box: Box | None) -> TakenPhoto:
        """Embed a photograph and its regions, and store the vector of each under a token.

        Parameters
        ----------
        box : tuple of float, optional
            The part that the shopper chose; no regions of it are sought.

        Raises
        ------
        ParameterError
            The data isn't an image in an accepted format.
        EmbeddingServiceError
            No worker answers, the machine is too busy to decode it, or Redis is down.
        IndexStateError
            There is no vector space yet.
        """
        began, outcome = time.perf_counter(), "failed"
        try:
            small, ratio = self._small(data, box)
            taken = self._store(embed_photo(self._queues, small, _WHOLE if box else None), ratio)
            outcome = "answered"
            return taken
        except ImageUnavailableError as error:
            raise EmbeddingServiceError(str(error)) from error
        except ImageError as error:
            outcome = "refused"
            raise ParameterError("image", str(error)) from error
        finally:
            self._queues.latencies.observe(PHOTOS, time.perf_counter() - began, outcome)

    def get(self, token: str) -> EmbeddedQuery | None:
        """Return the vector of a photograph or region, or None if it has expired or Redis is down."""
        stored = self._read(token)
        return None if stored is None else EmbeddedQuery.from_dict(stored)

    def parts(self, token: str) -> TakenPhoto | None:
        """Return the parts of the photograph that a token belongs to, or None if they are unknown."""
        stored = self._read(token)
        return None if stored is None else TakenPhoto.from_dict(stored)

    def _read(self, token: str) -> dict[str, Any] | None:
        try:
            return json_object(self._queues.values.get(keys.photo_vector(token)))
        except RedisUnavailableError as error:
            log.warning("photographs can't be read: %s", error)
            return None

    def _store(self, photo: EmbeddedPhoto, ratio: float) -> TakenPhoto:
        parts = [(None, photo.whole), *photo.regions]
        named = [(secrets.token_urlsafe(24), box, query) for box, query in parts]
        taken = TakenPhoto(round(ratio, 4), tuple(Part(token, box) for token, box, _ in named))
        try:
            for token, _, query in named:
                value = json.dumps(query.to_dict() | taken.to_dict())
                self._queues.values.set(keys.photo_vector(token), value, seconds=60 * self._minutes)
        except RedisUnavailableError as error:
            raise EmbeddingServiceError(f"Redis does not store the photograph: {error}") from error
        return taken

    def _small(self, data: bytes, box: Box | None) -> tuple[bytes, float]:
        """Crop and shrink a photograph, so that little is sent, and nothing of the file but its pixels.

        Returns
        -------
        bytes
            The file.
        float
            Its width by its height.
        """
        share = min(box[2:]) if box else 1.0
        image = cropped(self._decoder.decode(data, least_side=min(round(_SIDE / share), 8_000)), box)
        image.thumbnail((_SIDE, _SIDE), Image.Resampling.LANCZOS)
        file = io.BytesIO()
        image.save(file, "WEBP", quality=95, method=2)
        return file.getvalue(), image.width / image.height


def _part(part: object) -> Part | None:
    """Read a part that Redis holds: anybody may have written it."""
    if not isinstance(part, dict) or not re.fullmatch(PHOTO, str(part.get("token") or " ")):
        return None
    box = read_box(part.get("box"))
    return None if box is None and part.get("box") is not None else Part(str(part["token"]), box)
