"""The load generator against a server of its own."""

import asyncio
from collections.abc import Awaitable, Callable

from aiohttp import web
from aiohttp.test_utils import TestServer

from evaluation.load.driver import Driver
from evaluation.load.traffic import Answer, Request
from tests.loops import run

Handler = Callable[[web.Request], Awaitable[web.Response]]
AT_ONCE = 40


async def _offered(handler: Handler, requests: list[Request], seen: list[tuple[str, int, bytes, str]]) -> list[Answer]:
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", handler)
    async with TestServer(application) as server:

        def note(request: Request, status: int, body: bytes, cookie: str) -> None:
            seen.append((request.kind, status, body, cookie))

        async with Driver(str(server.make_url("")), {"X-All": "1"}, note) as driver:
            schedule = [(0.001 * n, lambda request=request: request) for n, request in enumerate(requests)]
            answers = await driver.offer(schedule)
            assert driver.in_flight == 0
            return list(answers)


def test_requests_are_sent_whether_or_not_earlier_ones_are_answered() -> None:
    waiting = asyncio.Semaphore(0)
    arrived: list[web.Request] = []

    async def handler(request: web.Request) -> web.Response:
        arrived.append(request)
        if len(arrived) == AT_ONCE:  # a closed loop would never send the last
            for _ in range(AT_ONCE):
                waiting.release()
        await waiting.acquire()
        return web.Response(text="done")

    answers = run(_offered(handler, [Request("browse", "/")] * AT_ONCE, []))
    assert [answer.status for answer in answers] == [200] * AT_ONCE


def test_an_answer_tells_its_status_and_whether_it_says_when_to_come_back() -> None:
    async def handler(request: web.Request) -> web.Response:
        assert request.headers["X-All"] == "1"
        if request.path == "/busy":
            return web.Response(status=503, headers={"Retry-After": "5"})
        if request.path == "/cut":
            assert request.transport
            request.transport.close()
        return web.Response(body=await request.read(), headers={"Set-Cookie": "shop=abc"})

    requests = [Request("photo", "/a", "POST", body=b"bytes"), Request("like", "/busy"), Request("home", "/cut")]
    seen: list[tuple[str, int, bytes, str]] = []
    good, busy, cut = run(_offered(handler, requests, seen))
    assert (good.status, good.retry_after) == (200, False)
    assert (busy.status, busy.retry_after) == (503, True)
    assert cut.status == 0
    assert ("photo", 200, b"bytes", "shop=abc") in seen
    assert all(answer.seconds >= answer.late >= 0 for answer in (good, busy, cut))
