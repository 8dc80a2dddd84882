"""Processes that die at any moment lose no work and repeat none."""

import random
import time
from collections.abc import Callable

import pytest
from PIL import Image

from tests.conftest import wait_until
from tests.faults.cheap import POISON
from tests.faults.shop import FULL, FaultyShop

CHILD_KILLS, WORKER_KILLS = (100, 20) if FULL else (3, 1)

pytestmark = pytest.mark.timeout(3_600 if FULL else 900)


def test_a_child_that_is_killed_again_and_again(faulty: FaultyShop, figure: Callable[[str], None]) -> None:
    rng = random.Random(1)
    for part in faulty.parts(CHILD_KILLS):
        faulty.send(part)
        time.sleep(rng.uniform(0.05, 0.8))
        wait_until(faulty.kill_a_child, "a child to kill")
    letters = faulty.finish()
    figure(f"{CHILD_KILLS} children killed, {len(faulty.events)} products: 0 lost, 0 twice, "
           f"{letters} dead letters tried again, least cosine {faulty.compare():.6f}")  # fmt: skip


def test_workers_that_are_killed_again_and_again(faulty: FaultyShop, figure: Callable[[str], None]) -> None:
    rng = random.Random(2)
    for part in faulty.parts(WORKER_KILLS + 1)[1:]:
        faulty.send(part)
        time.sleep(rng.uniform(0.05, 1.5))
        faulty.kill()
        faulty.start()
    faulty.send(faulty.parts(WORKER_KILLS + 1)[0])
    letters = faulty.finish()
    figure(f"All workers killed {WORKER_KILLS} times, {len(faulty.events)} products: 0 lost, 0 twice, "
           f"{letters} dead letters tried again, least cosine {faulty.compare():.6f}")  # fmt: skip


def test_a_poison_image_is_tried_three_times_while_its_neighbours_finish(
    faulty: FaultyShop, figure: Callable[[str], None]
) -> None:
    deaths, poison = faulty.folder / "deaths", faulty.folder / "poison.png"
    deaths.write_bytes(b"")
    Image.new("RGB", (48, 48), POISON).save(poison)
    neighbours = faulty.events[: 40 if FULL else 12]
    faulty.send([*neighbours[:6], faulty.upsert(poison), *neighbours[6:]])
    ended = {"all": len(neighbours) + 1, "done": len(neighbours), "failed": 1, "pending": 0}
    wait_until(lambda: faulty.states() == ended, f"reaching {ended}", faulty.states)
    wait_until(lambda: faulty.letters.count() == 1, "the dead letter")
    assert len(deaths.read_bytes()) == 3
    [letter] = faulty.letters.latest()
    assert (letter.kind, letter.product) == ("embedding", "poison")
    assert "3 tries" in letter.reason
    figure(f"A poison image killed its process {len(deaths.read_bytes())} times, its {len(neighbours)} neighbours "
           "are done")  # fmt: skip
