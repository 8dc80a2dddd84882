"""Leave some time between the runs of something repeated, so that each has more to do at once."""

from __future__ import annotations

import time
from collections.abc import Callable


class Throttle:
    """Waits until some time has passed since the last run; the first goes at once.

    Parameters
    ----------
    seconds : float
        From one run to the next.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds, self._next = seconds, 0.0

    def wait(self, is_enough: Callable[[], bool] = lambda: False) -> None:
        """Wait, unless there is enough to do already."""
        left = self._next - time.monotonic()
        if left > 0 and not is_enough():
            time.sleep(left)
        self._next = time.monotonic() + self._seconds
