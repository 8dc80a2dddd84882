"""The phases of a load test: find the best rate by steps, then offer half of it, all of it and three times as much."""

from __future__ import annotations

import heapq
import os
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from evaluation.load.arrivals import poisson
from evaluation.load.driver import Driver
from evaluation.load.figures import Figures, Queued, figures
from evaluation.load.mix import EXTRAS, PAGES, STAFF, Mix
from evaluation.load.queues import Watch
from evaluation.load.searches import SEARCH, pick
from evaluation.load.traffic import Answer, Request

MULTIPLES = (0.5, 1.0, 3.0)
KINDS = (*PAGES, *EXTRAS, STAFF)
_STAFF_RATE = 0.5  # pages per second; there aren't three times as many staff on a busy day
_FIRST, _FACTOR, _STEPS = 4.0, 1.5, 14  # pages per second of the first step, and how much more each next one offers
_KEPT_UP = 0.9  # share of the pages that is served where the shop keeps up


@dataclass(frozen=True)
class Phase:
    """What was measured while the shop, and then Elasticsearch alone, were offered a rate.

    Attributes
    ----------
    rate : float
        Pages per second, and so searches per second of Elasticsearch alone.
    kinds : dict of str to Figures
        The figures of each kind of request.
    elasticsearch : Figures or None
        Those of the same searches sent straight to Elasticsearch; None where its address isn't known.
    generator : float
        Share of all cores that the load generator itself took while it offered pages.
    """

    rate: float
    multiple: float
    pages: Figures
    kinds: dict[str, Figures]
    queued: Queued
    elasticsearch: Figures | None
    elasticsearch_queued: Queued | None
    generator: float = 0.0


class LoadTest:
    """Offers load to a shop, and to its Elasticsearch."""

    def __init__(
        self,
        mix: Mix,
        shop: Driver,
        elasticsearch: Driver | None,
        searches: dict[str, list[Request]],
        watch: Callable[[Callable[[], int]], Watch],
        rng: np.random.Generator,
    ) -> None:
        self._mix, self._shop, self._elasticsearch, self._searches = mix, shop, elasticsearch, searches
        self._watch, self._rng = watch, rng

    async def best_rate(self, seconds: float, say: Callable[[str], None]) -> float:
        """Offer more and more until the shop no longer keeps up; return the most pages per second that it served."""
        best, rate = 0.0, _FIRST
        for _ in range(_STEPS):
            pages = figures(await self._shop.offer(self.schedule(rate, seconds)), PAGES, seconds)
            best = max(best, pages.served)
            say(f"{pages.offered:6.1f} pages/s offered: {pages.served:6.1f} served, p99 {pages.times.p99} ms")
            if pages.served < _KEPT_UP * pages.offered:
                break
            rate *= _FACTOR
        return best

    async def phase(self, multiple: float, rate: float, seconds: float) -> Phase:
        """Offer a rate of pages, with all that goes with them, and then the same searches to Elasticsearch alone."""
        cpu, began = time.process_time(), time.monotonic()
        answers, queued = await self._watched(self._shop, self.schedule(rate, seconds))
        generator = (time.process_time() - cpu) / (time.monotonic() - began) / (os.cpu_count() or 1)
        alone, alone_queued = None, None
        if self._elasticsearch:
            searched, alone_queued = await self._watched(self._elasticsearch, self._search_schedule(rate, seconds))
            alone = figures(searched, {SEARCH}, seconds)
        kinds = {kind: figures(answers, {kind}, seconds) for kind in KINDS}
        pages = figures(answers, PAGES, seconds)
        return Phase(rate, multiple, pages, kinds, queued, alone, alone_queued, generator)

    def schedule(self, rate: float, seconds: float) -> Iterator[tuple[float, Callable[[], Request | None]]]:
        """Draw when each page and each request that goes with the pages is due."""
        due = poisson(rate, seconds, self._rng)
        streams = [list(zip(due.tolist(), self._mix.kinds(len(due)), strict=True))]
        rates = {kind: share * rate for kind, share in EXTRAS.items()} | {STAFF: _STAFF_RATE}
        streams += [[(d, kind) for d in poisson(r, seconds, self._rng).tolist()] for kind, r in rates.items()]
        for moment, kind in heapq.merge(*streams):
            yield moment, partial(self._request, kind)

    def _request(self, kind: str) -> Request | None:
        return self._mix.request(kind) if self._mix.wants(kind) else None

    def _search_schedule(self, rate: float, seconds: float) -> Iterator[tuple[float, Callable[[], Request | None]]]:
        due = poisson(rate, seconds, self._rng)
        for moment, kind in zip(due.tolist(), self._mix.kinds(len(due)), strict=True):
            yield moment, partial(pick, self._searches, kind, self._rng)

    async def _watched(
        self, driver: Driver, schedule: Iterator[tuple[float, Callable[[], Request | None]]]
    ) -> tuple[Sequence[Answer], Queued]:
        offering: Awaitable[Sequence[Answer]] = driver.offer(schedule)
        async with self._watch(lambda: driver.in_flight) as watch:
            answers = await offering
        return answers, watch.queued
