"""Embed a shopper's photograph in a worker: `embed_photo` asks for it, `answer` does it."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from indexer.embedding import photos
from indexer.embedding.photos import Box, FindRegions
from workers import interactive
from workers.app import EMBED_PHOTO
from workers.interactive import EmbeddedQuery, EmbeddingRequest, EmbeddingServiceError
from workers.queues import keys
from workers.queues.handle import Queues

if TYPE_CHECKING:
    from indexer.embedding.pipeline import Pipeline
    from indexer.images.decoder import Decoder


class EmbeddedRegion(NamedTuple):
    """A part of a photograph: left, top, width and height as fractions of it, and its vector."""

    box: Box
    query: EmbeddedQuery


class EmbeddedPhoto(NamedTuple):
    """A photograph, and its regions, the clearest first."""

    whole: EmbeddedQuery
    regions: tuple[EmbeddedRegion, ...] = ()


def embed_photo(
    queues: Queues, photo: bytes, box: Box | None = None, *, timeout: float = interactive.PATIENCE
) -> EmbeddedPhoto:
    """Have a worker embed a photograph.

    Parameters
    ----------
    photo : bytes
        The file as uploaded; nothing about it is trusted.
    box : tuple of float, optional
        The part to embed: left, top, width and height as fractions of the upright image; no regions of it are sought.
    timeout : float
        Seconds to wait.

    Returns
    -------
    EmbeddedPhoto
        Vectors of shape ``(dims,)``; aspects that a photograph lacks (text, attributes) are zero.

    Raises
    ------
    ImageError
        The photograph cannot be used; the message says why.
    IndexStateError
        There is no vector space yet.
    EmbeddingServiceError
        Redis is down or full, no worker answered in time, or the worker's machine is too busy.
    """
    token = secrets.token_hex(16)
    request = EmbeddingRequest(EMBED_PHOTO, photo, keys.photo_upload(token), keys.photo_reply(token), (box,))
    reply = interactive.embed(queues, request, timeout)
    return EmbeddedPhoto(interactive.read(reply), tuple(_regions(reply)))


def answer(
    pipeline: Pipeline,
    decoder: Decoder,
    find: FindRegions,
    queues: Queues,
    upload: str,
    box: Box | None,
    reply_to: str,
) -> None:
    """Embed an uploaded photograph and its regions, and reply with the vectors or with an error.

    Nothing if its shopper has gone.
    """
    photo = queues.values.take(upload)
    if photo is None:
        return

    def embedded() -> dict[str, Any]:
        space, (whole, *regions) = photos.embed_photo(pipeline, decoder, photo, box, find)
        described = [{"box": r.box, **EmbeddedQuery(r.vector, space, r.closeness).to_dict()} for r in regions]
        return {**EmbeddedQuery(whole.vector, space, whole.closeness).to_dict(), "regions": described}

    interactive.answer(queues, reply_to, embedded)


def _regions(reply: dict[str, Any]) -> Iterator[EmbeddedRegion]:
    """Read the regions of a worker's reply; one of an earlier version has none."""
    for region in reply.get("regions", []):
        box = photos.read_box(region.get("box")) if isinstance(region, dict) else None
        if box is None:
            raise EmbeddingServiceError("The worker's answer can't be read.")
        yield EmbeddedRegion(box, interactive.read(region))
