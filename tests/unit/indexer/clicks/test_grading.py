import numpy as np
import pytest

from indexer.clicks.grading import Counts, Grading, wilson
from indexer.clicks.position_bias import PositionBias

# Places 1 and 2, the second looked at half as often.
BIAS = PositionBias(np.array([1.0, 0.5]))


def _counts(rows: list[tuple[int, int, int, int]], **actions: list[int]) -> Counts:
    """Rows of topic, product, position, impressions."""
    topics, products, positions, impressions = (np.array(column) for column in zip(*rows, strict=True))
    taken = {
        kind: np.array(actions.get(kind, [0] * len(rows)), float) for kind in ("clicks", "likes", "carts", "orders")
    }
    return Counts(topics, products, positions, impressions.astype(float), taken)


def test_a_product_that_is_clicked_as_often_in_a_worse_place_is_better() -> None:
    graded = Grading().grade(_counts([(0, 0, 1, 1_000), (0, 1, 2, 1_000)], clicks=[100, 100]), BIAS)
    # 200 clicks in 1,500 looks: 133 and 67 are expected.
    np.testing.assert_allclose(graded.ratios, [0.75, 1.5])
    assert graded.grades.tolist() == [1, 2]
    assert (graded.low < graded.ratios).all()
    assert (graded.ratios < graded.high).all()


def test_an_order_counts_more_than_a_click() -> None:
    rows = [(0, 0, 1, 1_000), (0, 1, 1, 1_000)]
    counts = _counts(rows, clicks=[50, 50], orders=[0, 10])
    assert Grading().grade(counts, BIAS).ratios.tolist() == pytest.approx([50 / 90, 130 / 90])
    by_clicks = Grading({"clicks": 1.0}).grade(counts, BIAS)
    assert by_clicks.ratios.tolist() == [1, 1]


def test_each_topic_has_its_own_average() -> None:
    rows = [(0, 0, 1, 1_000), (0, 1, 1, 1_000), (1, 0, 1, 1_000), (1, 1, 1, 1_000)]
    graded = Grading().grade(_counts(rows, clicks=[300, 100, 3, 9]), BIAS)
    np.testing.assert_allclose(graded.ratios, [1.5, 0.5, 0.5, 1.5])


def test_too_little_evidence_is_no_judgement() -> None:
    rows = [(0, 0, 1, 1_000), (0, 1, 1, 10), (0, 2, 2, 1_000)]
    graded = Grading().grade(_counts(rows, clicks=[100, 5, 0]), BIAS)
    # Of product 1 hardly a click was to be expected, however many came; of product 2 thirty, and none came.
    assert graded.products.tolist() == [0, 2]
    assert graded.grades.tolist() == [2, 0]
    assert graded.too_little == 1


def test_rare_heavy_actions_are_less_evidence_than_as_much_weight_of_clicks() -> None:
    rows = [(0, 0, 1, 1_000), (0, 1, 1, 1_000)]
    clicks = Grading().grade(_counts(rows, clicks=[80, 80]), BIAS)
    orders = Grading().grade(_counts(rows, orders=[10, 10]), BIAS)
    assert clicks.ratios.tolist() == orders.ratios.tolist()
    assert (orders.high - orders.low > 2 * (clicks.high - clicks.low)).all()
    assert Grading(least_expected=11).grade(_counts(rows, orders=[10, 10]), BIAS).too_little == 2


def test_places_of_unknown_bias_do_not_count() -> None:
    rows = [(0, 0, 1, 1_000), (0, 0, 3, 700), (0, 1, 1, 1_000)]
    graded = Grading().grade(_counts(rows, clicks=[100, 70, 100]), BIAS)
    np.testing.assert_allclose(graded.ratios, [1, 1])
    assert graded.unknown_positions == 700


def test_wilson_intervals() -> None:
    # Brown, Cai and DasGupta (2001) give 0 to 0.278 for none of ten, by the formula.
    low, high = wilson(np.array([0.0, 5.0]), np.array([10.0, 10.0]))
    np.testing.assert_allclose(low, [0, 0.2366], atol=1e-4)
    np.testing.assert_allclose(high, [0.2775, 0.7634], atol=1e-4)


def test_intervals_hold_what_they_promise() -> None:
    draw, true = np.random.default_rng(5), 0.06
    clicks = draw.binomial(400, true, 3_000).astype(float)
    low, high = wilson(clicks, np.full(3_000, 400.0))
    assert np.mean((low <= true) & (true <= high)) == pytest.approx(0.95, abs=0.02)
