"""Which errors are transient, and how long to wait before a retry."""

from __future__ import annotations

from elastic_transport import TransportError
from elasticsearch import ApiError
from kombu.exceptions import OperationalError

from indexer.backoff import backoff
from indexer.elastic.client import BulkFailure, accepts_later
from indexer.errors import DeviceError, ProductSearchError, is_of_machine

_FIRST, _LONGEST = 2.0, 60.0  # seconds

_DISK_FULL = "A disk of Elasticsearch is full: free or add space; it then takes writes again by itself."

# What a person can do, by the words of Elasticsearch's answer; the first that fits.
_REMEDIES = {
    "flood-stage": _DISK_FULL,
    "disk usage exceeded": _DISK_FULL,
    "index write (api)": "The index has a write block: remove it (index.blocks.write: null in its settings).",
    "index read-only (api)": "The index is read-only: remove the block (index.blocks.read_only: null in its settings).",
    "index_closed_exception": "The index is closed: open it (POST INDEX/_open).",
    "401": "Elasticsearch refuses the API key, which may have expired: set ELASTICSEARCH_API_KEY and restart.",
    "403": "The role of ELASTICSEARCH_API_KEY lacks a privilege, or a block is set.",
}


def is_transient(error: BaseException) -> bool:
    """Return whether a retry may succeed: a server is down or busy, or a person fixes a key, a setting or a disk."""
    if is_of_machine(error):
        return True
    if isinstance(error, ApiError):
        return error.status_code in {404, 409} or accepts_later(error.status_code, error.error)
    return isinstance(error, (TransportError, OperationalError, ProductSearchError))


def pause(times: int) -> float:
    """Return the seconds to wait after the nth failure in a row: doubling, up to a minute."""
    return backoff(times, first=_FIRST, longest=_LONGEST)


def reason(error: BaseException | BulkFailure) -> str:
    """Return the kind of an error as a metric label: few distinct values, no ids."""
    if isinstance(error, BulkFailure):
        return f"elasticsearch {error.status}"
    if isinstance(error, ApiError):
        return f"elasticsearch {error.status_code}"
    return type(error).__name__


def explain(error: BaseException | BulkFailure) -> str:
    """Return in plain words why work waits, and what a person can do where one can."""
    if isinstance(error, BulkFailure):
        text = f"{error.status} {error.type}: {error.reason}"
    elif isinstance(error, ApiError):
        text = f"{error.status_code} {error.error}: {error}"
    elif isinstance(error, DeviceError):
        return f"This worker's machine: {error}. Its process is replaced; if that doesn't help, look at its GPU."
    elif is_of_machine(error):
        return f"This worker's machine: {error}. Free space, or raise the limit; it then goes on by itself."
    else:
        return f"{type(error).__name__}: {error}"
    remedy = next((remedy for words, remedy in _REMEDIES.items() if words in text), "")
    return f"Elasticsearch answers {text}. {remedy}".rstrip()
