"""Jittered exponential backoff between attempts at failed work."""

from __future__ import annotations

from tenacity import RetryCallState, Retrying, wait_exponential, wait_random_exponential


def backoff(failures: int, *, first: float, longest: float) -> float:
    """Return the seconds to wait after the nth failure in a row.

    They double with each failure, and half of them are random, so that tasks that failed together don't retry together
    ("equal jitter": Brooker, Exponential Backoff And Jitter, AWS Architecture Blog, 2015).
    """
    half = {"multiplier": first / 2, "max": longest / 2}
    wait = wait_exponential(**half) + wait_random_exponential(**half)
    state = RetryCallState(Retrying(), None, (), {})
    state.attempt_number = failures
    return wait(state)
