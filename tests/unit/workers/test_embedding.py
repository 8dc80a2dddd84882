"""Embedding batches: what becomes of their products when something fails."""

from collections.abc import Callable
from typing import Any
from unittest.mock import MagicMock

import pytest

from indexer.embedding.report import Report
from indexer.errors import DeviceError
from workers import embedding, resources
from workers.embedding import _Batch


@pytest.fixture
def queues(monkeypatch: pytest.MonkeyPatch) -> MagicMock:
    queues = MagicMock()
    queues.counters.streak.return_value = 1
    queues.embedding.finish.return_value = {}
    queues.embedding.due.return_value = 0
    queues.embedding.defer.return_value = 0
    monkeypatch.setattr(resources, "queues", lambda: queues)
    monkeypatch.setattr(resources, "index", MagicMock())
    return queues


@pytest.fixture
def embeds(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Set what the pipeline does with products."""

    def embeds(vectorize: Callable[..., Report]) -> None:
        pipeline = MagicMock()
        pipeline.vectorize = vectorize
        monkeypatch.setattr(resources, "pipeline", lambda: pipeline)

    return embeds


def _broken(*_: Any, **__: Any) -> Report:
    raise DeviceError("a model fails even on a blank input: RuntimeError: CUDA error: device-side assert triggered")


def test_products_wait_without_a_try_counted_where_the_models_fail_on_anything(
    queues: MagicMock, embeds: Callable[..., None]
) -> None:
    embeds(_broken)
    with pytest.raises(DeviceError):
        embedding._embed(_Batch("t/0", ["a", "b"]))
    [(name, ids, wait)] = [call.args for call in queues.embedding.finish.call_args_list]
    assert (name, ids) == ("t/0", ["a", "b"])
    assert wait > 0
    queues.embedding.reclaim.assert_not_called()  # which counts a try
    [(queue, why)] = [call.args for call in queues.stalls.note.call_args_list]
    assert queue == "embedding"
    assert "device-side assert" in why


def test_a_batch_is_split_where_only_its_products_fail(queues: MagicMock, embeds: Callable[..., None]) -> None:
    def vectorize(*_: Any, **__: Any) -> Report:
        raise RuntimeError("CUDA error: device-side assert triggered")  # and the probe passed

    embeds(vectorize)
    queues.embedding.reclaim.return_value = []
    assert embedding._embed(_Batch("t/0", ["a", "b"]))
    queues.embedding.reclaim.assert_called_once_with("t/0")


def test_a_task_that_is_delivered_again_leaves_what_waits_to_the_delayed_wake(
    queues: MagicMock, embeds: Callable[..., None]
) -> None:
    embeds(_broken)
    queues.embedding.unfinished.return_value = []
    queues.embedding.take.return_value = ["a"]
    queues.embedding.is_suspect.return_value = False
    queues.tasks.is_awaited.return_value = False
    with pytest.raises(DeviceError):
        embedding.embed_waiting("t", serves_shoppers=False)
    queues.tasks.is_awaited.return_value = True
    taken = queues.embedding.take.call_count
    embedding.embed_waiting("t", serves_shoppers=False, redelivered=True)
    assert queues.embedding.take.call_count == taken
    with pytest.raises(DeviceError):  # the delayed wake, or work that arrives
        embedding.embed_waiting("u", serves_shoppers=False)
