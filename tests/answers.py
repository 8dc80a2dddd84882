"""Answers of Elasticsearch, as the client returns them, for tests without a server."""

from typing import Any

from elastic_transport import ApiResponseMeta, HttpHeaders, NodeConfig, ObjectApiResponse


def answered(body: dict[str, Any], status: int = 200) -> ObjectApiResponse[Any]:
    """Return the client's response for a body."""
    meta = ApiResponseMeta(status, "1.1", HttpHeaders(), 0.0, NodeConfig("http", "shop.test", 9200))
    return ObjectApiResponse(body, meta)
