import itertools
import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from demo import waiting
from demo.waiting import wait_until, work_of


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Let time pass only where somebody sleeps."""
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    monkeypatch.setattr("demo.waiting.time.monotonic", lambda: now[0])
    monkeypatch.setattr("demo.waiting.time.sleep", sleep)
    return now


def test_what_holds_is_not_waited_for(clock: list[float]) -> None:
    assert wait_until(lambda: True, lambda: 0)
    assert clock == [0]


def test_it_goes_on_for_as_long_as_something_moves(clock: list[float]) -> None:
    assert wait_until(lambda: clock[0] > 1_000, lambda: clock[0] // 50, stalled_s=60)


def test_it_is_given_up_when_nothing_moves(clock: list[float]) -> None:
    assert not wait_until(lambda: False, lambda: min(clock[0], 100), stalled_s=60)
    assert 160 < clock[0] < 165


def test_it_is_given_up_at_last_whatever_moves(clock: list[float]) -> None:
    assert not wait_until(lambda: False, lambda: clock[0], longest_s=500)
    assert 500 < clock[0] < 505


@pytest.fixture
def processes() -> Iterator[list[subprocess.Popen[bytes]]]:
    """A process whose child computes, and one that waits."""
    busy = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'while True: pass'])"
    made = [
        subprocess.Popen([sys.executable, "-c", code], start_new_session=True)
        for code in (busy, "import time; time.sleep(600)")
    ]
    yield made
    for process in made:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def test_processes_that_compute_are_progress_and_those_that_wait_are_not(
    processes: list[subprocess.Popen[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()  # here time passes
    monkeypatch.setattr(waiting, "_STEP_S", 0.2)
    busy, idle = processes
    steps = itertools.count(work_of([busy.pid]) + 1)
    for step in itertools.islice(steps, 3):
        while work_of([busy.pid]) < step:
            assert busy.poll() is None
    started = work_of([idle.pid])
    assert not wait_until(lambda: work_of([idle.pid]) > started + 1, lambda: None, stalled_s=1)


def test_a_process_that_ended_does_no_work() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as done:
        done.wait()
    assert work_of([done.pid]) == 0
