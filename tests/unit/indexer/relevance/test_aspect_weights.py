import numpy as np
import pytest

from es_mappings.layout import Layout
from indexer.relevance.aspect_weights import FLOOR, Judged, fit, judge
from indexer.relevance.metrics import per_anchor

LAYOUT = Layout.of({"look": 4, "color": 4, "text": 4})
NAMES = LAYOUT.names
RANDOM = np.random.default_rng(8)


def _judged(telling: int, anchors: int = 40) -> Judged:
    """Judge by one aspect alone; the others are noise."""
    cosines = RANDOM.uniform(-1, 1, size=(anchors, 30, 3))
    gains = np.where(cosines[..., telling] > 0.6, 7.0, np.where(cosines[..., telling] > 0.2, 1.0, 0.0))
    return Judged(cosines, gains)


@pytest.mark.parametrize("telling", [0, 1, 2])
def test_the_informative_aspect_counts_most_and_none_is_lost(telling: int) -> None:
    fitted = fit(_judged(telling), NAMES)
    assert max(fitted.weights, key=lambda name: fitted.weights[name]) == NAMES[telling]
    assert min(fitted.weights.values()) == pytest.approx(FLOOR)
    assert sum(fitted.weights.values()) == pytest.approx(1)
    assert fitted.alone[NAMES[telling]] == pytest.approx(1)
    assert fitted.better == (fitted.after > fitted.before)


def test_noise_is_not_called_better() -> None:
    judged = Judged(RANDOM.uniform(-1, 1, size=(400, 30, 3)), RANDOM.choice([0.0, 1.0, 7.0], size=(400, 30)))
    fitted = fit(judged, NAMES)
    assert abs(fitted.after - fitted.before) < 0.02


def test_of_equally_good_weights_those_nearest_to_the_default_are_chosen() -> None:
    alike = np.repeat(RANDOM.uniform(-1, 1, size=(20, 10, 1)), 2, axis=2)
    fitted = fit(Judged(alike, np.where(alike[..., 0] > 0, 1.0, 0.0)), ["look", "color"])
    assert fitted.weights == {"look": 0.86, "color": 0.14}  # default 0.5 and 0.1


def test_ndcg_agrees_with_the_metrics() -> None:
    draw = np.random.default_rng(3)
    vectors = {f"p{n}": draw.normal(size=12).astype(np.float32) for n in range(30)}
    grades = {
        a: {f"p{n}": int(draw.integers(0, 4)) for n in range(5, 30 - k)} for k, a in enumerate(["p0", "p1", "p2"])
    }
    judged, weights = judge(grades, vectors, LAYOUT), np.array([0.5, 0.3, 0.2])
    run = {}
    for anchor, own in grades.items():
        scores = {
            c: sum(
                w * float(vectors[c][a.part] @ vectors[anchor][a.part])
                for w, a in zip(weights, LAYOUT.aspects, strict=True)
            )
            for c in own
        }
        run[anchor] = sorted(own, key=lambda c: -scores[c])
    np.testing.assert_allclose(judged.ndcg(weights), list(per_anchor(grades, run, "ndcg@10").values()))


def test_anchors_without_vector_or_relevant_candidates_are_left_out() -> None:
    vectors = {name: np.ones(12, np.float32) for name in ("a", "b", "c")}
    judged = judge({"a": {"b": 3, "gone": 3}, "b": {"c": 0}, "gone": {"a": 3}}, vectors, LAYOUT)
    assert judged.gains.tolist() == [[7.0]]
