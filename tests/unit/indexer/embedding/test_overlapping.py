"""What was taken is worked on to its end."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from indexer.embedding import overlapping
from indexer.embedding.overlapping import map_concurrently


@pytest.fixture(autouse=True)
def _one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let items wait for a thread, as they do for a moment on a busy machine."""
    monkeypatch.setattr(overlapping, "ThreadPoolExecutor", lambda _, name: ThreadPoolExecutor(1, name))


def test_what_was_taken_is_done_although_another_item_fails_or_the_caller_stops() -> None:
    done: list[int] = []

    def work(number: int) -> int:
        if number == 0:
            raise ValueError("the first")
        done.append(number)
        return number

    with pytest.raises(ValueError, match="the first"):
        list(map_concurrently(work, range(9), 3))
    assert done == [1, 2]
    for result in map_concurrently(work, range(5, 9), 3):
        assert result == 5
        break
    assert done == [1, 2, 5, 6, 7]
