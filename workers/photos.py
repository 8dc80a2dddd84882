"""Embed a shopper's photograph in a worker that has the models; the photograph is in Redis until one takes it.

The web process, which never loads a model, calls `embed_photo`; the worker runs `answer`.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from elasticsearch.helpers import pack_dense_vector

from es_mappings.layout import Vector
from indexer.elastic.client import vector
from indexer.embedding import photos
from indexer.embedding.photos import Box
from indexer.errors import ImageError, ImageUnavailableError, IndexStateError, ProductSearchError
from workers.app import EMBED_PHOTO, INTERACTIVE
from workers.errors import RedisUnavailableError
from workers.queues import keys
from workers.queues.handle import Queues

if TYPE_CHECKING:
    from indexer.embedding.pipeline import Pipeline
    from indexer.images.decoder import Decoder

_PATIENCE = 10.0  # seconds that a shopper waits; older photographs are no longer embedded
_MAX_WAITING = 32  # more than a worker embeds in that time on two cores; without a worker, the queue ends here
_HINT = f"Does any worker consume the queue `{INTERACTIVE}`?"


class PhotoServiceError(ProductSearchError):
    """No worker answers at the moment; the same photograph may be sent again."""


class PhotoVector(NamedTuple):
    """A photograph's compound vector, and the vector space it belongs to."""

    vector: Vector
    space: str

    def to_dict(self) -> dict[str, str]:
        """Return it as JSON data."""
        return {"vector": pack_dense_vector(self.vector), "space": self.space}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> PhotoVector | None:
        """Read what `to_dict` returned; None if it is something else."""
        try:
            return cls(vector(data["vector"]), str(data["space"]))
        except (KeyError, TypeError, ValueError):
            return None


def embed_photo(queues: Queues, photo: bytes, box: Box | None = None, *, timeout: float = _PATIENCE) -> PhotoVector:
    """Have a worker embed a photograph.

    Parameters
    ----------
    photo : bytes
        The file as uploaded; nothing about it is trusted.
    box : tuple of float, optional
        The part to embed: left, top, width and height as fractions of the upright image.
    timeout : float
        Seconds to wait.

    Returns
    -------
    PhotoVector
        Shape ``(dims,)``; aspects that a photograph lacks (text, attributes) are zero.

    Raises
    ------
    ImageError
        The photograph cannot be used; the message says why.
    IndexStateError
        There is no vector space yet.
    PhotoServiceError
        Redis is down or full, no worker answered in time, or the worker's machine is too busy.
    """
    token = secrets.token_hex(16)
    upload, reply_to = keys.photo_upload(token), keys.photo_reply(token)
    try:
        if queues.tasks.depth(INTERACTIVE) >= _MAX_WAITING:
            raise PhotoServiceError(f"{_MAX_WAITING} photographs wait already. {_HINT}")
        # Apart from the task, because a task stays in its queue until a worker takes it, even for days.
        queues.values.set(upload, photo, seconds=timeout)
        queues.tasks.send(EMBED_PHOTO, [upload, box, reply_to], expires=timeout)
        reply = queues.replies.wait(reply_to, timeout)
    except RedisUnavailableError as error:
        raise PhotoServiceError("Redis does not accept photographs. Is it up, and does it have memory left?") from error
    if reply is None:
        raise PhotoServiceError(f"No worker embedded the photograph within {timeout:g} s. {_HINT}")
    if "busy" in reply:
        raise PhotoServiceError(reply["busy"])
    if "image" in reply:
        raise ImageError(reply["image"])
    if "index" in reply:
        raise IndexStateError(reply["index"])
    embedded = PhotoVector.from_dict(reply)
    if embedded is None:
        raise PhotoServiceError("The worker's answer can't be read.")
    return embedded


def answer(pipeline: Pipeline, decoder: Decoder, queues: Queues, upload: str, box: Box | None, reply_to: str) -> None:
    """Embed an uploaded photograph, and reply with its vector or with an error; nothing if its shopper has gone."""
    photo = queues.values.take(upload)
    if photo is None:
        return
    reply: dict[str, Any]
    try:
        embedded, space = photos.embed_photo(pipeline, decoder, photo, box)
        reply = PhotoVector(embedded, space).to_dict()
    except ImageUnavailableError as error:
        reply = {"busy": str(error)}
    except ImageError as error:
        reply = {"image": str(error)}
    except IndexStateError as error:
        reply = {"index": str(error)}
    queues.replies.put(reply_to, reply)
