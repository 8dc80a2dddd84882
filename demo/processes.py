"""Child processes of the demo, in sessions of their own."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from indexer.errors import ProductSearchError

_GRACE = 10.0  # seconds to finish work in progress
_RESTARTS = 3  # of a process, before it is given up

# Has the kernel send a process SIGTERM when the one that started it ends (prctl(2), PR_SET_PDEATHSIG, which outlasts
# exec), and then becomes that process. Its arguments: the starting process's id, and the command.
_TIED = """
import ctypes, os, signal, sys
ctypes.CDLL(None).prctl(1, signal.SIGTERM)
if os.getppid() == int(sys.argv[1]):  # otherwise it has ended already
    os.execvp(sys.argv[2], sys.argv[2:])
"""


@dataclass
class Child:
    """A process that this one started."""

    name: str
    log: Path
    process: subprocess.Popen[bytes]
    restarts: int = 0

    @property
    def pid(self) -> int:
        """Process id."""
        return self.process.pid

    def check(self) -> None:
        """Check that the process runs.

        Raises
        ------
        ProductSearchError
            It has ended; the message ends with its log's last lines.
        """
        code = self.process.poll()
        if code is not None:
            end = "\n".join(self.log.read_text(errors="replace").splitlines()[-15:])
            raise ProductSearchError(f"The {self.name} ended with exit code {code}; {self.log} ends with:\n{end}")

    def keep(self, say: Callable[[str], None]) -> None:
        """Start the process again if it has ended, and say so.

        Raises
        ------
        ProductSearchError
            It has ended too often; the message ends with its log's last lines.
        """
        code = self.process.poll()
        if code is None:
            return
        if self.restarts >= _RESTARTS:
            self.check()
        self._signal(signal.SIGKILL)  # what it started and left
        self.restarts += 1
        self.process = _started(self.process.args, self.log, "ab")
        say(f"The {self.name} ended with exit code {code}; it was started again, pid {self.pid}, log in {self.log}")

    def stop(self) -> None:
        """Stop the process and all that it started, by SIGTERM, then by SIGKILL."""
        if self.process.poll() is None:
            self._signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(_GRACE)
        self._signal(signal.SIGKILL)
        self.process.wait()

    def _signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            if number == signal.SIGTERM:
                os.kill(self.pid, number)  # the parent stops its children in its own order
            else:
                os.killpg(self.pid, number)


def tied(command: Sequence[str]) -> list[str]:
    """Return a command whose process ends with this one, even if this one is killed; on Linux only."""
    if sys.platform != "linux":
        return list(command)
    return [sys.executable, "-S", "-c", _TIED, str(os.getpid()), *command]


def start_child(name: str, command: Sequence[str], log: Path) -> Child:
    """Start a process in a session of its own, so that Ctrl-C in the terminal reaches only this one.

    It ends with the thread that calls this.
    """
    return Child(name, log, _started(tied(command), log, "wb"))


def _started(command: Any, log: Path, mode: str) -> subprocess.Popen[bytes]:
    with log.open(mode) as file:
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT, start_new_session=True
        )
