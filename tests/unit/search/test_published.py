from collections.abc import Callable

import pytest
from elastic_transport import ConnectionError as NotConnectedError
from elasticsearch import ApiError

from es_mappings.configuration import Configuration
from indexer.elastic.item_errors import item_error
from indexer.elastic.product_index import ProductIndex
from indexer.errors import RelevanceError
from indexer.relevance.versions import Publication
from search import published
from search.published import Published
from tests.answers import answered


class _Store:
    """What Elasticsearch holds, or the error that it answers with."""

    def __init__(self) -> None:
        self.live_now: Publication | Exception = Publication()
        self.asked = 0

    def live(self) -> Publication:
        self.asked += 1
        if isinstance(self.live_now, Exception):
            raise self.live_now
        return self.live_now

    def numbered(self, number: int) -> Publication:
        self.asked += 1
        return Publication(number=number)


class _Index:
    def within(self, *, seconds: float) -> None:
        assert seconds <= 1


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> _Store:
    store = _Store()
    monkeypatch.setattr(published, "Publications", lambda _: store)
    return store


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Return a function that lets time pass."""
    now = [0.0]
    monkeypatch.setattr("search.newest.time.monotonic", lambda: now[0])

    def later(seconds: float) -> None:
        now[0] += seconds

    return later


def _published() -> Published:
    index: ProductIndex = _Index()  # type: ignore[assignment]
    return Published(index)


def test_what_is_published_is_read_within_five_seconds(store: _Store, later: Callable[[float], None]) -> None:
    live = _published()
    assert live.live().number == 0
    store.live_now = Publication(number=1)
    later(1)
    assert (live.live().number, store.asked) == (0, 1)  # from memory
    later(3)
    assert live.live().number == 1


def test_the_last_one_counts_while_elasticsearch_is_away(store: _Store, later: Callable[[float], None]) -> None:
    live = _published()
    store.live_now = Publication(number=3)
    assert live.live().number == 3
    for error in (NotConnectedError("away"), RelevanceError("of another version")):
        store.live_now = error
        later(60)
        assert live.live().number == 3
    store.live_now = Publication(number=4)
    later(60)
    assert live.live().number == 4


def test_an_outage_from_the_start_is_one(store: _Store) -> None:
    store.live_now = NotConnectedError("away")
    with pytest.raises(NotConnectedError):
        _published().live()


def test_what_another_version_published_is_not_served_half_read(store: _Store) -> None:
    store.live_now = RelevanceError("of another version")
    assert _published().live() == Publication()


def test_an_earlier_publication_is_read_once(store: _Store, later: Callable[[float], None]) -> None:
    live = _published()
    assert [live.numbered(7).number, live.numbered(7).number] == [7, 7]
    assert store.asked == 2  # what is live, and number 7


def _script_fault() -> ApiError:
    cause = {"type": "script_exception", "reason": "runtime error"}
    error = {"type": "search_phase_execution_exception", "root_cause": [cause]}
    return item_error(400, error, answered({}).meta)


def test_a_script_that_fails_counts_no_more_until_something_else_is_published(
    store: _Store, later: Callable[[float], None]
) -> None:
    script = "return params.query[0];"
    broken = Publication(number=1, configuration=Configuration(name="a", relevance=0.5, similarity_script=script))
    store.live_now = broken
    published, read = _published(), list[str]()

    def search(publication: Publication) -> float:
        read.append(publication.configuration.similarity_script)
        if publication.configuration.similarity_script == script:
            raise _script_fault()
        return publication.configuration.relevance

    assert published.serve(search) == 0.5  # all else of the configuration counts
    assert published.serve(search) == 0.5
    assert read == [script, "", ""]
    assert published.numbered(1).configuration.similarity_script == ""  # on further pages, too
    store.live_now = broken.model_copy(update={"number": 2, "configuration": Configuration(name="b")})
    later(5)
    assert published.serve(search) == 0.0


def test_what_the_script_did_not_break_is_raised(store: _Store, later: Callable[[float], None]) -> None:
    store.live_now = Publication(number=1)  # which has none

    def search(_: Publication) -> None:
        raise _script_fault()

    with pytest.raises(ApiError):
        _published().serve(search)


def test_only_what_nothing_can_replace_may_take_longer_than_a_second(
    monkeypatch: pytest.MonkeyPatch, later: Callable[[float], None]
) -> None:
    stores: dict[object, _Store] = {}
    monkeypatch.setattr(published, "Publications", lambda index: stores.setdefault(index, _Store()))
    live = _published()
    brief = stores.pop(None)  # of the handle whose requests time out
    [patient] = stores.values()
    for _ in range(3):
        live.live()
        later(60)
    assert (patient.asked, brief.asked) == (1, 2)
