"""Embed the words of a text query in a worker: `embed_text` asks for it, `answer` does it."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from indexer.embedding import text_queries
from workers import interactive
from workers.app import EMBED_TEXT
from workers.interactive import EmbeddedQuery, EmbeddingRequest
from workers.queues import keys
from workers.queues.handle import Queues

if TYPE_CHECKING:
    from indexer.embedding.pipeline import Pipeline


def embed_text(queues: Queues, words: str, space: str, *, timeout: float = interactive.PATIENCE) -> EmbeddedQuery:
    """Have a worker embed the words of a text query in a vector space.

    Parameters
    ----------
    space : str
        Digest of the space.
    timeout : float
        Seconds to wait.

    Raises
    ------
    IndexStateError
        The worker can't embed words in this space.
    EmbeddingServiceError
        Redis is down or full, or no worker answered in time.
    """
    token = secrets.token_hex(16)
    request = EmbeddingRequest(EMBED_TEXT, words, keys.text_upload(token), keys.text_reply(token), (space,))
    return interactive.read(interactive.embed(queues, request, timeout))


def answer(pipeline: Pipeline, queues: Queues, upload: str, space: str, reply_to: str) -> None:
    """Embed words, and reply with their vector or with an error; nothing if their shopper has gone."""
    words = queues.values.take(upload)
    if words is not None:
        text = words.decode(errors="replace")
        interactive.answer(
            queues, reply_to, lambda: EmbeddedQuery(*text_queries.embed_text(pipeline, text, space)).to_dict()
        )
