"""Keep some time between what a process does again and again, so that each time there is more to do at once."""

from __future__ import annotations

import time
from collections.abc import Callable


class Pace:
    """Waits until some time has passed since the last time; the first goes at once.

    Parameters
    ----------
    seconds : float
        From one time to the next.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds, self._next = seconds, 0.0

    def wait(self, enough: Callable[[], bool] = lambda: False) -> None:
        """Wait, unless there is enough to do already."""
        left = self._next - time.monotonic()
        if left > 0 and not enough():
            time.sleep(left)
        self._next = time.monotonic() + self._seconds
