"""Text queries: their words are embedded by a worker, and the vector is cached, so that a listing's pages share it."""

from __future__ import annotations

import json
import logging

from flask import has_request_context
from werkzeug.exceptions import TooManyRequests

from indexer import deadlines
from indexer.errors import IndexStateError
from webapp.budgets import TEXTS, Bulkhead
from webapp.security import count_request
from workers.app import INTERACTIVE
from workers.errors import RedisUnavailableError
from workers.interactive import PATIENCE, EmbeddedQuery, EmbeddingServiceError
from workers.queues import keys
from workers.queues.handle import Queues
from workers.queues.reading import json_object
from workers.text_queries import embed_text

log = logging.getLogger(__name__)

_SECONDS = 3_600  # for which a vector is cached: longer than anybody turns the pages of a listing
_WAIT_SHARE = 0.6  # of the time that a request has left, for a worker; Elasticsearch needs the rest
_LEAST_SECONDS = 0.05  # that a worker needs
_WORKERS = "workers"  # to `deadlines`


class TextQueries:
    """Turns words into vectors; answers None rather than late, because a page can be shown by keywords."""

    def __init__(self, queues: Queues, alias: str) -> None:
        self._queues, self._alias = queues, alias
        self._bulkhead = Bulkhead(TEXTS)
        self._is_unanswered = False  # the last words that a worker was asked to embed

    def embed(self, words: str, space: str) -> EmbeddedQuery | None:
        """Return the vector of words in a vector space, or None if no worker can embed them now.

        Parameters
        ----------
        space : str
            Digest of the space.
        """
        key = keys.text_vector(self._alias, space, words)
        try:
            stored = json_object(self._queues.values.get(key))
            embedded = (EmbeddedQuery.from_dict(stored) if stored else None) or self._ask(words, space, key)
        except (RedisUnavailableError, EmbeddingServiceError, IndexStateError, TooManyRequests) as error:
            log.warning("words were not embedded: %s", error)
            return None
        return embedded if embedded and embedded.space == space else None

    def _ask(self, words: str, space: str, key: str) -> EmbeddedQuery | None:
        """Have a worker embed words, unless too many wait already, or one has waited in vain."""
        if has_request_context():
            count_request("texts")
        # Where nobody took what was asked last, it is still in the queue; a worker that comes back empties it.
        nobody_works = self._is_unanswered and self._queues.tasks.depth(INTERACTIVE) > 0
        if nobody_works or deadlines.has_given_up(_WORKERS) or not self._bulkhead.enter(0):
            return None
        try:
            left = deadlines.left()
            timeout = PATIENCE if left is None else _WAIT_SHARE * left
            if timeout < _LEAST_SECONDS:
                return None
            embedded = embed_text(self._queues, words, space, timeout=timeout)
            self._is_unanswered = False
        except EmbeddingServiceError:
            self._is_unanswered = True
            deadlines.give_up(_WORKERS)
            raise
        finally:
            self._bulkhead.leave()
        self._queues.values.set(key, json.dumps(embedded.to_dict()), seconds=_SECONDS)
        return embedded
