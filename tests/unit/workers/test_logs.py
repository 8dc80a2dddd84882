import json
import logging
from collections.abc import Iterator

import pytest

from workers import logs


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    """Leave the root logger as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level


def test_json_has_the_ids(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("json")
    logging.getLogger("x").info("written: %s", "update", extra={"product": "dress-1", "event": "msg_1/0"})
    line = json.loads(capsys.readouterr().err)
    assert line.pop("at")
    assert line.pop("process")
    assert line == {
        "levelname": "INFO", "name": "x", "message": "written: update", "product": "dress-1", "event": "msg_1/0",
    }  # fmt: skip


@pytest.mark.parametrize("how", ["json", "text"])
def test_no_credentials(how: str, capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(how)  # type: ignore[arg-type]
    log = logging.getLogger("x")
    log.warning("can't reach %s", "redis://shop:hunter2@queue.example:6379/0")
    try:
        raise ConnectionError("https://elastic:hunter2@search.example:9200 is away")
    except ConnectionError:
        log.exception("failed")
    written = capsys.readouterr().err
    assert "hunter2" not in written
    assert "queue.example:6379/0" in written
    assert "search.example:9200" in written


def test_what_is_said_while_a_fault_lasts_is_logged_once() -> None:
    now = 0.0
    repetitions = logs.WithoutRepetitions(lambda: now)

    def logged(message: str, name: str = "celery.worker.consumer.consumer") -> bool:
        return repetitions.filter(logging.LogRecord(name, logging.ERROR, "", 0, message, None, None))

    assert logged("Cannot connect: OOM. Trying again in 2.00 seconds... (1/100)")
    for attempt in range(2, 90):  # longer than it takes to be over, but never quiet as long
        now += 2
        assert not logged(f"Cannot connect: OOM. Trying again in 4.00 seconds... ({attempt}/100)")
    assert logged("Cannot connect: connection refused")
    now += 61
    assert logged("Cannot connect: OOM. Trying again in 2.00 seconds... (1/100)")
    assert all(logged("written", "workers.writing") for _ in range(2))


def test_text_is_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("text")
    logging.getLogger("x").info("written", extra={"product": "dress-1", "event": "msg_1/0"})
    assert capsys.readouterr().err.endswith("written [product=dress-1 event=msg_1/0]\n")
