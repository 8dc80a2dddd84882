"""Evaluation on real servers: search judged by a golden set, and Elasticsearch's index structures for kNN."""

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from elasticsearch import Elasticsearch

from demo.golden import read_truth
from es_mappings.aspect_weights import CategoryWeights
from es_mappings.layout import Layout
from es_mappings.product import LAYOUT
from evaluation import elastic_structures
from evaluation.cli import main
from evaluation.clustered import clustered
from evaluation.structures import UnavailableError
from indexer.relevance.golden import Judgement, read_golden_set, write_golden_set
from indexer.relevance.labels import judge
from tests.conftest import Shop
from tests.vectors import separate_groups


def _search(golden: Path, *arguments: object) -> Result:
    return CliRunner().invoke(main, ["search", "--golden", str(golden), *map(str, arguments)])


@pytest.fixture
def golden(shop: Shop, tmp_path: Path) -> Path:
    judgements = judge(read_truth(shop.catalogue.parent / "truth.jsonl"), anchors=12, candidates=0)
    write_golden_set(tmp_path / "golden.jsonl", judgements)
    return tmp_path / "golden.jsonl"


def test_the_search_is_judged_end_to_end(golden: Path, tmp_path: Path) -> None:
    saved = tmp_path / "scores.json"
    result = _search(golden, "--at-least", 0.3, "--save", saved, "--each-aspect", "--out", tmp_path / "report")
    assert result.exit_code == 0, result.output
    tables = (tmp_path / "report" / "search.md").read_text()
    for aspect in ("all", *LAYOUT.names):
        assert f"| {aspect} |" in tables
    assert "100% of the first ten products of each anchor are judged." in tables
    assert "12 by exact" in tables
    scores = json.loads(saved.read_text())["ndcg@10"]
    assert len(scores) == 12
    # As good as the threshold says, and no worse than itself.
    assert _search(golden, "--at-least", np.mean(list(scores.values())) - 1e-6, "--baseline", saved).exit_code == 0


def test_keyword_queries_are_judged_next_to_anchors(shop: Shop, golden: Path, tmp_path: Path) -> None:
    queries, both, saved = tmp_path / "queries.jsonl", tmp_path / "both.jsonl", tmp_path / "scores.json"
    truth = shop.catalogue.parent / "truth.jsonl"
    made = CliRunner().invoke(
        main, ["golden", "queries", str(truth), "--group", "order", "--group", "id", "--out", str(queries)]
    )
    assert made.exit_code == 0, made.output
    both.write_text(golden.read_text() + queries.read_text())
    result = _search(both, "--metric", "hit@24", "--save", saved, "--out", tmp_path / "report", "--at-least", 0.8)
    assert result.exit_code == 0, result.output
    report = (tmp_path / "report" / "search.md").read_text()
    for table in ("Scores: similarity", "Groups: keywords", "Pages: similarity", "Pages: keywords"):
        assert f"### {table}" in report
    assert "| id | 5 | 1.000" in report
    assert "| q=red midi dress | order |" in report
    assert {topic.startswith("q=") for topic in json.loads(saved.read_text())["hit@24"]} == {True, False}


def test_a_category_is_searched_by_its_own_weights(shop: Shop, golden: Path, tmp_path: Path) -> None:
    def scores(*arguments: str) -> dict[str, float]:
        result = _search(golden, "--in-category", "--save", tmp_path / "scores.json", *arguments)
        assert result.exit_code == 0, result.output
        ndcg: dict[str, float] = json.loads((tmp_path / "scores.json").read_text())["ndcg@10"]
        return ndcg

    before = scores()
    assert before.keys() == {judgement.anchor for judgement in read_golden_set(golden)}
    category_weights = CategoryWeights.from_meta(shop.index.meta())
    weighed = category_weights.having("Dresses", {"color": 1.0})
    shop.index.stamp(weights=weighed.to_meta())
    try:
        after = scores()
    finally:
        shop.index.stamp(weights=category_weights.to_meta())
    dresses = {a for a in before if a.startswith("dress")}
    assert {a for a in before if after[a] != before[a]} <= dresses
    assert any(after[a] != before[a] for a in dresses)


def test_it_fails_below_the_threshold_or_the_baseline(golden: Path, tmp_path: Path) -> None:
    result = _search(golden, "--at-least", 0.999, "--depth", 20)
    assert result.exit_code == 1
    assert "NDCG@10 is 0." in result.output
    better, saved = tmp_path / "better.json", tmp_path / "scores.json"
    _search(golden, "--save", saved, "--depth", 20)
    scores = json.loads(saved.read_text())
    better.write_text(json.dumps({"ndcg@10": {a: min(1, s + 0.1) for a, s in scores["ndcg@10"].items()}}))
    result = _search(golden, "--baseline", better, "--depth", 20)
    assert result.exit_code == 1
    assert "NDCG@10 is significantly worse than better.json: -0." in result.output


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--parameter", "weight=look:x"], "The shop refuses a parameter, weight"),
        (["--parameter", "weight"], "is not NAME=VALUE"),
        (["--metric", "f1"], "is not a metric"),
        (["--url", "http://127.0.0.1:1"], "The shop doesn't answer"),
    ],
)
def test_invalid_options_are_reported(golden: Path, arguments: list[str], why: str) -> None:
    result = _search(golden, *arguments)
    assert result.exit_code > 0
    assert why in result.output.replace("\n", " ")


def test_a_golden_set_of_another_shop(shop: Shop, tmp_path: Path) -> None:
    write_golden_set(tmp_path / "other.jsonl", [Judgement(anchor="x1", candidate="x2", grade=3)])
    result = _search(tmp_path / "other.jsonl")
    assert result.exit_code == 1
    assert "knows none of the golden set's anchors" in result.output


@pytest.mark.parametrize("kind", elastic_structures.TYPES)
def test_elasticsearch_finds_neighbours_by_each_structure(client: Elasticsearch, shop: Shop, kind: str) -> None:
    (vectors, queries), index = separate_groups(30, 10), f"{shop.alias}-neighbours-{kind}"
    with elastic_structures.built(client, index, kind, vectors) as built:
        hits = [[number // 10 for number in built.search(query, 10)] for query in queries]
        assert built.size > vectors.nbytes
    # By chance, a third of one would be from its group of ten. A graph may miss some.
    shares = [groups.count(number) / 10 for number, groups in enumerate(hits)]
    assert np.mean(shares) >= (0.9 if kind in elastic_structures.GRAPHS else 1)
    assert not client.indices.exists(index=index)


def test_vectors_that_a_structure_cannot_hold_are_reported(client: Elasticsearch, shop: Shop) -> None:
    odd = clustered(50, layout=Layout.of({"all": 33})).vectors
    index = f"{shop.alias}-neighbours-odd"
    with pytest.raises(UnavailableError, match="refused"), elastic_structures.built(client, index, "int4_hnsw", odd):
        pytest.fail("built all the same")
    assert not client.indices.exists(index=index)
