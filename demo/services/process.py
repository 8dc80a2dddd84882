"""Starting servers as processes in sessions of their own, recognising them, and stopping them with their children."""

import os
import pwd
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from demo.services.service import ServiceError

# A start time is derived from the wall clock, which may be adjusted between two readings.
START_TIME_TOLERANCE_S = 5.0
STOP_PATIENCE_S = 30.0
LOG_TAIL_LINES = 15


@dataclass(frozen=True)
class Identity:
    """An unprivileged user that a server runs as when this process is root."""

    name: str
    uid: int
    gid: int

    def options(self) -> dict[str, Any]:
        """Return the arguments that make `subprocess` run a command as this user."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def can_write(self, folder: Path) -> bool:
        """Return whether this user can reach and write a folder, by trying it as that user."""
        return subprocess.run(["test", "-w", str(folder)], cwd="/", check=False, **self.options()).returncode == 0


def unprivileged() -> Identity | None:
    """Return the user for servers that refuse to run as root, or None if this process isn't root."""
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError as error:
        raise ServiceError(
            "Elasticsearch refuses to run as root and there is no user `nobody`; run this as another user"
        ) from error
    return Identity(entry.pw_name, entry.pw_uid, entry.pw_gid)


def free_port() -> int:
    """Return a free TCP port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_free(port: int) -> bool:
    """Return whether a server of this process could listen on a port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def launch(
    command: Sequence[str], *, env: Mapping[str, str], cwd: Path, log: Path, identity: Identity | None
) -> subprocess.Popen[bytes]:
    """Start a server whose output goes to a file.

    It gets a session of its own, so that Ctrl-C in the terminal reaches only this process, which stops the servers in
    order.
    """
    with log.open("wb") as output:
        return subprocess.Popen(
            list(command),
            env=dict(env),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            umask=0o077,
            **(identity.options() if identity else {}),
        )


def start_time(pid: int) -> float:
    """Return when a process was started, in seconds since the epoch."""
    return psutil.Process(pid).create_time()


def is_alive(pid: int, created: float) -> bool:
    """Return whether a process runs and is the one created then, not a later one with the same id."""
    try:
        process = psutil.Process(pid)
        same = abs(process.create_time() - created) < START_TIME_TOLERANCE_S
        # If nobody reaps orphans (a bare container), a dead server stays in the process table as a zombie.
        return same and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def members(pid: int, created: float) -> list[psutil.Process]:
    """Return the living processes of the group that a server leads, even if the leader is dead."""
    if not is_alive(pid, created) and psutil.pid_exists(pid) and not _is_zombie(pid):
        return []  # the id now belongs to another process
    return [process for process in psutil.process_iter() if _in_group(process, pid)]


def stop_group(pid: int, created: float, patience_s: float = STOP_PATIENCE_S) -> None:
    """Stop a server: SIGTERM to its leader, which stops its children, then to those left, then SIGKILL."""
    try:
        leader = [process for process in members(pid, created) if process.pid == pid]
        _send(leader, signal.SIGTERM, patience_s)
        _send(members(pid, created), signal.SIGTERM, patience_s)
        _send(members(pid, created), signal.SIGKILL, patience_s)
    except psutil.AccessDenied as error:
        raise ServiceError(f"process {pid} belongs to another user; stop it as that user") from error
    if members(pid, created):
        raise ServiceError(f"process {pid}, or one that it started, did not end even after SIGKILL")


def tail(log: Path, lines: int = LOG_TAIL_LINES) -> str:
    """Return the last lines of a log, or a note that there is none."""
    try:
        text = log.read_text(errors="replace").strip()
    except FileNotFoundError:
        return f"(no log at {log})"
    return "\n".join(f"  {line[:300]}" for line in text.splitlines()[-lines:]) or "  (the log is empty)"


def _send(processes: list[psutil.Process], number: signal.Signals, patience_s: float) -> None:
    for process in processes:
        try:
            process.send_signal(number)
        except psutil.NoSuchProcess:
            continue  # it has ended already
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline and any(p.is_running() and not _is_zombie(p.pid) for p in processes):
        time.sleep(0.05)


def _is_zombie(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _in_group(process: psutil.Process, leader: int) -> bool:
    try:
        return os.getpgid(process.pid) == leader and process.status() != psutil.STATUS_ZOMBIE
    except (ProcessLookupError, PermissionError, psutil.Error):
        return False  # it has ended, or is another user's and so not one of ours
