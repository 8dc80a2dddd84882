"""Child processes end with the process that started them."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from demo.processes import start_child
from indexer.errors import ProductSearchError

_START = """
import sys, time
from pathlib import Path
from demo.processes import start_child
child = start_child("sleeper", [sys.executable, "-c", "import time; time.sleep(600)"], Path(sys.argv[1]))
print(child.pid, flush=True)
time.sleep(600)
"""


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_child_ends_with_a_parent_that_is_killed(tmp_path: Path, how: signal.Signals) -> None:
    command = [sys.executable, "-c", _START, str(tmp_path / "log")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        child = psutil.Process(int(parent.stdout.readline()))
        assert child.is_running()
        parent.send_signal(how)
    while _is_alive(child):  # pytest's time-out ends this
        time.sleep(0.05)


def test_a_process_that_ended_is_started_again_a_few_times(tmp_path: Path) -> None:
    said = list[str]()
    child = start_child("worker", [sys.executable, "-c", "print('working'); raise SystemExit(3)"], tmp_path / "log")
    for restarts in (1, 2, 3):
        child.process.wait()
        child.keep(said.append)
        assert child.restarts == restarts
    child.process.wait()
    with pytest.raises(ProductSearchError, match="The worker ended with exit code 3") as refused:
        child.keep(said.append)
    assert str(refused.value).count("working") == 4  # the log goes on
    assert len(said) == 3
    assert "it was started again, pid" in said[0]


def test_a_process_that_runs_is_left_alone(tmp_path: Path) -> None:
    child = start_child("worker", [sys.executable, "-c", "import time; time.sleep(600)"], tmp_path / "log")
    pid = child.pid
    try:
        child.keep(pytest.fail)
        assert child.pid == pid
    finally:
        child.stop()


def _is_alive(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
