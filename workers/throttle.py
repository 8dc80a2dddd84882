"""Space out repeated runs, so that each handles more work at once."""

from __future__ import annotations

import time
from collections.abc import Callable


class Throttle:
    """Waits until some time has passed since the last run; the first run starts at once.

    Parameters
    ----------
    seconds : float
        Time from one run to the next.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds, self._next = seconds, 0.0

    def wait(self, is_enough: Callable[[], bool] = lambda: False) -> None:
        """Wait, unless there is enough work already."""
        delay = self._next - time.monotonic()
        if delay > 0 and not is_enough():
            time.sleep(delay)
        self._next = time.monotonic() + self._seconds
