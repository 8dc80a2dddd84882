"""A web process that is killed in the middle of a checkout: there is one order or a full bag, never both or neither."""

from __future__ import annotations

import random
import re
import secrets
import threading
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import psutil
import pytest

from demo.processes import Child
from tests.conftest import RunningStorefront, running_storefront, wait_until
from tests.faults.shop import FULL, FaultyShop

KILLS, PRODUCTS = (40 if FULL else 2), 3
_ORDERING = 0.03  # seconds: about as long as it takes to order
pytestmark = pytest.mark.timeout(3_600 if FULL else 900)


@pytest.fixture
def web(faulty: FaultyShop) -> Iterator[RunningStorefront]:
    """Start a storefront of one process, which gunicorn replaces when it dies."""
    environment = {
        "ELASTICSEARCH_URL": faulty.proxy.url, "REDIS_URL": faulty.server.url, "INDEX_NAME": faulty.alias,
        "SECRET_KEY": secrets.token_urlsafe(16), "REQUEST_SECONDS": "30",
    }  # fmt: skip
    with running_storefront("checkout-storefront", **environment) as running:
        yield running


class _Shopper:
    """A shopper, who waits for a web process that is being replaced."""

    def __init__(self, url: str, product_id: str) -> None:
        self._client, self._form = httpx.Client(base_url=url, timeout=60), f"/products/{product_id}"

    def get(self, path: str) -> httpx.Response:
        answers: list[httpx.Response] = []

        def answered() -> bool:
            try:
                answers.append(self._client.get(path))
            except httpx.TransportError:
                return False
            return answers[-1].status_code == 200

        wait_until(answered, f"getting {path}")
        return answers[-1]

    def token(self) -> str:
        """Read the token of the shop's forms."""
        token = re.search(r'name="csrf_token" value="([^"]+)"', self.get(self._form).text)
        assert token
        return token[1]

    def post(self, path: str, **form: str) -> int | None:
        """Send a form; None if the connection breaks."""
        form = {"csrf_token": form.get("csrf_token") or self.token(), **form}
        try:
            return self._client.post(path, data=form).status_code
        except httpx.TransportError:
            return None

    def state(self) -> dict[str, Any]:
        state: dict[str, Any] = self.get("/your-data.json").json()
        return state


def test_a_checkout_whose_process_is_killed_happens_once_or_not_at_all(
    faulty: FaultyShop, web: RunningStorefront, figure: Callable[[str], None]
) -> None:
    child, url = web.process, web.url
    ids = [event["product"]["id"] for event in faulty.events[:PRODUCTS]]
    faulty.send(faulty.events)
    wait_until(lambda: faulty.states()["all"] == len(faulty.events), "writing all products", faulty.states)
    rng, placed, orders = random.Random(3), 0, 0
    shopper = _Shopper(url, ids[0])
    for _ in range(KILLS):
        for product_id in ids:
            assert shopper.post("/bag", product_id=product_id, quantity="2") == 303
        token, kill = shopper.token(), threading.Timer(rng.uniform(0, _ORDERING), _kill_worker, [child])
        kill.start()
        shopper.post("/bag/order", csrf_token=token)
        kill.join()
        state = shopper.state()
        placed += len(state["orders"]) - orders
        assert (len(state["orders"]) - orders, len(state["bag"])) in {(1, 0), (0, PRODUCTS)}, state
        # Whatever was answered, the shopper presses the button again.
        assert shopper.post("/bag/order") == 303
        state = shopper.state()
        orders += 1
        assert (len(state["orders"]), state["bag"]) == (orders, [])
        assert [line["product_id"] for line in state["orders"][-1]["lines"]] == ids
        orders = _forget_all(shopper, orders)
    figure(f"The web process killed in {KILLS} checkouts: {placed} were placed before, {KILLS - placed} after the "
           "shopper pressed again, none twice, none lost")  # fmt: skip


def _forget_all(shopper: _Shopper, orders: int) -> int:
    """Erase what is remembered before the oldest orders are dropped, and return how many are left."""
    if orders < 10:
        return orders
    assert shopper.post("/your-data/erase") == 303
    return 0


def _kill_worker(child: Child) -> None:
    for worker in psutil.Process(child.pid).children():
        worker.kill()
