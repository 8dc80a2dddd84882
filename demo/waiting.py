"""Waits that follow progress, not a clock: a busy machine takes long for all, and only what stands still has failed."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable

import psutil

STALLED_S = 120.0
_LOOK_S = 1.0  # between two looks at what moves
_STEP_S = 6.0  # of CPU time. Idle servers and workers use 2% of a core, a busy one at a load of ten still gets 10%


def wait_until(
    ready: Callable[[], bool],
    moves: Callable[[], object],
    *,
    stalled_s: float = STALLED_S,
    longest_s: float = math.inf,
    poll_s: float = 0.2,
) -> bool:
    """Wait until something holds, for as long as there is progress.

    Parameters
    ----------
    ready
        Whether it holds; raises where it never will.
    moves
        Anything that changes while there is progress: what is left to do, the size of a log, `work_of` processes.
    stalled_s
        Seconds without a change after which to give up.
    longest_s
        Seconds after which to give up whatever moves.

    Returns
    -------
    bool
        Whether it holds.
    """
    state, began = moves(), time.monotonic()
    moved = looked = began
    while not ready():
        now = time.monotonic()
        if now - looked >= _LOOK_S:
            before, state, looked = state, moves(), now
            moved = now if state != before else moved
        if now - moved > stalled_s or now - began > longest_s:
            return False
        time.sleep(poll_s)
    return True


def work_of(pids: Iterable[int]) -> int:
    """Return the CPU time of processes and of all that they started, in steps of several seconds.

    As `moves` it counts as progress what takes a twentieth of a core, which nothing does that only waits.
    """
    return int(sum(_cpu_time(pid) for pid in pids) / _STEP_S)


def work_of_children() -> int:
    """Return the `work_of` all that this process started; its own would count the waiting as work."""
    return work_of(child.pid for child in psutil.Process().children())


def _cpu_time(pid: int) -> float:
    total = 0.0
    try:
        leader = psutil.Process(pid)
        for process in (leader, *leader.children(recursive=True)):
            times = process.cpu_times()
            total += times.user + times.system + times.children_user + times.children_system
    except psutil.NoSuchProcess:
        pass  # it ended since it was listed; the sum falls, which is a change too
    return total
