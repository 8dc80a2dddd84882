"""Processes that die at any moment lose nothing and do nothing twice."""

import random
import time
from pathlib import Path
from typing import Any

import psutil
import pytest
from PIL import Image

from tests.faults.cheap import POISON
from tests.faults.conftest import FULL, PRODUCTS, Faulty
from tests.faults.servers import wait_for

CHILD_KILLS, WORKER_KILLS = (100, 20) if FULL else (6, 2)

pytestmark = [pytest.mark.destructive, pytest.mark.timeout(1_800 if FULL else 300)]


def _parts(events: list[dict[str, Any]], count: int) -> list[list[dict[str, Any]]]:
    return [events[start::count] for start in range(count)]


def _kill(children: list[psutil.Process]) -> bool:
    """Kill the first that lives; say whether one did."""
    for child in children:
        try:
            if child.status() != psutil.STATUS_ZOMBIE:
                child.kill()
                return True
        except psutil.NoSuchProcess:
            continue
    return False


def test_a_child_that_is_killed_again_and_again(faulty: Faulty) -> None:
    # Celery ends a worker whose first child dies before it is up; a supervisor starts that anew.
    assert wait_for(lambda: "embedder@" in (log := faulty.workers[0].log.read_text()) and " ready." in log, 60)
    time.sleep(2)
    rng, kills = random.Random(1), 0
    for part in _parts(faulty.clean.events, CHILD_KILLS):
        faulty.send(part)
        time.sleep(rng.uniform(0.05, 0.8))
        assert wait_for(lambda: _kill(faulty.embedder_children()), 60)
        kills += 1
    letters = faulty.finish(PRODUCTS)
    least = faulty.compare()
    print(f"{kills} children killed, {PRODUCTS} products: 0 lost, 0 twice, {letters} dead letters tried again, "  # noqa: T201
          f"least cosine {least:.6f}")  # fmt: skip


def test_a_worker_that_is_killed_again_and_again(faulty: Faulty) -> None:
    rng = random.Random(2)
    for part in _parts(faulty.clean.events, WORKER_KILLS):
        faulty.send(part)
        time.sleep(rng.uniform(2.0, 5.0))
        for worker in faulty.workers:
            worker.process.kill()
        faulty.stop()
        faulty.start()
    letters = faulty.finish(PRODUCTS)
    least = faulty.compare()
    print(f"{WORKER_KILLS} times all workers killed, {PRODUCTS} products: 0 lost, 0 twice, "  # noqa: T201
          f"{letters} dead letters tried again, least cosine {least:.6f}")  # fmt: skip


def test_a_poison_image_is_tried_three_times_while_its_neighbours_finish(
    faulty: Faulty, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    faulty.stop()
    deaths = tmp_path / "deaths"
    deaths.touch()
    monkeypatch.setenv("DEATHS", str(deaths))
    poison = faulty.clean.folder / "poison.png"
    Image.new("RGB", (48, 48), POISON).save(poison)
    product = {"id": "poison", "title": "Poison", "images": [poison.as_uri()], "version": 1}
    events = [*faulty.clean.events[:40], {"type": "upsert", "product": product}]
    faulty.send(events)
    faulty.start()
    assert wait_for(lambda: faulty.states()["pending"] == 0 and faulty.states()["all"] == 41, 120), faulty.states()
    assert faulty.states() == {"all": 41, "done": 40, "failed": 1, "pending": 0}
    assert len(deaths.read_bytes()) == 3
    assert wait_for(lambda: faulty.letters.count() == 1, 10)
    [letter] = faulty.letters.latest()
    assert (letter.kind, letter.product) == ("embedding", "poison")
    assert "3 tries" in letter.reason
    print(f"a poison image killed its process {len(deaths.read_bytes())} times, its 40 neighbours are done")  # noqa: T201
