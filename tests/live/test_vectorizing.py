"""`lookalike vectorize`, and what of it ends a load: which products are embedded, and when no model is needed."""

from collections.abc import Iterator, Sequence

import pytest
from elasticsearch import Elasticsearch

from indexer.catalog.events import parse_line
from indexer.cli.vectorize import vectorize_waiting
from indexer.elastic.loading import apply_events
from indexer.elastic.product_index import ProductIndex
from indexer.embedding.giving_up import mark_failed
from indexer.embedding.pipeline import Pipeline
from indexer.embedding.report import Report
from indexer.settings import Settings


class Recorder:
    """Stands in for a pipeline, and records how often it is loaded and what it is given."""

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.loaded = 0

    def load(self, settings: Settings) -> "Recorder":
        """Return itself, as the pipeline of any settings."""
        del settings
        self.loaded += 1
        return self

    def space(self) -> str:
        """Return the name of a space, as if one were fitted."""
        return "x"

    def vectorize(self, ids: Sequence[str]) -> Report:
        """Note the ids."""
        self.ids += ids
        return Report(written=list(ids))


@pytest.fixture
def own(settings: Settings, client: Elasticsearch) -> Iterator[Settings]:
    """A shop of three products that wait, with a vector space."""
    own = settings.model_copy(update={"index_name": f"{settings.index_name}vectorize"})
    index = ProductIndex(client, own.index_name)
    index.ensure()
    apply_events(index, [parse_line({"id": name, "title": "Dress"}) for name in "abc"])
    index.stamp_space("x")
    index.refresh()
    yield own
    client.indices.delete(index=index.live())


def test_models_are_loaded_where_something_waits(own: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    recorder = Recorder()
    monkeypatch.setattr(Pipeline, "from_settings", recorder.load)
    assert vectorize_waiting(own, retry_failed=False) == 0
    assert sorted(recorder.ids) == ["a", "b", "c"]
    assert recorder.loaded == 1


def test_nothing_is_loaded_where_nothing_waits(
    own: Settings, client: Elasticsearch, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = ProductIndex(client, own.index_name)
    mark_failed(index, ["a", "b", "c"], "its image is gone")
    index.refresh()
    recorder = Recorder()
    monkeypatch.setattr(Pipeline, "from_settings", recorder.load)
    assert vectorize_waiting(own, retry_failed=False) == 0
    assert not recorder.loaded
    assert vectorize_waiting(own, retry_failed=True) == 0
    assert sorted(recorder.ids) == ["a", "b", "c"]
