"""Errors in place of a single item of an answer, as the exceptions that the client raises for a whole request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from elastic_transport import ApiResponseMeta
from elasticsearch import ApiError
from elasticsearch.exceptions import HTTP_EXCEPTIONS


def item_error(status: int, error: Mapping[str, Any], meta: ApiResponseMeta) -> ApiError:
    """Return the exception for an item's error, such as ``NotFoundError``.

    Parameters
    ----------
    status : int
        What a request for that item alone would have been answered with.
    meta : ApiResponseMeta
        Of the whole answer, which is 200.
    """
    kind = HTTP_EXCEPTIONS.get(status, ApiError)
    return kind(error["type"], replace(meta, status=status), {"error": dict(error), "status": status})
