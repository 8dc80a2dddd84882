"""Starting, waiting for, finding and stopping embedded servers."""

import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from demo.services import process
from demo.services.process import Identity
from demo.services.service import Say, Service, ServiceError, State, forget_state, load_state, save_state
from demo.waiting import STALLED_S, wait_until, work_of

LONGEST_START_S = 900.0

Ready = Callable[[str], str | None]


@dataclass(frozen=True)
class Plan:
    """How to start a server: its command and environment, and the probe that tells when it is ready."""

    name: str
    command: Sequence[str]
    env: Mapping[str, str]
    cwd: Path
    log: Path
    port: int
    url: str
    ready: Ready
    identity: Identity | None = None
    note: str = ""


def running(folder: Path, ready: Ready, say: Say) -> Service | None:
    """Return the server that an earlier run left on a data folder, if it still answers.

    If it lives but doesn't answer (its parent may have been killed early), wait for it as for a new one, then stop it
    to release its lock on the data. The returned service's `stop` does nothing, because this run didn't start it.
    """
    state = load_state(folder)
    if state is None or state.compose:
        return None
    if process.is_alive(state.pid, state.created) and ready(state.url) is None:
        say(f"{state.name}: process {state.pid}, started earlier, does not answer yet; waiting for it")
        wait_until(
            lambda: ready(state.url) is not None or not process.is_alive(state.pid, state.created),
            lambda: work_of([state.pid]),
            longest_s=LONGEST_START_S,
        )
    if process.is_alive(state.pid, state.created) and ready(state.url) is not None:
        return Service(state.name, state.url, f"{state.how}, started earlier")
    if stop_running(folder):
        say(f"{state.name}: process {state.pid}, started earlier, did not answer and was stopped")
    return None


def start(folder: Path, plan: Plan, say: Say) -> Service:
    """Start a server on a data folder and wait until it answers.

    Raises
    ------
    ServiceError
        It ended, or stopped making progress before it answered; the message ends with the last lines of its log.
    """
    began = time.monotonic()
    say(f"{plan.name}: starting on 127.0.0.1:{plan.port}{plan.note}")
    child = process.launch(plan.command, env=plan.env, cwd=plan.cwd, log=plan.log, identity=plan.identity)
    created = process.start_time(child.pid)

    def stop() -> None:
        process.stop_group(child.pid, created)
        child.wait(timeout=process.STOP_PATIENCE_S)
        state = load_state(folder)
        if state is not None and state.pid == child.pid:
            forget_state(folder)

    how = f"embedded {plan.name} on 127.0.0.1:{plan.port}, pid {child.pid}"
    try:
        # Before it answers: if this process is killed now, the next run must find the server.
        save_state(folder, State(plan.name, plan.url, how, child.pid, created))
        version = _wait(plan, child)
        how = how.replace(plan.name, f"{plan.name} {version}", 1)
        save_state(folder, State(plan.name, plan.url, how, child.pid, created))
    except BaseException:  # even Ctrl-C must not leave it running
        stop()
        raise
    say(f"{plan.name}: {version} answered after {time.monotonic() - began:.1f} s")
    return Service(plan.name, plan.url, how, stop)


def stop_running(folder: Path) -> State | None:
    """Stop the embedded server that runs on a data folder, whoever started it, and remove its state.

    Returns
    -------
    State | None
        The stopped server, None if none ran.
    """
    state = load_state(folder)
    if state is None or state.compose:
        return None
    processes = process.members(state.pid, state.created)
    if processes:
        process.stop_group(state.pid, state.created)
    forget_state(folder)
    return state if processes else None


def _wait(plan: Plan, child: subprocess.Popen[bytes]) -> str:
    """Return the version once the server answers, however long that takes while it makes progress."""
    version: str | None = None

    def answers() -> bool:
        nonlocal version
        version = plan.ready(plan.url)
        if version is None and child.poll() is not None:
            raise _failed(plan, f"ended with exit status {child.returncode} before it answered")
        return version is not None

    wait_until(answers, lambda: (plan.log.stat().st_size, work_of([child.pid])), longest_s=LONGEST_START_S)
    if version is None:
        raise _failed(plan, f"did not answer, did nothing for {STALLED_S:.0f} s and was stopped")
    return version


def _failed(plan: Plan, what: str) -> ServiceError:
    return ServiceError(f"{plan.name} {what}; {plan.log} ends with:\n{process.tail(plan.log)}")
