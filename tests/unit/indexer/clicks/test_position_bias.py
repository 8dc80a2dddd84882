import numpy as np
import pytest

from indexer.clicks.position_bias import MAX_POSITION, Observations, fit

EXAMINATION = np.arange(1, 13) ** -0.8


def _observed(items: int, impressions: int, seed: int = 3) -> Observations:
    """Items that attract more stand nearer to the front, at four places each, as a ranking that works shows them."""
    draw = np.random.default_rng(seed)
    attractiveness = np.sort(draw.beta(1, 9, items))[::-1]
    near = np.linspace(1, 12, items)[:, None] + draw.normal(0, 2.5, (items, 4))
    places = np.clip(np.rint(near), 1, 12).astype(np.int64).ravel()
    numbers = np.repeat(np.arange(items), 4)
    shown = np.full(len(numbers), impressions)
    clicks = draw.binomial(shown, EXAMINATION[places - 1] * attractiveness[numbers])
    return Observations(numbers, places, shown.astype(float), clicks.astype(float))


@pytest.mark.parametrize(("items", "impressions"), [(200, 2_000), (20_000, 20)])
def test_the_bias_is_found_although_better_items_stand_in_front(items: int, impressions: int) -> None:
    observed = _observed(items, impressions)
    estimated = fit(observed).examination
    assert np.abs(estimated / EXAMINATION - 1).max() < 0.1
    rate = (
        np.bincount(observed.positions, observed.clicks)[1:] / np.bincount(observed.positions, observed.impressions)[1:]
    )
    assert (rate / rate[0])[-1] < 0.3 * EXAMINATION[-1]  # what clicks by position alone would say


def test_a_position_that_nothing_connects_with_the_first_has_no_estimate() -> None:
    # Item 0 at places 1 and 2; item 1 at 3 alone; item 2 at 2 and 5; item 3, never clicked, at 1 and 3.
    items, places = np.array([0, 0, 1, 2, 2, 3, 3]), np.array([1, 2, 3, 2, 5, 1, 3])
    clicks = np.array([20.0, 10, 9, 10, 5, 0, 0])
    bias = fit(Observations(items, places, np.full(7, 100.0), clicks))
    expected = [1, 0.5, np.nan, np.nan, 0.25, np.nan, np.nan]
    np.testing.assert_allclose(bias.at(np.array([1, 2, 3, 4, 5, 6, 0])), expected, atol=1e-4)


def test_without_clicks_only_the_first_position_is_known() -> None:
    bias = fit(Observations(np.array([0, 1]), np.array([1, 2]), np.array([5.0, 5.0]), np.zeros(2)))
    np.testing.assert_allclose(bias.at(np.array([1, 2])), [1, np.nan])


def test_more_clicks_than_impressions_and_impossible_places_do_no_harm() -> None:
    items, places = np.array([0, 0, 0, 0]), np.array([1, 2, 0, MAX_POSITION + 1])
    bias = fit(Observations(items, places, np.full(4, 10.0), np.array([10.0, 50.0, 9.0, 9.0])))
    np.testing.assert_allclose(bias.examination, [1, 1])
