"""The first goes at once, the next after a while, unless there is enough to do."""

import time

import pytest

from workers.throttle import Throttle


def test_throttle(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, slept = [100.0], list[float]()

    def sleep(seconds: float) -> None:
        slept.append(round(seconds, 3))
        clock[0] += seconds

    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(time, "sleep", sleep)
    throttle = Throttle(0.2)
    throttle.wait()
    assert slept == []
    clock[0] += 0.05
    throttle.wait()
    assert slept == [0.15]
    throttle.wait(lambda: True)
    assert slept == [0.15]
    clock[0] += 3
    throttle.wait()
    assert slept == [0.15]
