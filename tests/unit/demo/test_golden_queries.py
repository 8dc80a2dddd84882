import json
import random
from pathlib import Path

import pytest

from demo.golden_queries import judged_queries, misspelt, read_queries, typo_queries, value_queries

DRESS = {"color": "cherry red", "pattern": "polka dots", "dress_length": "midi", "belted": False}
TV = {"screen_size_in": 55, "smart_tv": True, "hdmi_ports": 2}


@pytest.fixture
def truth(tmp_path: Path) -> Path:
    products = [("dress-1", "dress", DRESS, "Silvane"), ("tv-1", "tv", TV, "Alder & Wren")]
    rows = [{"id": name, "kind": kind, "attributes": attributes} for name, kind, attributes, _ in products]
    listed = [{"id": name, "brand": brand, "category": [f"{kind}s"]} for name, kind, _, brand in products]
    (tmp_path / "truth.jsonl").write_text("\n".join(map(json.dumps, rows)))
    (tmp_path / "catalog.jsonl").write_text("\n".join(map(json.dumps, listed)))
    return tmp_path / "truth.jsonl"


def test_products_are_graded_by_what_is_true_of_them(truth: Path) -> None:
    grades = {(j.query, j.candidate): j.grade for j in judged_queries(truth)}
    assert grades["polkadot", "dress-1"] == 3
    assert grades["midi dress in red", "dress-1"] == 3
    assert ("black mini dress", "dress-1") not in grades
    assert grades["floral midi dress", "dress-1"] == 1  # as long, but another pattern
    assert grades["55inch tv", "tv-1"] == grades["Alder & Wren", "tv-1"] == grades["HDMI", "tv-1"] == 3
    assert ("belted dress", "dress-1") not in grades
    assert ("55inch tv", "dress-1") not in grades


def test_every_group_has_queries_that_are_written_once() -> None:
    queries = [*read_queries(), *value_queries()]
    assert len(read_queries()) > 100
    assert len({query.text for query in queries if query.group == "issue"}) == 9  # and an id, which is drawn
    texts = [query.text for query in read_queries()]
    assert len(texts) == len(set(texts))


def test_typos_are_drawn_by_a_rule() -> None:
    typos = typo_queries(50, 7)
    assert typos == typo_queries(50, 7)
    assert {query.text for query in typos} != {query.text for query in typo_queries(50, 8)}
    for seed in range(50):
        typo = misspelt("laptop", random.Random(seed))
        assert typo[0] == "l"
        assert typo != "laptop"
        assert 5 <= len(typo) <= 7
