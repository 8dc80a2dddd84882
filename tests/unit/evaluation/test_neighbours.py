from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from evaluation.neighbours import RowFile, Sizes, measure
from evaluation.neighbours_report import Row, make_report
from evaluation.report import Picture, Table
from evaluation.structures import Build, Built, UnavailableError, brute_force, in_process
from tests.vectors import separate_groups

VECTORS, QUERIES = separate_groups(40, 10, dims=64)


def test_brute_force_finds_the_nearest_in_order() -> None:
    angles = np.random.default_rng(1).permutation(60) * np.pi / 60  # a fan of vectors, a step of three degrees
    fan = np.stack([np.cos(angles), np.sin(angles)], 1).astype(np.float32)
    nearest = brute_force(fan).search(np.asarray([1, 0], np.float32), 10)
    assert nearest == np.argsort(angles)[:10].tolist()


@pytest.mark.parametrize(("name", "build"), list(in_process()))
def test_every_installed_structure_finds_nearly_all(name: str, build: Build) -> None:
    module = {"HNSW (hnswlib)": "hnswlib", "HNSW (NMSLIB)": "nmslib", "HNSW (faiss)": "faiss"}.get(name, "sklearn")
    if "lists" in name or find_spec(module) is None:
        with pytest.raises(UnavailableError, match=r"requirements-bench\.txt|vectors or more"):
            build(VECTORS)
        return
    built = build(VECTORS)
    recalls = [[n // 10 for n in built.search(query, 10)].count(number) / 10 for number, query in enumerate(QUERIES)]
    assert np.mean(recalls) >= (1.0 if "tree" in name or "brute" in name else 0.9)
    assert built.size >= VECTORS.nbytes


def test_a_search_that_misses_half_has_half_the_recall() -> None:
    truth = [set(brute_force(VECTORS).search(q, 4)) for q in QUERIES]

    class Half:
        def __enter__(self) -> Built:
            return Built(lambda q, k: [*brute_force(VECTORS).search(q, 2), -1, -2], 7)

        def __exit__(self, *_: object) -> None: ...

    row = measure("half", lambda _: Half(), VECTORS, QUERIES, truth)
    assert (row.recall, row.size, row.dims, len(row.milliseconds)) == (0.5, 7, 64, len(QUERIES))


def test_the_report_says_what_was_left_out() -> None:
    rows = [
        Row("tree", 32, 1.0, (1.0, 3.0), 0.5, 2_000_000),
        Row("tree", 64, 1.0, (4.0, 4.0), 0.5, 4_000_000),
        Row("graph", 32, 0.9, (0.5,), 1.0, 3_000_000),
        Row("graph", 64, missing="not installed"),
    ]
    report = make_report(rows, 10)
    latency, _, recall, *_, missing = report.parts
    assert isinstance(latency, Table)
    assert list(latency.rows) == [("tree", "2.00", "4.00"), ("graph", "0.50", "-")]
    assert isinstance(recall, Table)
    assert recall.title == "Recall@10"
    assert isinstance(missing, Table)
    assert list(missing.rows) == [("graph, 64 dimensions", "not installed")]
    assert all(part.data.startswith(b"\x89PNG") for part in report.parts if isinstance(part, Picture))


def test_an_interrupted_race_resumes(tmp_path: Path) -> None:
    file, sizes = tmp_path / "report" / "neighbours.jsonl", Sizes(400, 30, 10)
    tree, graph = Row("tree", 32, 0.9, (1.0, 3.0), 0.5, 2_000), Row("graph", 32, missing="not installed")
    for row in (tree, graph):
        RowFile(file, sizes).add(row)
    again = RowFile(file, sizes)
    assert again.get("tree", 32) == tree
    assert again.get("tree", 64) is None
    assert again.get("graph", 32) is None  # tried again: it may have been installed since
    assert RowFile(file, Sizes(500, 30, 10)).get("tree", 32) is None
