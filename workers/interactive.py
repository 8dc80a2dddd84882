"""Have a worker that has the models embed what a shopper sent; it is in Redis until one takes it.

The web process, which never loads a model, calls `embed`; the worker runs `answer`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from elasticsearch.helpers import pack_dense_vector

from es_mappings.layout import Vector
from indexer.elastic.client import vector
from indexer.errors import (
    DeviceError,
    ImageError,
    ImageUnavailableError,
    IndexStateError,
    ProductSearchError,
    SpaceError,
)
from workers.app import INTERACTIVE
from workers.errors import RedisUnavailableError
from workers.queues.handle import Queues

PATIENCE = 10.0  # seconds that a shopper waits; what is older is no longer embedded
MAX_WAITING = 32  # more than a worker embeds in that time on two cores; without a worker, the queue ends here
_HINT = f"Does any worker consume the queue `{INTERACTIVE}`?"


class EmbeddingServiceError(ProductSearchError):
    """No worker answers at the moment; the same may be sent again."""


class EmbeddedQuery(NamedTuple):
    """The compound vector of a photograph or of words, and the vector space it belongs to.

    Attributes
    ----------
    closeness : float
        How close it is to what the catalogue has (`TextProjection.closeness`, `familiarity.closeness`).
    """

    vector: Vector
    space: str
    closeness: float = 1.0

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON data."""
        return {"vector": pack_dense_vector(self.vector), "space": self.space, "closeness": self.closeness}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> EmbeddedQuery | None:
        """Read what `to_dict` returned, in this version or 0.1; None if it is something else."""
        try:
            embedded = cls(vector(data["vector"]), str(data["space"]), float(data.get("closeness", 1.0)))
        except (KeyError, TypeError, ValueError, OverflowError):
            return None
        is_sound = (
            embedded.vector.ndim == 1 and np.isfinite(embedded.vector).all() and math.isfinite(embedded.closeness)
        )
        return embedded if is_sound else None


class EmbeddingRequest(NamedTuple):
    """What a worker is asked to embed.

    Attributes
    ----------
    task : str
        Name of the task, which takes ``upload``, ``arguments`` and ``reply_to``.
    content : bytes or str
        What is embedded. It is stored under the key ``upload``, apart from the task, because a task stays in its queue
        until a worker takes it, even for days.
    upload, reply_to : str
        Keys of the content and of the answer.
    """

    task: str
    content: bytes | str
    upload: str
    reply_to: str
    arguments: tuple[Any, ...] = ()


def embed(queues: Queues, request: EmbeddingRequest, timeout: float) -> dict[str, Any]:
    """Have a worker embed something, and wait for what its task answered.

    Raises
    ------
    ImageError
        A photograph cannot be used; the message says why.
    IndexStateError
        There is no vector space yet, or the worker can't embed in it.
    EmbeddingServiceError
        Redis is down or full, no worker answered in time, or the worker's machine is too busy.
    """
    try:
        if queues.tasks.depth(INTERACTIVE) >= MAX_WAITING:
            raise EmbeddingServiceError(f"{MAX_WAITING} photographs and texts wait already. {_HINT}")
        queues.values.set(request.upload, request.content, seconds=timeout)
        queues.tasks.send(request.task, [request.upload, *request.arguments, request.reply_to], expires=timeout)
        reply = queues.replies.wait(request.reply_to, timeout)
    except RedisUnavailableError as error:
        raise EmbeddingServiceError("Redis does not accept it. Is it up, and does it have memory left?") from error
    if reply is None:
        raise EmbeddingServiceError(f"No worker answered within {timeout:g} s. {_HINT}")
    return _checked(reply)


def answer(queues: Queues, reply_to: str, embed: Callable[[], dict[str, Any]]) -> None:
    """Reply with what was embedded, as JSON data, or with the error that embedding raised.

    Raises
    ------
    DeviceError
        The models fail in this process, which has to end; its shopper was told to try again.
    """
    reply: dict[str, Any]
    try:
        reply = embed()
    except ImageUnavailableError as error:
        reply = {"busy": str(error)}
    except ImageError as error:
        reply = {"image": str(error)}
    except (IndexStateError, SpaceError) as error:
        reply = {"index": str(error)}
    except DeviceError:
        queues.replies.put(reply_to, {"busy": "The worker's models fail, and it starts again; try again in a minute."})
        raise
    queues.replies.put(reply_to, reply)


def read(data: Mapping[str, Any]) -> EmbeddedQuery:
    """Read what a worker embedded.

    Raises
    ------
    EmbeddingServiceError
        It can't be read.
    """
    embedded = EmbeddedQuery.from_dict(data)
    if embedded is None:
        raise EmbeddingServiceError("The worker's answer can't be read.")
    return embedded


def _checked(reply: dict[str, Any]) -> dict[str, Any]:
    if "busy" in reply:
        raise EmbeddingServiceError(reply["busy"])
    if "image" in reply:
        raise ImageError(reply["image"])
    if "index" in reply:
        raise IndexStateError(reply["index"])
    return reply
