import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from es_mappings.anchors import Anchor, Mode, blend, query_points, tastes
from es_mappings.layout import Layout

LAYOUT = Layout.of({"look": 2, "color": 2})
EVEN = {"look": 1.0, "color": 1.0}


def _anchor(name: str, *values: float, weight: float = 1.0) -> Anchor:
    return Anchor(name, np.array(values, np.float32), weight)


def test_blend_averages_by_weight_and_takes_dislikes_away() -> None:
    blended = blend([_anchor("a", 1, 0, 1, 0, weight=3), _anchor("b", 0, 1, 1, 0)], LAYOUT)
    np.testing.assert_allclose(blended[:2], np.array([3, 1]) / np.sqrt(10), atol=1e-6)
    np.testing.assert_allclose(blended[2:], [1, 0], atol=1e-6)

    away = blend([_anchor("a", 1, 0, 1, 0), _anchor("b", 0, 1, 0, 1, weight=-1)], LAYOUT)
    np.testing.assert_allclose(away[:2], np.array([1, -0.25]) / np.hypot(1, 0.25), atol=1e-6)


def test_an_anchor_that_lacks_an_aspect_has_no_say_in_it() -> None:
    blended = blend([_anchor("a", 1, 0, 0, 0), _anchor("b", 1, 0, 0, 1)], LAYOUT)
    np.testing.assert_allclose(blended, [1, 0, 0, 1], atol=1e-6)


def test_likes_of_two_tastes_are_two_points_in_auto_and_one_in_blend() -> None:
    likes = [_anchor("a", 1, 0, 1, 0), _anchor("b", 0.9, 0.1, 1, 0), _anchor("c", -1, 0, -1, 0)]
    assert [[a.id for a in group] for group in tastes(likes, EVEN, LAYOUT)] == [["a", "b"], ["c"]]
    assert len(query_points(likes, "auto", EVEN, LAYOUT).vectors) == 2
    assert len(query_points(likes, "blend", EVEN, LAYOUT).vectors) == 1
    assert len(query_points(likes[:2], "auto", EVEN, LAYOUT).vectors) == 1


def test_tastes_go_by_the_aspects_that_count() -> None:
    likes = [_anchor("a", 1, 0, 1, 0), _anchor("b", 1, 0, -1, 0)]
    assert len(tastes(likes, {"look": 1}, LAYOUT)) == 1
    assert len(tastes(likes, {"color": 1}, LAYOUT)) == 2


def test_a_dislike_pushes_every_point_away() -> None:
    likes = [_anchor("a", 1, 0, 1, 0), _anchor("b", 0.8, 0.6, 0.8, 0.6)]
    dislike = _anchor("c", 0, 1, 0, 1, weight=-1)
    product = np.array([0.6, 0.8, 0.6, 0.8], np.float32)
    modes: tuple[Mode, ...] = ("blend", "every", "any", "auto")
    for mode in modes:
        without = query_points(likes, mode, EVEN, LAYOUT).similarity(product)
        within = query_points([*likes, dislike], mode, EVEN, LAYOUT).similarity(product)
        assert within < without


@pytest.mark.parametrize("mode", ["blend", "every", "any", "auto"])
def test_something_must_be_liked_and_not_too_much(mode: str) -> None:
    with pytest.raises(ValueError, match="liked"):
        query_points([_anchor("a", 1, 0, 1, 0, weight=-1)], mode, EVEN, LAYOUT)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="more than 50"):
        query_points([_anchor(str(i), 1, 0, 1, 0) for i in range(51)], mode, EVEN, LAYOUT)  # type: ignore[arg-type]


coordinates = st.lists(st.floats(-1, 1, width=32), min_size=4, max_size=4)


@given(
    st.lists(st.tuples(coordinates, st.floats(-5, 5).filter(bool)), min_size=1, max_size=8),
    coordinates,
    st.sampled_from(["blend", "every", "any", "auto"]),
    st.tuples(st.floats(0, 9), st.floats(0, 9)).filter(any),
)
def test_similarity_lies_between_0_and_1_for_every_input(
    anchors: list[tuple[list[float], float]], product: list[float], mode: str, weights: tuple[float, float]
) -> None:
    made = [Anchor(str(i), np.array(v, np.float32), w) for i, (v, w) in enumerate(anchors)]
    made.append(_anchor("liked", 1, 0, 1, 0))
    by_aspect = dict(zip(LAYOUT.names, weights, strict=True))
    points = query_points(made, mode, by_aspect, LAYOUT)  # type: ignore[arg-type]
    parts = {a.name: np.array(product, np.float32)[a.part] for a in LAYOUT.aspects}
    assert 0 <= points.similarity(LAYOUT.compose(parts)) <= 1 + 1e-5
