"""Errors of a search: what the shopper or the calling program can correct, and outages."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from elastic_transport import TransportError
from elasticsearch import ApiError

from indexer.deadlines import DeadlineError
from indexer.elastic.client import accepts_later
from indexer.errors import IndexStateError, ProductSearchError

# What a search may raise while Elasticsearch can't serve it; `is_outage` says of an `ApiError` whether it is one.
OUTAGES = (TransportError, ApiError, DeadlineError, IndexStateError)

_NO_SCORE = re.compile(r"invalid score|must be (a )?non-negative", re.IGNORECASE)
_TOO_COSTLY = {"circuit_breaking_exception", "too_many_buckets_exception"}


class ParameterError(ProductSearchError):
    """A request's parameter is wrong; `parameter` names it."""

    def __init__(self, parameter: str, detail: str) -> None:
        super().__init__(parameter, detail)
        self.parameter, self.detail = parameter, detail

    def __str__(self) -> str:
        """Return the message for a person."""
        return f"{self.parameter}: {self.detail}"


class IndexGoneError(IndexStateError):
    """The index to be searched, or the point in time of it, no longer exists."""


class AnchorsChangedError(ProductSearchError):
    """Anchors that were read from an earlier snapshot have changed since."""


def gone(cursor: str) -> ParameterError | IndexGoneError:
    """Return the error for an index that no longer exists; if a cursor led to it, the shopper must start over."""
    if cursor:
        return ParameterError("cursor", "has expired; start from the first page")
    return IndexGoneError("The index was replaced while it was searched")


def is_outage(error: Exception) -> bool:
    """Return whether a search failed because Elasticsearch can't serve it now, not because of what was asked for."""
    if isinstance(error, ApiError):
        # 404: the index is gone, until someone builds it again.
        return error.status_code == 404 or accepts_later(error.status_code, error.error)
    return isinstance(error, OUTAGES)


def is_script_fault(error: ApiError) -> bool:
    """Return whether a score script failed: it threw an exception, or returned what is no score, such as NaN."""
    return any(
        cause.get("type") == "script_exception" or _NO_SCORE.search(str(cause.get("reason", "")))
        for cause in _causes(error.info.get("error") if isinstance(error.info, dict) else None)
    )


def _causes(cause: object) -> Iterator[Mapping[str, Any]]:
    """Iterate over an error of Elasticsearch and all that it names as its causes."""
    if isinstance(cause, dict):
        yield cause
        below = [cause.get("caused_by"), *(cause.get("root_cause") or []), *(cause.get("failed_shards") or [])]
        for inner in [*below, cause.get("reason")]:
            yield from _causes(inner)


def is_too_costly(error: ApiError) -> bool:
    """Return whether Elasticsearch refused a search because it lacks the memory for it (its own circuit breakers)."""
    cause = error.info.get("error") if isinstance(error.info, dict) else None
    roots = cause.get("root_cause", []) if isinstance(cause, dict) else []
    return bool(_TOO_COSTLY & {error.error, *(root.get("type") for root in roots)})
