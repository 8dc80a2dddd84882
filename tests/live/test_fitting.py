"""Fitting spaces and weights to stored activations in a real Elasticsearch; the activations are made up."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from elasticsearch import Elasticsearch
from PIL import Image

from es_mappings import Anchor, search_page, sort_by_similar
from es_mappings.aspect_weights import CategoryWeights
from es_mappings.layout import Vector
from indexer.activations.activation_store import ActivationStore
from indexer.cli.main import main
from indexer.elastic.client import bulk
from indexer.elastic.product_index import ProductIndex
from indexer.settings import Settings
from indexer.spaces.fitting import fit_space
from indexer.spaces.recipe import Recipe
from indexer.spaces.reduction import Learned
from indexer.spaces.vector_space import VectorSpace, load_space
from indexer.vectorizers import Vectorizers
from indexer.vectorizers.base import ImageModel
from tests.unit.indexer.catalogues import activations_of, products

COUNT = 400


@dataclass(frozen=True)
class _Numbers:
    """Stands for a model; every activation is stored already."""

    name: str
    dims: int = 40

    @property
    def manifest(self) -> dict[str, Any]:
        return {"model": self.name}

    @property
    def model(self) -> ImageModel:
        raise AssertionError("no image is touched by a fit")

    def __call__(self, images: Sequence[Image.Image]) -> Vector:
        raise AssertionError("no image is touched by a fit")


VECTORIZERS = Vectorizers({"look": _Numbers("look"), "color": _Numbers("color")}, {})
CATALOGUE = products(COUNT)
ROWS = activations_of(CATALOGUE)


@pytest.fixture
def index(client: Elasticsearch, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[ProductIndex]:
    """Return an index of made-up products whose images are embedded."""
    index = ProductIndex(client, f"{settings.index_name}-fit")
    index.ensure()
    store = ActivationStore.open(index, "images", VECTORIZERS.images)
    store.put({f"image-{place:03}": {"look": row, "color": row} for place, row in enumerate(ROWS)})
    _write(index, None)
    monkeypatch.setenv("INDEX_NAME", index.alias)
    monkeypatch.setattr("indexer.vectorizers.load_vectorizers", lambda _: VECTORIZERS)
    yield index
    client.indices.delete(index=list(client.indices.get(index=index.store("*")).body))


def _write(index: ProductIndex, space: VectorSpace | None) -> None:
    actions = []
    for place, (product, row) in enumerate(zip(CATALOGUE, ROWS, strict=True)):
        document = {
            "id": f"p-{place:03}",
            "title": product.title,
            "category": list(product.category),
            "category_path": [product.category[0], "/".join(product.category)],
            "attributes": dict(product.attributes),
            "embedding": {"status": "pending", "image_digest": f"image-{place:03}"},
        }
        if space:
            document["vector"] = space.compose({"look": row, "color": row})
        actions.append({"_op_type": "index", "_index": index.alias, "_id": document["id"], **document})
    assert not any(bulk(index.client, actions, refresh=True))


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


def test_a_learned_space_serves_searches(index: ProductIndex) -> None:
    space = fit_space(index, VECTORIZERS, Recipe("learned"))
    look = space.reductions["look"]
    assert isinstance(look, Learned), look.manifest["why"]
    assert [head.name for head in look.heads] == ["category.1", "color"]
    loaded = load_space(index, space.digest)
    assert loaded.compose({"look": ROWS[0]}).tobytes() == space.compose({"look": ROWS[0]}).tobytes()
    assert index.space() == space.digest
    _write(index, loaded)
    parts = sort_by_similar({"match_all": {}}, [Anchor("p-000", loaded.compose({"look": ROWS[0]}))])
    hits = index.search(body=search_page(parts)).body["hits"]["hits"][:10]
    kinds = [CATALOGUE[int(hit["_id"][2:])].category[1] for hit in hits]
    assert kinds.count(CATALOGUE[0].category[1]) >= 8


def test_a_refit_reads_no_image_and_says_how_to_rebuild(index: ProductIndex) -> None:
    first = fit_space(index, VECTORIZERS)
    ran = _run("fit", "--reduction", "whitened", "--dims", "16")
    assert ran.exit_code == 0, ran.output
    [name] = re.findall(r"rebuild --space (\w+)", ran.output)
    assert index.space() == first.digest != name
    look = load_space(index, name).reductions["look"]
    assert (look.manifest["kind"], look.dims) == ("whitened", 16)


def test_more_activations_than_fit_in_memory(index: ProductIndex) -> None:
    space = fit_space(index, VECTORIZERS, sample=100)
    assert space.reductions["look"].manifest["kind"] == "pca"
    assert space.reductions["look"].dims == 40


def _golden(folder: Path) -> Path:
    """Write a golden set that judges by kind: the first 60 products against the next 60."""
    file = folder / "golden.jsonl"
    lines = []
    for anchor in range(60):
        for candidate in range(60, 120):
            same_kind = CATALOGUE[anchor].category[1] == CATALOGUE[candidate].category[1]
            judgement = {"anchor": f"p-{anchor:03}", "candidate": f"p-{candidate:03}", "grade": 3 * same_kind}
            lines.append(json.dumps({**judgement, "judge": "labels"}))
    file.write_text("\n".join(lines))
    return file


def test_explain_measures_on_the_golden_set(index: ProductIndex, tmp_path: Path) -> None:
    plot = tmp_path / "plot.svg"
    ran = _run("fit", "--explain", "--golden", str(_golden(tmp_path)), "--plot", str(plot))
    assert ran.exit_code == 0, ran.output
    [marked] = [line for line in ran.output.splitlines() if "<- the fewest" in line]
    assert "<svg" in plot.read_text()
    space = load_space(index, str(index.space()))
    assert space.reductions["look"].dims == int(marked.split()[0])


def _likes(folder: Path, first: int) -> Path:
    """Write pairs of products of one colour as likes, from some product on, among pairs not liked together."""
    lines = []
    for anchor in range(first, COUNT - 40):
        for candidate in range(anchor + 1, anchor + 40):
            same_color = CATALOGUE[anchor].attributes["color"] == CATALOGUE[candidate].attributes["color"]
            lines.append(
                json.dumps({"anchor": f"p-{anchor:03}", "candidate": f"p-{candidate:03}", "grade": 2 * same_color})
            )
    file = folder / f"likes-{first}.jsonl"
    file.write_text("\n".join(lines))
    return file


def test_likes_are_learned_from_and_never_measured_on(index: ProductIndex, tmp_path: Path) -> None:
    ran = _run(
        "fit", "--reduction", "learned", "--likes", str(_likes(tmp_path, 120)), "--golden", str(_golden(tmp_path))
    )
    assert ran.exit_code == 0, ran.output
    [likes] = re.findall(r"([\d,]+) likes count \d+%", ran.output)
    assert int(likes.replace(",", "")) > 1_000
    look = load_space(index, str(index.space())).reductions["look"]
    assert isinstance(look, Learned)
    assert likes in look.why
    for wrong, why in (
        (
            ("--reduction", "learned", "--likes", str(_likes(tmp_path, 100)), "--golden", str(_golden(tmp_path))),
            "p-100",
        ),
        (("--likes", str(_likes(tmp_path, 120))), "pca reduction learns nothing from likes"),
    ):
        ran = _run("fit", *wrong)
        assert (ran.exit_code, why in ran.output) == (1, True), ran.output


def test_more_dimensions_than_the_mapping_allows(index: ProductIndex) -> None:
    ran = _run("fit", "--dims", "1000")
    assert ran.exit_code == 1
    assert "1000 dimensions: look has room for 1 to" in ran.output


def test_weights_are_fitted_edited_and_shown(index: ProductIndex, tmp_path: Path) -> None:
    space = fit_space(index, VECTORIZERS)
    draw = np.random.default_rng(4)
    # The look is noise here; only the color matters.
    noise = draw.normal(size=ROWS.shape).astype(np.float32)
    for place, row in enumerate(ROWS):
        mixed = space.compose({"look": noise[place], "color": row})
        index.client.update(index=index.name, id=f"p-{place:03}", doc={"vector": mixed})
    index.refresh()
    ran = _run("weights", "fit", str(_golden(tmp_path)))
    assert ran.exit_code == 0, ran.output
    fitted = CategoryWeights.from_meta(index.meta()).of("all/mug")
    assert fitted is not None, ran.output
    assert fitted[0] == "all"
    assert fitted[1]["color"] > fitted[1]["look"] >= 0.05
    assert _run("weights", "set", "all/mug", "look:1", "color:3").exit_code == 0
    assert "all/mug" in _run("weights", "show").output
    assert index.space() == space.digest  # the other metadata stays
    for wrong, why in (
        (("all/mug", "smell:1"), "no aspect 'smell'"),
        (("all/mug", "look:much"), "not aspect:number"),
        (("all/spoon", "look:1"), "no product"),
    ):
        ran = _run("weights", "set", *wrong)
        assert (ran.exit_code, why in ran.output) == (2, True), ran.output
    assert _run("weights", "set", "all/mug").exit_code == 0
    assert CategoryWeights.from_meta(index.meta()).of("all/mug") == ("all", fitted[1])
