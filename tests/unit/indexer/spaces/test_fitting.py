from collections.abc import Sequence
from typing import Any

import numpy as np

from indexer.spaces import fitting
from indexer.vectorizers.base import ProductFields


def test_a_product_that_has_no_activation_is_left_out_of_the_fit() -> None:
    class Vectorizer:
        """Can't read one title."""

        dims = 3

        def __call__(self, products: Sequence[ProductFields]) -> Any:
            if any(product.title == "bad" for product in products):
                raise OverflowError
            return np.ones((len(products), 3), np.float32)

    titles = ["a", "bad", "b", "c"]
    vectorizer: Any = Vectorizer()
    [rows] = fitting._rows(iter(map(ProductFields, titles)), vectorizer, 10)
    assert rows.shape == (3, 3)
