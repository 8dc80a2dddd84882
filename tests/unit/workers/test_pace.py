"""The first goes at once, the next after a while, unless there is enough to do."""

import time

import pytest

from workers.pace import Pace


def test_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, slept = [100.0], list[float]()

    def sleep(seconds: float) -> None:
        slept.append(round(seconds, 3))
        clock[0] += seconds

    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(time, "sleep", sleep)
    pace = Pace(0.2)
    pace.wait()
    assert slept == []
    clock[0] += 0.05
    pace.wait()
    assert slept == [0.15]
    pace.wait(lambda: True)
    assert slept == [0.15]
    clock[0] += 3
    pace.wait()
    assert slept == [0.15]
