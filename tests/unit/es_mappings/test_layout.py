import numpy as np
import pytest

from es_mappings.layout import Aspect, Layout, unit

LAYOUT = Layout.of({"look": 3, "color": 2})


def test_aspects_lie_side_by_side() -> None:
    assert LAYOUT.aspects == (Aspect("look", 0, 3), Aspect("color", 3, 2))
    assert LAYOUT.dims == 5
    assert Layout.from_meta(LAYOUT.to_meta()) == LAYOUT


def test_compose_makes_unit_parts() -> None:
    vector = LAYOUT.compose({"look": np.array([3, 0, 4], np.float32), "color": np.array([0, 2], np.float32)})
    np.testing.assert_allclose(vector, [0.6, 0, 0.8, 0, 1], atol=1e-6)


def test_compose_leaves_zeros_where_an_aspect_is_missing_or_shorter() -> None:
    vector = LAYOUT.compose({"look": np.array([2], np.float32)})
    np.testing.assert_allclose(vector, [1, 0, 0, 0, 0])


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        ({"look": 1, "color": 1}, 0.5 * 0.6 + 0.5 * 1),
        ({"look": 3, "color": 1}, 0.75 * 0.6 + 0.25 * 1),
        ({"look": 2}, 0.6),
        ({"color": 0.1}, 1.0),
    ],
)
def test_dot_product_with_a_weighed_query_is_the_weighted_sum_of_cosines(
    weights: dict[str, float], expected: float
) -> None:
    product = LAYOUT.compose({"look": np.array([3, 0, 4], np.float32), "color": np.array([0, 2], np.float32)})
    query = LAYOUT.compose({"look": np.array([1, 0, 0], np.float32), "color": np.array([0, 7], np.float32)})
    assert LAYOUT.weigh(query, weights) @ product == pytest.approx(expected, abs=1e-6)


def test_unit_of_zeros_is_zeros() -> None:
    np.testing.assert_array_equal(unit(np.zeros(3, np.float32)), np.zeros(3))


@pytest.mark.parametrize(("coordinate", "length"), [(1e-45, 0), (5.792665580466686e-23, 0), (1e-14, 1), (1e18, 1)])
def test_unit_is_of_length_1_or_0_however_short_the_vector(coordinate: float, length: float) -> None:
    assert np.linalg.norm(unit(np.array([coordinate, 0, 0], np.float32))) == pytest.approx(length)
