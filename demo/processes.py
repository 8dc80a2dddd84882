"""Child processes of the demo, in sessions of their own."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from indexer.errors import ProductSearchError

_GRACE = 10.0  # seconds to finish work in progress

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
    with log.open("wb") as file:
        process = subprocess.Popen(
            tied(command), stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT, start_new_session=True
        )
    return Child(name, log, process)
