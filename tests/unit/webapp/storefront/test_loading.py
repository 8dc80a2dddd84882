"""What shoppers read while the shop is loaded."""

import pytest

from webapp.storefront.loading import in_words
from workers.queues.loading_progress import LoadingState


@pytest.mark.parametrize(
    ("products", "compared", "words"),
    [
        (1_240, 0, "1,240 of 2,400 products are here, and none can be sorted by similarity yet"),
        (1_240, 900, "1,240 of 2,400 products are here, and 900 can be sorted by similarity"),
        (2_400, 2_400, "All 2,400 products are here. The shop is still learning"),
    ],
)
def test_how_far_it_is_in_words(products: int, compared: int, words: str) -> None:
    assert words in in_words(LoadingState(step="", products=products, compared=compared, total=2_400))


def test_an_empty_shop_is_not_called_whole() -> None:
    assert "0 of 0" in in_words(LoadingState(step="", products=0, compared=0, total=0))
