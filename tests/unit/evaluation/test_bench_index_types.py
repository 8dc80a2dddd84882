import pytest

from evaluation.bench_index_types import Measured, quicker_from, said
from evaluation.racing import Track


def test_the_crossing_lies_between_the_sizes_that_it_was_measured_at() -> None:
    assert quicker_from([(10, 3.0), (1_000, 0.5), (10_000, 0.2)]) == pytest.approx(10 * 100**0.8)
    assert quicker_from([(10, 0.9), (1_000, 0.5)]) == 10
    assert quicker_from([(10, 0.9), (1_000, 1.5)]) is None
    assert quicker_from([(10, 2.0), (100, 0.5), (1_000, 1.0), (10_000, 0.5)]) == pytest.approx(1_000)


def test_an_index_that_finds_too_few_is_said_to() -> None:
    flat = [Measured(n, "int8_flat", 1, 1, {1.0: Track([ms], [1.0])}) for n, ms in ((100, 1.0), (1_000, 4.0))]
    graph = [Measured(n, "int8_hnsw", 1, 1, {1.0: Track([2.0], [r])}) for n, r in ((100, 1.0), (1_000, 0.9))]
    assert said([*flat, *graph], "int8_hnsw", 1.0) == (
        "quicker than int8_flat from 464 products on; recall@24 below 0.99 at 1,000"
    )
    assert said([*flat[:1], *graph[:1]], "int8_hnsw", 1.0) == "takes 2.00 times as long as int8_flat at 100"
