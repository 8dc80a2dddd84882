"""Exchanges of a part of anchors."""

import numpy as np

from es_mappings.anchors import Anchor
from es_mappings.exchanges import moved, with_part
from es_mappings.layout import Layout

LAYOUT = Layout.of({"look": 2, "color": 16})


def test_likes_get_the_part_and_dislikes_lose_theirs() -> None:
    vector, part = np.arange(18, dtype=np.float32), np.ones(16, np.float32)
    liked, disliked = with_part([Anchor("a", vector), Anchor("b", vector, -1)], "color", part, LAYOUT)
    np.testing.assert_array_equal(liked.vector, [0, 1, *part])
    np.testing.assert_array_equal(disliked.vector, [0, 1, *np.zeros(16)])
    np.testing.assert_array_equal(vector, np.arange(18))


def test_a_moved_anchor_keeps_unit_parts_and_gains_no_aspect() -> None:
    point = Anchor("a", np.array([1, 0, *[0] * 16], np.float32))
    difference = np.array([-1, 1, *[1] * 16], np.float32)
    np.testing.assert_allclose(moved(point, difference, LAYOUT).vector, [0, 1, *[0] * 16], atol=1e-6)
