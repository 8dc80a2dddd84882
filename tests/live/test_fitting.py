"""Fit vector spaces on what a real shop's workers embedded."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from demo.golden import read_truth
from indexer import indices, loading
from indexer.cli import main
from indexer.elastic import get_with_vectors
from indexer.fitting import Recipe, fit_space
from indexer.golden import write_golden_set
from indexer.labels import judge
from indexer.pipeline import Pipeline
from indexer.reduction import Learned
from indexer.spaces import load_space
from indexer.vectorizers import load_vectorizers
from tests.conftest import Shop


@pytest.fixture
def learned_alias(shop: Shop) -> Iterator[str]:
    """A second shop of the same catalogue, with the first one's activations."""
    client, alias = shop.client, f"{shop.settings.index_name}-learned"
    indices.ensure_index(client, alias)
    for _ in loading.load_file(client, alias, shop.catalogue):
        pass
    source = shop.settings.index_name
    for index in client.indices.get(index=f"{source}-images-*").body:
        copy = index.replace(source, alias)
        mappings = client.indices.get_mapping(index=index).body[index]["mappings"]
        client.indices.create(index=copy, mappings=mappings)
        client.reindex(source={"index": index}, dest={"index": copy}, refresh=True)
    yield alias
    client.indices.delete(index=list(client.indices.get(index=f"{alias}-*").body))


def test_a_learned_space_serves_searches(shop: Shop, learned_alias: str) -> None:
    client, alias = shop.client, learned_alias
    pipeline = Pipeline.from_settings(shop.settings.model_copy(update={"index_name": alias}))
    client.indices.refresh(index=alias)
    assert pipeline.vectorize(list(indices.ids_without_vector(client, alias))).failed == {}
    client.indices.refresh(index=alias)
    space = fit_space(client, alias, load_vectorizers(shop.settings), Recipe("learned"))
    look = space.reductions["look"]
    assert isinstance(look, Learned), look.manifest["why"]
    assert "category.0" in [head.name for head in look.heads]
    assert load_space(client, alias, space.digest).digest == space.digest
    assert pipeline.vectorize(list(indices.ids_without_vector(client, alias))).failed == {}
    client.indices.refresh(index=alias)
    ids = [hit["_id"] for hit in client.search(index=alias, size=3, sort="id").body["hits"]["hits"]]
    assert all("vector" in found for found in get_with_vectors(client, alias, ids).values())
    ran = CliRunner().invoke(main, ["search", "--like", ids[0], "--size", "5"], env={"INDEX_NAME": alias})
    assert ran.exit_code == 0, ran.output
    kind = ids[0].partition("-")[0]
    assert [line.split()[1].partition("-")[0] for line in ran.output.splitlines()[1:]] == [kind] * 5


def _fit(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["fit", *arguments])


def test_explain_measures_on_the_golden_set_and_leaves_the_live_space(shop: Shop, tmp_path: Path) -> None:
    client, alias = shop.client, shop.settings.index_name
    golden, plot = tmp_path / "golden.jsonl", tmp_path / "plot.svg"
    write_golden_set(golden, judge(read_truth(shop.catalogue.parent / "truth.jsonl"), anchors=60))
    before = indices.space_of(client, alias)
    ran = _fit("--reduction", "whitened", "--explain", "--golden", str(golden), "--plot", str(plot))
    assert ran.exit_code == 0, ran.output
    assert ran.output.count("<- the fewest that lose less than 1%") == 1
    assert "<svg" in plot.read_text()
    name = ran.output.partition("Vector space ")[2][:16]
    assert f"rebuild --space {name}" in ran.output
    assert indices.space_of(client, alias) == before
    assert load_space(client, alias, name).reductions["look"].manifest["kind"] == "whitened"


def test_more_dimensions_than_there_is_room_for(shop: Shop) -> None:
    ran = _fit("--dims", "1000")
    assert ran.exit_code == 1
    assert "1000 dimensions: look has room for 1 to" in ran.output
