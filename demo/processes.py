"""Child processes of the demo, in sessions of their own."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from indexer.errors import ProductSearchError

_GRACE = 10.0  # seconds to finish work in progress


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


def start_child(name: str, command: Sequence[str], log: Path) -> Child:
    """Start a process in a session of its own, so that Ctrl-C in the terminal reaches only this one."""
    with log.open("wb") as file:
        process = subprocess.Popen(
            list(command), stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT, start_new_session=True
        )
    return Child(name, log, process)
