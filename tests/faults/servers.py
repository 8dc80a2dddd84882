"""Servers that a test may kill, and a proxy that spoils what Elasticsearch answers."""

from __future__ import annotations

import json
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import redis

from demo.services.process import free_port
from demo.services.redis import arguments, find_binary
from tests.conftest import wait_until


class RedisServer:
    """A Redis on a fixed port, whose data survives a SIGKILL."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self.port = folder, free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._binary = find_binary(lambda _: None)
        self.start()

    def start(self) -> None:
        """Start Redis, and wait until it has loaded its data."""
        log = (self._folder / "redis.log").open("ab")
        command = [str(self._binary), *arguments(self._folder, self.port, appendonly=True)]
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

    def kill(self) -> None:
        """Kill Redis without warning."""
        self._process.kill()
        self._process.wait()


class SpoilingProxy:
    """Passes requests on to Elasticsearch, and spoils bulk requests as `spoil` says.

    Attributes
    ----------
    spoil : {"", "half", "cut", "down", "hang"}
        ``half`` answers 429 for every other item, ``cut`` drops every third answer after it was applied, ``down``
        refuses everything, ``hang`` answers nothing until it is `released`.
    spoiled : int
        Items or answers spoiled so far.
    """

    def __init__(self, upstream: str) -> None:
        self.upstream, self.spoil, self.spoiled = upstream, "", 0
        self._bulks = 0
        self.released = threading.Event()
        self._client = httpx.Client(timeout=60, limits=httpx.Limits(max_connections=100))
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def stop(self) -> None:
        """Stop the proxy."""
        self.released.set()
        self._server.shutdown()
        self._server.server_close()

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> httpx.Response | None:
        """Return the answer, or None to cut the connection."""
        if self.spoil == "down":
            return None
        if self.spoil == "hang":
            self.released.wait()
        is_bulk = method in {"PUT", "POST"} and path.partition("?")[0].endswith("_bulk")
        if is_bulk and self.spoil == "half":
            return self._half(path, headers, body)
        answer = self._forward(method, path, headers, body)
        self._bulks += is_bulk
        if is_bulk and self.spoil == "cut" and self._bulks % 3 == 0:
            self.spoiled += 1
            return None
        return answer

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
            except httpx.TransportError:
                answer = None
            if answer is None:
                self.close_connection = True
                return
            self.send_response(answer.status_code)
            for name in ("content-type", "x-elastic-product"):
                if name in answer.headers:
                    self.send_header(name, answer.headers[name])
            self.send_header("content-length", str(len(answer.content)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(answer.content)

        do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _any  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    return Handler
