from threading import Lock

import pytest

from indexer import deadlines


def test_what_is_left_is_shared_and_an_inner_limit_only_shortens_it() -> None:
    assert deadlines.left() is None
    with deadlines.within(100):
        outer = deadlines.left()
        assert outer is not None
        assert outer <= 100
        with deadlines.within(5):
            assert (deadlines.left() or 0) <= 5
        with deadlines.within(1_000):
            assert (deadlines.left() or 0) <= 100
    assert deadlines.left() is None


def test_nothing_is_left_at_the_end() -> None:
    with deadlines.within(0):
        assert deadlines.left() == 0


def test_a_lock_that_another_holds_is_waited_for_no_longer_than_what_is_left() -> None:
    lock = Lock()
    with deadlines.within(0.05), deadlines.holding(lock):
        assert lock.locked()
        with pytest.raises(deadlines.DeadlineError), deadlines.holding(lock):
            pytest.fail("held twice")
    assert not lock.locked()
