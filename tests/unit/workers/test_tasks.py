"""What becomes of a process whose models fail."""

from collections.abc import Callable
from typing import Any
from unittest.mock import MagicMock

import pytest

from indexer.errors import DeviceError
from workers import embedding, interactive, photos, resources, sweeping, tasks, text_queries


def _broken(*_: Any, **__: Any) -> None:
    raise DeviceError("a model fails even on a blank input")


@pytest.mark.parametrize(
    ("module", "function", "call"),
    [
        (embedding, "embed_waiting", tasks.embed_waiting),
        (sweeping, "sweep_attached", tasks.sweep_attached),
        (photos, "answer", lambda: tasks.embed_photo("upload", None, "reply")),
        (text_queries, "answer", lambda: tasks.embed_text("upload", "space", "reply")),
    ],
)
def test_a_process_ends_once_its_models_fail_in_it(
    monkeypatch: pytest.MonkeyPatch, module: Any, function: str, call: Callable[[], None]
) -> None:
    for name in ("pipeline", "photo_decoder", "region_finder", "queues"):
        monkeypatch.setattr(resources, name, MagicMock())
    monkeypatch.setattr(module, function, _broken)
    with pytest.raises(SystemExit) as ended:
        call()
    assert ended.value.code == 1


def test_a_sweep_is_left_to_the_next_one_after_its_process_ended() -> None:
    assert tasks.sweep_attached.reject_on_worker_lost is False
    assert tasks.embed_waiting.reject_on_worker_lost is not False


def test_an_attached_index_does_not_hide_that_the_models_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resources, "index", MagicMock())
    monkeypatch.setattr(resources, "pipeline", MagicMock())
    monkeypatch.setattr(sweeping, "Attachments", lambda _: MagicMock(all=lambda: ["theirs"]))
    monkeypatch.setattr(sweeping, "Sweep", lambda *_, **__: MagicMock(run=_broken))
    with pytest.raises(DeviceError):
        sweeping.sweep_attached()


def test_a_shopper_is_told_to_try_again_before_the_process_ends() -> None:
    queues = MagicMock()
    with pytest.raises(DeviceError):
        interactive.answer(queues, "reply", _broken)  # type: ignore[arg-type]
    [(reply_to, reply)] = [call.args for call in queues.replies.put.call_args_list]
    assert reply_to == "reply"
    assert "try again" in reply["busy"]
