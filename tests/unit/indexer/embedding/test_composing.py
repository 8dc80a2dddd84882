from typing import Any

import pytest

from indexer.embedding.composing import compose
from indexer.embedding.image_embedder import Embedded
from indexer.embedding.stored_products import Embeddable
from indexer.errors import ImageError
from indexer.vectorizers.base import ProductFields

FIRST, SECOND = "https://shop.example/1.jpg", "https://shop.example/2.jpg"
PRODUCT = Embeddable((FIRST, SECOND), {}, ProductFields("Dress"), "source")


def _compose(first: Any, second: Any) -> tuple[str | None, bool]:
    outcome = compose(PRODUCT, {FIRST: first, SECOND: second}, {}, None)
    return outcome.reason, outcome.failed


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (Embedded("a", {}), Embedded("b", {}), (None, False)),
        (Embedded("a", {}, note="cut off"), Embedded("b", {}), ("cut off", False)),
        (Embedded("a", {}), Embedded("b", {}, note="cut off"), (f"cut off ({SECOND})", False)),
        (Embedded("a", {}), ImageError("gone"), (f"gone ({SECOND})", False)),
        (ImageError("gone"), Embedded("b", {}, note="cut off"), (f"gone; cut off ({SECOND})", True)),
    ],
)
def test_what_is_wrong_with_an_image_is_noted_and_only_the_primary_one_fails(
    first: Any, second: Any, expected: tuple[str | None, bool]
) -> None:
    assert _compose(first, second) == expected
