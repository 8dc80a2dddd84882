from collections import Counter
from collections.abc import Callable, Iterable

import numpy as np
import pytest

from evaluation.load.figures import Queued
from evaluation.load.mix import EXTRAS, PAGES, STAFF, Mix, Shelf
from evaluation.load.phases import LoadTest
from evaluation.load.queues import Watch
from evaluation.load.traffic import Answer, Request
from tests.loops import run

SHELF = Shelf([("dress-1", "Dresses")], ["Dresses"], ["color:sage"], ["dress"], ["/pictures/x"], [b"form"])
CAPACITY = 30.0  # pages per second

Schedule = Iterable[tuple[float, Callable[[], Request]]]


class _Shop:
    """Stands for the driver of a shop that serves so many pages a second and refuses the rest."""

    in_flight = 3

    async def offer(self, schedule: Schedule) -> list[Answer]:
        answers, free = [], 0.0
        for due, make in schedule:
            request = make()
            served = request.kind not in PAGES or due >= free
            if served and request.kind in PAGES:
                free = max(free, due - 0.5) + 1 / CAPACITY  # half a second of pages may wait
            answers.append(Answer(request.kind, due, 0.0, 0.1, 200 if served else 503, retry_after=True))
        return answers


def _test() -> LoadTest:
    rng = np.random.default_rng(3)

    def watch(in_flight: Callable[[], int]) -> Watch:
        return Watch(in_flight, None, None, None)

    return LoadTest(Mix(SHELF, rng), _Shop(), None, {}, watch, rng)  # type: ignore[arg-type]


def test_a_schedule_has_pages_at_the_rate_what_goes_with_them_and_a_few_of_staff() -> None:
    schedule = list(_test().schedule(60, 50))
    due = [moment for moment, _ in schedule]
    assert due == sorted(due)
    kinds = Counter(request.kind for _, make in schedule if (request := make()))
    assert sum(kinds[kind] for kind in PAGES) == pytest.approx(3_000, rel=0.1)
    assert {kind: kinds[kind] for kind in EXTRAS} == pytest.approx(
        {kind: share * 3_000 for kind, share in EXTRAS.items()}, rel=0.4
    )
    assert kinds[STAFF] == pytest.approx(25, abs=15)


def test_the_best_rate_is_what_is_served_when_more_is_asked_for() -> None:
    said: list[str] = []
    best = run(_test().best_rate(20, said.append))
    assert best == pytest.approx(CAPACITY, rel=0.15)
    assert 4 <= len(said) < 14  # it stops where the shop no longer keeps up


def test_a_phase_tells_pages_from_the_rest_and_has_no_elasticsearch_without_its_address() -> None:
    phase = run(_test().phase(3.0, 3 * CAPACITY, 20))
    assert phase.pages.offered == pytest.approx(3 * CAPACITY, rel=0.1)
    assert phase.pages.served == pytest.approx(CAPACITY, rel=0.2)
    assert phase.kinds["photo"].refused == 0
    assert sum(phase.kinds[kind].asked for kind in PAGES) == phase.pages.asked
    assert phase.elasticsearch is None
    assert isinstance(phase.queued, Queued)
