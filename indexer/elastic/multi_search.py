"""Several searches in one request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from elasticsearch import ApiError, Elasticsearch

from indexer.elastic.item_errors import item_error


def multi_search(
    client: Elasticsearch, searches: Iterable[Mapping[str, Any]], *, index: str | None = None
) -> list[dict[str, Any]]:
    """Send searches in one request, and return their answers, in their order.

    Parameters
    ----------
    searches : iterable of dict
        Bodies of search requests.
    index : str, optional
        What they search; nothing if each has a point in time.

    Raises
    ------
    elasticsearch.ApiError
        One of them failed. Elasticsearch answers 200 then, with an error in place of its answer.
    """
    answers = []
    for answer in multi_search_each(client, searches, index=index):
        if isinstance(answer, ApiError):
            raise answer
        answers.append(answer)
    return answers


def multi_search_each(
    client: Elasticsearch, searches: Iterable[Mapping[str, Any]], *, index: str | None = None
) -> list[dict[str, Any] | ApiError]:
    """Send searches that are useful without each other: as `multi_search`, but a failed one's answer is its error."""
    lines = [line for search in searches for line in ({}, search)]
    if not lines:
        return []
    answer = client.msearch(index=index, searches=lines)
    return [
        item_error(found["status"], found["error"], answer.meta) if "error" in found else found
        for found in answer.body["responses"]
    ]
