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
    """Let time pass only during sleep."""
    now = [0.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    monkeypatch.setattr("demo.waiting.time.monotonic", lambda: now[0])
    monkeypatch.setattr("demo.waiting.time.sleep", sleep)
    return now


def test_a_condition_that_holds_takes_no_time(clock: list[float]) -> None:
    assert wait_until(lambda: True, lambda: 0)
    assert clock == [0]


def test_it_waits_for_as_long_as_there_is_progress(clock: list[float]) -> None:
    assert wait_until(lambda: clock[0] > 1_000, lambda: clock[0] // 50, stalled_s=60)


def test_it_gives_up_without_progress(clock: list[float]) -> None:
    assert not wait_until(lambda: False, lambda: min(clock[0], 100), stalled_s=60)
    assert 160 < clock[0] < 165


def test_it_gives_up_in_the_end_despite_progress(clock: list[float]) -> None:
    assert not wait_until(lambda: False, lambda: clock[0], longest_s=500)
    assert 500 < clock[0] < 505


@pytest.fixture
def processes() -> Iterator[list[subprocess.Popen[bytes]]]:
    """A process whose child computes, and one that waits."""
    busy = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'while True: pass'])"
    started = [
        subprocess.Popen([sys.executable, "-c", code], start_new_session=True)
        for code in (busy, "import time; time.sleep(600)")
    ]
    yield started
    for process in started:
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
