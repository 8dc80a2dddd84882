import runpy
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
from flask import Blueprint, Flask
from werkzeug.test import TestResponse

from indexer.settings import Settings
from webapp import budgets, create_app, languages
from webapp.budgets import CAPACITIES, Bulkhead, Capacity, kind_of

ROOT = Path(__file__).resolve().parents[3]
PAGES = Capacity(at_once=2, waiting=1)


def test_a_process_has_threads_for_all_that_it_admits_and_for_what_never_waits() -> None:
    admitted = sum(capacity.at_once + capacity.waiting for capacity in CAPACITIES.values())
    assert runpy.run_path(str(ROOT / "gunicorn.conf.py"))["threads"] > admitted


def test_kinds_are_those_of_endpoints_that_exist() -> None:
    app = create_app(Settings(redis_url="redis://127.0.0.1:1/0", elasticsearch_url="http://127.0.0.1:1"))
    assert app.view_functions.keys() >= budgets._ENDPOINTS.keys() | budgets.FREE
    assert budgets._KINDS.keys() <= app.blueprints.keys()
    assert {*budgets._KINDS.values(), *budgets._ENDPOINTS.values(), "pages"} == CAPACITIES.keys()
    assert kind_of("photo_pages", "photo_pages.form") == "pages"
    assert kind_of("photo_pages", "photo_pages.upload") == kind_of("api", "api.similar_to_image") == "photos"


def test_a_bulkhead_refuses_at_once_when_enough_wait() -> None:
    bulkhead = Bulkhead(Capacity(at_once=1, waiting=0))
    assert bulkhead.enter(60)
    assert not bulkhead.enter(60)  # or this test takes a minute
    bulkhead.leave()
    assert bulkhead.enter(60)


def test_a_turn_that_does_not_come_in_time_leaves_its_place_to_others() -> None:
    bulkhead = Bulkhead(Capacity(at_once=1, waiting=1))
    assert bulkhead.enter(0)
    assert not bulkhead.enter(0.01)
    assert not bulkhead.enter(0.01)
    bulkhead.leave()
    assert bulkhead.enter(0)


class _Slow:
    """An application whose pages wait until they are released."""

    def __init__(self) -> None:
        self.app = Flask("webapp")
        languages.register(self.app, Settings())
        self.entered, self.released = threading.Semaphore(0), threading.Event()
        self.app.add_url_rule("/slow", "slow", self._slow)
        for kind, name in (("staff", "ops"), ("pages", "api")):
            blueprint = Blueprint(name, name, url_prefix=f"/{name}")
            blueprint.add_url_rule("/", kind, lambda: "done")
            self.app.register_blueprint(blueprint)
        self.refused: list[str] = []
        budgets.limit(self.app, Settings(), self.refused.append)

    def _slow(self) -> str:
        self.entered.release()
        self.released.wait(60)
        return "done"

    def get(self, path: str) -> TestResponse:
        return self.app.test_client().get(path)


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[_Slow]:
    monkeypatch.setitem(CAPACITIES, "pages", PAGES)
    monkeypatch.setattr(budgets, "_WAIT_SHARE", 30.0)
    application = _Slow()
    yield application
    application.released.set()


def test_pages_beyond_capacity_are_refused_at_once_and_no_other_kind_is(slow: _Slow) -> None:
    with ThreadPoolExecutor(PAGES.at_once) as threads:
        pages: list[Future[TestResponse]] = [threads.submit(slow.get, "/slow") for _ in range(PAGES.at_once)]
        for _ in pages:
            assert slow.entered.acquire(timeout=60)
        with ThreadPoolExecutor(PAGES.waiting + 1) as others:
            # Whoever comes last is refused, although those before still wait.
            rest = [others.submit(slow.get, "/slow") for _ in range(PAGES.waiting + 1)]
            refused = next(one.result() for one in rest if _is_answered(one, rest))
            assert refused.status_code == 503
            assert int(refused.headers["Retry-After"]) > 0
            assert "busy right now" in refused.text
            program = slow.get("/api/")
            assert (program.status_code, program.content_type) == (503, "application/problem+json")
            assert int(program.headers["Retry-After"]) > 0
            assert [slow.get(path).status_code for path in ("/ops/", "/static/shop.css")] == [200, 200]
            slow.released.set()
        assert [page.result().status_code for page in pages] == [200, 200]
        assert sorted(one.result().status_code for one in rest) == [200, 503]
    assert slow.get("/slow").status_code == 200
    assert slow.refused == ["pages", "pages"]


def _is_answered(one: Future[TestResponse], others: list[Future[TestResponse]]) -> bool:
    while not any(other.done() for other in others):
        threading.Event().wait(0.01)
    return one.done()
