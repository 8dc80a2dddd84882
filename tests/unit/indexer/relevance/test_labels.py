import json
from pathlib import Path

import pytest

from demo.golden import read_truth
from indexer.catalog.products import Product
from indexer.relevance.labels import Labelled, by_attributes, by_category, grade, judge, likeness


def _product(product_id: str, *category: str, **attributes: str) -> Product:
    return Product(id=product_id, title="A title", category=list(category), attributes=dict(attributes))


def test_category_levels_that_all_products_share_are_left_out() -> None:
    dress, shirt, other = by_category(
        [_product("a", "Clothing", "Dress"), _product("b", "Clothing", "Shirt"), _product("c", "Clothing", "Dress")]
    )
    assert dress.values == {"1": "Clothing/Dress"}
    assert (likeness(dress, other), likeness(dress, shirt)) == (1, 0)


def test_a_common_department_is_half_a_category() -> None:
    mini, midi, tv = by_category([_product("a", "D", "Mini"), _product("b", "D", "Midi"), _product("c", "TVs", "Mini")])
    assert [grade(likeness(mini, other)) for other in (mini, midi, tv)] == [3, 2, 0]


def test_attributes_count_within_a_department() -> None:
    red, blue, toy = by_attributes(
        [
            _product("a", "D", color="red", cut="slim", fit="x"),
            _product("b", "D", color="blue", cut="slim"),
            _product("c", "Toys", color="red", cut="slim"),
        ],
        ["color", "cut"],
    )
    assert red.values == {"color": "red", "cut": "slim"}
    assert (likeness(red, blue), likeness(red, toy)) == (0.5, 0)


def test_a_label_without_a_value_agrees_with_nothing() -> None:
    assert likeness(Labelled("a", "", {"x": None, "y": 1}), Labelled("b", "", {"x": None, "y": 1})) == 0.5


MANY = [Labelled(f"p{i}", "even" if i % 2 == 0 else "odd", {"tens": i // 10}) for i in range(60)]


def test_candidates_are_the_most_alike_and_random_ones() -> None:
    found = list(judge(MANY, anchors=10, candidates=12))
    assert len({j.anchor for j in found}) == 10
    assert found == list(judge(MANY, anchors=10, candidates=12))
    for anchor in {j.anchor for j in found}:
        grades = [j.grade for j in found if j.anchor == anchor]
        assert grades.count(3) == 4  # all that there are: five of a ten are of the kind
        assert 8 <= len(grades) <= 12


def test_all_candidates_or_all_of_the_kind_can_be_judged() -> None:
    assert len(list(judge(MANY, anchors=2, candidates=0))) == 2 * 59
    assert len(list(judge(MANY, anchors=2, candidates=0, within_kind=True))) == 2 * 29


@pytest.mark.parametrize(
    ("aspect", "expected"),
    [
        ("look", {"color": "red", "pattern": "dots", "sleeve": "long", "material": "silk"}),
        ("shape", {"sleeve": "long"}),
        ("color", {"color": "red"}),
        ("pattern", {"pattern": "dots"}),
        ("all", {"color": "red", "pattern": "dots", "sleeve": "long", "material": "silk", "lined": True}),
    ],
)
def test_the_truth_by_aspect(tmp_path: Path, aspect: str, expected: dict[str, str]) -> None:
    attributes = {"color": "red", "pattern": "dots", "sleeve": "long", "material": "silk", "lined": True}
    dress = {"id": "d", "kind": "dress", "attributes": attributes, "visual": ["color", "pattern", "sleeve", "material"]}
    tv = {"id": "t", "kind": "tv", "attributes": {}, "visual": []}
    (tmp_path / "truth.jsonl").write_text(f"{json.dumps(dress)}\n{json.dumps(tv)}\n")
    assert read_truth(tmp_path / "truth.jsonl", aspect) == [Labelled("d", "dress", expected)]
