from elasticsearch import Elasticsearch

from evaluation.bench_writes import measure


def test_workers_write_all_vectors_and_leave_nothing(client: Elasticsearch) -> None:
    costs, stored = measure(client, 100, (1, 2), warm_up=100)
    assert [cost.workers for cost in costs] == [1, 2]
    assert all(cost.rate > 0 and cost.worker > 0 for cost in costs)
    assert stored.endswith(" kB a product, merged")
    assert not client.indices.exists(index="bench-writes-*", expand_wildcards="all", allow_no_indices=False)
