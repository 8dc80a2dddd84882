"""A shop whose look is a dual encoder's: its pictures are embedded, a space is fitted, words are placed in it."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from elasticsearch import Elasticsearch
from PIL import Image

from es_mappings import Anchor, search_page, sort_by_similar
from indexer.catalog.events import parse_event
from indexer.elastic.loading import write_events
from indexer.elastic.product_index import ProductIndex
from indexer.embedding.pipeline import Pipeline
from indexer.embedding.text_queries import embed_text
from indexer.images.fetching import ImageSource
from indexer.settings import Settings
from indexer.spaces.fitting import fit_space
from indexer.spaces.vector_space import LOOK
from indexer.vectorizers import load_vectorizers
from tests.dual_encoders import save_dual_encoder

KINDS = {"dress": "red", "train": "blue"}
EACH = 40
IDS = [f"{kind}-{number}" for kind in KINDS for number in range(EACH)]


@pytest.fixture
def index(client: Elasticsearch, settings: Settings) -> Iterator[ProductIndex]:
    """Return an empty index."""
    index = ProductIndex(client, f"{settings.index_name}-dual")
    index.ensure()
    yield index
    client.indices.delete(index=list(client.indices.get(index=index.store("*")).body))


@pytest.fixture
def pipeline(index: ProductIndex, settings: Settings, tmp_path: Path) -> Pipeline:
    """Return the pipeline of a shop of red dresses and blue trains, with a space fitted to them."""
    save_dual_encoder(tmp_path, "clip")
    models = load_vectorizers(settings.model_copy(update={"look_model": f"dual:{tmp_path}"}))
    rng, events = np.random.default_rng(2), []
    for kind, color in KINDS.items():
        for number in range(EACH):
            picture = tmp_path / f"{kind}-{number}.png"
            pixels = np.asarray(Image.new("RGB", (48, 48), color)) // 2 + rng.integers(0, 99, (48, 48, 3))
            Image.fromarray(pixels.astype(np.uint8)).save(picture)
            product = {"id": picture.stem, "title": f"{color} {kind} {number}", "images": [picture.as_uri()]}
            events.append(parse_event({"type": "upsert", "product": product}))
    assert not any(write_events(index, events))
    pipeline = Pipeline(index, ImageSource((tmp_path,)), models, 32)
    assert len(pipeline.vectorize(IDS).waiting) == len(IDS)  # for a space
    index.refresh()
    fit_space(index, models)
    return Pipeline(index, ImageSource((tmp_path,)), models, 32)


def test_words_lie_in_the_look_where_the_text_tower_says_and_find_what_they_name(
    index: ProductIndex, pipeline: Pipeline
) -> None:
    tower = pipeline.vectorizers.text_tower
    digest = index.space()
    assert digest is not None
    assert tower is not None
    assert not pipeline.vectorize(IDS).failed
    space = pipeline.space_named(digest)
    assert space.text_projection is not None
    assert space.text_projection.shift is not None

    words = embed_text(pipeline, "red dress", digest)
    own = space.reductions[LOOK]((tower(["red dress"])[0] + space.text_projection.shift)[None])[0]
    look = words.vector[next(a.part for a in space.layout.aspects if a.name == LOOK)][: len(own)]
    assert float(look @ own / np.linalg.norm(look) / np.linalg.norm(own)) == pytest.approx(1, abs=1e-4)

    index.refresh()
    page = search_page(sort_by_similar({"match_all": {}}, [Anchor("red dress", words.vector, is_text=True)]))
    found = [hit["_id"] for hit in index.search(body=page).body["hits"]["hits"][:10]]
    assert all(name.startswith("dress-") for name in found), found
