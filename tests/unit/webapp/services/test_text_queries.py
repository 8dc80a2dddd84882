"""Text queries: embedded once, never waited for in vain twice."""

from typing import Any

import numpy as np
import pytest

from indexer import deadlines
from webapp.services import text_queries
from webapp.services.text_queries import TextQueries
from workers.errors import RedisUnavailableError
from workers.interactive import EmbeddedQuery, EmbeddingServiceError


class _Values(dict[str, Any]):
    def set(self, key: str, value: str, seconds: float) -> None:
        self[key] = value.encode()


class _Queues:
    def __init__(self) -> None:
        self.values, self.tasks, self.waiting = _Values(), self, 0

    def depth(self, _: str) -> int:
        return self.waiting


def _service(monkeypatch: pytest.MonkeyPatch, answer: Any) -> tuple[TextQueries, list[str]]:
    asked: list[str] = []

    def embed(_: Any, words: str, space: str, *, timeout: float) -> EmbeddedQuery:
        asked.append(words)
        if isinstance(answer, Exception):
            raise answer
        return EmbeddedQuery(np.array([1, 2], np.float32), space, 0.5)

    monkeypatch.setattr(text_queries, "embed_text", embed)
    queues: Any = _Queues()
    return TextQueries(queues, "shop"), asked


def test_words_are_embedded_once_for_each_space(monkeypatch: pytest.MonkeyPatch) -> None:
    service, asked = _service(monkeypatch, None)
    for space in ("one", "one", "two"):
        embedded = service.embed("long dress", space)
        assert embedded
        assert (list(embedded.vector), embedded.space, embedded.closeness) == ([1, 2], space, 0.5)
    assert len(asked) == 2
    queues: Any = service._queues
    assert not any("dress" in key for key in queues.values)  # Redis' keys don't say what somebody looks for


def test_a_request_waits_for_a_worker_once(monkeypatch: pytest.MonkeyPatch) -> None:
    service, asked = _service(monkeypatch, EmbeddingServiceError("nobody there"))
    with deadlines.within(60):
        assert service.embed("long dress", "one") is None
        assert service.embed("short dress", "one") is None
    assert asked == ["long dress"]


def test_nobody_waits_while_what_was_asked_last_is_still_in_the_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    service, asked = _service(monkeypatch, EmbeddingServiceError("nobody there"))
    queues: Any = service._queues
    queues.waiting = 1  # of others, before anything was unanswered
    for words in ("long dress", "short dress"):
        assert service.embed(words, "one") is None
    assert asked == ["long dress"]
    queues.waiting = 0  # a worker has come back
    assert service.embed("short dress", "one") is None
    assert asked == ["long dress", "short dress"]


def test_only_so_many_pages_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    service, asked = _service(monkeypatch, None)
    while service._bulkhead.enter(0):
        pass
    assert service.embed("long dress", "one") is None
    assert not asked


def test_a_redis_that_is_down_costs_the_words_not_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    service, _ = _service(monkeypatch, RedisUnavailableError("down"))
    assert service.embed("long dress", "one") is None


@pytest.mark.parametrize("vector", [[float("nan"), 1.0], [10**400], [[1.0, 2.0]], None])
def test_what_somebody_else_wrote_into_redis_is_no_vector(vector: object) -> None:
    assert EmbeddedQuery.from_dict({"vector": vector, "space": "one", "closeness": 1.0}) is None
    assert EmbeddedQuery.from_dict({"vector": [1.0, 2.0], "space": "one", "closeness": float("nan")}) is None
