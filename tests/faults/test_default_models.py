"""Behaviour with the production models, which take far longer to load than a process takes to start."""

import psutil

from demo.processes import Child
from tests.conftest import Shop, wait_until
from workers.interactive import EmbeddingServiceError
from workers.photos import embed_photo
from workers.queues.handle import Queues


def test_a_killed_process_is_replaced_by_one_that_embeds(shop: Shop, workers: dict[str, Child]) -> None:
    photograph = next((shop.catalogue.parent / "images").rglob("*.jpg")).read_bytes()
    queues = Queues.open(shop.settings)
    embed_photo(queues, photograph, timeout=60)
    main = psutil.Process(workers["photos"].pid)
    [before] = _pool(main)
    before.kill()
    wait_until(lambda: any(child.pid != before.pid for child in _pool(main)), "a replacement")
    [after] = _pool(main)

    def embeds() -> bool:
        try:
            return len(embed_photo(queues, photograph).whole.vector) > 0
        except EmbeddingServiceError:
            return False

    wait_until(embeds, "embedding again", after.cpu_times)
    assert [child.pid for child in _pool(main)] == [after.pid]  # the first replacement, not the last of many


def _pool(main: psutil.Process) -> list[psutil.Process]:
    """Return the processes that run tasks: children of the worker that run the same program."""
    alive = [child for child in main.children() if child.status() != psutil.STATUS_ZOMBIE]
    return [child for child in alive if "celery" in " ".join(child.cmdline())]
