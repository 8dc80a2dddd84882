import numpy as np
import pytest

from es_mappings.layout import Aspect
from es_mappings.product import LAYOUT, mapping
from evaluation.clustered import WORD, category, clustered, product_id

CATALOGUE = clustered(1_000, seed=3)


def test_the_same_seed_gives_the_same_products() -> None:
    again, other = clustered(1_000, seed=3), clustered(1_000, seed=4)
    np.testing.assert_array_equal(CATALOGUE.vectors, again.vectors)
    assert list(CATALOGUE.documents([0.1])) == list(again.documents([0.1]))
    assert not np.array_equal(CATALOGUE.vectors, other.vectors)


@pytest.mark.parametrize("aspect", LAYOUT.aspects, ids=lambda a: a.name)
def test_each_part_is_a_unit_vector(aspect: Aspect) -> None:
    lengths = np.linalg.norm(CATALOGUE.vectors[:, aspect.part], axis=1)
    np.testing.assert_allclose(lengths, 1, atol=1e-5)


def test_vectors_lie_in_clusters() -> None:
    cosines = np.sort(CATALOGUE.vectors @ CATALOGUE.vectors[0])[::-1] / len(LAYOUT.aspects)
    assert cosines[1] > 0.5
    assert abs(np.median(cosines)) < 0.2


@pytest.mark.parametrize(("share", "expected"), [(0.001, 1), (0.01, 10), (0.5, 500), (1.0, 1_000)])
def test_a_share_selects_so_many(share: float, expected: int) -> None:
    selected = CATALOGUE.selected(share)
    assert selected.sum() == expected
    tagged = [category(share) in d["category_path"] for d in CATALOGUE.documents([share])]
    np.testing.assert_array_equal(tagged, selected)


def test_kinds_are_within_departments() -> None:
    kind, department = (CATALOGUE.selected(1.0, within) for within in ("department 3/kind 2", "department 3"))
    assert 0 < kind.sum() < department.sum() < 250
    assert not (kind & ~department).any()
    tagged = ["department 3" in d["category_path"] for d in CATALOGUE.documents([])]
    np.testing.assert_array_equal(tagged, department)


def test_shares_are_named_and_nested() -> None:
    assert [category(share) for share in (0.001, 0.25, 1.0)] == ["0.1%", "25%", "100%"]
    assert (CATALOGUE.selected(0.5) | ~CATALOGUE.selected(0.1)).all()


def test_documents_are_products() -> None:
    document = next(CATALOGUE.documents([1.0]))
    assert document["id"] == product_id(0) == "0000000"
    assert WORD in document["title"].split()
    assert set(document) <= set(mapping(None)["properties"])
