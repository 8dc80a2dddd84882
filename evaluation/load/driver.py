"""Send requests when they are due, whether or not earlier ones are answered (an open loop).

A closed loop, in which each of some users waits for an answer before asking again, slows down with the server and so
hides overload. Locust is such a loop, and gevent's; aiohttp sends thousands of requests a second from one thread.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence

import aiohttp

from evaluation.load.traffic import Answer, Request

PATIENCE = 30.0  # seconds after which a request counts as unanswered
_KEEP_ALIVE = 3.0  # seconds; less than gunicorn's, so that no request is sent on a connection that it closes

Seen = Callable[[Request, int, bytes, str], None]
"""Called with each answered request, its status, its body and the cookie that it set."""


def _unseen(_request: Request, _status: int, _body: bytes, _cookie: str) -> None:
    """Ignore an answer."""


class Driver:
    """Offers requests to one server; use it as an asynchronous context manager."""

    def __init__(self, url: str, headers: dict[str, str] | None = None, seen: Seen = _unseen) -> None:
        self._url, self._headers, self._seen = url.rstrip("/"), headers or {}, seen
        self.in_flight = 0

    async def __aenter__(self) -> Driver:
        """Open a session without cookies or limits of its own."""
        self._session = aiohttp.ClientSession(
            headers=self._headers,
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=_KEEP_ALIVE),
            timeout=aiohttp.ClientTimeout(total=PATIENCE),
            cookie_jar=aiohttp.DummyCookieJar(),
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the session."""
        await self._session.close()

    async def offer(self, schedule: Iterable[tuple[float, Callable[[], Request | None]]]) -> Sequence[Answer]:
        """Send each request when it is due, and return the answers to all.

        Parameters
        ----------
        schedule : iterable of (float, callable)
            Seconds from now, in order, and what makes the request at that time, or None to send nothing.
        """
        began, tasks = time.monotonic(), []
        for due, make in schedule:
            wait = began + due - time.monotonic()
            if wait > 0:
                await asyncio.sleep(wait)
            if request := make():
                tasks.append(asyncio.create_task(self._send(request, began, due)))
        return await asyncio.gather(*tasks)

    async def _send(self, request: Request, began: float, due: float) -> Answer:
        late = time.monotonic() - began - due
        self.in_flight += 1
        try:
            async with self._session.request(
                request.method,
                self._url + request.path,
                headers=request.headers,
                data=request.body,
                allow_redirects=False,
            ) as response:
                body = await response.read()
                status, retry_after = response.status, "Retry-After" in response.headers
                cookie = response.headers.get("Set-Cookie", "")
        except (aiohttp.ClientError, TimeoutError):
            status, retry_after, body, cookie = 0, False, b"", ""
        finally:
            self.in_flight -= 1
        answer = Answer(request.kind, due, late, time.monotonic() - began - due, status, retry_after)
        self._seen(request, status, body, cookie)
        return answer
