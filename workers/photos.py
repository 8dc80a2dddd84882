"""A shopper's photograph: sent to a worker that has the models, answered by its vector, kept nowhere.

`embed_photo` is what the web process calls, which never loads a model; `answer` is what the worker does.
"""

from __future__ import annotations

import json
import secrets
from base64 import b64decode, b64encode
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import redis
from elasticsearch.helpers import pack_dense_vector
from kombu.exceptions import OperationalError

from es_mappings.layout import Vector
from indexer.elastic.client import vector
from indexer.embedding import photos
from indexer.embedding.photos import Box
from indexer.errors import ImageError, IndexStateError, ProductSearchError
from indexer.settings import Settings
from workers.app import EMBED_PHOTO, app

if TYPE_CHECKING:
    from indexer.embedding.pipeline import Pipeline

_PATIENCE = 10.0  # seconds that a shopper waits; older photographs are not embedded any more
_KEPT = 30  # seconds that an answer nobody fetched stays in Redis


class PhotoServiceError(ProductSearchError):
    """No worker answers just now: the same photograph may be sent again."""


@dataclass(frozen=True)
class PhotoVector:
    """A photograph's compound vector, and the vector space it belongs to."""

    vector: Vector
    space: str


def embed_photo(photo: bytes, box: Box | None = None, *, timeout: float = _PATIENCE) -> PhotoVector:
    """Have a worker embed a photograph.

    Parameters
    ----------
    photo : bytes
        The file as the shopper sent it, nobody vouches for it.
    box : tuple of float, optional
        The part that counts: left, top, width and height as fractions of the upright image.
    timeout : float
        Seconds to wait.

    Returns
    -------
    PhotoVector
        Shape ``(dims,)``; the parts of aspects that a photograph doesn't have (text, attributes) are zero.

    Raises
    ------
    ImageError
        The photograph can't be used; the message says why.
    IndexStateError
        There is no vector space yet.
    PhotoServiceError
        Redis is away or full, or no worker answered in time.
    """
    # Not by Celery's result store: a web process that lost Redis once would have to be restarted.
    reply_to = f"photo:{secrets.token_hex(16)}"
    arguments = [b64encode(photo).decode(), box, reply_to]
    try:
        app.send_task(EMBED_PHOTO, args=arguments, argsrepr="(a photograph)", expires=timeout)
        found = _redis(Settings.from_environment().redis_url).blpop([reply_to], timeout=timeout)
    except (OperationalError, redis.RedisError) as error:
        raise PhotoServiceError("Redis doesn't take photographs: is it up, and has it memory left?") from error
    if found is None:
        raise PhotoServiceError(
            f"No worker embedded the photograph within {timeout:g} s: does one take the queue `interactive`?"
        )
    made: dict[str, Any] = json.loads(found[1])
    if "image" in made:
        raise ImageError(made["image"])
    if "index" in made:
        raise IndexStateError(made["index"])
    return PhotoVector(vector(made["vector"]), made["space"])


def answer(pipeline: Pipeline, client: redis.Redis, photo: str, box: Box | None, reply_to: str) -> None:
    """Embed a photograph in this process and lay the answer, or what the shopper can mend, where it is waited for."""
    made: dict[str, Any]
    try:
        found, space = photos.embed_photo(pipeline, b64decode(photo), box)
        made = {"vector": pack_dense_vector(found), "space": space}
    except ImageError as error:
        made = {"image": str(error)}
    except IndexStateError as error:
        made = {"index": str(error)}
    with client.pipeline(transaction=True) as commands:
        commands.rpush(reply_to, json.dumps(made))
        commands.expire(reply_to, _KEPT)
        commands.execute()


@cache
def _redis(url: str) -> redis.Redis:
    return redis.Redis.from_url(url, socket_timeout=60, socket_connect_timeout=1)
