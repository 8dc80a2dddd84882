"""Health checks of workers: what a task process answers, not what the main process says."""

import socket
from collections.abc import Iterator

import psutil
import pytest

from demo.processes import Child
from tests.conftest import Shop, wait_until
from workers.app import app as celery
from workers.health import problem_of
from workers.queues.handle import Queues

HOST = socket.gethostname()


@pytest.fixture
def queues(shop: Shop) -> Iterator[Queues]:
    with Queues.open(shop.settings) as queues:
        yield queues


@pytest.mark.parametrize("worker_name", ["embedder", "writer", "photos"])
def test_workers_that_work_are_well(queues: Queues, worker_name: str) -> None:
    assert problem_of(f"{worker_name}@{HOST}", queues, seconds=300) is None


def test_a_worker_none_of_whose_processes_answers_is_not(queues: Queues, workers: dict[str, Child]) -> None:
    name = f"embedder@{HOST}"
    started = psutil.Process(workers["embedder"].pid).children()
    children = [child for child in started if "celery" in " ".join(child.cmdline())]

    def suspended_while_idle() -> bool:
        assert problem_of(name, queues, seconds=300) is None
        for child in children:
            child.suspend()
        if any((celery.control.inspect(destination=[name], timeout=60).active() or {}).values()):
            for child in children:
                child.resume()
            return False
        return True

    try:
        wait_until(suspended_while_idle, "an idle worker")
        assert celery.control.ping(destination=[name], timeout=60)
        assert "no task process answers" in str(problem_of(name, queues, seconds=1))
    finally:
        for child in children:
            child.resume()
    assert problem_of(name, queues, seconds=300) is None


def test_a_worker_that_is_not_there_is_not(queues: Queues) -> None:
    assert "does not answer" in str(problem_of(f"nobody@{HOST}", queues, seconds=1))
