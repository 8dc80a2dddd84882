from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from es_mappings.anchors import Anchor, Mode, blend, neighbour_offsets, query_points, tastes
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


def test_likes_of_two_departments_are_two_tastes_however_alike() -> None:
    laptop, tv, photo = (_anchor(name, 1, 0, 1, 0) for name in "abc")
    laptop, tv = replace(laptop, department="Laptops"), replace(tv, department="TVs")
    assert len(tastes([laptop, tv], EVEN, LAYOUT)) == 2
    assert len(tastes([laptop, replace(tv, department="Laptops")], EVEN, LAYOUT)) == 1
    assert len(tastes([laptop, photo], EVEN, LAYOUT)) == 1


def test_tastes_go_by_the_aspects_that_count() -> None:
    likes = [_anchor("a", 1, 0, 1, 0), _anchor("b", 1, 0, -1, 0)]
    assert len(tastes(likes, {"look": 1}, LAYOUT)) == 1
    assert len(tastes(likes, {"color": 1}, LAYOUT)) == 2


def test_each_taste_is_compared_by_its_own_aspect_weights() -> None:
    likes = [
        Anchor("a", np.array([1, 0, 1, 0], np.float32), aspect_weights={"look": 1, "color": 0}),
        Anchor("b", np.array([-1, 0, -1, 0], np.float32), aspect_weights={"look": 0, "color": 1}),
    ]
    points = query_points(likes, "any", EVEN, LAYOUT)
    np.testing.assert_allclose(points.weighed, [[1, 0, 0, 0], [0, 0, -1, 0]])
    assert points.similarity(np.array([1, 0, 0, 1], np.float32)) == 1  # the look of one
    [blended] = query_points(likes, "blend", EVEN, LAYOUT).weights
    assert blended == {"look": 0.5, "color": 0.5}


def test_offsets_let_a_like_among_few_compete_with_one_among_many() -> None:
    lonely, crowded = _anchor("a", 1, 0, 1, 0), _anchor("b", 0, 1, 0, 1, weight=3)
    points = query_points([lonely, crowded], "any", EVEN, LAYOUT)
    assert points.like_shares == (0.25, 0.75)
    fair = replace(points, offsets=neighbour_offsets([0.3, 0.9]))
    assert fair.offsets == pytest.approx((0.0, -0.6))
    between = np.array([0.6, 0.8, 0.6, 0.8], np.float32)  # nearer to the one among many
    assert points.similarity(between) == pytest.approx(0.9)
    assert fair.similarity(between) == pytest.approx(0.8)  # but of what the other has, it is the nearest


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


def _text(*values: float, weight: float = 1.0) -> Anchor:
    return Anchor("words", np.array(values, np.float32), weight, is_text=True)


def test_words_alone_are_the_query_point() -> None:
    [point] = query_points([_text(0, 2, 1, 0)], "auto", EVEN, LAYOUT).vectors
    np.testing.assert_allclose(point, [0, 1, 1, 0], atol=1e-6)


def test_beside_a_like_words_count_in_what_they_add() -> None:
    like = _anchor("a", 1, 0, 1, 0)
    [same] = query_points([like, _text(3, 0, 1, 0)], "auto", EVEN, LAYOUT).vectors
    np.testing.assert_allclose(same, like.vector, atol=1e-6)  # words that say what the like says change nothing
    turned = [
        query_points([like, _text(1, 1, 0, 0, weight=w)], "auto", EVEN, LAYOUT).vectors[0] for w in (0.25, 0.5, 3.0)
    ]
    assert [bool(point[0] > point[1] > 0) for point in turned] == [True, True, False]  # the like stays in force
    assert turned[0][1] < turned[1][1] < turned[2][1]
    for point in turned:
        np.testing.assert_allclose(point[2:], [1, 0], atol=1e-6)


def test_words_turn_every_taste_and_fill_an_aspect_that_likes_lack() -> None:
    tastes_of_two = [_anchor("a", 1, 0, 0, 0), _anchor("c", -1, 0, 0, 0)]
    points = query_points([*tastes_of_two, _text(0, 1, 0, 1)], "auto", EVEN, LAYOUT).vectors
    assert len(points) == 2
    assert all(point[1] > 0 and point[3] == pytest.approx(1) for point in points)
