"""Servers that a test may kill, and a proxy that spoils what Elasticsearch answers."""

from __future__ import annotations

import json
import signal
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import redis

from demo.processes import tied
from demo.services.process import free_port
from demo.services.redis import arguments, find_binary
from tests.conftest import wait_until


class RedisServer:
    """A Redis on a fixed port, whose data survives a SIGKILL.

    It writes to disk before it answers. With ``appendfsync everysec``, its default, it goes on answering for up to two
    seconds while the disk is slow, and a SIGKILL loses what it has answered meanwhile.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self.port = folder, free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._binary = find_binary(lambda _: None)
        self.start()

    def start(self) -> None:
        """Start Redis, and wait until it has loaded its data."""
        log = (self._folder / "redis.log").open("ab")
        options = [*arguments(self._folder, self.port, appendonly=True), "--appendfsync", "always"]
        command = tied([str(self._binary), *options])
        self._process = subprocess.Popen(command, stdout=log, stderr=log)
        wait_until(self._answers, "Redis")

    def _answers(self) -> bool:
        assert self._process.poll() is None, (self._folder / "redis.log").read_text()
        return self.is_up()

    def is_up(self) -> bool:
        """Return whether it answers."""
        try:
            with redis.Redis.from_url(self.url) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

    def pause(self) -> None:
        """Stop Redis as a hanging machine would."""
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        self._process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """Kill Redis without warning."""
        self._process.kill()
        self._process.wait()


# What Elasticsearch answers when it is busy, when a key or a role is wrong, when its own circuit breaker opens.
_REFUSALS = {
    "429": (429, "es_rejected_execution_exception", "rejected execution of coordinating operation"),
    "401": (401, "security_exception", "unable to authenticate with provided credentials"),
    "403": (403, "security_exception", "action [indices:data/write/bulk] is unauthorized for API key"),
    "breaker": (429, "circuit_breaking_exception", "[parent] Data too large, data for [<http_request>] would be [1gb]"),
    "full": (429, "cluster_block_exception", "[TOO_MANY_REQUESTS/12/disk usage exceeded flood-stage watermark]"),
    "contexts": (429, "search_phase_execution_exception", "all shards failed: too many scroll contexts"),
}
_SLOW_SECONDS = 0.8


class SpoilingProxy:
    """Passes requests on to Elasticsearch, and spoils them as `spoil` says.

    Attributes
    ----------
    spoil : str
        Empty: nothing is spoiled. Of bulk requests: ``half`` answers 429 for every other item, ``cut`` drops every
        third answer after it was applied. Of all requests: ``down`` cuts the connection, ``refuse`` accepts none,
        ``hang`` answers nothing until it is set to something else, ``slow`` answers 0.8 s later, ``truncate`` sends
        half of each answer, ``502`` is the answer of a web server in between, and the others that of `_REFUSALS`;
        ``contexts`` only where a scroll is opened (points in time aren't limited).
    spoiled : int
        Items or answers spoiled so far.
    """

    def __init__(self, upstream: str) -> None:
        self.upstream, self.spoiled, self._spoil = upstream, 0, ""
        self._bulks = 0
        self.released = threading.Event()
        self._client = httpx.Client(timeout=60, limits=httpx.Limits(max_connections=100))
        self._listen(0)
        self.port = int(self._server.server_address[1])
        self.url = f"http://127.0.0.1:{self.port}"

    def _listen(self, port: int) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", port), _handler(self))
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    @property
    def spoil(self) -> str:
        """How requests are spoiled."""
        return self._spoil

    @spoil.setter
    def spoil(self, how: str) -> None:
        before, self._spoil = self._spoil, how
        if how == "hang":
            self.released.clear()
        else:
            self.released.set()
        if how == "refuse" != before:
            self._stop_listening()
        elif before == "refuse" != how:
            self._listen(self.port)

    def _stop_listening(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def stop(self) -> None:
        """Stop the proxy."""
        self.spoil = "refuse"

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> httpx.Response | None:
        """Return the answer, or None to cut the connection."""
        if self.spoil in {"down", "refuse"}:
            return None
        if self.spoil == "hang":
            self.released.wait()
        if refusal := self._refusal(path):
            self.spoiled += 1
            return refusal
        if self.spoil == "slow":
            time.sleep(_SLOW_SECONDS)
        is_bulk = method in {"PUT", "POST"} and path.partition("?")[0].endswith("_bulk")
        if is_bulk and self.spoil == "half":
            return self._half(path, headers, body)
        answer = self._forward(method, path, headers, body)
        self._bulks += is_bulk
        if is_bulk and self.spoil == "cut" and self._bulks % 3 == 0:
            self.spoiled += 1
            return None
        return answer

    def _refusal(self, path: str) -> httpx.Response | None:
        if self.spoil == "502":
            return httpx.Response(502, headers={"content-type": "text/html"}, content=b"<h1>502 Bad Gateway</h1>")
        if self.spoil not in _REFUSALS or (self.spoil == "contexts" and "scroll=" not in path):
            return None
        status, kind, reason = _REFUSALS[self.spoil]
        error = {"type": kind, "reason": reason}
        body = {"error": {"root_cause": [error], **error}, "status": status}
        headers = {"content-type": "application/vnd.elasticsearch+json; compatible-with=9"}
        return httpx.Response(status, headers=headers | {"x-elastic-product": "Elasticsearch"}, json=body)

    def _forward(self, method: str, path: str, headers: dict[str, str], body: bytes) -> httpx.Response:
        forwarded = {k: v for k, v in headers.items() if k.lower() in {"accept", "content-type", "authorization"}}
        forwarded["accept-encoding"] = "identity"
        return self._client.request(method, self.upstream + path, headers=forwarded, content=body)

    def _half(self, path: str, headers: dict[str, str], body: bytes) -> httpx.Response:
        items = _items(body)
        accepted = [lines for place, (lines, _) in enumerate(items) if place % 2 == 0]
        answer = self._forward("POST", path, headers, b"".join(accepted))
        if answer.status_code != 200:
            return answer
        outcomes, outcome = iter(answer.json()["items"]), []
        for place, (_, (kind, meta)) in enumerate(items):
            if place % 2 == 0:
                outcome.append(next(outcomes))
            else:
                self.spoiled += 1
                error = {"type": "es_rejected_execution_exception", "reason": "the test is busy"}
                outcome.append(
                    {kind: {"_index": meta["_index"], "_id": meta.get("_id"), "status": 429, "error": error}}
                )
        body = json.dumps({"took": 1, "errors": True, "items": outcome}).encode()
        kept = {n: v for n, v in answer.headers.items() if n.lower() not in {"content-encoding", "content-length"}}
        return httpx.Response(200, headers=kept, content=body)


def _items(body: bytes) -> list[tuple[bytes, tuple[str, dict[str, Any]]]]:
    lines, items = body.splitlines(keepends=True), []
    place = 0
    while place < len(lines):
        [(kind, meta)] = json.loads(lines[place]).items()
        length = 1 if kind == "delete" else 2
        items.append((b"".join(lines[place : place + length]), (kind, meta)))
        place += length
    return items


def _handler(proxy: SpoilingProxy) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _any(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            try:
                answer = proxy.answer(self.command, self.path, dict(self.headers), body)
                if answer is not None:
                    _send(self, answer, truncated=proxy.spoil == "truncate")
            except (httpx.TransportError, OSError):  # Elasticsearch is away, or the client has given up
                answer = None
            self.close_connection = self.close_connection or answer is None

        do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _any  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    return Handler


def _send(handler: BaseHTTPRequestHandler, answer: httpx.Response, *, truncated: bool) -> None:
    content = answer.content
    handler.send_response(answer.status_code)
    for name in {"content-type", "x-elastic-product"} & answer.headers.keys():
        handler.send_header(name, answer.headers[name])
    handler.send_header("content-length", str(len(content)))
    handler.end_headers()
    if truncated:
        content, handler.close_connection = content[: len(content) // 2], True
    if handler.command != "HEAD":
        handler.wfile.write(content)
