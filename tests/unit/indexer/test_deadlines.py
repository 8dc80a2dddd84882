from threading import Lock

import pytest

from indexer import deadlines


def test_an_inner_deadline_can_only_be_earlier() -> None:
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


def test_no_time_is_left_at_the_deadline() -> None:
    with deadlines.within(0):
        assert deadlines.left() == 0


def test_waiting_for_a_lock_ends_at_the_deadline() -> None:
    lock = Lock()
    with deadlines.within(0.05), deadlines.holding(lock):
        assert lock.locked()
        with pytest.raises(deadlines.DeadlineError), deadlines.holding(lock):
            pytest.fail("the lock was acquired twice")
    assert not lock.locked()


def test_a_server_that_kept_a_request_waiting_is_given_up_for_that_request() -> None:
    with deadlines.within(10):
        assert not deadlines.has_given_up("redis")
        with deadlines.within(5):
            deadlines.give_up("redis")
        assert deadlines.has_given_up("redis")
        assert not deadlines.has_given_up("elasticsearch")
    with deadlines.within(10):
        assert not deadlines.has_given_up("redis")
    deadlines.give_up("redis")
    assert not deadlines.has_given_up("redis")  # without a deadline, as in a worker, it is asked again and again
