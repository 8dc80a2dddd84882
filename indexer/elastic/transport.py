"""The transport that speaks to every supported version of Elasticsearch in a way that this version understands."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import numpy as np
from elastic_transport import HttpHeaders, TransportApiResponse
from elasticsearch import ApiError, UnsupportedProductError
from elasticsearch.exceptions import HTTP_EXCEPTIONS
from elasticsearch.helpers import pack_dense_vector
from elasticsearch.serializer import JsonSerializer, NdjsonSerializer

from indexer.elastic.breaker import BoundedTransport
from indexer.elastic.capabilities import Capabilities

_RECHECK_SECONDS = 60.0  # a server may be upgraded while this process runs
_VECTORS = "_source_exclude_vectors"


class ServerTransport(BoundedTransport):
    """A transport that asks for the server's version before its first request, and sends what that version takes.

    All requests are sent in the form of version 8 of the API, which 8.19 and every 9.x speak.
    """

    observe: Callable[[str, float], None]  # the operation of each answered or failed request, and its seconds

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.observe = lambda *_: None
        self._server: Capabilities | None = None
        self._asked = 0.0
        self._packs = True  # until a server is found that doesn't take base64
        for media, kind in (("json", _JsonSerializer), ("x-ndjson", _NdjsonSerializer)):
            for prefix in ("", "vnd.elasticsearch+"):
                self.serializers.serializers[f"application/{prefix}{media}"] = kind(self)

    @property
    def packs_vectors(self) -> bool:
        """Whether vectors are sent in base64; before the first request they aren't."""
        return self._packs and self._server is not None and self._server.packed_vectors

    def perform_request(self, method: str, target: str, **options: Any) -> TransportApiResponse:
        """Send a request, after the version was asked for.

        Raises
        ------
        UnsupportedVersionError
            Elasticsearch is older than 8.19.
        UnsupportedProductError
            What answers isn't Elasticsearch.
        """
        server = self.capabilities(**options)
        headers = HttpHeaders(options.get("headers") or {})
        for name in ("accept", "content-type"):
            if name in headers:
                headers[name] = headers[name].replace("compatible-with=9", "compatible-with=8")
        options["headers"] = headers
        if not server.source_lacks_vectors:
            target = _without_parameter(target)
        if not server.exclude_vectors:
            options["body"] = _without_exclusion(options.get("body"))
        began = time.perf_counter()
        try:
            return super().perform_request(method, target, **options)
        finally:
            self.observe(_operation(target), time.perf_counter() - began)

    def capabilities(self, **options: Any) -> Capabilities:
        """Return what the server can do, asked before the first request and again every minute.

        Parameters
        ----------
        options
            Those of the request that is about to be sent.
        """
        if self._server is None:
            self._asked = time.monotonic()
            self._server = self._ask(options)
            self._packs = self._packs and self._server.packed_vectors
        elif time.monotonic() - self._asked > _RECHECK_SECONDS:
            self._asked = time.monotonic()
            with suppress(ApiError):  # the request itself tells what is wrong
                self._server = self._ask(options)
            # While nodes are upgraded one by one, some don't take base64 yet; arrays are taken by all.
            self._packs = self._packs and self._server.packed_vectors
        return self._server

    def _ask(self, options: Mapping[str, Any]) -> Capabilities:
        # In plain JSON: an older server would refuse the header of version 8, instead of saying its version.
        headers = HttpHeaders(options.get("headers") or {})
        headers["accept"] = "application/json"
        headers.pop("content-type", None)
        own = {name: value for name, value in options.items() if name not in {"headers", "body", "otel_span"}}
        meta, body = super().perform_request("GET", "/", headers=headers, **own)
        if meta.status >= 400:
            error = body.get("error", body) if isinstance(body, dict) else body
            message = error.get("type", str(error)) if isinstance(error, dict) else str(error)
            raise HTTP_EXCEPTIONS.get(meta.status, ApiError)(message, meta, body)
        version = body.get("version", {}).get("number") if isinstance(body, dict) else None
        if version is None or meta.headers.get("x-elastic-product") != "Elasticsearch":
            raise UnsupportedProductError("the server that answers is not Elasticsearch", meta=meta, body=body)
        return Capabilities.of(str(version))


class _JsonSerializer(JsonSerializer):
    def __init__(self, transport: ServerTransport) -> None:
        self._transport = transport

    def default(self, data: Any) -> Any:
        if isinstance(data, np.ndarray) and data.dtype == np.float32 and self._transport.packs_vectors:
            return pack_dense_vector(data)
        return super().default(data)


class _NdjsonSerializer(_JsonSerializer, NdjsonSerializer):
    pass


def _operation(target: str) -> str:
    """Return what a request does, such as ``msearch``: the first part of its path that names no index."""
    parts = urlsplit(target).path.split("/")
    return next((part[1:] for part in parts if part.startswith("_")), "index" if any(parts) else "info")


def _without_parameter(target: str) -> str:
    path, query = urlsplit(target).path, urlsplit(target).query
    kept = "&".join(part for part in query.split("&") if not part.startswith(f"{_VECTORS}="))
    return f"{path}?{kept}" if kept else path


def _without_exclusion(body: Any) -> Any:
    """Return the body of a search, or the lines of several, without ``exclude_vectors``."""
    if isinstance(body, list | tuple):
        return [_without_exclusion(line) for line in body]
    if not isinstance(body, Mapping) or not isinstance(body.get("_source"), Mapping):
        return body
    source = {name: value for name, value in body["_source"].items() if name != "exclude_vectors"}
    return {
        **{name: value for name, value in body.items() if name != "_source"},
        **({"_source": source} if source else {}),
    }
