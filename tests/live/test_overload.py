"""Far more is asked of a small shop than it can serve: it serves what it can and refuses the rest."""

import heapq
from collections import Counter
from collections.abc import Iterator
from functools import partial

import httpx
import numpy as np
import pytest

from evaluation.load.driver import Driver
from evaluation.load.mix import PAGES, PHOTO, STAFF, Mix
from evaluation.load.shelf import read_shelf, staff_cookie
from evaluation.load.traffic import Answer
from tests.conftest import Shop, running_storefront
from tests.loops import run

PAGES_ASKED, SECONDS = 240, 2.0  # many times what one page at a time can serve
OTHERS = {STAFF: 2, PHOTO: 3, "static": 20}


@pytest.fixture
def tiny_shop(shop: Shop) -> Iterator[str]:
    """Start a storefront with room for two pages."""
    with running_storefront("tiny-storefront", app="tests.live.tiny_shop:create_tiny_app()") as running:
        yield running.url


def _offer(url: str, mix: Mix, rng: np.random.Generator) -> list[Answer]:
    due = sorted(rng.uniform(0, SECONDS, PAGES_ASKED).tolist())
    streams = [list(zip(due, mix.kinds(PAGES_ASKED), strict=True))]
    streams += [[(SECONDS * n / count, kind) for n in range(count)] for kind, count in OTHERS.items()]

    async def offer() -> list[Answer]:
        async with Driver(url, seen=mix.seen) as driver:
            return list(await driver.offer((d, partial(mix.request, kind)) for d, kind in heapq.merge(*streams)))

    return run(offer())


def test_what_cannot_be_served_is_refused_and_starves_nobody(tiny_shop: str, shop: Shop) -> None:
    rng = np.random.default_rng(7)
    assert shop.settings.staff
    with httpx.Client(base_url=tiny_shop, timeout=120) as client:
        mix = Mix(read_shelf(client), rng, staff_cookie(client, shop.settings.staff.get_secret_value()))
    answers = _offer(tiny_shop, mix, rng)
    pages = [answer for answer in answers if answer.kind in PAGES]
    statuses = Counter(page.status for page in pages)
    assert set(statuses) == {200, 503}, statuses
    assert all(page.retry_after for page in pages if page.status == 503)
    served = Counter(answer.kind for answer in answers if answer.status == 200)
    assert {kind: served[kind] for kind in OTHERS} == OTHERS
    # Nothing is left behind that would refuse a later shopper.
    assert httpx.get(f"{tiny_shop}/search?q=dress", timeout=120).status_code == 200
