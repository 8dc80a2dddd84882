"""Waits that follow progress instead of a clock, because a busy machine slows everything down."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable

import psutil

STALLED_S = 120.0
_CHECK_S = 1.0  # between two checks for progress
_STEP_S = 6.0  # of CPU time. Idle servers and workers use 2% of a core; a busy one at a load of ten still gets 10%


def wait_until(
    ready: Callable[[], bool],
    progress: Callable[[], object],
    *,
    stalled_s: float = STALLED_S,
    longest_s: float = math.inf,
    poll_s: float = 0.2,
) -> bool:
    """Wait until a condition holds, for as long as there is progress.

    Parameters
    ----------
    ready
        Whether the condition holds; raises if it never will.
    progress
        A value that changes with progress: the number of items left, the size of a log, `work_of` processes.
    stalled_s
        Seconds without progress after which to give up.
    longest_s
        Seconds after which to give up despite progress.

    Returns
    -------
    bool
        Whether the condition holds.
    """
    state, began = progress(), time.monotonic()
    progressed = checked = began
    while not ready():
        now = time.monotonic()
        if now - checked >= _CHECK_S:
            before, state, checked = state, progress(), now
            progressed = now if state != before else progressed
        if now - progressed > stalled_s or now - began > longest_s:
            return False
        time.sleep(poll_s)
    return True


def work_of(pids: Iterable[int]) -> int:
    """Return the CPU time of processes and their descendants, in steps of several seconds.

    As `progress`, it changes for processes that use at least a twentieth of a core; idle ones use less.
    """
    return int(sum(_cpu_time(pid) for pid in pids) / _STEP_S)


def work_of_children() -> int:
    """Return the `work_of` this process's children, without its own, which would count waiting as work."""
    return work_of(child.pid for child in psutil.Process().children())


def _cpu_time(pid: int) -> float:
    total = 0.0
    try:
        leader = psutil.Process(pid)
        for process in (leader, *leader.children(recursive=True)):
            times = process.cpu_times()
            total += times.user + times.system + times.children_user + times.children_system
    except psutil.NoSuchProcess:
        pass  # it has ended since it was listed; the sum falls, which is a change, too

    return total
