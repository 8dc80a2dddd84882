import pytest

from webapp.staff.ops import labelled, lag_quantile


def test_lag_quantiles_are_edges_of_buckets() -> None:
    counts = {
        ("lag_bucket", "0.5"): 60.0,
        ("lag_bucket", "2.0"): 39.0,
        ("lag_bucket", "+Inf"): 1.0,
        ("lag_sum", ""): 9.0,
    }
    assert lag_quantile(counts, 0.5) == 0.5
    assert lag_quantile(counts, 0.95) == 2.0
    assert lag_quantile(counts, 1.0) == float("inf")


@pytest.mark.parametrize("counts", [{}, {("lag_bucket", "0.5"): 0.0}])
def test_no_lag_where_nothing_is_counted(counts: dict[tuple[str, str], float]) -> None:
    assert lag_quantile(counts, 0.5) is None


def test_counts_by_label_the_most_first() -> None:
    counts = {("served", "exact"): 2.0, ("served", "knn"): 7.0, ("failures", "gone"): 1.0, ("served", "rescore"): 0.0}
    assert list(labelled(counts, "served").items()) == [("knn", 7.0), ("exact", 2.0)]
