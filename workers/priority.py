"""The priority of a worker's processes among all of its machine."""

from __future__ import annotations

import logging
import os
import time
from pathlib import Path

log = logging.getLogger(__name__)

_AUTOGROUP = Path("/proc/self/autogroup")  # "/autogroup-7 nice 0"
_BETWEEN_CHANGES = 0.1  # seconds, on the whole machine, for a process that isn't root (proc_sched_autogroup_set_nice)


def lower(nice: int) -> None:
    """Have this process, and those that it starts, leave the CPU to others that want it.

    Linux may share the CPU among sessions first (sched(7), autogroup), whatever the priorities in each, so the priority
    of the session is lowered with that of the process that leads it.

    Parameters
    ----------
    nice : int
        0 to 19, as of nice(1): with 10, a process that competes with one of 0 for a core gets a tenth of it. A lower
        priority stays.
    """
    if not nice:
        return
    os.setpriority(os.PRIO_PROCESS, 0, max(nice, os.getpriority(os.PRIO_PROCESS, 0)))
    if os.getsid(0) != os.getpid():
        return
    try:
        before = _session_nice()
        if before is not None and nice > before:
            _lower_session(nice)
    except OSError as error:
        log.info("the priority of this session stays as it is: %s", error)


def _session_nice() -> int | None:
    """Return the priority of this process's session, or None where Linux doesn't group by sessions."""
    text = _AUTOGROUP.read_text() if _AUTOGROUP.exists() else ""  # empty where the process's cgroup decides instead
    return int(text.split()[-1]) if text.strip() else None


def _lower_session(nice: int) -> None:
    try:
        _AUTOGROUP.write_text(str(nice))
    except BlockingIOError:  # another session was changed just now
        time.sleep(_BETWEEN_CHANGES)
        _AUTOGROUP.write_text(str(nice))
