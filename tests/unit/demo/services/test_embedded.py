"""A server as a process: started, found again, stopped with its children. The server is a small Python script."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

import httpx
import psutil
import pytest

from demo.services import ServiceError, embedded, process, remove_data, stop_started
from demo.services.embedded import Plan
from demo.services.service import STATE_FILE, load_state
from demo.waiting import wait_until

SERVER = """
import http.server, subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers(); self.wfile.write(b"1.2.3")
    def log_message(self, *_): pass
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


def ready(url: str) -> str | None:
    try:
        return httpx.get(url, timeout=60, trust_env=False).text
    except httpx.TransportError:
        return None


def plan_of(folder: Path, program: str = SERVER) -> Plan:
    port = process.free_port()
    return Plan(
        name="Fake",
        command=[sys.executable, "-c", program, str(port)],
        env=dict(os.environ),
        cwd=folder,
        log=folder / "start.log",
        port=port,
        url=f"http://127.0.0.1:{port}",
        ready=ready,
    )


def pid_of(folder: Path) -> int:
    state = load_state(folder)
    assert state is not None
    return state.pid


def test_a_server_and_its_children_are_gone_after_stop(tmp_path: Path) -> None:
    lines: list[str] = []
    service = embedded.start(tmp_path, plan_of(tmp_path), lines.append)
    pid = pid_of(tmp_path)
    group = process.members(pid, process.start_time(pid))
    assert len(group) == 2
    assert service.how.startswith("embedded Fake 1.2.3 on 127.0.0.1:")
    assert os.getsid(pid) == pid != os.getsid(0)  # Ctrl-C in our terminal does not reach it
    service.stop()
    service.stop()  # does no harm
    assert not any(p.is_running() and p.status() != psutil.STATUS_ZOMBIE for p in group)
    assert not (tmp_path / STATE_FILE).exists()
    assert len(lines) == 2


def test_a_running_server_is_reused_and_only_its_starter_stops_it(tmp_path: Path) -> None:
    first = embedded.start(tmp_path, plan_of(tmp_path), lambda _: None)
    second = embedded.running(tmp_path, ready, lambda _: None)
    assert second is not None
    assert second.url == first.url
    assert second.how.endswith("started earlier")
    second.stop()
    assert ready(first.url) == "1.2.3"
    first.stop()
    assert embedded.running(tmp_path, ready, lambda _: None) is None


def test_a_state_file_of_another_process_is_ignored_and_that_process_left_alone(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True) as other:
        created = process.start_time(other.pid)
        state = {"name": "Fake", "url": "http://127.0.0.1:9", "how": "", "pid": other.pid, "created": created - 3600}
        (tmp_path / STATE_FILE).write_text(json.dumps(state))
        assert embedded.running(tmp_path, ready, lambda _: None) is None
        assert stop_started(tmp_path) is None
        assert other.poll() is None
        other.kill()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"pid": 1}', '{"unknown": 1}'])
def test_an_invalid_state_file_is_ignored(tmp_path: Path, content: str) -> None:
    (tmp_path / STATE_FILE).write_text(content)
    assert embedded.running(tmp_path, ready, lambda _: None) is None


def test_a_server_that_ends_is_reported_with_the_end_of_its_log(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, "import sys; print('the disk is made of cheese'); sys.exit(7)")
    with pytest.raises(ServiceError, match=r"exit status 7(.|\n)*made of cheese"):
        embedded.start(tmp_path, plan, lambda _: None)
    assert not (tmp_path / STATE_FILE).exists()


def test_a_server_that_neither_answers_nor_progresses_is_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pids = []

    def silent(_: str) -> None:
        pids.append(pid_of(tmp_path))

    monkeypatch.setattr(embedded, "wait_until", partial(wait_until, stalled_s=0.5))
    plan = replace(plan_of(tmp_path, "import time; time.sleep(600)"), ready=silent)
    with pytest.raises(ServiceError, match="did nothing for"):
        embedded.start(tmp_path, plan, lambda _: None)
    assert not psutil.pid_exists(pids[0])


def test_a_server_that_writes_its_log_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    probes = []

    def slow(url: str) -> str | None:
        probes.append(url)
        with (tmp_path / "start.log").open("a") as log:
            log.write("still starting\n")
        return "1.2.3" if len(probes) > 20 else None

    monkeypatch.setattr("demo.waiting._CHECK_S", 0.0)
    # Stalls within two checks: without new lines in its log it would be given up at the third.
    monkeypatch.setattr(embedded, "wait_until", partial(wait_until, stalled_s=0.1, poll_s=0.06))
    plan = replace(plan_of(tmp_path, "import time; time.sleep(600)"), ready=slow)
    service = embedded.start(tmp_path, plan, lambda _: None)
    assert "1.2.3" in service.how
    service.stop()


def test_ctrl_c_during_the_start_leaves_nothing_behind(tmp_path: Path) -> None:
    def interrupted(_: str) -> str | None:
        raise KeyboardInterrupt

    plan = plan_of(tmp_path)
    broken = replace(plan, ready=interrupted)
    with pytest.raises(KeyboardInterrupt):
        embedded.start(tmp_path, broken, lambda _: None)
    assert ready(plan.url) is None
    assert not (tmp_path / STATE_FILE).exists()


def test_a_server_that_ignores_sigterm_is_killed() -> None:
    program = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('on', flush=True); time.sleep(600)"
    )
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command, start_new_session=True, stdout=subprocess.PIPE) as deaf:
        assert deaf.stdout is not None
        deaf.stdout.readline()
        process.stop_group(deaf.pid, process.start_time(deaf.pid), patience_s=0.5)
        assert deaf.wait() == -signal.SIGKILL


def test_children_of_a_killed_leader_are_found_and_stopped(tmp_path: Path) -> None:
    embedded.start(tmp_path, plan_of(tmp_path), lambda _: None)
    pid = pid_of(tmp_path)
    group = process.members(pid, process.start_time(pid))
    os.kill(pid, signal.SIGKILL)
    assert wait_until(lambda: not process.is_alive(pid, group[0].create_time()), lambda: None)
    assert embedded.running(tmp_path, ready, lambda _: None) is None
    assert not any(p.is_running() and p.status() != psutil.STATUS_ZOMBIE for p in group)


def test_remove_data_stops_servers_first(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "test" / "redis"
    folder.mkdir(parents=True)
    service = embedded.start(folder, plan_of(folder), lambda _: None)
    remove_data(tmp_path / "data")
    assert ready(service.url) is None
    assert list(tmp_path.iterdir()) == []
    remove_data(tmp_path / "data")  # does nothing
