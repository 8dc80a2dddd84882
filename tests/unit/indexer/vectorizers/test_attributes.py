"""The attributes aspect: tokens, numbers, token IDF; orders, not scores."""

from typing import Any

import numpy as np
import pytest

from indexer.spaces.token_idf import fit_token_idf
from indexer.vectorizers.attributes import AttributesVectorizer, tokens
from indexer.vectorizers.base import ProductFields

COUNT = AttributesVectorizer()


def _product(brand: str | None = None, category: tuple[str, ...] = (), **attributes: Any) -> ProductFields:
    return ProductFields("any title", "any words", brand, category, attributes)


def _cosine(one: ProductFields, other: ProductFields) -> float:
    a, b = COUNT([one, other])
    return float(a @ b / (np.linalg.norm(a) * np.linalg.norm(b)))


def test_tokens_as_a_whole() -> None:
    product = _product("Marlowe", ("Dresses", "Midi dresses"), color=" Red ", belted=True, sizes=["S", "M"], note="")
    half = pytest.approx(2**-0.5)
    assert dict(tokens(product)) == {
        "category=dresses": half,
        "category=midi dresses": half,
        "brand=marlowe": 1.0,
        "attributes.color=red": 1.0,
        "attributes.belted=true": 1.0,
        "attributes.sizes=s": half,
        "attributes.sizes=m": half,
    }


def test_each_attribute_counts_equally_however_many_values_it_has() -> None:
    for product in (_product(color="red"), _product(sizes=["S", "M", "L"]), _product(inches=55), _product(inches=0)):
        assert sum(weight**2 for _, weight in tokens(product)) == pytest.approx(1)


def test_title_and_description_do_not_count_and_no_attributes_are_zeros() -> None:
    assert not COUNT([_product()]).any()


def test_near_numbers_are_nearer() -> None:
    inches = [_product(inches=i) for i in (55, 56, 65, 85, 24)]
    order = [_cosine(inches[0], other) for other in inches[1:]]
    assert order == sorted(order, reverse=True)
    assert order[0] > 0.8
    assert _cosine(_product(inches=55), _product(inches="55")) == pytest.approx(1)  # CSV knows no numbers
    assert _cosine(_product(inches=55), _product(inches=-55)) < 0.1
    assert np.isfinite(COUNT([_product(a=0, b=-1e300, c=1e-300, d=10**400)])).all()


def test_a_name_is_part_of_the_token() -> None:
    assert _cosine(_product(color="oak"), _product(wood="oak")) < 0.6
    assert _cosine(_product(color="oak"), _product(color="Oak")) == pytest.approx(1)


def test_rare_values_count_more_than_common_ones() -> None:
    catalogue = [_product(color="red" if i else "lime", kind="dress") for i in range(100)]
    reduce = fit_token_idf([COUNT(catalogue[:50]), COUNT(catalogue[50:])], 64)

    def length(product: ProductFields) -> float:
        return float(np.linalg.norm(reduce(COUNT([product]))))

    assert length(_product(color="lime")) > length(_product(color="red")) > length(_product(kind="dress"))
    assert length(_product(kind="dress")) < 0.02


def test_new_values_move_no_others_and_agree_with_each_other() -> None:
    catalogue = [_product(color=c, material=m) for c in ("red", "blue", "sage") for m in ("silk", "wool")]
    reduce = fit_token_idf([COUNT(catalogue)], 64)
    grown = fit_token_idf([COUNT([*catalogue, *catalogue, _product(color="petrol", closure="zip")])], 64)
    assert _angle(reduce(COUNT([_product(color="red")])), grown(COUNT([_product(color="red")]))) > 0.999
    new, same, other = reduce(COUNT([_product(color="petrol"), _product(color="petrol"), _product(color="ochre")]))
    assert _angle(new, same) > 0.999
    assert abs(_angle(new, other)) < 0.7


def test_one_product_is_too_few_for_token_idf() -> None:
    with pytest.raises(ValueError, match="at least two"):
        fit_token_idf([COUNT([_product(color="red")])], 8)


def _angle(one: np.ndarray[Any, Any], other: np.ndarray[Any, Any]) -> float:
    a, b = one.ravel(), other.ravel()
    return float(a @ b / (np.linalg.norm(a) * np.linalg.norm(b)))


@pytest.mark.parametrize("code", [1e308, "12e306", -1.7e308, 10**400])
def test_a_code_that_reads_as_a_number_beyond_all_measure_is_text(code: object) -> None:
    [(token, weight)] = tokens(_product(code=code))
    assert token.startswith("attributes.code=")
    assert weight == 1
    assert _cosine(_product(code=code), _product(code=code)) == pytest.approx(1)
