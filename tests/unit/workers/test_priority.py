"""Priorities, each in a process of its own, because a process can't raise its priority again."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from workers import priority

_LOWER = "import os; from workers import priority; priority.lower({}); print(os.getpriority(os.PRIO_PROCESS, 0)); "
_SHOW = (
    "import pathlib; file = pathlib.Path('/proc/self/autogroup'); "
    "words = file.read_text().split() if file.exists() else []; print(words[-1] if words else 'none')"
)  # "/autogroup-7 nice 0", or nothing
_BY_HAND = "open('/proc/self/autogroup', 'w').write('{}'); "  # fails in containers that may only read it


def _printed(code: str, *prefix: str, own_session: bool = False) -> list[str]:
    command = [*prefix, sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True, start_new_session=own_session)
    return done.stdout.split()


@pytest.mark.parametrize("asked", [0, 3, 10])
def test_it_is_lowered_and_never_raised(asked: int) -> None:
    before = min(19, os.getpriority(os.PRIO_PROCESS, 0) + 5)
    assert _printed(_LOWER.format(asked), "nice", "-n", "5") == [str(max(before, asked))]


def _by_hand(nice: int) -> str:
    """Return what this kernel shows of a session of its own, after somebody tried to lower it."""
    write = f"import contextlib\nwith contextlib.suppress(OSError): {_BY_HAND.format(nice)}\n"
    [shown] = _printed(write + _SHOW, own_session=True)
    return shown


def test_a_session_is_lowered_by_the_process_that_leads_it() -> None:
    assert _printed(_LOWER.format(10) + _SHOW, own_session=True)[-1] == _by_hand(10)


def test_a_session_that_others_lead_stays_as_it_is() -> None:
    assert _printed(_LOWER.format(10) + _SHOW)[-1] == _printed(_SHOW)[-1]


def test_no_session_is_raised() -> None:
    code = _LOWER.format(15) + "priority.lower(10); " + _SHOW
    assert _printed(code, own_session=True)[-1] == _by_hand(15)


@pytest.mark.parametrize("text", [None, "", "\n"])
def test_a_kernel_may_not_group_sessions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str | None) -> None:
    """The file is missing, or empty where autogroup is switched off and in a cgroup of its own."""
    if text is not None:
        (tmp_path / "autogroup").write_text(text)
    monkeypatch.setattr(priority, "_AUTOGROUP", tmp_path / "autogroup")
    monkeypatch.setattr(os, "getsid", lambda _: os.getpid())
    monkeypatch.setattr(os, "setpriority", lambda *_: None)
    priority.lower(10)
    assert priority._session_nice() is None
