"""The Elasticsearch client, and the few calls that its typed methods don't cover."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from elastic_transport import TransportError
from elasticsearch import ApiError, Elasticsearch, NotFoundError
from elasticsearch.helpers import streaming_bulk
from more_itertools import chunked

from es_mappings.layout import Vector
from es_mappings.replicas import AUTO_REPLICAS
from indexer.backoff import backoff
from indexer.elastic.capabilities import Capabilities
from indexer.elastic.connection import client_options
from indexer.elastic.transport import ServerTransport
from indexer.errors import IndexStateError
from indexer.settings import Settings

_CHUNK = 500  # actions a bulk request
_ATTEMPTS = 5  # in a row, all refused because Elasticsearch is busy, before giving up ...
_START_SECONDS = 5.0  # that the start of a process waits for an Elasticsearch which doesn't answer
_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 8.0  # ... and the seconds between them


def connect(settings: Settings, observe: Callable[[str, float], None] | None = None) -> Elasticsearch:
    """Make the client. Nothing is sent yet.

    Parameters
    ----------
    observe : callable, optional
        Called with the operation of each request, such as ``msearch``, and its seconds.
    """
    client = Elasticsearch(
        transport_class=ServerTransport,
        **client_options(settings),
        request_timeout=30,
        retry_on_timeout=True,
        max_retries=3,
    )
    if observe:
        cast(ServerTransport, client.transport).observe = observe
    return client


def capabilities(client: Elasticsearch) -> Capabilities:
    """Ask Elasticsearch for its version, and return what that can do.

    Raises
    ------
    UnsupportedVersionError
        It is older than 8.19.
    """
    return Capabilities.of(str(client.info()["version"]["number"]))


def check_version(settings: Settings) -> None:
    """Check, where a process starts, that Elasticsearch isn't too old; one that is down is asked by later requests.

    Raises
    ------
    UnsupportedVersionError
        It is older than 8.19.
    """
    with suppress(TransportError, ApiError), connect(settings) as client:
        capabilities(client.options(request_timeout=_START_SECONDS, max_retries=0))


def make_index(
    client: Elasticsearch, index: str, mapping: Mapping[str, Any], settings: Mapping[str, Any] | None = None
) -> None:
    """Create the index of a store, or add the fields that one of an earlier version lacks; its settings stay then."""
    try:
        [known] = client.indices.get_mapping(index=index).values()
    except NotFoundError:
        # 400: another process created it in between.
        chosen = {**AUTO_REPLICAS, **(settings or {})}
        client.options(ignore_status=400).indices.create(index=index, mappings=mapping, settings=chosen)
        return
    fields = known["mappings"].get("properties", {})
    if missing := {name: field for name, field in mapping["properties"].items() if name not in fields}:
        client.indices.put_mapping(index=index, properties=missing)


def vector(values: str | list[float]) -> Vector:
    """Read a ``dense_vector`` from ``_source``: numbers, or big-endian floats in base64, whichever was sent."""
    if isinstance(values, str):
        return np.frombuffer(base64.b64decode(values), ">f4").astype(np.float32)
    return np.asarray(values, np.float32)


def accepts_later(status: int, error: str) -> bool:
    """Return whether Elasticsearch may accept later what it refused: it is busy, or a person fixes what is in the way.

    The latter are an expired key (401), a missing role, a write block or a full disk (403), and a closed index (400).

    Parameters
    ----------
    status : int
        HTTP status, of the answer or of one item of it.
    error : str
        Elasticsearch's name of the error.
    """
    return status in {401, 403, 429} or status >= 500 or error == "index_closed_exception"


# What Elasticsearch says of an action: `result` is created, updated, deleted or noop, `get` what it was asked for.
Answer = Mapping[str, Any]


@dataclass(frozen=True)
class BulkFailure:
    """One item of a bulk request that Elasticsearch refused."""

    id: str
    status: int
    reason: str
    type: str = ""  # Elasticsearch's name of the error

    @property
    def transient(self) -> bool:
        """Whether a retry may succeed: as `accepts_later`, or others wrote the document meanwhile (409)."""
        return self.status == 409 or accepts_later(self.status, self.type)


def bulk(
    client: Elasticsearch,
    actions: Iterable[dict[str, Any]],
    *,
    refresh: bool | str = False,
    require_alias: bool = False,
    answers: list[Answer] | None = None,
) -> Iterator[BulkFailure | None]:
    """Send actions in bulk and read the answer item by item.

    Items refused with 429, alone or with the whole request, are sent again as long as some of them are accepted, with
    pauses that grow while none is.

    Parameters
    ----------
    require_alias : bool
        Whether to refuse a name that is no alias, of which Elasticsearch would otherwise create an index.
    answers : list of Answer, optional
        What Elasticsearch says of each action is appended to it.

    Yields
    ------
    BulkFailure or None
        In the order of the actions: why an item was refused, or None if it was accepted.
    """
    options = {"refresh": refresh, "require_alias": require_alias}
    for part in chunked(actions, _CHUNK):
        rows = _send(client, part, options)
        if answers is not None:
            answers.extend(answer for _, answer in rows)
        yield from (failure for failure, _ in rows)


def _send(
    client: Elasticsearch, actions: Sequence[dict[str, Any]], options: dict[str, Any]
) -> list[tuple[BulkFailure | None, Answer]]:
    """Send actions, again those that Elasticsearch is too busy for; return the outcome of each, in their order.

    `streaming_bulk` retries too, but then yields the outcomes in another order than that of the actions.
    """
    outcomes: list[tuple[BulkFailure | None, Answer]] = [(None, {})] * len(actions)
    due = list(range(len(actions)))
    refusals = 0  # of all items, in a row
    while due and refusals < _ATTEMPTS:
        results = streaming_bulk(
            client,
            [actions[place] for place in due],
            chunk_size=_CHUNK,
            max_chunk_bytes=20 * 2**20,
            raise_on_error=False,
            ignore_status=429,
            **options,
        )
        for place, (accepted, item) in zip(due, results, strict=True):
            [result] = item.values()
            outcomes[place] = (None if accepted else _failure(result), result)
        busy = [place for place in due if (failure := outcomes[place][0]) and failure.status == 429]
        refusals = 0 if len(busy) < len(due) else refusals + 1
        if busy and refusals < _ATTEMPTS:
            time.sleep(backoff(refusals + 1, first=_FIRST_PAUSE, longest=_LONGEST_PAUSE))
        due = busy
    return outcomes


def _failure(result: Mapping[str, Any]) -> BulkFailure:
    error = result.get("error", result.get("result", "refused"))
    cause = error if isinstance(error, dict) else {"reason": str(error)}
    reason, kind = str(cause.get("reason", error)), str(cause.get("type", ""))
    return BulkFailure(result.get("_id", ""), int(result["status"]), reason, kind)


def put_all(client: Elasticsearch, documents: Iterable[dict[str, Any]], what: str) -> None:
    """Write documents, or raise an error if one is refused.

    Parameters
    ----------
    documents : iterable of dict
        Each with its ``_index`` and ``_id``.
    what : str
        What to call one of them in the error, such as "an activation".

    Raises
    ------
    IndexStateError
        Elasticsearch refused one.
    """
    for failure in bulk(client, documents):
        if failure:
            raise IndexStateError(f"Elasticsearch refused {what}, {failure.id}: {failure.reason}")
