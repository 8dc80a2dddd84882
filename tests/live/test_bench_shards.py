from elasticsearch import Elasticsearch

from evaluation.bench_index_types import Kept, measure
from evaluation.clustered import clustered


def test_shards_find_the_same_and_are_removed(client: Elasticsearch) -> None:
    kept = {"1 shard of int8_flat": Kept("int8_flat"), "2 shards of int8_flat": Kept("int8_flat", 2)}
    measured = measure(client, clustered(1_000), kept, 2)
    assert [m.label for m in measured] == ["1 shard of int8_flat", "2 shards of int8_flat"]
    assert [track.recall for m in measured for track in m.tracks.values()] == [1.0] * 4
    assert not client.indices.exists(index="bench-*", expand_wildcards="all", allow_no_indices=False)
